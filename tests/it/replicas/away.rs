//! Replicas that must not get reads, and a primary that is unavailable.

use std::time::Duration;

use glowplug::engine::ReadFrom;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Servers, WHERE, answer, command, in_use, ready_says};
use crate::server::Server;

/// Four clients read while one of two replicas stops, and while it comes back: all get answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_gone_is_left_out_until_it_is_back() {
    let mut servers = Servers::start(2).await;
    let engine = servers.engine(|_| {}).await;
    let stop = CancellationToken::new();
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        let (engine, stop) = (engine.clone(), stop.clone());
        clients.spawn(async move {
            let mut answers = 0_u32;
            while !stop.is_cancelled() {
                let answer = answer(&engine, WHERE, ReadFrom::Replica).await;
                assert!(answer["data"]["on_replica"].is_boolean(), "{answer}");
                answers += 1;
            }
            answers
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    tokio::task::block_in_place(|| servers.standbys[0].stop());
    in_use(&engine, 1).await;
    assert_eq!(answer(&engine, WHERE, ReadFrom::Replica).await["data"]["on_replica"], true);
    tokio::task::block_in_place(|| servers.standbys[0].restart()).unwrap();
    in_use(&engine, 2).await;
    for standby in &mut servers.standbys {
        tokio::task::block_in_place(|| standby.stop());
    }
    in_use(&engine, 0).await;
    assert_eq!(answer(&engine, WHERE, ReadFrom::Replica).await["data"]["on_replica"], false);
    stop.cancel();
    assert!(clients.join_all().await.into_iter().all(|answers| answers > 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_was_promoted_is_left_out() {
    let servers = Servers::start(1).await;
    let engine = servers.engine(|_| {}).await;
    command(&servers.standbys[0], "select pg_promote()").await;
    in_use(&engine, 0).await;
    assert_eq!(answer(&engine, WHERE, ReadFrom::Replica).await["data"]["on_replica"], false);
    command(&servers.standbys[0], "insert into entry values (2, 'of nobody')").await;
    let count = answer(&engine, "{ entryByPk(id: 2) { mark } }", ReadFrom::Replica).await;
    assert_eq!(count, json!({ "data": { "entryByPk": null } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_too_far_behind_is_left_out() {
    let servers = Servers::start(1).await;
    let engine =
        servers.engine(|config| config.database.replicas[0].max_lag = Some(Duration::from_secs(2))).await;
    command(&servers.standbys[0], "select pg_wal_replay_pause()").await;
    command(&servers.primary, "insert into entry values (2, 'new')").await;
    in_use(&engine, 0).await;
    assert_eq!(answer(&engine, WHERE, ReadFrom::Replica).await["data"]["on_replica"], false);
    command(&servers.standbys[0], "select pg_wal_replay_resume()").await;
    in_use(&engine, 1).await;
    // While the primary writes nothing, no replica falls behind.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(engine.replicas().in_use, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_primary_queries_are_still_answered() {
    let mut servers = Servers::start(1).await;
    let server = Server::start(&servers.primary.url("postgres"), |config| {
        config.database.replicas = servers.config().database.replicas;
    })
    .await;
    ready_says(&server, "ready\n1 of 1 replicas get reads\n").await;
    tokio::task::block_in_place(|| servers.primary.stop());
    let answered = server.query(WHERE).send().await.unwrap().text().await.unwrap();
    assert_eq!(answered, r#"{"data":{"on_replica":true}}"#);
    let insert =
        "mutation { insertIntoentryCollection(objects: [{ id: 2, mark: \"new\" }]) { affectedCount } }";
    let refused = server.query(insert).send().await.unwrap().text().await.unwrap();
    assert!(refused.contains("UNAVAILABLE"), "{refused}");
    let expected = "ready for queries only: the database cannot be reached; try again later\n1 of 1 replicas get reads\n";
    ready_says(&server, expected).await;
}
