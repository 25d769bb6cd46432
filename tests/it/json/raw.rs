//! Documents that go out and in as JSON values, where the schema's comment asks for it.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::random::document;
use super::{data, engine, ids, refused};
use crate::harness;
use crate::random::Random;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = r#"
    comment on schema public is '@graphql({"json": "raw", "max_rows": 200})';
    create table doc (id int primary key, d jsonb, j json, l jsonb[], n jsonb not null default '{}');
    insert into doc values
        (1, '{"a": {"b": [1, "two", null]}, "s": "it''s"}', E'{"x": 1,\n "x": "<\\/null>", "y": "\\/null"}', array['1', 'null', null, '{"a": []}']::jsonb[], '{}'),
        (2, 'null', '"\/null"', '{}', '"\\/null"'),
        (3, null, null, null, 'null');"#;

#[tokio::test(flavor = "multi_thread")]
async fn documents_go_out_as_values() {
    let engine = engine(SETUP).await;
    let query = r#"{ t: docCollection { edges { cursor node { d j l n b: d(path: ["a", "b"]) x: j(path: ["x"]) none: n(path: ["a"]) } } } }"#;
    let answer = data(&engine, &Identity::default(), query, json!({})).await;
    let edges = answer["t"]["edges"].as_array().expect("edges").iter();
    let rows: Value = edges.map(|edge| edge["node"].clone()).collect();
    let expected = json!([
        {
            "d": {"a": {"b": [1, "two", null]}, "s": "it's"}, "j": {"x": "</null>", "y": "/null"}, "l": [1, null, null, {"a": []}], "n": {},
            "b": [1, "two", null], "x": "</null>", "none": null
        },
        {"d": null, "j": "/null", "l": [], "n": "\\/null", "b": null, "x": null, "none": null},
        {"d": null, "j": null, "l": null, "n": null, "b": null, "x": null, "none": null},
    ]);
    assert_eq!(rows, expected);
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    // JSON's null is GraphQL's.
    let (_, row) = sdl.split_once("type doc implements Node {").expect("the type");
    let row = row.split("\n}").next().expect("its fields");
    assert!(!row.contains("JSON!") && sdl.contains("\"\"\"JSON: any value\"\"\""), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_go_in_with_variables_inside() {
    let engine = engine(SETUP).await;
    let all = Identity::default();
    let query = r#"mutation ($whole: JSON, $part: JSON, $text: String, $number: Int, $absent: JSON, $list: [JSON]) {
        insertIntodocCollection(objects: [
            {id: 10, d: {a: $part, b: [$text, $number, 1.50, true, null, RED], c: {}, e: $absent, s: "it's \"so\"\\"}, j: [[], $absent]}
            {id: 11, d: $whole, j: "text", l: $list, n: 3}
            {id: 12, d: null, j: false, l: [{a: $number}, "x", null, [$part]], n: []}
        ]) { records { id d j l n } } }"#;
    let variables = json!({"whole": {"k": [1, {"x": null}]}, "part": ["\u{e9}", {}], "text": "t", "number": 7, "list": [1, "two", [3]]});
    let answer = data(&engine, &all, query, variables).await;
    let expected = json!([
        {
            "id": 10, "d": {"a": ["\u{e9}", {}], "b": ["t", 7, 1.5, true, null, "RED"], "c": {}, "s": "it's \"so\"\\"}, "j": [[], null],
            "l": null, "n": {}
        },
        {"id": 11, "d": {"k": [1, {"x": null}]}, "j": "text", "l": [1, "two", [3]], "n": 3},
        {"id": 12, "d": null, "j": false, "l": [{"a": 7}, "x", null, [["\u{e9}", {}]]], "n": []},
    ]);
    assert_eq!(answer["insertIntodocCollection"]["records"], expected);
    let query = r#"mutation ($more: JSON) { updatedocCollection(append: {d: {z: $more}}, set: {j: $more}, filter: {d: {contains: {b: [$more]}}})
        { records { id z: d(path: ["z"]) j } } }"#;
    let answer = data(&engine, &all, query, json!({"more": "t"})).await;
    assert_eq!(answer["updatedocCollection"]["records"], json!([{"id": 10, "z": "t", "j": "t"}]));
    for (filter, expected) in [
        ("{d: {contains: {a: {b: [1]}}}}", json!([1])),
        ("{d: {contains: {s: $text}}}", json!([1])),
        ("{n: {contains: 3}}", json!([11])),
        ("{n: {containedBy: []}}", json!([12])),
        ("{d: {matches: {path: \"$.s == $s\", vars: {s: $text}}}}", json!([1])),
        ("{d: {matches: {path: \"$.s == $s\", vars: $vars}}}", json!([1])),
        ("{d: {contains: null}}", json!([])),
    ] {
        let query = format!(
            "query ($text: String, $vars: JSON) {{ t: docCollection(filter: {filter}) {{ edges {{ node {{ id }} }} }} u: __typename @skip(if: true) }}"
        );
        let query = match (filter.contains("$text"), filter.contains("$vars")) {
            (true, _) => query.replace(", $vars: JSON", ""),
            (_, true) => query.replace("$text: String, ", ""),
            _ => query.replace(" ($text: String, $vars: JSON)", ""),
        };
        let answer = data(&engine, &all, &query, json!({"text": "it's", "vars": {"s": "it's"}})).await;
        assert_eq!(ids(&answer["t"]), expected, "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_values_are_told() {
    let engine = engine(SETUP).await;
    for (filter, words) in [
        ("{matches: {path: \"$.a == $x\", vars: 3}}", &["path of JSON", "vars"][..]),
        ("{contains: {a: \"\\u0000\"}}", &["U+0000", "Unicode"]),
        ("{contains: {a: 1, a: 2}}", &["a"]),
        ("{contains: {a: $x}}", &["$x"]),
        ("{hasKey: {a: 1}}", &["String"]),
    ] {
        let query = format!("{{ docCollection(filter: {{d: {filter}}}) {{ edges {{ cursor }} }} }}");
        let message = refused(&engine, &query, json!({})).await;
        assert!(words.iter().any(|word| message.contains(word)), "{filter}: {words:?}: {message}");
    }
}

async fn values_go_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "mutation ($objects: [docInsertInput!]!, $set: JSON, $id: Int) {
        insertIntodocCollection(objects: $objects) { records { d } }
        updatedocCollection(set: {d: {x: $set}}, filter: {id: {eq: $id}}) { records { d } } }";
    for number in 20..23 {
        let objects: Vec<_> = (0..3)
            .map(|part| json!({"id": number * 10 + part, "d": {"n": [number, {"part": part}]}}))
            .collect();
        let variables = json!({"objects": objects, "set": [number, null], "id": number * 10});
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        let answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        let records: Vec<_> = objects.iter().map(|object| json!({"d": object["d"]})).collect();
        let expected = json!({"data": {
            "insertIntodocCollection": {"records": records}, "updatedocCollection": {"records": [{"d": {"x": [number, null]}}]}
        }});
        assert_eq!(answer, expected);
    }
}

