//! Frozen processes: the backends of PostgreSQL, and PgBouncer (SIGSTOP). No socket is closed then.

use std::time::Duration;

use glowplug_local::PoolerOptions;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{SETUP, assert_once, command, engine, under_load};
use crate::harness;

/// Longer than a request waits for its answer.
const WHILE: Duration = Duration::from_secs(5);

fn signal(pids: &[i32], signal: Signal) {
    for pid in pids {
        // A process that has ended meanwhile needs no signal.
        let _ = kill(Pid::from_raw(*pid), signal);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_that_stand_still() {
    let name = harness::database(SETUP).await;
    let pooler = harness::pooler_with(PoolerOptions { pool_size: 4, ..PoolerOptions::default() });
    let direct = harness::cluster().url(&name);
    for url in [direct.clone(), pooler.url(&name)] {
        let engine = engine(&url).await;
        let backends = "select json_agg(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        let fault = async {
            let pids = harness::ask(&harness::connect(&direct).await, backends).await.unwrap();
            let pids: Vec<i32> = serde_json::from_str(&pids).unwrap();
            signal(&pids, Signal::SIGSTOP);
            tokio::time::sleep(WHILE).await;
            signal(&pids, Signal::SIGCONT);
        };
        let met = under_load(&engine, fault).await;
        assert!(met.codes.contains_key("TIMEOUT"), "{:?}", met.messages);
        assert_once(&direct, &met).await;
        command(&direct, &["truncate entry"]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_stands_still_while_mutations_run() {
    let name = harness::database(SETUP).await;
    let pooler = harness::pooler_with(PoolerOptions::default());
    let engine = engine(&pooler.url(&name)).await;
    let pids = [i32::try_from(pooler.pid()).unwrap()];
    let fault = async {
        signal(&pids, Signal::SIGSTOP);
        tokio::time::sleep(WHILE).await;
        signal(&pids, Signal::SIGCONT);
    };
    let met = under_load(&engine, fault).await;
    assert!(met.codes.contains_key("TIMEOUT"), "{:?}", met.messages);
    assert_once(&harness::cluster().url(&name), &met).await;
}
