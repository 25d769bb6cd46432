//! Vectors that are none, or of another length, and orders without what they need.

use glowplug::engine::Engine;
use serde_json::{Value, json};

use super::{SETUP, engine};
use crate::harness;

/// Asks in vain: each message has to contain the words.
pub(crate) async fn refused(engine: &Engine, query: &str, variables: Value, words: &str) {
    let answer = harness::graphql(engine, query, variables.clone()).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query} {variables}: {answer}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(words), "{query} {variables}: {words:?} is missing: {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_by_wrong_distances_are_refused() {
    let engine = engine(SETUP).await;
    for (order, words) in [
        (
            "{embeddingDistance: {to: [1, 2], metric: L2}}",
            "to takes 3 numbers, as its column has; here are 2",
        ),
        ("{embeddingDistance: {to: [], metric: L2}}", "to takes at least one number"),
        ("{embeddingDistance: {to: 5, metric: L2}}", "to takes 3 numbers"),
        ("{embeddingDistance: {to: [1, \"a\", 3], metric: L2}}", "Float"),
        ("{embeddingDistance: {to: [1, null, 3], metric: L2}}", "null"),
        ("{embeddingDistance: {to: [[1], 2, 3], metric: L2}}", "Float"),
        ("{embeddingDistance: {to: \"[1,2,3]\", metric: L2}}", "Float"),
        ("{embeddingDistance: {to: [1, 2, 3]}}", "metric"),
        ("{embeddingDistance: {metric: L2}}", "to"),
        ("{embeddingDistance: {to: null, metric: L2}}", "to"),
        ("{embeddingDistance: {to: [1, 2, 3], metric: HAMMING}}", "HAMMING"),
        ("{embeddingDistance: {to: [1, 2, 3], metric: L2, direction: null}}", "null"),
        ("{embeddingDistance: {to: [1, 2, 3], metric: L2, direction: Up}}", "Up"),
        ("{embeddingDistance: AscNullsLast}", "VectorDistanceOrderBy"),
        ("{embeddingDistance: {to: [1, 2, 1e39], metric: L2}}", "out of range"),
        ("{freeDistance: {to: [1, 2, 3], metric: L2}}", "different vector dimensions"),
    ] {
        let query = format!("{{ documentCollection(orderBy: [{order}]) {{ edges {{ cursor }} }} }}");
        refused(&engine, &query, json!({}), words).await;
    }
    let query = "query ($to: [Float!]!) { documentCollection(orderBy: [{embeddingDistance: {to: $to, metric: L2}}]) { edges { cursor } } }";
    for (variables, words) in [
        (json!({"to": [1, 2, 3, 4]}), "to takes 3 numbers, as its column has; here are 4"),
        (json!({"to": []}), "at least one number"),
        (json!({"to": "x"}), "$to"),
        (json!({"to": [1, 2, null]}), "$to"),
        (json!({}), "$to"),
    ] {
        refused(&engine, query, variables, words).await;
    }
    let nullable = "query ($to: [Float!] = [1, 2, 3], $m: VectorMetric = L2, $d: OrderByDirection = DescNullsLast) {
        documentCollection(orderBy: [{embeddingDistance: {to: $to, metric: $m, direction: $d}}]) { edges { cursor } } }";
    for (variables, words) in [
        (json!({"to": null}), "to must be given, and not be null"),
        (json!({"m": null}), "metric must be given, and not be null"),
        (json!({"d": null}), "direction must not be null"),
    ] {
        refused(&engine, nullable, variables, words).await;
    }
    let answer = harness::graphql(&engine, nullable, json!({})).await;
    assert!(answer["errors"].is_null() && answer["data"] != Value::Null, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_vectors_are_refused() {
    let engine = engine(&format!(
        "{SETUP} create function measured(v \"Ext 1\".vector) returns int immutable language sql as 'select 1';"
    ))
    .await;
    let inserted = "mutation ($to: [Float!]) { insertIntodocumentCollection(objects: [{id: 9, embedding: $to}]) { affectedCount } }";
    let rows = "mutation ($to: [documentInsertInput!]!) { insertIntodocumentCollection(objects: $to) { affectedCount } }";
    for (query, variables, words) in [
        (inserted, json!({"to": [1, 2]}), "embedding takes 3 numbers"),
        (rows, json!({"to": [{"id": 9, "embedding": [1, 2]}]}), "embedding takes 3 numbers"),
        (
            rows,
            json!({"to": [{"id": 9, "embedding": [1, 2, 3]}, {"id": 10, "embedding": [1]}]}),
            "embedding takes 3 numbers",
        ),
        (
            "{ documentCollection(filter: {embedding: {eq: [1]}}) { edges { cursor } } }",
            json!({}),
            "embedding takes 3 numbers",
        ),
        (
            "{ documentCollection(filter: {embedding: {gt: [1, 2, 3]}}) { edges { cursor } } }",
            json!({}),
            "gt",
        ),
        (
            "{ documentCollection { edges { node { embeddingDistance(to: [1], metric: L2) } } } }",
            json!({}),
            "to takes 3 numbers",
        ),
        ("{ documentCollection { edges { node { embeddingDistance(metric: L2) } } } }", json!({}), "to"),
        ("{ measured(v: []) }", json!({}), "at least one number"),
    ] {
        refused(&engine, query, variables, words).await;
    }
}
