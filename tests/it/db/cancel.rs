//! If a caller drops its future, its statement is cancelled.

use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use glowplug::config::PoolMode;
use glowplug::db::{self, Connection, Database};
use tokio::runtime::Runtime;

use super::{answer, read, ways};
use crate::harness::{self, ask};

#[tokio::test]
async fn a_dropped_call_cancels_its_statement() {
    for way in ways("").await {
        assert_cancels(&way.database, &format!("cancel {:?}", way.kind)).await;
    }
}

/// Drops a call whose statement is running; the server then ends the statement, and the pool is complete.
pub(super) async fn assert_cancels(database: &Database, mark: &str) {
    let mark = format!("{mark} {}", std::process::id());
    let text = format!("select pg_sleep(60), '{mark}'");
    let other = database.clone();
    let call = tokio::spawn(async move { answer(&other, &read(), &text).await.map(|_| ()) });
    wait_for_activity(&mark, "1").await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    wait_for_activity(&mark, "0").await;
    for _ in 0..4 {
        assert_eq!(answer(database, &read(), "select 1").await.unwrap().as_deref(), Some("1"), "{mark}");
    }
    assert_eq!(database.state().connections, database.state().idle, "{mark}");
}

#[tokio::test]
async fn calls_dropped_at_any_moment_do_no_harm() {
    for way in ways("").await {
        for microseconds in (0..3000).step_by(50) {
            let text = format!("select {microseconds}, pg_sleep(0.001)");
            let scope = read();
            let call = answer(&way.database, &scope, &text);
            // Either outcome is fine; the next answer has to belong to the next query.
            let _ = tokio::time::timeout(Duration::from_micros(microseconds), call).await;
            let mark = microseconds.to_string();
            let got = answer(&way.database, &read(), &format!("select '{mark}'")).await.unwrap();
            assert_eq!(got, Some(mark), "{:?}", way.kind);
        }
        let state = way.database.state();
        assert_eq!(state.connections, state.idle, "{:?}", way.kind);
    }
}

/// PgBouncer 1.18 ends if the socket of a cancel request closes while the server is still handling it.
#[test]
fn a_program_that_ends_leaves_no_request_half_done() {
    let tests = Runtime::new().unwrap();
    let (pooler, url) = tests.block_on(async {
        let name = harness::database("").await;
        let pooler = harness::pooler(PoolMode::Transaction, 2);
        let url = pooler.url(&name);
        (pooler, url)
    });
    for step in 0..20 {
        Runtime::new().unwrap().block_on(async {
            let mut connection = Connection::establish(&url).await.unwrap();
            let sleep = connection.batch_execute("select pg_sleep(60)");
            assert!(tokio::time::timeout(Duration::from_millis(20), sleep).await.is_err());
            drop(connection);
            // The program should end at different moments of the request.
            tokio::time::sleep(Duration::from_micros(100 * step)).await;
            db::cancelled().await;
        });
    }
    tests.block_on(async {
        let client = harness::connect(&pooler.url("postgres")).await;
        assert_eq!(ask(&client, "select 1").await.as_deref(), Some("1"));
    });
}

/// Waits some seconds until the expected number of statements with `mark` in their text is running.
pub(crate) async fn wait_for_activity(mark: &str, expected: &str) {
    wait_for_activity_at(&harness::cluster().url("postgres"), mark, expected).await;
}

/// The same on the server that the connection string leads to.
pub(crate) async fn wait_for_activity_at(url: &str, mark: &str, expected: &str) {
    let server = harness::connect(url).await;
    let count = format!(
        "select count(*) from pg_stat_activity
        where state = 'active' and pid <> pg_backend_pid() and query like '%{mark}%'"
    );
    let begin = Instant::now();
    while ask(&server, &count).await.as_deref() != Some(expected) {
        assert!(begin.elapsed() < Duration::from_secs(8), "{expected} statements of {mark:?} were expected");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
