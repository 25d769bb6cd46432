//! The value at the end of a path in a selected document.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::random::{array, path, setup, sql};
use super::{data, engine, refused};
use crate::harness;
use crate::random::Random;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = r#"
    create table doc (id int primary key, d jsonb, j json, n jsonb not null default '{}');
    insert into doc values
        (1, '{"a": {"b": [1, "two", null]}, "s": "it''s"}', '{"a": {"b":  [1, "two"]}}', '{"x": 1}'),
        (2, null, 'null', '[]');"#;

/// One field with all kinds of paths, by aliases, beside the whole document.
const ALIASES: &str = r#"
    d whole: d(path: null) empty: d(path: []) b: d(path: ["a", "b"]) two: d(path: ["a", "b", "1"]) last: d(path: ["a", "b", "-1"])
    s: d(path: "s") none: d(path: ["a", "none"]) j: j(path: ["a", "b"]) top: j(path: []) n: n(path: ["x"])"#;

fn expected() -> Value {
    let whole = r#"{"a": {"b": [1, "two", null]}, "s": "it's"}"#;
    json!([
        {
            "d": whole, "whole": whole, "empty": whole, "b": r#"[1, "two", null]"#, "two": r#""two""#, "last": "null", "s": r#""it's""#,
            "none": null, "j": r#"[1, "two"]"#, "top": r#"{"a": {"b":  [1, "two"]}}"#, "n": "1"
        },
        // A non-null column has a non-null field.
        {
            "d": null, "whole": null, "empty": null, "b": null, "two": null, "last": null, "s": null,
            "none": null, "j": null, "top": "null", "n": "null"
        },
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_gives_what_stands_at_the_end_of_each_path() {
    let engine = engine(&format!(
        "{SETUP} create function kept() returns setof doc stable language sql as 'select * from doc';
        create function touched() returns setof doc volatile language sql as 'update doc set id = id returning *';
        create table part (id int primary key, doc_id int references doc);
        insert into part values (1, 1), (2, 2);"
    ))
    .await;
    let all = Identity::default();
    for (query, place) in [
        (format!("{{ t: docCollection {{ edges {{ node {{ {ALIASES} }} }} }} }}"), "/node"),
        (format!("{{ t: kept {{ edges {{ node {{ {ALIASES} }} }} }} }}"), "/node"),
        (format!("{{ t: partCollection {{ edges {{ node {{ doc {{ {ALIASES} }} }} }} }} }}"), "/node/doc"),
        (
            format!(
                "mutation {{ t: touched {{ edges {{ node {{ {ALIASES} partCollection {{ edges {{ cursor }} }} }} }} }} }}"
            ),
            "/node",
        ),
    ] {
        let answer = data(&engine, &all, &query, json!({})).await;
        let edges = answer["t"]["edges"].as_array().expect("edges").iter();
        let rows = edges.map(|edge| {
            let mut row = edge.pointer(place).expect("a row").clone();
            row.as_object_mut().expect("a row").shift_remove("partCollection");
            row
        });
        assert_eq!(rows.collect::<Value>(), expected(), "{query}");
    }
    for below in ["", "partCollection { edges { cursor } }"] {
        let query = format!(
            "mutation {{ t: updatedocCollection(set: {{d: \"{{\\\"a\\\": 2}}\"}}, filter: {{id: {{eq: 2}}}}) {{ records {{ a: d(path: [\"a\"]) b: n(path: [\"b\"]) {below} }} }} }}"
        );
        let answer = data(&engine, &all, &query, json!({})).await;
        let record = &answer["t"]["records"][0];
        assert_eq!((&record["a"], &record["b"]), (&json!("2"), &json!("null")), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_paths_of_selected_documents_are_told() {
    let engine = engine(SETUP).await;
    let query = |fields: &str| format!("{{ docCollection {{ edges {{ node {{ {fields} }} }} }} }}");
    for (fields, words) in [
        ("id(path: [\"a\"])", &["path"][..]),
        ("d(path: [1])", &["String"]),
        ("d(path: [null])", &["null"]),
        ("d(path: {a: 1})", &["String"]),
        ("d(at: [\"a\"])", &["at"]),
        ("d d(path: [\"a\"])", &["\"d\" conflict", "differing arguments"]),
        ("x: d(path: [\"a\"]) x: d(path: [\"b\"])", &["\"d\" conflict", "differing arguments"]),
    ] {
        let message = refused(&engine, &query(fields), json!({})).await;
        for word in words {
            assert!(message.contains(word), "{fields}: {word:?} is missing: {message}");
        }
    }
    let query = "query ($path: [String!]) { docCollection { edges { node { d(path: $path) } } } }";
    for path in [json!([null]), json!([["a"]]), json!(3)] {
        let message = refused(&engine, query, json!({ "path": path })).await;
        assert!(message.contains("$path"), "{message}");
    }
}

async fn paths_are_selected_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "query ($path: [String!]) { docByPk(id: 1) { a: d(path: $path) j(path: $path) } }";
    for _ in 0..3 {
        for (variables, expected) in [
            (json!({"path": ["a", "b", "0"]}), json!({"a": "1", "j": "1"})),
            (json!({"path": "s"}), json!({"a": "\"it's\"", "j": null})),
            (json!({"path": ["\"", "{}", "\\"]}), json!({"a": null, "j": null})),
        ] {
            let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
            let answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
            assert_eq!(answer, json!({"data": {"docByPk": expected}}), "{variables}");
        }
    }
}

on_every_way!(paths_are_selected_by_each_way);

#[tokio::test(flavor = "multi_thread")]
async fn random_paths_give_what_sql_gives() {
    let mut random = Random(17);
    let database = harness::database(&setup(&mut random, "json_path")).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let (mut values, mut found) = (0, 0);
    for (role, second) in [("json_path_all", "j"), ("json_path_part", "d")] {
        let who = Identity { role: Some(role.into()), ..Identity::default() };
        for _ in 0..60 {
            let paths = [path(&mut random), path(&mut random)];
            let query = format!(
                "query ($p: [String!], $q: [String!]) {{ t: docCollection {{ edges {{ node {{ a: d(path: $p) b: {second}(path: $q) }} }} }} }}"
            );
            let answer = data(&engine, &who, &query, json!({"p": paths[0], "q": paths[1]})).await;
            let edges = answer["t"]["edges"].as_array().expect("edges").iter();
            let rows: Value = edges.map(|edge| json!([edge["node"]["a"], edge["node"]["b"]])).collect();
            let function = if second == "j" { "json_extract_path" } else { "jsonb_extract_path" };
            let statement = format!(
                "select json_agg(json_build_array(jsonb_extract_path(d, variadic {})::text, {function}({second}, variadic {})::text) order by id)
                from doc",
                array(&paths[0]),
                array(&paths[1])
            );
            assert_eq!(rows, sql(&client, role, &statement).await, "{paths:?}");
            let all: Vec<_> =
                rows.as_array().expect("rows").iter().flat_map(|row| row.as_array().expect("two")).collect();
            values += all.len();
            found += all.iter().filter(|value| !value.is_null()).count();
        }
    }
    assert!(values > 20_000 && found * 10 > values, "{values} {found}");
}
