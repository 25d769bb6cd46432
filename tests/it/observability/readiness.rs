//! `/readyz`: its answers while the server works, while its database is unavailable, and while it stops.

use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use glowplug_local::{Cluster, ClusterOptions};

use super::{NOTES, Observed, READ};
use crate::cli::program::open_folder;
use crate::harness::{self, connect};

#[tokio::test]
async fn a_database_that_has_just_answered_is_not_checked() {
    let folder = open_folder();
    let server = Observed::start(folder.path(), &harness::database(NOTES).await, &[]);
    server.program.query(READ).await;
    let before = server.scrape().await.count("glowplug_database_messages_total");
    let begin = Instant::now();
    for _ in 0..50 {
        assert_eq!(server.metrics("/readyz").await, (200, "ready\n".to_owned()));
    }
    let asked = server.scrape().await.count("glowplug_database_messages_total") - before;
    // An answer is cached for a second.
    assert!(asked <= begin.elapsed().as_secs() + 1, "{asked} messages for 50 questions");
}

#[tokio::test]
async fn a_database_that_is_away_makes_it_not_ready_until_it_is_back() {
    let place = open_folder();
    let mut cluster = Cluster::start(ClusterOptions::kept_in(place.path())).unwrap();
    let url = cluster.url("postgres");
    connect(&url).await.batch_execute(NOTES).await.unwrap();
    let folder = open_folder();
    let server = Observed::with(folder.path(), &url, &["--acquire-timeout", "1s"], &[]);
    server.program.query(READ).await;
    assert_eq!(server.metrics("/readyz").await.0, 200);

    cluster.stop();
    // A failed request shows at once; without one, the last answer is cached for a second.
    server.program.query(READ).await;
    let (status, text) = server.program.get("/readyz").await;
    assert_eq!(
        (status, text.as_str()),
        (503, "not ready: the database cannot be reached; try again later\n")
    );
    assert_eq!(server.program.get("/healthz").await.0, 200);

    cluster.restart().unwrap();
    let begin = Instant::now();
    while server.metrics("/readyz").await.0 != 200 {
        assert!(begin.elapsed() < Duration::from_mins(1), "it never is ready:\n{}", server.program.printed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Without a pooler, all connections of the pool are in use; with a pooler, some are left, but the pooler has
/// no server connection for them.
#[tokio::test]
async fn slow_queries_that_take_all_connections_do_not_make_it_not_ready() {
    let name = harness::database(NOTES).await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    for url in [harness::cluster().url(&name), pooler.url(&name)] {
        let folder = open_folder();
        let server =
            Observed::with(folder.path(), &url, &["--pool-size", "2", "--acquire-timeout", "1s"], &[]);
        server.program.query(READ).await;
        let lock = connect(&harness::cluster().url(&name)).await;
        lock.batch_execute("begin; lock table note in access exclusive mode").await.unwrap();
        let slow = async { tokio::join!(server.program.query(READ), server.program.query(READ)) };
        let looked = async {
            // Longer than an answer is cached.
            for _ in 0..12 {
                tokio::time::sleep(Duration::from_millis(200)).await;
                assert_eq!(server.metrics("/readyz").await, (200, "ready\n".to_owned()), "{url}");
            }
            lock.batch_execute("commit").await.unwrap();
        };
        tokio::join!(slow, looked);
    }
}

#[tokio::test]
async fn a_stop_is_announced_before_the_port_closes() {
    let folder = open_folder();
    let name = harness::database(NOTES).await;
    let mut server = Observed::start(folder.path(), &name, &["--shutdown-delay", "3s"]);
    server.program.query(READ).await;
    assert_eq!(server.program.get("/readyz").await.0, 200);
    server.program.signal("TERM");
    server.program.wait_for("stopping");
    for (status, text) in [server.program.get("/readyz").await, server.metrics("/readyz").await] {
        assert_eq!((status, text.as_str()), (503, "not ready: the server is stopping\n"));
    }
    assert!(server.program.query(READ).await["data"].is_object(), "requests are still answered");
    assert_eq!(server.program.wait().code(), Some(0));
}
