//! JSON documents: their filters compared with SQL written by hand, by two roles, and invalid filters.

mod bad_input;
mod filter;
mod indexes;
mod random;
mod raw;
mod selected;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;

/// An engine for a database.
async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

/// The answer's data, without errors.
async fn data(engine: &Engine, who: &Identity, query: &str, variables: Value) -> Value {
    let mut answer = harness::graphql_as(engine, who, query, variables.clone()).await;
    assert!(answer["errors"].is_null(), "{query} {variables}: {answer}");
    answer["data"].take()
}

/// The ids of the rows that match a filter.
async fn found(engine: &Engine, filter: &str) -> Value {
    let query = format!("{{ t: docCollection(filter: {filter}) {{ edges {{ node {{ id }} }} }} }}");
    ids(&data(engine, &Identity::default(), &query, json!({})).await["t"])
}

/// The ids of a connection's rows.
fn ids(connection: &Value) -> Value {
    let edges = connection["edges"].as_array().unwrap_or_else(|| panic!("no edges: {connection}"));
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

/// The message of the first error, which has to be a client error.
async fn refused(engine: &Engine, query: &str, variables: Value) -> String {
    let answer = harness::graphql(engine, query, variables).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query:.300}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}
