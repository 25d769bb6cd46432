//! Random filters of random documents compared with SQL written by hand, with PostgreSQL's functions in place
//! of operators, by two roles, one of which sees only some of the rows and columns.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness;
use crate::random::Random;

const ROWS: usize = 150;

/// A condition in GraphQL and in SQL.
struct Filter {
    graphql: Value,
    sql: String,
}

/// A document with this number of levels; there are few different values, so that many documents have some in
/// common.
pub(super) fn document(random: &mut Random, levels: usize) -> Value {
    let kind = if levels == 0 { 2 + random.below(6) } else { random.below(8) };
    match kind {
        0 => {
            let keys = (0..random.below(4)).map(|_| *random.choose(&["a", "b", "c", "it's"]));
            let keys: Vec<_> = keys.collect();
            keys.into_iter().map(|key| (key.to_owned(), document(random, levels - 1))).collect()
        }
        1 => (0..random.below(4)).map(|_| document(random, levels - 1)).collect(),
        2 => Value::Null,
        3 => json!(random.once_in(2)),
        4 => random.choose(&[json!(0), json!(1), json!(-2.5), json!(10)]).clone(),
        _ => json!(*random.choose(&["a", "b", "it's", "", "10", "\u{e9}\"\\"])),
    }
}

/// A text as an SQL literal.
fn quoted(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

pub(super) fn array(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    format!("array[{}]::text[]", texts.join(", "))
}

fn keys(random: &mut Random) -> Vec<String> {
    (0..random.below(3)).map(|_| (*random.choose(&["a", "b", "c", "it's", "10"])).to_owned()).collect()
}

/// A path of keys and indexes.
pub(super) fn path(random: &mut Random) -> Vec<String> {
    (0..random.below(3)).map(|_| (*random.choose(&["a", "b", "it's", "0", "1", "-1"])).to_owned()).collect()
}

const COMPARISONS: [(&str, &str); 6] =
    [("eq", "="), ("neq", "<>"), ("lt", "<"), ("lte", "<="), ("gt", ">"), ("gte", ">=")];

/// A random condition on the document of an SQL expression.
fn test(random: &mut Random, d: &str) -> Filter {
    let other = document(random, 2);
    let literal = format!("{}::jsonb", quoted(&other.to_string()));
    let keys = keys(random);
    let (graphql, sql) = match random.below(8) {
        0 => (json!({"contains": other.to_string()}), format!("jsonb_contains({d}, {literal})")),
        1 => (json!({"containedBy": other.to_string()}), format!("jsonb_contained({d}, {literal})")),
        2 => {
            let key = *random.choose(&["a", "b", "it's"]);
            (json!({ "hasKey": key }), format!("jsonb_exists({d}, {})", quoted(key)))
        }
        3 => (json!({ "hasAnyKeys": keys }), format!("jsonb_exists_any({d}, {})", array(&keys))),
        4 => (json!({ "hasAllKeys": keys }), format!("jsonb_exists_all({d}, {})", array(&keys))),
        5 => {
            let (path, vars) = *random.choose(&[
                ("$.a > 0", None),
                ("exists($.a ? (@ == \"it's\"))", None),
                ("strict $.b[0] == 1", None),
                ("$.** == $x", Some("{\"x\": 10}")),
                ("$.a == $x || $.b == $y", Some("{\"x\": \"b\", \"y\": null}")),
                ("$.a", None),
            ]);
            let sql = format!("jsonb_path_match({d}, {}, '{}', true)", quoted(path), vars.unwrap_or("{}"));
            (json!({"matches": {"path": path, "vars": vars}}), sql)
        }
        6 => {
            let is_null = random.once_in(2);
            let (word, sql) = if is_null { ("NULL", "null") } else { ("NOT_NULL", "not null") };
            (json!({ "is": word }), format!("{d} is {sql}"))
        }
        _ => at_path(random, d),
    };
    Filter { graphql, sql }
}

fn at_path(random: &mut Random, d: &str) -> (Value, String) {
    let at = path(random);
    let there = format!("jsonb_extract_path({d}, variadic {})", array(&at));
    let text = format!("jsonb_extract_path_text({d}, variadic {})", array(&at));
    let number = format!("(case jsonb_typeof({there}) when 'number' then ({there})::text::numeric end)");
    let (operator, sign) = *random.choose(&COMPARISONS);
    let (mut conditions, sql) = match random.below(4) {
        0 => {
            let value = *random.choose(&[0.0, 1.0, -2.5, 10.0]);
            (json!({"number": { operator: value }}), format!("{number} {sign} {value}"))
        }
        1 => (json!({"is": "NULL"}), format!("{text} is null")),
        2 => (json!({"in": ["a", "10", "it's"]}), format!("{text} in ('a', '10', 'it''s')")),
        _ => {
            let value = *random.choose(&["a", "10", "it's", "true", "{}"]);
            (json!({ operator: value }), format!("{text} {sign} {}", quoted(value)))
        }
    };
    conditions["at"] = json!(at);
    (json!({ "path": conditions }), format!("({sql})"))
}

impl Filter {
    /// A condition on a row with these columns.
    fn random(random: &mut Random, columns: &[&str], depth: usize) -> Self {
        let below = |random: &mut Random| Self::random(random, columns, depth - 1);
        match random.below(6) {
            0 if depth > 0 => {
                let (left, right) = (below(random), below(random));
                Self {
                    graphql: json!({"and": [left.graphql, right.graphql]}),
                    sql: format!("({} and {})", left.sql, right.sql),
                }
            }
            1 if depth > 0 => {
                let (left, right) = (below(random), below(random));
                Self {
                    graphql: json!({"or": [left.graphql, right.graphql]}),
                    sql: format!("({} or {})", left.sql, right.sql),
                }
            }
            2 if depth > 0 => {
                let inner = below(random);
                Self { graphql: json!({"not": inner.graphql}), sql: format!("not ({})", inner.sql) }
            }
            _ => {
                let column = *random.choose(columns);
                let Self { graphql, sql } = test(random, &format!("{column}::jsonb"));
                Self { graphql: json!({ column: graphql }), sql }
            }
        }
    }
}

/// The result of a statement for a role, as JSON.
pub(super) async fn sql(client: &Client, role: &str, statement: &str) -> Value {
    let messages = client.simple_query(&format!("set role {role}; {statement}; reset role")).await;
    let messages = messages.unwrap_or_else(|error| panic!("{statement}\n{error:?}"));
    let text = messages.into_iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).expect("a value").to_owned()),
        _ => None,
    });
    serde_json::from_str(&text.expect("a row")).expect("JSON")
}

