//! pgvector: vectors in and out, orders by distance and their cursors, the indexes that serve them, and what is wrong with them.

pub(crate) mod bad_input;
pub(crate) mod index;
mod other_types;
mod random;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

/// The extension stands in a schema that is neither exposed nor in `search_path`.
const SETUP: &str = "
    create schema \"Ext 1\"; create extension vector schema \"Ext 1\";
    create table topic (id int primary key, centre \"Ext 1\".vector(2));
    create table document (
        id int primary key, title text, topic_id int references topic, embedding \"Ext 1\".vector(3), half \"Ext 1\".halfvec(3),
        several \"Ext 1\".vector(2)[], free \"Ext 1\".vector not null default '[1,2,3,4]'
    );
    insert into topic values (1, '[0,0]'), (2, '[3,4]'), (3, null);
    insert into document values
        (1, 'a', 1, '[1,0,0]', '[1,0,0]', null, default),
        (2, 'b', 1, '[0,1,0]', '[0.5,1,0]', null, default),
        (3, 'c', 2, '[0,0,0]', null, array['[1,2]', '[3,4]']::\"Ext 1\".vector[], '[0.1]'),
        (4, 'd', null, null, '[1,1,1]', null, '[1,2]'),
        (5, 'e', 2, '[1e-7,2.5,-3e20]', '[-1,2,3]', null, default);";

async fn engine(setup: &str) -> Engine {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, setup).await;
    Engine::new(&harness::config(&cluster.url(&database), PoolMode::Direct)).expect("an engine")
}

/// The ids of the rows of a connection.
fn ids(connection: &Value) -> Value {
    let edges = connection["edges"].as_array().unwrap_or_else(|| panic!("no edges: {connection}"));
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

/// The ids of the documents in an order.
async fn ordered(engine: &Engine, order: &str) -> Value {
    let query = format!("{{ documentCollection(orderBy: {order}) {{ edges {{ node {{ id }} }} }} }}");
    let answer = harness::graphql(engine, &query, json!({})).await;
    assert!(answer["errors"].is_null(), "{order}: {answer}");
    ids(&answer["data"]["documentCollection"])
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_ordered_by_the_distance_of_a_vector() {
    let engine = engine(SETUP).await;
    for (order, expected) in [
        ("[{embeddingDistance: {to: [1, 0, 0], metric: L2}}]", json!([1, 3, 2, 5, 4])),
        (
            "[{embeddingDistance: {to: [1, 0, 0], metric: L2, direction: AscNullsFirst}}]",
            json!([4, 1, 3, 2, 5]),
        ),
        (
            "[{embeddingDistance: {to: [1, 0, 0], metric: L2, direction: DescNullsLast}}]",
            json!([5, 2, 3, 1, 4]),
        ),
        (
            "[{embeddingDistance: {to: [1, 0, 0], metric: L2, direction: DescNullsFirst}}]",
            json!([4, 5, 2, 3, 1]),
        ),
        ("[{embeddingDistance: {to: [1, 0, 0], metric: L1}}]", json!([1, 3, 2, 5, 4])),
        // The angle to a vector of zeros is no number, which is greater than all numbers.
        ("[{embeddingDistance: {to: [1, 0, 0], metric: COSINE}}]", json!([1, 2, 5, 3, 4])),
        ("[{embeddingDistance: {to: [1, 0, 0], metric: INNER_PRODUCT}}]", json!([1, 5, 2, 3, 4])),
        ("[{halfDistance: {to: [1, 0, 0], metric: L2}}]", json!([1, 2, 4, 5, 3])),
        ("[{embeddingDistance: null}]", json!([1, 2, 3, 4, 5])),
        (
            "[{topic_id: AscNullsLast}, {embeddingDistance: {to: [0, 1, 0], metric: L2}}]",
            json!([2, 1, 3, 5, 4]),
        ),
        (
            "[{embeddingDistance: {to: [0, 0, 1], metric: L2}}, {title: DescNullsLast}]",
            json!([3, 2, 1, 5, 4]),
        ),
        (
            "[{topic: {centreDistance: {to: [3, 4], metric: L2}}}, {id: DescNullsLast}]",
            json!([5, 3, 2, 1, 4]),
        ),
    ] {
        assert_eq!(ordered(&engine, order).await, expected, "{order}");
    }
    let query = "query ($to: [Float!]!) { documentCollection { edges { node {
        id near: embeddingDistance(to: $to, metric: L2) embeddingDistance(to: [1, 0, 0], metric: COSINE)
        topic { centreDistance(to: [0, 1], metric: L1) } } } } }";
    let answer = harness::graphql(&engine, query, json!({"to": [0, 0, 0]})).await;
    let edges =
        answer["data"]["documentCollection"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let rows: Vec<_> = edges.iter().map(|edge| edge["node"].clone()).collect();
    let row = |id: i32, near: Value, cosine: Value, topic: Value| json!({"id": id, "near": near, "embeddingDistance": cosine, "topic": topic});
    let topic = |distance: Value| json!({ "centreDistance": distance });
    assert_eq!(
        rows[..4],
        [
            row(1, json!(1), json!(0), topic(json!(1))),
            row(2, json!(1), json!(1), topic(json!(1))),
            row(3, json!(0), json!(null), topic(json!(6))),
            row(4, json!(null), json!(null), json!(null)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_within_a_distance_are_found() {
    let setup = format!(
        "{SETUP} create schema other; create table other.taken (id int primary key, e \"Ext 1\".vector(1), \"eDistance\" int);
        insert into other.taken values (1, '[1]', 7), (2, '[5]', 8);"
    );
    let engine = engine(&setup).await;
    let query = "query ($filter: documentFilter) { t: documentCollection(filter: $filter) { edges { node { id } } } }";
    let near = |metric: &str, distance: Value| json!({"embedding": {"withinDistance": {"of": [1, 0, 0], "metric": metric, "distance": distance}}});
    for (filter, expected) in [
        (near("L2", json!(1)), json!([1, 3])),
        (near("L2", json!(1.5)), json!([1, 2, 3])),
        (near("L1", json!(2)), json!([1, 2, 3])),
        // The angle to a vector of zeros is no number.
        (near("COSINE", json!(1.5)), json!([1, 2, 5])),
        (near("INNER_PRODUCT", json!(-0.5)), json!([1])),
        (json!({"not": near("L2", json!(1))}), json!([2, 5])),
        (json!({"embedding": {"withinDistance": null}}), json!([])),
        (
            json!({"topic": {"centre": {"withinDistance": {"of": [0, 1], "metric": "L2", "distance": 1}}}}),
            json!([1, 2]),
        ),
    ] {
        let answer = harness::graphql(&engine, query, json!({ "filter": filter })).await;
        assert!(answer["errors"].is_null(), "{filter}: {answer}");
        assert_eq!(ids(&answer["data"]["t"]), expected, "{filter}");
    }
    // A column that has the name of the distance keeps it; the filter does not need it.
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, &setup).await;
    let mut config = harness::config(&cluster.url(&database), PoolMode::Direct);
    config.api.schemas = vec!["other".to_owned()];
    let engine = Engine::new(&config).expect("an engine");
    let query = "{ t: takenCollection(filter: {e: {withinDistance: {of: 4, metric: L1, distance: 2}}}) { edges { node { id eDistance } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    assert_eq!(answer["data"]["t"]["edges"], json!([{"node": {"id": 2, "eDistance": 8}}]), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_has_lists_of_numbers_where_the_extension_is() {
    let setup = format!(
        "{SETUP} create role vector_none; grant select on all tables in schema public to vector_none;
        create table \"VectorMetric\" (id int primary key); create table \"VectorFilter\" (id int primary key);
        create table taken (id int primary key, e \"Ext 1\".vector(3), \"eDistance\" int);"
    );
    let engine = engine(&setup).await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    for line in [
        "  embedding: [Float!]\n",
        "  half: [Float!]\n",
        "  several: [Opaque]\n",
        "  free: [Float!]!\n",
        "  embeddingDistance(\n",
        "  embeddingDistance: VectorDistanceOrderBy_\n",
        "  embedding: VectorFilter_\n",
        "  eq: [Float!]\n",
        "input VectorDistanceOrderBy_ {\n",
        "  direction: OrderByDirection! = AscNullsLast\n",
        "enum VectorMetric_ {\n",
        "type VectorMetric implements Node {\n",
    ] {
        assert!(sdl.contains(line), "{line} is missing in {sdl}");
    }
    assert!(!sdl.contains("scalar Vector") && !sdl.contains("  eDistance: VectorDistanceOrderBy"), "{sdl}");
    // Who may not name the type has it as text.
    let none = Identity { role: Some("vector_none".into()), ..Identity::default() };
    let sdl = engine.sdl(&none).await.expect("a schema");
    assert!(sdl.contains("  embedding: Opaque\n") && !sdl.contains("VectorDistance"), "{sdl}");
    let answer =
        harness::graphql_as(&engine, &none, "{ documentByPk(id: 1) { embedding free } }", json!({})).await;
    assert_eq!(
        answer["data"]["documentByPk"],
        json!({"embedding": "[1,0,0]", "free": "[1,2,3,4]"}),
        "{answer}"
    );
}

async fn vectors_go_in_and_come_out(route: Route) {
    let cluster = harness::newer_cluster();
    let setup = format!(
        "{SETUP} create function twice(v \"Ext 1\".vector, h \"Ext 1\".halfvec default '[1]') returns \"Ext 1\".vector immutable
            language sql as 'select v operator(\"Ext 1\".+) v';
        create function total(document) returns \"Ext 1\".vector stable language sql as 'select $1.embedding';
        create table part (id int generated always as identity primary key, document_id int references document, v \"Ext 1\".vector(2));"
    );
    let database = harness::database_of(cluster, &setup).await;
    let config = harness::config(&cluster.url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let ask = async |query: &str, variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        let mut answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        assert!(answer["errors"].is_null(), "{query} {variables}: {answer}");
        answer["data"].take()
    };
    let found =
        ask("{ documentCollection { edges { node { embedding half several free total } } } }", json!({}))
            .await;
    let edges = found["documentCollection"]["edges"].as_array().expect("edges");
    assert_eq!(edges[2]["node"]["several"], json!(["[1,2]", "[3,4]"]));
    let last = json!({"embedding": [1e-7, 2.5, -3e20], "half": [-1, 2, 3], "several": null, "free": [1, 2, 3, 4], "total": [1e-7, 2.5, -3e20]});
    assert_eq!(edges[4]["node"], last);
    let insert =
        "mutation ($objects: [documentInsertInput!]!) { insertIntodocumentCollection(objects: $objects) {
        records { id embedding free } } }";
    let objects = json!([{"id": 10, "embedding": [1, 2.5, 3], "free": [7]}, {"id": 11, "embedding": null, "free": [1, 2]}]);
    let found = ask(insert, json!({ "objects": objects })).await;
    assert_eq!(found["insertIntodocumentCollection"]["records"], objects);
    let one = json!([{"id": 12, "embedding": [0.5, -1, 1e10]}]);
    let found = ask(insert, json!({ "objects": one })).await;
    assert_eq!(found["insertIntodocumentCollection"]["records"][0]["embedding"], json!([0.5, -1, 1e10]));
    let query = "mutation ($x: Float!, $objects: [partInsertInput!]!) {
        insertIntodocumentCollection(objects: [{id: 13, embedding: [$x, 1, 2], half: [1.5, $x, 0], free: 5, partCollection: {objects: $objects}}]) {
            records { embedding half free partCollection { edges { node { v } } } } }
        updatedocumentCollection(set: {embedding: [$x, $x, $x]}, filter: {embedding: {eq: [1, 0, 0]}}) { records { id embedding } } }";
    let found = ask(query, json!({"x": 9, "objects": [{"v": [1, 2]}, {"v": [3, 4]}]})).await;
    let parts = json!({"edges": [{"node": {"v": [1, 2]}}, {"node": {"v": [3, 4]}}]});
    let expected = json!({"embedding": [9, 1, 2], "half": [1.5, 9, 0], "free": [5], "partCollection": parts});
    assert_eq!(found["insertIntodocumentCollection"]["records"], json!([expected]));
    assert_eq!(found["updatedocumentCollection"]["records"], json!([{"id": 1, "embedding": [9, 9, 9]}]));
    for _ in 0..3 {
        let found = ask("query ($v: [Float!]!) { twice(v: $v) }", json!({"v": [1, 2.5]})).await;
        assert_eq!(found["twice"], json!([2, 5]));
        let query = "query ($to: [Float!]!, $m: VectorMetric!, $after: Cursor, $first: Int) {
            t: documentCollection(orderBy: [{embeddingDistance: {to: $to, metric: $m}}], filter: {id: {lt: 6}}, first: $first, after: $after) {
                edges { cursor node { id embeddingDistance(to: $to, metric: $m) } } pageInfo { hasNextPage endCursor } } }";
        let page = ask(query, json!({"to": [0, 1, 0], "m": "L2", "first": 2})).await;
        assert_eq!((ids(&page["t"]), &page["t"]["pageInfo"]["hasNextPage"]), (json!([2, 3]), &json!(true)));
        assert_eq!(page["t"]["edges"][1]["node"]["embeddingDistance"], json!(1));
        let after = &page["t"]["pageInfo"]["endCursor"];
        let page = ask(query, json!({"to": [0, 1, 0], "m": "L2", "first": 3, "after": after})).await;
        assert_eq!(
            (ids(&page["t"]), &page["t"]["pageInfo"]["hasNextPage"]),
            (json!([1, 5, 4]), &json!(false))
        );
    }
}

on_every_way!(vectors_go_in_and_come_out);
