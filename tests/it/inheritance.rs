//! Tables that others inherit from: several of them may have a row with the same key, and no row is lost or
//! mistaken for another.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;

/// A crate, a lathe and a press that all have the number 1, and bookings, each of which references the
/// table's own row.
const SETUP: &str = "
    create table asset (id integer primary key, label text not null);
    create table machine (rpm integer) inherits (asset);
    create table press (force integer) inherits (machine);
    create table booking (id integer primary key, asset_id integer not null references asset (id));
    create table deposit (id integer primary key, asset_id integer unique references asset (id));
    create table late_deposit () inherits (deposit);
    insert into asset values (1, 'crate'), (2, 'box'), (5, 'sack');
    insert into machine values (1, 'lathe', 900), (3, 'saw', 100);
    insert into press values (1, 'press', 900, 5), (3, 'punch', 1, 2), (4, 'stamp', 1, 1);
    insert into booking values (10, 1), (11, 1), (12, 2);
    insert into deposit values (20, 1), (21, 2);
    insert into late_deposit values (22, 1), (20, 1);
";

/// All assets by their number, the table's own rows first.
const LABELS: [&str; 8] = ["crate", "lathe", "press", "box", "saw", "punch", "stamp", "sack"];

struct Stand {
    engine: Engine,
}