/// A table of random documents, of which one role sees everything and another one only a part.
pub(super) fn setup(random: &mut Random, prefix: &str) -> String {
    let rows = (0..ROWS).map(|id| {
        let value = |random: &mut Random| {
            if random.once_in(10) { "null".to_owned() } else { quoted(&document(random, 3).to_string()) }
        };
        format!("({id}, {}, {})", value(random), value(random))
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "create table doc (id int primary key, d jsonb, j json);
        insert into doc values {};
        create role {prefix}_all; create role {prefix}_part;
        grant select on doc to {prefix}_all; grant select (id, d) on doc to {prefix}_part;
        alter table doc enable row level security;
        create policy whole on doc to {prefix}_all using (true);
        create policy part on doc to {prefix}_part using (id % 3 > 0);
        comment on schema public is '@graphql({{\"max_rows\": 200}})';",
        rows.join(", ")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_find_the_documents_that_sql_finds() {
    let mut random = Random(16);
    let database = harness::database(&setup(&mut random, "json_filter")).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let query = "query ($filter: docFilter) { t: docCollection(filter: $filter) { edges { node { id } } } }";
    let (mut asked, mut found) = (0, 0);
    for (role, columns) in [("json_filter_all", &["d", "j"][..]), ("json_filter_part", &["d"])] {
        let who = Identity { role: Some(role.into()), ..Identity::default() };
        for _ in 0..1500 {
            let filter = Filter::random(&mut random, columns, 2);
            let statement =
                format!("select coalesce(json_agg(id order by id), '[]') from doc where {}", filter.sql);
            let expected = sql(&client, role, &statement).await;
            let answer = super::data(&engine, &who, query, json!({ "filter": filter.graphql })).await;
            assert_eq!(super::ids(&answer["t"]), expected, "{role}: {}\n{statement}", filter.graphql);
            asked += 1;
            found += usize::from(expected != json!([]));
        }
    }
    assert!(asked == 3000 && found > 1000, "{asked} {found}");
}
