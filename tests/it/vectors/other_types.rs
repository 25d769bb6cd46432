//! Sparse vectors and bit strings: texts in and out, orders by distance, and the indexes that serve them.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::bad_input::refused;
use super::index::{catalog, explained};
use super::{engine, ids};
use crate::every_way::changes_are_answered;
use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = "
    create schema \"Ext 1\"; create extension vector schema \"Ext 1\";
    create table item (id int primary key, s \"Ext 1\".sparsevec(5), b bit(4), v varbit, \"otherId\" int references item, h \"Ext 1\".halfvec(2));
    insert into item values
        (1, '{1:1,3:2}/5', '1010', '1', null, '[1,1]'), (2, '{2:1}/5', '1111', '101', 1, '[2,2]'), (3, '{}/5', '0000', null, 1, '[0,1]'),
        (4, null, null, null, 2, null);";

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_ordered_by_the_distance_of_sparse_vectors_and_bit_strings() {
    let engine = engine(SETUP).await;
    for (order, expected) in [
        ("{sDistance: {to: \"{1:1}/5\", metric: L2}}", json!([3, 2, 1, 4])),
        ("{sDistance: {to: \"{1:1}/5\", metric: L1}}", json!([3, 1, 2, 4])),
        ("{sDistance: {to: \"{1:1}/5\", metric: INNER_PRODUCT}}", json!([1, 2, 3, 4])),
        // The angle to a vector of zeros is no number, which is greater than all numbers.
        ("{sDistance: {to: \"{1:1}/5\", metric: COSINE}}", json!([1, 2, 3, 4])),
        ("{sDistance: {to: \"{1:1}/5\", metric: L2, direction: DescNullsFirst}}", json!([4, 1, 2, 3])),
        ("{bDistance: {to: \"0001\", metric: HAMMING}}", json!([3, 1, 2, 4])),
        ("{bDistance: {to: \"0011\", metric: JACCARD}}", json!([2, 1, 3, 4])),
        ("{bDistance: {to: 1111, metric: HAMMING}}", json!([2, 1, 3, 4])),
        ("{other: {bDistance: {to: \"1111\", metric: HAMMING}}}", json!([4, 2, 3, 1])),
    ] {
        let query = format!("{{ itemCollection(orderBy: [{order}]) {{ edges {{ node {{ id }} }} }} }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert!(answer["errors"].is_null(), "{order}: {answer}");
        assert_eq!(ids(&answer["data"]["itemCollection"]), expected, "{order}");
    }
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    for line in [
        "  s: Opaque\n",
        "  b: Opaque\n",
        "  sDistance: SparseVectorDistanceOrderBy\n",
        "  bDistance: BitDistanceOrderBy\n",
        "  metric: BitMetric!\n",
        "enum BitMetric {\n",
    ] {
        assert!(sdl.contains(line), "{line} is missing in {sdl}");
    }
    assert!(!sdl.contains("vDistance"), "{sdl}");
    // Without the extension there is no distance.
    let database = harness::database("create table plain (id int primary key, b bit(4))").await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let plain = Engine::new(&config).expect("an engine").sdl(&Identity::default()).await.expect("a schema");
    assert!(!plain.contains("Distance"), "{plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_distances_of_sparse_vectors_and_bit_strings_are_refused() {
    let engine = engine(SETUP).await;
    for (order, words) in [
        ("{sDistance: {to: \"{1:1}/4\", metric: L2}}", "different sparsevec dimensions"),
        ("{sDistance: {to: \"[1,2,3,4,5]\", metric: L2}}", "sparsevec"),
        ("{sDistance: {to: [1], metric: L2}}", "Opaque"),
        ("{sDistance: {to: \"{1:1}/5\", metric: HAMMING}}", "HAMMING"),
        ("{sDistance: {to: \"{1:1}/5\"}}", "metric"),
        ("{sDistance: {to: null, metric: L2}}", "to"),
        ("{bDistance: {to: \"101\", metric: HAMMING}}", "different bit lengths"),
        ("{bDistance: {to: \"2\", metric: HAMMING}}", "binary digit"),
        ("{bDistance: {to: \"1010\", metric: L2}}", "L2"),
        ("{bDistance: {to: \"1010\", metric: JACCARD, direction: null}}", "null"),
    ] {
        refused(
            &engine,
            &format!("{{ itemCollection(orderBy: [{order}]) {{ edges {{ cursor }} }} }}"),
            json!({}),
            words,
        )
        .await;
    }
    let query =
        "query ($to: Opaque!) { itemCollection { edges { node { sDistance(to: $to, metric: L2) } } } }";
    for to in [json!("{6:1}/5"), json!(""), json!("{1:x}/5"), json!("{}/0")] {
        refused(&engine, query, json!({ "to": to }), "").await;
    }
}

async fn sparse_vectors_and_bit_strings_go_by_each_way(route: Route) {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, SETUP).await;
    let answering =
        Answering::start(route, &harness::config(&cluster.url(&database), PoolMode::Direct)).await;
    let ask = async |query: &str, variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    };
    let insert = "mutation ($objects: [itemInsertInput!]!) { insertIntoitemCollection(objects: $objects) { records { id s b v } } }";
    let objects = json!([{"id": 10, "s": "{2:0.5,5:-1}/5", "b": "0110", "v": ""}, {"id": 11, "s": "{}/5", "b": null, "v": "11"}]);
    let found = ask(insert, json!({ "objects": objects })).await;
    assert_eq!(found, json!({"data": {"insertIntoitemCollection": {"records": objects}}}));
    let query = "query ($s: Opaque!, $b: Opaque!, $after: Cursor) {
        t: itemCollection(first: 2, after: $after, orderBy: [{sDistance: {to: $s, metric: L1}}], filter: {id: {lt: 10}}) {
            edges { node { id s sDistance(to: $s, metric: L1) bDistance(to: $b, metric: HAMMING) } } pageInfo { endCursor } } }";
    for _ in 0..3 {
        let found = ask(query, json!({"s": "{2:1}/5", "b": "1000"})).await;
        let node =
            |id, s: &str, far, bits| json!({"node": {"id": id, "s": s, "sDistance": far, "bDistance": bits}});
        let edges = json!([node(2, "{2:1}/5", 0, 3), node(3, "{}/5", 1, 1)]);
        assert_eq!(found["data"]["t"]["edges"], edges, "{found}");
        let after = &found["data"]["t"]["pageInfo"]["endCursor"];
        let found = ask(query, json!({"s": "{2:1}/5", "b": "1000", "after": after})).await;
        assert_eq!(ids(&found["data"]["t"]), json!([1, 4]), "{found}");
    }
}

