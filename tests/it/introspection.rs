//! Introspection answers are those of graphql-js on the same SDL, and a client's schema made from them is the same again.

use std::sync::Arc;

use glowplug::config::PoolMode;
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use glowplug::request::{Document, Operation, json_map};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{harness, node, verdict};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compared {
    types: usize,
    found: Vec<String>,
    is_same_printed: bool,
}

#[tokio::test]
async fn answers_are_those_of_graphql_js() {
    let script = node::folder().join("introspection.mjs");
    let folder = node::output("introspection");
    let query = node::run(&script, &[], &folder).await;
    let (schema, limits) = (verdict::golden("filter"), verdict::limits());
    let mut wrong = Vec::new();
    for name in ["schema", "deprecated", "every_type", "filter", "odd_names", "views_and_partitions"] {
        let rendered = verdict::rendered(name);
        let document = Arc::new(Document::parse(&rendered, &query, &limits).expect("a valid document"));
        let api = (&schema, &rendered);
        let operation =
            Operation::new(document, None, &json_map(Map::new()), api, &limits).expect("an operation");
        let answers = operation.introspect(&rendered).expect("an answer");
        let data: Map<String, Value> = answers
            .into_iter()
            .map(|(key, value)| (key, serde_json::from_str(&value).expect("JSON")))
            .collect();
        let (sdl, answer) = (folder.join(format!("{name}.graphql")), folder.join(format!("{name}.json")));
        std::fs::write(&sdl, &*rendered.sdl).expect("the SDL can be written");
        std::fs::write(&answer, serde_json::json!({ "data": data }).to_string()).expect("the answer too");
        let paths = [sdl.to_str().expect("a path"), answer.to_str().expect("a path")];
        let printed = node::run(&script, &paths, &folder).await;
        let compared: Compared = serde_json::from_str(&printed).expect("the comparison");
        assert!(compared.types > 15, "{name}: only {} types are compared", compared.types);
        wrong.extend(compared.found.iter().map(|difference| format!("{name}{difference}")));
        if !compared.is_same_printed {
            wrong.push(format!("{name}: the schema that a client makes of the answer is another one"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn remembered_answers_are_those_of_the_same_question_only() {
    let database = harness::database("create table one (id int primary key)").await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let query = "query A($name: String!, $with: Boolean = true) { __type(name: $name) { name kind @include(if: $with) } }
        query B($name: String!) { __type(name: $name) { name } }";
    let ask = async |operation: &str, variables: Value| {
        let request = Request {
            document: query.into(),
            operation_name: Some(operation.to_owned()),
            variables: variables.as_object().expect("an object").clone(),
            extensions: Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        let response = engine.respond(request, &Identity::default()).await;
        let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
        answer["data"]["__type"].clone()
    };
    for _ in 0..2 {
        assert_eq!(ask("A", json!({"name": "one"})).await, json!({"name": "one", "kind": "OBJECT"}));
        assert_eq!(ask("A", json!({"name": "Int"})).await, json!({"name": "Int", "kind": "SCALAR"}));
        assert_eq!(ask("A", json!({"name": "Int", "with": false})).await, json!({"name": "Int"}));
        assert_eq!(ask("B", json!({"name": "Int"})).await, json!({"name": "Int"}));
        assert_eq!(ask("B", json!({"name": "two"})).await, Value::Null);
    }
    let client = harness::connect(&url).await;
    client.batch_execute("create table two (id int primary key)").await.expect("a second table");
    assert!(engine.reload().await.expect("a fresh picture"), "the picture has changed");
    assert_eq!(
        ask("B", json!({"name": "two"})).await,
        json!({"name": "two"}),
        "the new schema has new answers"
    );
}
