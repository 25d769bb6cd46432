//! A PgBouncer that is restarted, reloaded, paused, killed from its console, or full.

use std::time::{Duration, Instant};

use glowplug::engine::Engine;
use glowplug_local::{Pooler, PoolerMode, PoolerOptions};
use serde_json::json;
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::{FIND, INSERT, Met, SETUP, assert_once, assert_whole, command, engine, heals, under_load};
use crate::harness;

/// A database, and a PgBouncer in front of it.
async fn pooled(options: PoolerOptions) -> (String, Pooler) {
    (harness::database(SETUP).await, harness::pooler_with(options))
}

fn assert_no_client_noticed(met: &Met) {
    assert!(met.failed.is_empty() && met.unread == 0, "{:?}", met.messages);
}

/// Waits until PgBouncer has all its server connections, and none of them is about to be closed. If
/// `RECONNECT` comes during a login, it counts as a failed login, after which PgBouncer 1.18 refuses its
/// clients for `server_login_retry`.
async fn until_logged_in(pooler: &Pooler, pool_size: usize) {
    let console = harness::connect(&pooler.admin_url()).await;
    let begin = Instant::now();
    loop {
        let messages = console.simple_query("show servers").await.expect("the console answers");
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let is_settled =
            |row: &SimpleQueryRow| row.get("state") != Some("new") && row.get("close_needed") == Some("0");
        let settled = rows.filter(|row| is_settled(row)).count();
        if settled == pool_size {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{settled} of {pool_size} server connections");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn short_while() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_restarted_while_mutations_run() {
    let (name, pooler) = pooled(PoolerOptions::default()).await;
    let engine = engine(&pooler.url(&name)).await;
    let mut restarted = pooler;
    let fault = async {
        for _ in 0..3 {
            tokio::task::block_in_place(|| restarted.restart()).unwrap();
            short_while().await;
        }
    };
    let met = under_load(&engine, fault).await;
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_reloaded_with_another_pool_mode_and_size() {
    let (name, pooler) = pooled(PoolerOptions::default()).await;
    let engine = engine(&pooler.url(&name)).await;
    let settings = pooler.log().with_file_name("pgbouncer.ini");
    let fault = async {
        let (mut mode, mut size) = ("transaction", 20);
        for (next_mode, next_size) in [("statement", 1), ("session", 8), ("transaction", 2)] {
            let text = std::fs::read_to_string(&settings).unwrap();
            let text = text
                .replace(&format!("pool_mode = {mode}"), &format!("pool_mode = {next_mode}"))
                .replace(&format!("default_pool_size = {size}"), &format!("default_pool_size = {next_size}"));
            std::fs::write(&settings, text).unwrap();
            command(&pooler.admin_url(), &["reload"]).await;
            (mode, size) = (next_mode, next_size);
            short_while().await;
        }
    };
    let met = under_load(&engine, fault).await;
    assert_no_client_noticed(&met);
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_paused_and_resumed() {
    let (name, pooler) = pooled(PoolerOptions::default()).await;
    let engine = engine(&pooler.url(&name)).await;
    let console = pooler.admin_url();
    let short = async {
        command(&console, &[&format!("pause {name}")]).await;
        short_while().await;
        command(&console, &[&format!("resume {name}")]).await;
    };
    let met = under_load(&engine, short).await;
    assert_no_client_noticed(&met);
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_paused_for_longer_than_any_client_waits() {
    let (name, pooler) = pooled(PoolerOptions::default()).await;
    let engine = engine(&pooler.url(&name)).await;
    let console = pooler.admin_url();
    let long = async {
        command(&console, &[&format!("pause {name}")]).await;
        tokio::time::sleep(Duration::from_secs(6)).await;
        command(&console, &[&format!("resume {name}")]).await;
    };
    let met = under_load(&engine, long).await;
    assert!(met.codes.contains_key("TIMEOUT"), "{:?}", met.messages);
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_kills_its_connections() {
    let (name, pooler) = pooled(PoolerOptions::default()).await;
    let engine = engine(&pooler.url(&name)).await;
    let console = pooler.admin_url();
    let fault = async {
        for _ in 0..2 {
            command(&console, &[&format!("kill {name}")]).await;
            short_while().await;
            command(&console, &[&format!("resume {name}")]).await;
            short_while().await;
        }
    };
    let met = under_load(&engine, fault).await;
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_reconnects() {
    let (name, pooler) = pooled(PoolerOptions { pool_size: 2, ..PoolerOptions::default() }).await;
    let engine = engine(&pooler.url(&name)).await;
    let fault = async {
        for _ in 0..4 {
            until_logged_in(&pooler, 2).await;
            command(&pooler.admin_url(), &["reconnect"]).await;
            short_while().await;
        }
    };
    let met = under_load(&engine, fault).await;
    assert_no_client_noticed(&met);
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_connections_ended_by_an_administrator() {
    let (name, pooler) = pooled(PoolerOptions { pool_size: 3, ..PoolerOptions::default() }).await;
    let direct = harness::cluster().url(&name);
    for (url, table) in [(pooler.url(&name), "by the pooler"), (direct.clone(), "directly")] {
        let engine = engine(&url).await;
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        let fault = async {
            for _ in 0..5 {
                command(&direct, &[end]).await;
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        };
        let met = under_load(&engine, fault).await;
        assert_eq!(met.unread, 0, "{table}: a read is sent again: {:?}", met.messages);
        assert_once(&direct, &met).await;
        command(&direct, &["truncate entry"]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_with_fewer_places_than_the_pool() {
    let (name, pooler) = pooled(PoolerOptions { max_client_conn: 3, ..PoolerOptions::default() }).await;
    let url = pooler.url(&name);
    let engine = engine(&url).await;
    let met = under_load(&engine, short_while()).await;
    assert_no_client_noticed(&met);
    assert_once(&harness::cluster().url(&name), &met).await;
}

#[tokio::test]
async fn a_pooler_without_a_place() {
    let (name, pooler) = pooled(PoolerOptions::default()).await;
    let url = pooler.url(&name);
    let others = [harness::connect(&url).await, harness::connect(&url).await];
    command(&pooler.admin_url(), &["set max_client_conn = 2"]).await;
    let engine = Engine::new(&super::config(&url)).unwrap();
    let begin = Instant::now();
    let answer = harness::graphql(&engine, FIND, json!({ "mark": "a" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    drop(others);
    heals(&engine).await;
    assert_eq!(
        harness::graphql(&engine, FIND, json!({ "mark": "a" })).await["data"]["entryCollection"]["edges"],
        json!([])
    );
}

/// The pooler refuses before it has passed anything on: nothing has run, and the error says that the client
/// may try again.
#[tokio::test]
async fn a_pooler_that_lends_no_server_connection_in_time() {
    let options = PoolerOptions {
        pool_mode: PoolerMode::Transaction,
        pool_size: 1,
        query_wait_timeout: Duration::from_secs(1),
        ..PoolerOptions::default()
    };
    let (name, pooler) = pooled(options).await;
    let url = pooler.url(&name);
    let engine = engine(&url).await;
    let holder = harness::connect(&url).await;
    holder.batch_execute("begin").await.unwrap();
    let answer = harness::graphql(&engine, INSERT, json!({ "mark": "a" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert_eq!(answer["errors"][0]["message"], "the database cannot be reached; try again later");
    let count = "select count(*) from entry";
    assert_eq!(harness::ask(&holder, count).await.unwrap(), "0");
    drop(holder);
    heals(&engine).await;
    assert_whole(&engine).await;
    assert_eq!(
        harness::ask(&harness::connect(&harness::cluster().url(&name)).await, count).await.unwrap(),
        "0"
    );
}
