//! Pool mode `auto`: names are used if they are safe, and given up when the pooler's configuration changes.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use glowplug::config::{self, PoolMode};
use glowplug::db::{Database, Protocol};
use glowplug_local::{Pooler, PoolerMode, PoolerOptions};
use tokio::task::JoinSet;

use super::settings;
use crate::harness;

fn auto(url: &str, pool_size: u32) -> Database {
    Database::new(&config::Database { pool_size, pool_mode: PoolMode::Auto, ..settings(url) }).unwrap()
}

diesel::table! {
    pg_prepared_statements (name) {
        name -> Text,
    }
}

diesel::table! {
    counter (id) {
        id -> Integer,
        value -> Integer,
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Adds one to the value of a counter.
    fn add_one(id: diesel::sql_types::Integer) -> diesel::sql_types::Integer;
}

/// The names of Glowplug's statements in this query's session, including its own.
async fn names(database: &Database) -> Vec<String> {
    let mut connection = database.connection().await.unwrap();
    let ours = pg_prepared_statements::table.filter(pg_prepared_statements::name.like("glowplug%"));
    ours.select(pg_prepared_statements::name).load(&mut *connection).await.unwrap()
}

/// Waits until typed queries have names. The probe works in the background.
async fn names_are_used(database: &Database) -> bool {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        if !names(database).await.is_empty() {
            return database.protocols().typed == Protocol::Prepared;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn names_are_used_where_they_are_safe() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Session, 8);
    for url in [harness::cluster().url(&name), pooler.url(&name)] {
        assert!(names_are_used(&auto(&url, 2)).await, "{url}");
    }
}

#[tokio::test]
async fn names_are_not_used_where_they_are_not() {
    let name = harness::database("").await;
    for pool_mode in [PoolMode::Transaction, PoolMode::Statement] {
        let pooler = harness::pooler(pool_mode, 4);
        let database = auto(&pooler.url(&name), 2);
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            assert_eq!(names(&database).await, Vec::<String>::new(), "{pool_mode:?}");
        }
    }
}

#[tokio::test]
async fn a_database_that_comes_later_is_looked_at_then() {
    let name = harness::database("").await;
    let mut pooler = harness::pooler(PoolMode::Session, 8);
    pooler.stop();
    let database = auto(&pooler.url(&name), 2);
    assert!(database.connection().await.is_err());
    pooler.restart().unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(names_are_used(&database).await);
}

/// Adds one, in many different statements, so that names are missing on each server connection again and
/// again.
async fn add(database: &Database, turn: u32) -> Result<usize, String> {
    let mut connection = database.connection().await.map_err(|error| error.to_string())?;
    // Diesel does not prepare updates by name, but for Diesel this is a query.
    let mut counters = counter::table.select(add_one(counter::id)).into_boxed();
    for _ in 0..turn % 16 {
        counters = counters.filter(counter::id.ge(0));
    }
    let added = counters.load::<i32>(&mut *connection).await;
    added.map(|rows| rows.len()).map_err(|error| error.to_string())
}

async fn switch(pooler: &Pooler, pool_mode: &str) {
    let console = harness::connect(&pooler.admin_url()).await;
    console.simple_query(&format!("set pool_mode = '{pool_mode}'")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_changes_its_mode_is_followed_and_nothing_runs_twice() {
    let name = harness::database(
        "create table counter as select 1 as id, 0 as value;
        create function add_one(int) returns int language sql volatile
            as 'update counter set value = value + 1 where id = $1 returning value'",
    )
    .await;
    let pooler = harness::pooler_with(PoolerOptions {
        pool_mode: PoolerMode::Session,
        pool_size: 12,
        ..PoolerOptions::default()
    });
    let database = auto(&pooler.url(&name), 8);
    assert!(names_are_used(&database).await);
    let mut set = JoinSet::new();
    for _ in 0..8 {
        let database = database.clone();
        set.spawn(async move {
            let (mut added, mut failures) = (0, Vec::new());
            // Long enough to see the change, plus some iterations.
            for turn in 0.. {
                if turn >= 300 && database.protocols().typed == Protocol::Unnamed || turn == 10_000 {
                    break;
                }
                match add(&database, turn).await {
                    Ok(rows) => added += rows,
                    Err(failure) => failures.push(failure),
                }
            }
            (added, failures)
        });
    }
    switch(&pooler, "transaction").await;
    let (mut added, mut failures) = (0, Vec::new());
    for (rows, failed) in set.join_all().await {
        added += rows;
        failures.extend(failed);
    }
    assert_eq!(failures, Vec::<String>::new());
    let client = harness::connect(&harness::cluster().url(&name)).await;
    let value = harness::ask(&client, "select value from counter").await;
    assert_eq!(value, Some(added.to_string()));
    assert_eq!(database.protocols().typed, Protocol::Unnamed);
}
