//! Filters and orders over relations for every source of rows: functions, tables with children, partitions,
//! and key columns with their own collation.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

/// The ids of a root field's rows.
async fn ids(engine: &Engine, field: &str) -> Value {
    let kind = if field.starts_with("mutation ") { "" } else { "query " };
    let document = match field.strip_prefix("mutation ") {
        Some(field) => format!("mutation {{ t: {field} {{ edges {{ cursor node {{ id }} }} }} }}"),
        None => format!("{kind}{{ t: {field} {{ edges {{ cursor node {{ id }} }} }} }}"),
    };
    let answer = harness::graphql(engine, &document, json!({})).await;
    let edges = answer["data"]["t"]["edges"].as_array();
    let edges = edges.unwrap_or_else(|| panic!("{document}: {answer}"));
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_functions_are_filtered_and_ordered_over_relations() {
    let engine = engine(
        "create table artist (id int primary key, name text);
        create table album (id int primary key, artist_id int references artist);
        insert into artist values (1, 'A'), (2, 'B');
        insert into album values (10, 1), (11, 2), (12, 2), (13, null);
        create function recent() returns setof album stable language sql as 'select * from album where id > 10';
        create function touched() returns setof album volatile language sql
            as 'update album set id = id returning *';
        create function albums_of(artist) returns setof album stable language sql
            as 'select * from album where artist_id = $1.id';
        create function artist_of(album) returns setof artist rows 1 stable language sql
            as 'select * from artist where id = $1.artist_id';",
    )
    .await;
    let arguments = "filter: {artist: {name: {eq: \"B\"}}}, orderBy: [{id: DescNullsLast}]";
    assert_eq!(ids(&engine, &format!("recent({arguments})")).await, json!([12, 11]));
    assert_eq!(ids(&engine, &format!("mutation touched({arguments})")).await, json!([12, 11]));
    let order = "orderBy: [{artist: {name: AscNullsFirst}}, {id: DescNullsLast}]";
    assert_eq!(ids(&engine, &format!("recent({order})")).await, json!([13, 12, 11]));
    assert_eq!(ids(&engine, &format!("mutation touched({order})")).await, json!([13, 10, 12, 11]));
    let document = format!(
        "{{ artistCollection {{ edges {{ node {{ albums_of({arguments}) {{ edges {{ node {{ id artist_of {{ id }} }} }} }} }} }} }} }}"
    );
    let answer = harness::graphql(&engine, &document, json!({})).await;
    assert_eq!(
        answer["data"]["artistCollection"]["edges"][1]["node"]["albums_of"]["edges"][0]["node"],
        json!({"id": 12, "artist_of": {"id": 2}}),
        "{answer}"
    );
    // Filters and orders on rows related to a volatile function's rows see its changes.
    let document = "mutation { touched(filter: {artist: {}}) { edges { node { id artist { albumCollection(filter: {artist: {name: {eq: \"B\"}}}) { edges { node { id } } } } } } } }";
    let answer = harness::graphql(&engine, document, json!({})).await;
    let below = &answer["data"]["touched"]["edges"][1]["node"]["artist"]["albumCollection"]["edges"];
    assert_eq!(*below, json!([{"node": {"id": 11}}, {"node": {"id": 12}}]), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_means_a_tables_own_rows_in_filters_and_orders_too() {
    let engine = engine(
        "create table asset (id int primary key, label text);
        create table machine () inherits (asset);
        create table booking (id int primary key, asset_id int references asset);
        insert into asset values (1, 'crate'), (2, 'box');
        insert into machine values (1, 'lathe'), (3, 'saw');
        insert into booking values (10, 1), (11, 1), (12, 2);",
    )
    .await;
    assert_eq!(ids(&engine, "bookingCollection(filter: {asset: {label: {eq: \"lathe\"}}})").await, json!([]));
    assert_eq!(
        ids(&engine, "bookingCollection(filter: {asset: {label: {eq: \"crate\"}}})").await,
        json!([10, 11])
    );
    // A child's row with the same key has no bookings.
    let labels = "{ assetCollection(filter: {bookingCollection: {count: {eq: 0}}}, orderBy: [{label: AscNullsLast}]) { edges { node { label } } } }";
    let answer = harness::graphql(&engine, labels, json!({})).await;
    let expected = json!([{"node": {"label": "lathe"}}, {"node": {"label": "saw"}}]);
    assert_eq!(answer["data"]["assetCollection"]["edges"], expected, "{answer}");
    let ordered = "query ($after: Cursor) { assetCollection(first: 2, after: $after, orderBy: [{bookingCollection: {count: DescNullsLast}}]) { edges { cursor node { label } } } }";
    let (mut after, mut labels) = (Value::Null, Vec::new());
    for _ in 0..2 {
        let answer = harness::graphql(&engine, ordered, json!({ "after": after })).await;
        let edges = answer["data"]["assetCollection"]["edges"].as_array().expect("edges").clone();
        labels.extend(edges.iter().map(|edge| edge["node"]["label"].clone()));
        after = edges[1]["cursor"].clone();
    }
    assert_eq!(labels, ["crate", "box", "lathe", "saw"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_partitions_and_of_other_collations_hang_together() {
    let engine = engine(
        "create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table place (name text collate folded primary key, size int);
        create table visit (id int, day date, place_name text, primary key (id, day), foreign key (place_name) references place)
            partition by range (day);
        create table visit_2024 partition of visit for values from ('2024-01-01') to ('2025-01-01');
        create table visit_rest partition of visit default;
        insert into place values ('Paris', 2), ('rome', 1), ('Oslo', null);
        insert into visit values (1, '2024-05-01', 'PARIS'), (2, '2023-05-01', 'paris'), (3, '2024-01-01', 'Rome'), (4, '2024-01-01', null);",
    )
    .await;
    assert_eq!(ids(&engine, "visitCollection(filter: {place: {size: {gte: 2}}})").await, json!([1, 2]));
    assert_eq!(
        ids(&engine, "visitCollection(orderBy: [{place: {name: DescNullsLast}}])").await,
        json!([3, 1, 2, 4])
    );
    let places = "{ placeCollection(filter: {visitCollection: {some: {day: {gte: \"2024-01-01\"}}}}, orderBy: [{visitCollection: {max: {day: DescNullsLast}}}]) { edges { node { name } } } }";
    let answer = harness::graphql(&engine, places, json!({})).await;
    assert_eq!(
        answer["data"]["placeCollection"]["edges"],
        json!([{"node": {"name": "Paris"}}, {"node": {"name": "rome"}}]),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_of_a_conflict_leads_over_relations() {
    let engine = engine(
        "create table artist (id int primary key, name text);
        create table album (id int primary key, title text, artist_id int references artist);
        insert into artist values (1, 'A'), (2, 'B');
        insert into album values (10, 'ten', 1), (11, 'eleven', 2);",
    )
    .await;
    let document = "mutation ($name: String) { insertIntoalbumCollection(
        objects: [{id: 10, title: \"new\"}, {id: 11, title: \"new\"}],
        onConflict: {constraint: album_pkey, updateColumns: [title], filter: {artist: {name: {eq: $name}}}}
    ) { affectedCount records { id } } }";
    let answer = harness::graphql(&engine, document, json!({"name": "B"})).await;
    let expected = json!({"affectedCount": 1, "records": [{"id": 11}]});
    assert_eq!(answer["data"]["insertIntoalbumCollection"], expected, "{answer}");
}
