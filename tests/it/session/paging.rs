//! Paging through a collection by each type that PostgreSQL can order by: the pages together contain each row
//! once, in PostgreSQL's own order, also in a hostile environment. `eq` finds the same rows as the type's
//! `=`.

use std::fmt::Write as _;

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{hostile_database, leave_behind, surround};
use crate::harness;
use crate::random::Random;

/// Each type with some values: equal ones, ones that differ only in a part of the text, and extremes.
const TYPES: &[(&str, &[&str])] = &[
    ("int2", &["-32768", "0", "7", "32767"]),
    ("int8", &["-9223372036854775808", "0", "9007199254740993", "9223372036854775807"]),
    ("numeric", &["-1.50", "-1.5", "0", "1e40", "NaN"]),
    ("float4", &["0.1", "0.10000001", "-3.4e38", "1e-40"]),
    ("float8", &["0.3", "0.30000000000000004", "1e308", "-5e-324", "1.0000000000000002", "1"]),
    ("bool", &["true", "false"]),
    ("text", &["a", "A", "ä", "", "b\\", "it's", "z\"", "NULL"]),
    ("varchar", &["a", "A", "Zebra", "zebra "]),
    ("bpchar", &["a", "A ", "b"]),
    ("name", &["a", "A", "pg_catalog"]),
    ("\"char\"", &["a", "A", "z"]),
    ("text collate \"POSIX\"", &["a", "B", "c"]),
    ("text collate folded", &["a", "A", "b", "B", "ä"]),
    ("extensions.citext", &["bob@x.org", "BOB@X.ORG", "Alice", "alice", "carl", "ZED"]),
    ("email", &["bob@x.org", "BOB@X.ORG", "Alice", "alice"]),
    ("extensions.ltree", &["Top", "Top.Science", "Top.Hobbies", "A.B.C"]),
    ("extensions.hstore", &["a=>1", "a=>2", "a=>1,b=>NULL", ""]),
    ("extensions.isbn", &["0-393-04002-X", "978-0-393-04002-9", "0-201-03801-3"]),
    ("tag", &["a", "b", "c"]),
    ("mood", &["sad", "ok", "happy"]),
    ("uuid", &["00000000-0000-0000-0000-000000000001", "ffffffff-0000-0000-0000-000000000000"]),
    ("date", &["2024-02-01", "2024-01-02", "infinity", "0044-03-15 BC"]),
    ("time", &["00:00", "13:37:00.123456", "24:00"]),
    ("timetz", &["13:37+02", "12:37+01", "00:00-12"]),
    ("timestamp", &["2024-02-01 00:00", "2024-01-02 13:37:00.000001", "-infinity"]),
    (
        "timestamptz",
        &["2024-02-01 00:00+00", "2024-02-01 02:00+02", "2024-10-27 00:30+00", "2024-10-27 01:30+00"],
    ),
    (
        "interval",
        &["1 month", "30 days", "-1 day 02:00", "-1 day -02:00", "1 year 2 months -3 days 00:00:00.5"],
    ),
    ("bytea", &["\\x00ff", "\\x", "\\x5c", "abc"]),
    ("inet", &["10.0.0.1", "10.0.0.0/8", "::1"]),
    ("cidr", &["10.0.0.0/8", "192.168.0.0/16"]),
    ("macaddr", &["08:00:2b:01:02:03", "08:00:2b:01:02:04"]),
    ("bit(3)", &["101", "010"]),
    ("bit varying", &["1", "101", ""]),
    ("money", &["1.00", "-12345.67"]),
    ("oid", &["1", "4294967295"]),
    ("pg_lsn", &["0/0", "16/B374D848"]),
    ("tsvector", &["'a' 'b':1", "'c'"]),
    ("int4range", &["[1,5)", "empty", "(,3)"]),
    ("daterange", &["[2024-02-01,2024-03-04)", "[2024-01-02,2024-03-04)", "(,2024-12-31)"]),
    (
        "tstzrange",
        &["[\"2024-02-01 00:00:00+00\",)", "[\"2024-10-27 00:30:00+00\",\"2024-10-27 01:30:00+00\")"],
    ),
    ("numrange", &["[0.1,0.2]", "(0.1,0.2]"]),
];

const ROWS: usize = 40;
const PAGE: usize = 11;

const SETUP: &str = "
    create schema extensions;
    create extension citext schema extensions;
    create extension ltree schema extensions;
    create extension hstore schema extensions;
    create extension isn schema extensions;
    create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create type mood as enum ('sad', 'ok', 'happy');
    create domain tag as text check (value = lower(value));
    create domain email as extensions.citext;";

