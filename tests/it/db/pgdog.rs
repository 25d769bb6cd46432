//! The behaviour if `show pgdog.shards` has an answer. There is no real PgDog here: a PostgreSQL behind
//! PgBouncer answers it, because its database has a setting with that name.

use std::time::Duration;

use glowplug::config::PoolMode;
use glowplug::db::{Connector, Protocol, RoutingHint};
use glowplug::engine::Engine;
use serde_json::json;

use crate::cli::run;
use crate::harness;

const SETUP: &str = "
    create function said() returns text stable language sql as 'select pg_catalog.current_query()';
    create function done() returns text volatile language sql as 'select pg_catalog.current_query()';";

/// The connection string of a database that claims to have this number of shards, and its pooler.
async fn database(shards: u32) -> (String, glowplug_local::Pooler) {
    let name = harness::database(SETUP).await;
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    owner
        .batch_execute(&format!("alter database {name} set pgdog.shards = '{shards}'"))
        .await
        .expect("a setting of the database");
    let pooler = harness::pooler(PoolMode::Transaction, 4);
    (pooler.url(&name), pooler)
}

async fn settled(url: &str) -> Engine {
    let engine = Engine::new(&harness::config(url, PoolMode::Auto)).expect("an engine");
    // It fails although no operation runs.
    let _ = engine.ready().await;
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_may_write_begin_with_the_hint_for_the_primary() {
    let (url, _pooler) = database(1).await;
    let report = Connector::new(&url).unwrap().probe(Duration::from_secs(10)).await.unwrap();
    assert_eq!(report.pgdog_shards, Some(1));
    let protocols = report.protocols();
    assert_eq!((protocols.operations, protocols.hint), (Protocol::Simple, RoutingHint::Role));
    let engine = settled(&url).await;
    while engine.database().protocols().hint == RoutingHint::None {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let done = harness::graphql(&engine, "mutation { done }", json!({})).await;
    let done = done["data"]["done"].as_str().unwrap_or_else(|| panic!("{done}"));
    assert!(done.starts_with("/* pgdog_role: primary */ select pg_catalog.set_config("), "{done}");
    let said = harness::graphql(&engine, "{ said }", json!({})).await;
    assert!(said["data"]["said"].as_str().unwrap().starts_with("select pg_catalog.set_config("), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_shards_are_refused_by_doctor_and_by_the_server() {
    let (url, _pooler) = database(2).await;
    let engine = settled(&url).await;
    while engine.database().check().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refused = engine.ready().await.expect_err("it is not ready").to_string();
    assert!(refused.contains("2 shards"), "{refused}");
    let answer = harness::graphql(&engine, "mutation { done }", json!({})).await;
    let code = &answer["errors"][0]["extensions"]["code"];
    assert_eq!((&answer["data"], code), (&json!(null), &json!("INTERNAL")), "{answer}");
    let output = tokio::task::spawn_blocking(move || run(&["doctor", &url, "--json"])).await.unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(1), "{report:#}");
    assert!(report["checks"].to_string().contains("pgdog-sharded"), "{report:#}");
}

#[tokio::test]
async fn other_poolers_are_no_pgdog() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let odyssey = harness::odyssey(glowplug_local::OdysseyStatements::Tracked, 2);
    let pgpool = harness::pgpool(4);
    for url in [pooler.url(&name), odyssey.url(&name), pgpool.url(&name), harness::cluster().url(&name)] {
        let report = Connector::new(&url).unwrap().probe(Duration::from_secs(10)).await.unwrap();
        assert_eq!(report.pgdog_shards, None, "{report:#?}");
        assert_eq!(report.protocols().hint, RoutingHint::None);
    }
}
