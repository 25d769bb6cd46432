//! Random filters of one table, held against SQL, as two roles.

use std::fmt::Write as _;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Map, Value};
use tokio_postgres::Client;

use crate::harness;

/// How many requests there are, each with several filters.
const ROUNDS: usize = 150;

/// In a database with this setup, asks for the rows of `table` that match `conditions`, each in GraphQL and in SQL: in turns as the
/// connection's own user and as `role`. The rows are those that SQL finds, and there are many.
pub(crate) async fn hold_against_sql(
    setup: &str,
    (table, role): (&str, &str),
    mut conditions: impl FnMut(usize) -> Vec<(Value, String)>,
) {
    let url = harness::cluster().url(&harness::database(setup).await);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let mut found = 0;
    for round in 0..ROUNDS {
        let role = (round % 2 == 1).then_some(role);
        let conditions = conditions(round);
        let answer = answer(&engine, role, table, &conditions).await;
        let expected = ids(&client, role, table, &conditions).await;
        for (index, (filter, sql)) in conditions.iter().enumerate() {
            let edges = answer["data"][format!("a{index}")]["edges"].as_array().expect("edges").iter();
            let rows: Value = edges.map(|edge| edge["node"]["id"].clone()).collect();
            assert_eq!(rows, expected[index], "{role:?} {filter} {sql}");
            found += rows.as_array().map_or(0, Vec::len);
        }
    }
    assert!(found > 10_000, "only {found} rows were found");
}

/// A text as a literal of SQL.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The answer to one request with all filters.
async fn answer(engine: &Engine, role: Option<&str>, table: &str, conditions: &[(Value, String)]) -> Value {
    let mut variables = Map::new();
    let (mut declared, mut fields) = (String::new(), String::new());
    for (index, (filter, _)) in conditions.iter().enumerate() {
        variables.insert(format!("f{index}"), filter.clone());
        write!(declared, "$f{index}: {table}Filter ").expect("a string takes everything");
        write!(fields, "a{index}: {table}Collection(filter: $f{index}) {{ edges {{ node {{ id }} }} }} ")
            .expect("a string takes everything");
    }
    let identity = Identity { role: role.map(Into::into), ..Identity::default() };
    let query = format!("query ({declared}) {{ {fields} }}");
    let answer = harness::graphql_as(engine, &identity, &query, Value::Object(variables)).await;
    assert!(answer["errors"].is_null(), "{conditions:?}\n{answer}");
    answer
}

/// The keys that SQL finds, a list for each condition.
async fn ids(client: &Client, role: Option<&str>, table: &str, conditions: &[(Value, String)]) -> Value {
    let lists = conditions.iter().map(|(_, sql)| {
        format!("coalesce((select json_agg(id order by id) from {table} where {sql}), '[]')")
    });
    let query = format!("select json_build_array({})", lists.collect::<Vec<_>>().join(", "));
    let role = role.unwrap_or("none");
    let answer = harness::ask(client, &format!("set role {role}; {query}; reset role")).await;
    serde_json::from_str(&answer.expect("a row")).expect("JSON")
}
