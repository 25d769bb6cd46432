//! Keys of every type that PostgreSQL allows in a primary key: pages contain each row once, and each `nodeId`
//! leads to its own row.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;

const SETUP: &str = r#"
    create extension citext; create extension ltree; create extension hstore;
    create type mood as enum ('so-so', 'calm', 'it''s "odd" \');
    comment on type mood is '@graphql({"mappings": {"so-so": "SO_SO", "it''s \"odd\" \\": "ODD"}})';
    create type pair as (number int, words text);
    create domain share as int check (value >= 0);
    create domain title as text;
    create domain steps as int[];
"#;

/// Types, each with unsorted values.
const KEYS: [(&str, &[&str]); 45] = [
    ("smallint", &["-32768", "32767", "0", "7"]),
    ("bigint", &["9007199254740993", "-1", "9223372036854775807", "0"]),
    ("numeric", &["NaN", "-Infinity", "Infinity", "0.1", "123456789012345678901234567890.000000000123"]),
    ("float8", &["NaN", "-Infinity", "Infinity", "0.1", "1e300", "-5e-324", "0.30000000000000004"]),
    ("float4", &["NaN", "0.1", "16777216", "-1.5", "1e30"]),
    ("bool", &["true", "false"]),
    ("text", &["", "null", "[1]", "a\"b", "\\", "é", "{}", "it's", "\n", "1"]),
    ("varchar(8)", &["b", "a ", "a", "\u{1}"]),
    ("char(4)", &["b", "a", "ab  "]),
    ("name", &["pg", "\"", "A"]),
    ("\"char\"", &["b", "a", "\\"]),
    ("citext", &["b", "A", "\"", "null"]),
    ("uuid", &["00000000-0000-0000-0000-000000000002", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    ("date", &["infinity", "-infinity", "2024-02-29", "0044-03-15 BC", "12024-01-01"]),
    ("time", &["24:00:00", "00:00:00", "13:37:00.000001"]),
    ("timetz", &["12:00:00+02", "12:00:00-11", "11:00:00+01:30"]),
    ("timestamp", &["infinity", "2024-02-29 23:59:59.999999", "0001-01-01 00:00:00 BC"]),
    ("timestamptz", &["-infinity", "2024-02-29 23:59:59.999999+05:45", "1969-12-31 00:00:00+00"]),
    ("interval", &["1 year 2 mons -3 days", "-00:00:00.000001", "400 days"]),
    ("bytea", &["\\x", "\\x00", "\\xdeadbeef"]),
    ("inet", &["192.0.2.7", "10.0.0.1/8", "2001:db8::1"]),
    ("cidr", &["192.0.2.0/24", "10.0.0.0/8"]),
    ("macaddr", &["08:00:2b:01:02:03", "00:00:00:00:00:01"]),
    ("bit(4)", &["1010", "0000"]),
    ("varbit", &["1", "", "101"]),
    ("money", &["12.50", "-1"]),
    ("oid", &["4294967295", "1"]),
    ("pg_lsn", &["16/B374D848", "0/0"]),
    ("int4range", &["[1,5)", "empty", "(,)", "(,7)"]),
    ("tstzrange", &["[2024-01-01 00:00+00,2024-02-01 00:00+00)", "empty", "(,)"]),
    ("int4multirange", &["{[1,3),[5,9)}", "{}"]),
    ("jsonb", &["null", "\"null\"", "1", "\"1\"", "[1, {\"a\": null}]", "{}", "true", "\"a\\\"b\""]),
    ("int[]", &["{}", "{1,2}", "{1,NULL}", "{{1,2},{3,4}}", "[0:1]={7,8}"]),
    ("text[]", &["{}", "{\"\"}", "{NULL,\"NULL\"}", "{\"a,b\",\"c\\\"d\"}"]),
    ("numeric[]", &["{0.10}", "{NaN,1}"]),
    ("jsonb[]", &["{}", "{\"{\\\"a\\\": 1}\"}"]),
    ("mood", &["so-so", "calm", "it's \"odd\" \\"]),
    ("mood[]", &["{calm,so-so}", "{}"]),
    ("pair", &["(1,a)", "(1,\"b,\\\"c\\\"\")", "(,)"]),
    ("pair[]", &["{\"(1,a)\"}", "{}"]),
    ("share", &["5", "0", "100"]),
    ("title", &["b", "null", "[]"]),
    ("steps", &["{1,2}", "{}"]),
    ("ltree", &["a.b", "a"]),
    ("hstore", &["a=>1", "\"b\"=>NULL", ""]),
];

struct Keys {
    engine: Engine,
    table: usize,
    key_type: &'static str,
    /// The rows in the order of their keys.
    expected: Vec<Value>,
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_node_ids_hold_for_every_type_of_key() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let client = harness::connect(&url).await;
    for (table, (key_type, values)) in KEYS.iter().enumerate() {
        let create = format!(
            "create table t{table} (k {key_type}, part text, n int not null unique, primary key (k, part))"
        );
        client.batch_execute(&create).await.unwrap_or_else(|error| panic!("{create}: {error}"));
        for (n, value) in values.iter().enumerate() {
            let literal = value.replace('\'', "''");
            let insert = format!(
                "insert into t{table} values ('{literal}', 'a', {n}), ('{literal}', 'b', {})",
                n + 100
            );
            client.batch_execute(&insert).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
        }
    }
    let mut config = harness::config(&url, PoolMode::Direct);
    config.api.federation = true;
    let engine = Engine::new(&config).expect("an engine");
    let mut random = Random(23);
    for (table, (key_type, values)) in KEYS.iter().enumerate() {
        let order = format!("select json_agg(n order by k, part) from t{table}");
        let expected = harness::ask(&client, &order).await.expect("rows");
        let expected: Vec<Value> = serde_json::from_str(&expected).expect("a list");
        assert_eq!(expected.len(), values.len() * 2, "{key_type}");
        let keys = Keys { engine: engine.clone(), table, key_type, expected };
        keys.walk("first", "after", "endCursor").await;
        keys.walk("last", "before", "startCursor").await;
        keys.by_node_id().await;
        keys.malformed(&mut random).await;
    }
}

impl Keys {
    async fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = harness::graphql(&self.engine, query, variables).await;
        assert!(answer["errors"].is_null(), "{}: {query}: {answer}", self.key_type);
        answer["data"].clone()
    }

    /// All rows, page by page from one end.
    async fn walk(&self, size: &str, bound: &str, end: &str) {
        let (mut cursor, mut pages) = (Value::Null, Vec::new());
        while pages.len() <= self.expected.len() {
            let query = format!(
                "query ($cursor: Cursor) {{ c: t{}Collection({size}: 1, {bound}: $cursor) {{
                    edges {{ cursor node {{ n }} }} pageInfo {{ {end} }} }} }}",
                self.table
            );
            let page = self.ask(&query, json!({ "cursor": cursor })).await["c"].take();
            let Some(edge) = page["edges"].get(0) else { break };
            assert_eq!(edge["cursor"], page["pageInfo"][end], "{}", self.key_type);
            cursor = edge["cursor"].clone();
            pages.push(edge["node"]["n"].clone());
        }
        if size == "last" {
            pages.reverse();
        }
        assert_eq!(pages, self.expected, "{} by {size}", self.key_type);
    }

    /// Each row by its `nodeId`, as a node, in a filter, and as an entity.
    async fn by_node_id(&self) {
        let all = format!("{{ c: t{}Collection {{ edges {{ node {{ nodeId n }} }} }} }}", self.table);
        let all = self.ask(&all, json!({})).await;
        for edge in all["c"]["edges"].as_array().expect("edges") {
            let query = format!(
                "query ($id: ID!) {{ node(nodeId: $id) {{ ... on t{0} {{ nodeId n }} }}
                    c: t{0}Collection(filter: {{nodeId: {{eq: $id}}}}) {{ edges {{ node {{ nodeId n }} }} }}
                    e: _entities(representations: {{__typename: \"t{0}\", nodeId: $id}}) {{ ... on t{0} {{ nodeId n }} }} }}",
                self.table
            );
            let found = self.ask(&query, json!({ "id": edge["node"]["nodeId"] })).await;
            let expected = json!({ "node": edge["node"], "c": { "edges": [edge] }, "e": [edge["node"]] });
            assert_eq!(found, expected, "{}", self.key_type);
        }
    }
}

impl Keys {
    /// Keys that are none of their type, or of no row: each is null or an error of its own among entities, and never a defect.
    async fn malformed(&self, random: &mut Random) {
        let all = format!("{{ c: t{}Collection {{ edges {{ node {{ nodeId n }} }} }} }}", self.table);
        let all = self.ask(&all, json!({})).await;
        let rows: Vec<_> =
            all["c"]["edges"].as_array().expect("edges").iter().map(|edge| &edge["node"]).collect();
        let name = format!("t{}", self.table);
        let given: Vec<(Value, Value)> = (0..20)
            .map(|_| {
                let row = *random.choose(&rows);
                if random.once_in(3) {
                    return (row["nodeId"].clone(), json!({"n": row["n"]}));
                }
                let text = malformed_text(random, self.key_type);
                (json!(STANDARD.encode(json!(["public", name, text, "nowhere"]).to_string())), Value::Null)
            })
            .collect();
        let representations: Vec<_> =
            given.iter().map(|(id, _)| json!({"__typename": name, "nodeId": id})).collect();
        let query = format!(
            "query ($r: [_Any!]!) {{ e: _entities(representations: $r) {{ ... on {name} {{ n }} }} }}"
        );
        let answer = harness::graphql(&self.engine, &query, json!({ "r": representations })).await;
        let expected: Value = given.iter().map(|(_, row)| row.clone()).collect();
        assert_eq!(answer["data"]["e"], expected, "{}: {answer}", self.key_type);
        for error in answer["errors"].as_array().into_iter().flatten() {
            let place =
                error["path"][1].as_u64().and_then(|place| usize::try_from(place).ok()).expect("a place");
            assert!(
                given[place].1.is_null() && error["extensions"]["code"] == "BAD_USER_INPUT",
                "{}: {error}",
                self.key_type
            );
        }
        // One alone may be an error of its field, in PostgreSQL's words.
        let query = format!(
            "query ($id: ID!) {{ node(nodeId: $id) {{ nodeId }} c: {name}Collection(filter: {{nodeId: {{eq: $id}}}}) {{ edges {{ cursor }} }} }}"
        );
        for (id, _) in given.iter().filter(|(_, row)| row.is_null()).take(8) {
            let answer = harness::graphql(&self.engine, &query, json!({ "id": id })).await;
            for error in answer["errors"].as_array().into_iter().flatten() {
                assert_eq!(
                    error["extensions"]["code"], "BAD_USER_INPUT",
                    "{}: {id}: {answer}",
                    self.key_type
                );
            }
        }
    }
}

/// A text that may be none of the type, made of values of it and of others.
fn malformed_text(random: &mut Random, key_type: &str) -> String {
    const PIECES: [&str; 24] = [
        "x",
        "",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ",",
        "\"",
        "\\",
        ":",
        "/",
        "-",
        "99999999999999999999",
        "1e999",
        "[5,1)",
        "{1,{2}}",
        "=>",
        "..",
        " ",
        "'",
        "infinity",
        "\u{e9}",
    ];
    let own = KEYS.iter().find(|(name, _)| *name == key_type).map(|(_, values)| *values).unwrap_or_default();
    let mut text = match random.below(3) {
        0 => (*random.choose(own)).to_owned(),
        1 => {
            let (_, others) = random.choose(&KEYS);
            (*random.choose(others)).to_owned()
        }
        _ => String::new(),
    };
    for _ in 0..random.below(3) {
        let mut place = random.below(text.len() + 1);
        while !text.is_char_boundary(place) {
            place -= 1;
        }
        if random.once_in(3) {
            text.truncate(place);
        } else {
            let piece = *random.choose(&PIECES);
            text.insert_str(place, piece);
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_functions_rows_hold_each_row_once_though_its_keys_are_null() {
    let database = harness::database(
        "create table pair (one int, other text, primary key (one, other));
         create function pairs() returns setof pair language sql stable as
             $$values (1, 'a'), (1, null), (null, 'a'), (null, 'b'), (2, 'a'), (2, 'b'), (3, null)$$",
    )
    .await;
    let engine = Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct));
    let engine = engine.expect("an engine");
    for order in [
        "",
        ", orderBy: [{other: DescNullsFirst}]",
        ", orderBy: [{one: AscNullsFirst}, {other: DescNullsLast}]",
    ] {
        let ask = async |size: &str, bound: &str, cursor: &Value| {
            let query = format!(
                "query ($cursor: Cursor) {{ p: pairs({size}, {bound}: $cursor{order}) {{ edges {{ cursor }} }} }}"
            );
            let answer = harness::graphql(&engine, &query, json!({ "cursor": cursor })).await;
            assert!(answer["errors"].is_null(), "{query}: {answer}");
            answer["data"]["p"]["edges"].as_array().expect("edges").clone()
        };
        let all = ask("first: 30", "after", &Value::Null).await;
        assert_eq!(all.len(), 7, "{order}");
        for (size, bound, is_forward) in [("first: 2", "after", true), ("last: 2", "before", false)] {
            let (mut found, mut cursor) = (Vec::new(), Value::Null);
            loop {
                let page = ask(size, bound, &cursor).await;
                let end = if is_forward { page.last() } else { page.first() };
                let Some(end) = end else { break };
                cursor = end["cursor"].clone();
                found.splice(if is_forward { found.len()..found.len() } else { 0..0 }, page);
                assert!(found.len() <= all.len(), "{order} by {size}: {found:?}");
            }
            assert_eq!(found, all, "{order} by {size}");
        }
    }
}