on_every_way!(sparse_vectors_and_bit_strings_go_by_each_way);

#[tokio::test(flavor = "multi_thread")]
async fn an_index_serves_the_first_page_of_sparse_vectors_and_bit_strings() {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(
        cluster,
        "create schema ext; create extension vector schema ext;
        create table item (id int primary key, s ext.sparsevec(3), b bit(16));
        insert into item select n, format('{1:%s,3:%s}/3', n % 40 + 1, n / 40 + 1)::ext.sparsevec, (n * 13 % 65536)::bit(16) from generate_series(1, 1500) as n;
        create index item_l2 on item using hnsw (s ext.sparsevec_l2_ops); create index item_l1 on item using hnsw (s ext.sparsevec_l1_ops);
        create index item_product on item using hnsw (s ext.sparsevec_ip_ops); create index item_cosine on item using hnsw (s ext.sparsevec_cosine_ops);
        create index item_hamming on item using hnsw (b ext.bit_hamming_ops); create index item_jaccard on item using hnsw (b ext.bit_jaccard_ops);
        analyze item;",
    )
    .await;
    let client = harness::connect(&cluster.url(&database)).await;
    let catalog = catalog(&client).await;
    let sparse = |metric: &str| format!("sDistance: {{to: \"{{1:3,3:4}}/3\", metric: {metric}}}");
    let bits = |metric: &str| format!("bDistance: {{to: \"1010101010101010\", metric: {metric}}}");
    for (order, index) in [
        (sparse("L2"), "item_l2"),
        (sparse("L1"), "item_l1"),
        (sparse("INNER_PRODUCT"), "item_product"),
        (sparse("COSINE"), "item_cosine"),
        (bits("HAMMING"), "item_hamming"),
        (bits("JACCARD"), "item_jaccard"),
    ] {
        for (arguments, is_used) in
            [("first: 10", true), ("first: 10, offset: 10", false), ("last: 10", false)]
        {
            let query = format!(
                "{{ itemCollection({arguments}, orderBy: [{{{order}}}]) {{ edges {{ cursor node {{ id }} }} }} }}"
            );
            let found = explained(&client, &catalog, &query).await;
            assert_eq!(found.contains(&format!("Index Scan using {index}")), is_used, "{query}\n{found}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_by_the_distance_of_vectors_are_live() {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, SETUP).await;
    let config = harness::config(&cluster.url(&database), PoolMode::Direct);
    let near = "query ($s: Opaque!) { itemCollection(first: 2, orderBy: [{sDistance: {to: $s, metric: L2}}]) { edges { node { id } } } }";
    let bits = "query ($b: Opaque!) { itemCollection(orderBy: [{bDistance: {to: $b, metric: HAMMING}}]) { edges { node { id bDistance(to: $b, metric: JACCARD) } } } }";
    let half = "query ($to: [Float!]!) { itemCollection(first: 1, orderBy: [{hDistance: {to: $to, metric: L2}}], filter: {h: {withinDistance: {of: $to, distance: 3, metric: L1}}}) { edges { node { id h } } } }";
    let operations =
        [(near, json!({"s": "{1:1}/5"})), (bits, json!({"b": "1010"})), (half, json!({"to": [0, 1]}))];
    let change = "update item set s = '{1:1}/5', b = '1010', h = '[0,1]' where id = 4; update item set h = '[9,9]', b = '0101' where id = 3";
    changes_are_answered(&config, &operations, change).await;
}