impl Stand {
    async fn start() -> Self {
        let database = harness::database(SETUP).await;
        let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
        Self { engine: Engine::new(&config).expect("an engine") }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = harness::graphql(&self.engine, query, variables).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    /// The labels of all assets, page by page from one end.
    async fn walk(&self, order: &str, page: usize, is_forward: bool) -> Vec<String> {
        let (size, bound, end) =
            if is_forward { ("first", "after", "endCursor") } else { ("last", "before", "startCursor") };
        let query = format!(
            "query ($cursor: Cursor) {{ c: assetCollection({size}: {page}, {bound}: $cursor{order}) {{
                edges {{ node {{ label }} }} pageInfo {{ {end} }} }} }}"
        );
        let (mut labels, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let found = self.ask(&query, json!({ "cursor": cursor })).await["c"].take();
            let edges = found["edges"].as_array().expect("edges");
            if edges.is_empty() {
                return labels;
            }
            let page = edges.iter().map(|edge| edge["node"]["label"].as_str().expect("a label").to_owned());
            labels
                .splice(if is_forward { labels.len()..labels.len() } else { 0..0 }, page.collect::<Vec<_>>());
            assert!(labels.len() <= LABELS.len(), "{labels:?}");
            cursor = found["pageInfo"][end].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_refers_to_the_tables_own_row() {
    let stand = Stand::start().await;
    let query = "{ bookingCollection { edges { node { id asset { label } } } } depositCollection { edges { node { asset { label } } } } }";
    let answer = stand.ask(query, json!({})).await;
    let booking = |id, label| json!({ "node": { "id": id, "asset": { "label": label } } });
    assert_eq!(
        answer["bookingCollection"]["edges"],
        json!([booking(10, "crate"), booking(11, "crate"), booking(12, "box")])
    );
    assert_eq!(answer["depositCollection"]["edges"].as_array().map(Vec::len), Some(4), "{answer}");
    let query = "{ assetCollection { edges { node { label bookingCollection { edges { node { id } } } deposit { id } } } } }";
    let answer = stand.ask(query, json!({})).await;
    for edge in answer["assetCollection"]["edges"].as_array().expect("edges") {
        let node = &edge["node"];
        let (bookings, deposit) = match node["label"].as_str() {
            Some("crate") => (vec![10, 11], json!({ "id": 20 })),
            Some("box") => (vec![12], json!({ "id": 21 })),
            _ => (Vec::new(), Value::Null),
        };
        let bookings: Vec<_> = bookings.iter().map(|id| json!({ "node": { "id": id } })).collect();
        assert_eq!(node["bookingCollection"]["edges"], json!(bookings), "{node}");
        assert_eq!(node["deposit"], deposit, "{node}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_over_a_table_and_its_children_hold_each_row_once() {
    let stand = Stand::start().await;
    for order in [
        "",
        ", orderBy: [{id: AscNullsLast}]",
        ", orderBy: [{id: DescNullsFirst}]",
        ", orderBy: [{label: DescNullsLast}]",
    ] {
        let all = stand.walk(order, 30, true).await;
        let mut sorted = all.clone();
        sorted.sort();
        let mut expected = LABELS;
        expected.sort_unstable();
        assert_eq!(sorted, expected, "{order}");
        for page in 1..5 {
            assert_eq!(stand.walk(order, page, true).await, all, "{order} by {page}");
            assert_eq!(stand.walk(order, page, false).await, all, "{order} by {page} from the end");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_has_a_node_id_of_its_own() {
    let stand = Stand::start().await;
    let all = stand.ask("{ c: assetCollection { edges { node { nodeId label } } } }", json!({})).await;
    let nodes: Vec<_> =
        all["c"]["edges"].as_array().expect("edges").iter().map(|edge| edge["node"].clone()).collect();
    assert_eq!(nodes.len(), LABELS.len());
    for node in &nodes {
        let query = "query ($id: ID!) { node(nodeId: $id) { ... on asset { nodeId label } }
            c: assetCollection(filter: {nodeId: {eq: $id}}) { edges { node { label } } } }";
        let found = stand.ask(query, json!({ "id": node["nodeId"] })).await;
        let expected = json!({ "node": node, "c": { "edges": [{ "node": { "label": node["label"] } }] } });
        assert_eq!(found, expected);
    }
    let own =
        stand.ask("{ own: assetByPk(id: 1) { label } none: assetByPk(id: 9) { label } }", json!({})).await;
    assert_eq!(own, json!({ "own": { "label": "crate" }, "none": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_node_id_changes_that_row_alone() {
    let stand = Stand::start().await;
    let mut random = Random(11);
    for turn in 0..12 {
        let all = stand.ask("{ c: assetCollection { edges { node { nodeId label } } } }", json!({})).await;
        let nodes = all["c"]["edges"].as_array().expect("edges");
        let node = random.choose(nodes)["node"].clone();
        let query = "mutation ($id: ID!, $label: String!) {
            m: updateassetCollection(set: {label: $label}, filter: {nodeId: {eq: $id}}, atMost: 1) {
                affectedCount records { nodeId label bookingCollection { edges { cursor } } } } }";
        let label = format!("changed {turn}");
        let changed = stand.ask(query, json!({ "id": node["nodeId"], "label": label })).await;
        assert_eq!(changed["m"]["affectedCount"], 1, "{changed}");
        assert_eq!(changed["m"]["records"][0]["nodeId"], node["nodeId"], "{changed}");
        let after = stand.ask("{ c: assetCollection { edges { node { nodeId label } } } }", json!({})).await;
        for (before, after) in nodes.iter().zip(after["c"]["edges"].as_array().expect("edges")) {
            let is_it = before["node"]["nodeId"] == node["nodeId"];
            let expected = if is_it { json!(label) } else { before["node"]["label"].clone() };
            assert_eq!(after["node"]["label"], expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_child_is_noticed() {
    let database =
        harness::database("create table one (id int primary key); insert into one values (1)").await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let query = "{ oneCollection(first: 1) { edges { cursor } } }";
    let before = harness::graphql(&engine, query, json!({})).await;
    let client = harness::connect(&url).await;
    let child = "create schema elsewhere; create table elsewhere.two () inherits (one); insert into elsewhere.two values (1)";
    client.batch_execute(child).await.expect("a child in a schema that is not exposed");
    assert!(engine.reload().await.expect("a fresh picture"), "the picture has changed");
    let after = harness::graphql(&engine, query, json!({})).await;
    assert_ne!(before, after, "the cursor tells the two rows apart");
}