on_every_way!(values_go_by_each_way);

#[tokio::test(flavor = "multi_thread")]
async fn random_documents_come_back_as_they_went_in() {
    let mut random = Random(18);
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let insert = "mutation ($objects: [docInsertInput!]!) { insertIntodocCollection(objects: $objects) { records { id d j } } }";
    let mut written = 0;
    for round in 1..=30 {
        let objects = (0..50).map(|number| {
            json!({"id": round * 100 + number, "d": document(&mut random, 3), "j": document(&mut random, 2)})
        });
        let objects: Vec<_> = objects.collect();
        let answer = data(&engine, &Identity::default(), insert, json!({ "objects": objects })).await;
        assert_eq!(answer["insertIntodocCollection"]["records"], json!(objects));
        let named: Vec<_> = objects.iter().filter(|object| has_names(object)).collect();
        let literal: Vec<_> = named
            .iter()
            .map(|object| {
                format!(
                    "{{id: {}, d: {}, j: {}}}",
                    object["id"].as_i64().expect("a number") + 10_000,
                    literal(&object["d"]),
                    literal(&object["j"])
                )
            })
            .collect();
        let query = format!(
            "mutation {{ insertIntodocCollection(objects: [{}]) {{ records {{ d }} }} }}",
            literal.join(" ")
        );
        data(&engine, &Identity::default(), &query, json!({})).await;
        written += named.len();
    }
    // What is null as a value is null in the database, and so is what came as a literal.
    let same = harness::ask(
        &client,
        "select count(*) from doc a join doc b on b.id = a.id + 10000 where a.d is not distinct from b.d and a.j::jsonb is not distinct from b.j::jsonb",
    )
    .await;
    assert_eq!(same.as_deref(), Some(written.to_string().as_str()));
}

/// Whether all keys are names of GraphQL.
fn has_names(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(has_names),
        Value::Object(fields) => fields.iter().all(|(key, value)| key != "it's" && has_names(value)),
        _ => true,
    }
}

/// A value as a literal of GraphQL.
fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key}: {}", literal(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}
