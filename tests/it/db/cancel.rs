//! A caller that goes away takes its statement with it.

use std::time::{Duration, Instant};

use glowplug::db::Database;

use super::{answer, read, ways};
use crate::harness::{self, ask};

#[tokio::test]
async fn a_dropped_call_cancels_its_statement() {
    for way in ways("").await {
        assert_cancels(&way.database, &format!("cancel {:?}", way.pool_mode)).await;
    }
}

/// Drops a call whose statement runs; the server then ends the statement, and the pool is whole.
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
            // Either outcome will do: what counts is that the next answer belongs to the next question.
            let _ = tokio::time::timeout(Duration::from_micros(microseconds), call).await;
            let mark = microseconds.to_string();
            let got = answer(&way.database, &read(), &format!("select '{mark}'")).await.unwrap();
            assert_eq!(got, Some(mark), "{:?}", way.pool_mode);
        }
        let state = way.database.state();
        assert_eq!(state.connections, state.idle, "{:?}", way.pool_mode);
    }
}

/// Waits until as many statements with `mark` in their text are running as expected, for some seconds.
pub(crate) async fn wait_for_activity(mark: &str, expected: &str) {
    let server = harness::connect(&harness::cluster().url("postgres")).await;
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
