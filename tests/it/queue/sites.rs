//! Kinds of Redis: a cluster, and a server with TLS and a user with few rights.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use glowplug::config::{self, PoolMode, Queued};
use glowplug_local::{Redis, RedisCluster, RedisOptions};

use super::{NOTES, Working, insert, queue};
use crate::harness;
use crate::server::Server;

/// Sends twenty mutations at once, all of which take effect; a server without a database reads their results.
async fn works(settings: config::Queue) {
    let database = harness::cluster().url(&harness::database(NOTES).await);
    let mut config = harness::config(&database, PoolMode::Direct);
    config.queue = settings.clone();
    let _worker = Working::start(&config);
    let server = Server::start(&database, |config| {
        config.queue = config::Queue { queued: Queued::Mutations, ..settings.clone() };
    })
    .await;
    let sent = (1..=20).map(|id| {
        let key = format!("00000000-0000-4000-8000-{id:012}");
        let request = server.query(&insert(id, "a")).header("idempotency-key", key);
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    for answer in join_all(sent).await {
        assert!(answer.contains("affectedCount"), "{answer}");
    }
    let admin = harness::connect(&database).await;
    assert_eq!(harness::ask(&admin, "select count(*) from note").await.as_deref(), Some("20"));
    let apart = Server::start("", |config| {
        config.queue = config::Queue { queued: Queued::Everything, ..settings };
    })
    .await;
    let read = apart.query("{ noteCollection(last: 1) { edges { node { id } } } }").send().await.unwrap();
    assert_eq!(read.text().await.unwrap(), r#"{"data":{"noteCollection":{"edges":[{"node":{"id":20}}]}}}"#);
}

#[tokio::test]
async fn a_cluster_holds_the_parts_of_a_queue() {
    let cluster = RedisCluster::start().expect("a Redis Cluster");
    let mut settings = queue(&cluster.url());
    settings.shards = 6;
    if let Some(redis) = &mut settings.redis {
        redis.is_cluster = true;
    }
    works(settings).await;
}

/// Without replicas, the slots of a stopped node are unavailable, and by Redis's default so is the whole
/// cluster.
#[tokio::test]
async fn a_node_of_a_cluster_goes_and_comes_back() {
    let mut cluster = RedisCluster::start().expect("a Redis Cluster");
    let mut settings = queue(&cluster.url());
    (settings.shards, settings.operation_timeout) = (6, Duration::from_secs(3));
    if let Some(redis) = &mut settings.redis {
        redis.is_cluster = true;
    }
    let database = harness::cluster().url(&harness::database(NOTES).await);
    let mut config = harness::config(&database, PoolMode::Direct);
    config.queue = settings.clone();
    let _worker = Working::start(&config);
    let server = Server::start(&database, |config| {
        config.queue = config::Queue { queued: Queued::Mutations, ..settings };
    })
    .await;
    let mut told: Vec<(bool, Duration)> = Vec::new();
    let mut send = async |id: i32| {
        let begin = Instant::now();
        let answer = server.query(&insert(id, "a")).send().await.unwrap().text().await.unwrap();
        let is_done = answer.contains("affectedCount");
        told.push((is_done, begin.elapsed()));
        assert!(told.len() < 500, "it does not go as it should: {told:?}");
        is_done
    };
    let mut acknowledged: u64 = 0;
    for id in 1..=12 {
        acknowledged += u64::from(send(id).await);
    }
    assert_eq!(acknowledged, 12);
    cluster.nodes_mut()[1].kill();
    let mut id = 100;
    while send(id).await {
        (id, acknowledged) = (id + 1, acknowledged + 1);
    }
    cluster.nodes_mut()[1].restart().expect("the node starts again");
    let mut in_a_row = 0;
    while in_a_row < 12 {
        id += 1;
        let is_done = send(id).await;
        acknowledged += u64::from(is_done);
        in_a_row = if is_done { in_a_row + 1 } else { 0 };
    }
    let admin = harness::connect(&database).await;
    let held: u64 = harness::ask(&admin, "select count(*) from note").await.unwrap().parse().unwrap();
    assert!(held >= acknowledged, "{acknowledged} were acknowledged, {held} are there");
}

#[tokio::test]
async fn tls_and_a_user_with_the_rights_that_are_documented_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (certificate, key) =
        certificate(folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    let guide = std::fs::read_to_string("docs/queue.md").unwrap();
    let (_, rules) = guide.split_once("ACL SETUSER glowplug on >secret ").expect("the rules in the guide");
    let rules = rules.lines().next().unwrap().to_owned();
    let redis = Redis::start(&RedisOptions {
        user: Some(("glowplug".to_owned(), "secret".to_owned(), rules)),
        certificate: Some((certificate.clone(), key)),
        ..RedisOptions::default()
    });
    let redis = redis.expect("a Redis");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut settings = queue(&redis.url());
    if let Some(redis) = &mut settings.redis {
        redis.authority = Some(certificate);
    }
    works(settings).await;
}

fn certificate(certificate: PathBuf, key: PathBuf) -> (PathBuf, PathBuf) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl; install it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    (certificate, key)
}