struct Stand {
    engine: Engine,
    /// A connection in a normal environment, for comparison.
    owner: Client,
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_is_paged_through_and_found_in_calm_surroundings() {
    let database = harness::database(&setup(1)).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    Stand { engine, owner: harness::connect(&url).await }.hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_is_paged_through_and_found_in_hostile_surroundings() {
    let database = hostile_database(&setup(2)).await;
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    surround(&database).await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    let url = pooler.url(&database);
    leave_behind(&url).await;
    let engine = Engine::new(&harness::config(&url, PoolMode::Transaction)).expect("an engine");
    Stand { engine, owner }.hold().await;
}

/// The same with named statements, in a session without other clients.
#[tokio::test(flavor = "multi_thread")]
async fn each_type_is_paged_through_and_found_by_named_statements() {
    let database = hostile_database(&setup(3)).await;
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    surround(&database).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    Stand { engine, owner }.hold().await;
}

/// A table with a column of each type, and a null or one of the type's values in each.
fn setup(seed: u64) -> String {
    let mut random = Random(seed);
    let columns: Vec<_> =
        TYPES.iter().enumerate().map(|(index, (name, _))| format!("c{index} {name}")).collect();
    let mut setup = format!("{SETUP} create table thing (id integer primary key, {});", columns.join(", "));
    for id in 0..ROWS {
        let mut values = Vec::with_capacity(TYPES.len());
        for (_, choice) in TYPES {
            let is_null = random.once_in(6);
            values.push(if is_null { "null".to_owned() } else { quoted(random.choose::<&str>(choice)) });
        }
        let _ = write!(setup, "insert into thing values ({id}, {});", values.join(", "));
    }
    setup.push_str("create table holder (id integer primary key, thing_id integer references thing);");
    for id in 0..ROWS {
        let thing = if random.once_in(6) { "null".to_owned() } else { random.below(ROWS).to_string() };
        let _ = write!(setup, "insert into holder values ({id}, {thing});");
    }
    setup
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Stand {
    async fn hold(&self) {
        self.owner
            .batch_execute("set search_path = public, extensions; set TimeZone = 'UTC'")
            .await
            .expect("calm surroundings");
        let mut wrong = Vec::new();
        for (index, (name, values)) in TYPES.iter().enumerate() {
            for order in ["AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast"] {
                let right = self.in_order(index, order).await;
                for ends in [["first", "after", "endCursor"], ["last", "before", "startCursor"]] {
                    let found = self.walk(index, order, ends).await;
                    if found.as_ref() != Ok(&right) {
                        wrong.push(format!("{name} {order} {}: {found:?}\n    right: {right:?}", ends[0]));
                    }
                }
            }
            // The rows of a relation, in two of the orders.
            let order = ["AscNullsFirst", "DescNullsLast"][index % 2];
            let right = self.holders_in_order(index, order).await;
            for ends in [["first", "after", "endCursor"], ["last", "before", "startCursor"]] {
                let by = format!("{{thing: {{c{index}: {order}}}}}");
                let found = self.walk_through("holder", &by, ends).await;
                if found.as_ref() != Ok(&right) {
                    wrong.push(format!(
                        "holders by {name} {order} {}: {found:?}\n    right: {right:?}",
                        ends[0]
                    ));
                }
            }
            for value in *values {
                let (found, right) = (self.equal(index, value).await, self.equal_in_sql(index, value).await);
                if found.as_ref() != Ok(&right) {
                    wrong.push(format!("{name} eq {value:?}: {found:?}\n    right: {right:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
    }

    async fn in_order(&self, index: usize, order: &str) -> Vec<i64> {
        let direction = if order.starts_with("Asc") { "asc" } else { "desc" };
        let nulls = if order.ends_with("First") { "first" } else { "last" };
        self.ids(&format!("select id from thing order by c{index} {direction} nulls {nulls}, id")).await
    }

    async fn holders_in_order(&self, index: usize, order: &str) -> Vec<i64> {
        let order = if order == "AscNullsFirst" { "asc nulls first" } else { "desc nulls last" };
        let statement = format!(
            "select holder.id from holder left join thing on thing.id = thing_id order by c{index} {order}, holder.id"
        );
        self.ids(&statement).await
    }

    async fn equal_in_sql(&self, index: usize, value: &str) -> Vec<i64> {
        self.ids(&format!("select id from thing where c{index} = {} order by id", quoted(value))).await
    }

    async fn ids(&self, statement: &str) -> Vec<i64> {
        let rows = self.owner.query(statement, &[]).await.expect("PostgreSQL's own answer");
        rows.iter().map(|row| i64::from(row.get::<_, i32>(0))).collect()
    }

    async fn walk(&self, index: usize, order: &str, ends: [&str; 3]) -> Result<Vec<i64>, String> {
        self.walk_through("thing", &format!("{{c{index}: {order}}}"), ends).await
    }

    async fn walk_through(
        &self,
        table: &str,
        by: &str,
        [size, from, end]: [&str; 3],
    ) -> Result<Vec<i64>, String> {
        let document = format!(
            "query ($at: Cursor) {{ t: {table}Collection({size}: {PAGE}, {from}: $at, orderBy: [{by}]) {{ \
             edges {{ node {{ id }} }} pageInfo {{ {end} }} }} }}"
        );
        let (mut pages, mut at) = (Vec::new(), Value::Null);
        for _ in 0..=ROWS / PAGE + 1 {
            let answer = harness::graphql(&self.engine, &document, json!({ "at": at })).await;
            let page = read(&answer)?;
            if page.is_empty() {
                break;
            }
            at = answer["data"]["t"]["pageInfo"][end].clone();
            pages.push(page);
        }
        if size == "last" {
            pages.reverse();
        }
        Ok(pages.concat())
    }

    async fn equal(&self, index: usize, value: &str) -> Result<Vec<i64>, String> {
        let text = match TYPES[index].0 {
            "int2" | "float4" | "float8" | "bool" | "mood" => value.to_owned(),
            _ => Value::from(value).to_string(),
        };
        let document = format!(
            "{{ t: thingCollection(first: {ROWS}, orderBy: [{{id: AscNullsLast}}], filter: {{c{index}: {{eq: {text}}}}}) {{ \
             edges {{ node {{ id }} }} }} }}"
        );
        read(&harness::graphql(&self.engine, &document, json!({})).await)
    }
}

/// The ids of a page.
fn read(answer: &Value) -> Result<Vec<i64>, String> {
    let edges = answer["data"]["t"]["edges"].as_array().ok_or_else(|| answer.to_string())?;
    Ok(edges.iter().filter_map(|edge| edge["node"]["id"].as_i64()).collect())
}
