//! The database changes while it is served.

use glowplug::catalog::INTROSPECT;
use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::json;

use crate::harness;

/// Changes of every kind of object that the catalog JSON describes, and of their privileges and comments.
const CHANGES: &str = include_str!("change.sql");

/// The query of the watch.
const VERSION: &str = include_str!("../../src/engine/catalog_version.sql");

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_gone_is_noticed_by_the_request_that_asks_for_it() {
    let database = harness::database(
        "create table note (id integer primary key, body text); insert into note values (1, 'a')",
    )
    .await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let query = "{ noteCollection { edges { node { id body } } } }";
    let expected =
        json!({ "data": { "noteCollection": { "edges": [{ "node": { "id": 1, "body": "a" } }] } } });
    assert_eq!(harness::graphql(&engine, query, json!({})).await, expected);

    let admin = harness::connect(&url).await;
    admin
        .batch_execute("alter table note drop column body; alter table note add column title text")
        .await
        .expect("DDL");
    let answer = harness::graphql(&engine, query, json!({})).await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("body"), "the validator says what is not there any more: {answer}");
    let answer =
        harness::graphql(&engine, "{ noteCollection { edges { node { title } } } }", json!({})).await;
    assert_eq!(answer["data"]["noteCollection"]["edges"][0]["node"], json!({ "title": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watch_notices_a_new_table_and_a_reload_tells_whether_anything_changed() {
    let database = harness::database("create table note (id integer primary key)").await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    assert!(engine.reload().await.expect("a first picture"));
    assert!(!engine.reload().await.expect("the same picture"));

    let stop = tokio_util::sync::CancellationToken::new();
    let watching = tokio::spawn({
        let (engine, stop) = (engine.clone(), stop.clone());
        async move { engine.watch(std::time::Duration::from_millis(50), stop).await }
    });
    harness::connect(&url)
        .await
        .batch_execute("create table later (id integer primary key)")
        .await
        .expect("DDL");
    let start = std::time::Instant::now();
    while harness::graphql(&engine, "{ laterCollection { edges { node { id } } } }", json!({}))
        .await
        .get("errors")
        .is_some()
    {
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "the new table is not noticed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stop.cancel();
    watching.await.expect("the watch stops when it is told to");
}

#[tokio::test]
async fn whatever_changes_the_catalog_json_changes_its_version() {
    let database = harness::database("create schema shop").await;
    let admin = harness::connect(&harness::cluster().url(&database)).await;
    let mut before = catalog_and_version(&admin).await;
    let (mut changed, mut missed) = (0, Vec::new());
    for change in CHANGES.split(";\n").filter(|change| !change.trim().is_empty()) {
        admin.batch_execute(change).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        let after = catalog_and_version(&admin).await;
        if before.0 != after.0 {
            changed += 1;
            if before.1 == after.1 {
                missed.push(change);
            }
        }
        before = after;
    }
    assert!(missed.is_empty(), "not noticed: {missed:#?}");
    assert!(changed >= 80, "only {changed} of the changes show in the catalog JSON");
}

/// The catalog JSON, and the version that the watch asks for.
async fn catalog_and_version(client: &tokio_postgres::Client) -> (String, String) {
    let schemas = ["public", "shop"].map(str::to_owned).to_vec();
    let roles = vec![None::<String>];
    // As the server reads them.
    client.batch_execute("set search_path = pg_catalog; set jit = off").await.expect("settings");
    let catalog = client.query_one(INTROSPECT, &[&schemas]).await.expect("the catalog JSON");
    let version = client.query_one(VERSION, &[&schemas, &roles]).await.expect("its version");
    client.batch_execute("reset search_path").await.expect("a setting");
    (catalog.get(0), version.get(0))
}
