//! A PostgreSQL that restarts, crashes, or fails over to its standby.

use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{SETUP, assert_once, command, engine, under_load};
use crate::harness;

/// By default, PgBouncer retries a server that refused it only after 15 seconds, while its clients wait.
fn impatient() -> PoolerOptions {
    let extra = vec![("server_login_retry".to_owned(), "1".to_owned())];
    PoolerOptions { pool_size: 4, extra, ..PoolerOptions::default() }
}

async fn cluster() -> Cluster {
    // Acknowledged data is on the disk; otherwise the test would be about that setting.
    let settings = vec![("synchronous_commit".to_owned(), "on".to_owned())];
    let cluster = Cluster::start(ClusterOptions { settings, ..ClusterOptions::throwaway() }).unwrap();
    command(&cluster.url("postgres"), &[SETUP]).await;
    cluster
}

/// Stops the server like `pg_ctl stop` in the modes `fast` and `immediate`, and starts it again.
async fn restarts(signal: Signal) {
    for is_pooled in [true, false] {
        let mut cluster = cluster().await;
        let pooler = is_pooled.then(|| Pooler::start(&cluster, &impatient()).unwrap());
        let url = pooler.as_ref().map_or_else(|| cluster.url("postgres"), |pooler| pooler.url("postgres"));
        let engine = engine(&url).await;
        let pid = Pid::from_raw(i32::try_from(cluster.pid()).unwrap());
        let fault = async {
            kill(pid, signal).unwrap();
            tokio::task::block_in_place(|| cluster.restart()).unwrap();
        };
        let met = under_load(&engine, fault).await;
        assert!(met.codes.keys().all(|code| code == "UNAVAILABLE" || is_pooled), "{:?}", met.messages);
        assert_once(&cluster.url("postgres"), &met).await;
        drop(pooler);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_restarted_while_mutations_run() {
    restarts(Signal::SIGINT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashes_and_recovers() {
    restarts(Signal::SIGQUIT).await;
}

/// The connection string names both servers, and requires one that takes writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_fails_over_to_its_standby() {
    let mut primary = cluster().await;
    let standby = primary.standby().unwrap();
    let standby_url = standby.url("postgres");
    // From now on, acknowledged data is on both servers.
    command(
        &primary.url("postgres"),
        &["alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"],
    )
    .await;
    let url = format!(
        "postgres://{}@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.superuser(),
        primary.port(),
        standby.port()
    );
    let engine = engine(&url).await;
    let pid = Pid::from_raw(i32::try_from(primary.pid()).unwrap());
    let fault = async {
        kill(pid, Signal::SIGQUIT).unwrap();
        tokio::task::block_in_place(|| primary.stop());
        command(&standby_url, &["select pg_promote()"]).await;
    };
    let met = under_load(&engine, fault).await;
    assert_once(&standby_url, &met).await;
    assert_eq!(
        harness::ask(&harness::connect(&standby_url).await, "select pg_is_in_recovery()").await.unwrap(),
        "f"
    );
}
