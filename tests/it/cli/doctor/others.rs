//! `direct-url` and `replica-url`: whether it is the same database, a standby, how far behind it is, and what
//! is in between.

use glowplug::config::PoolMode;
use glowplug_local::{Cluster, ClusterOptions};
use serde_json::Value;

use super::{TABLE, doctor};
use crate::harness;

/// The codes of each further connection string that are not `ok`.
fn codes(report: &Value) -> Vec<Vec<&str>> {
    let others = report["others"].as_array().unwrap().iter();
    others
        .map(|other| {
            let checks = other["checks"].as_array().unwrap().iter();
            checks.map(|check| check["code"].as_str().unwrap()).filter(|code| *code != "ok").collect()
        })
        .collect()
}

#[tokio::test]
async fn replicas_are_looked_at_one_by_one() {
    let primary = Cluster::start(ClusterOptions::throwaway()).unwrap();
    let client = harness::connect(&primary.url("postgres")).await;
    client.batch_execute(TABLE).await.unwrap();
    let standby = primary.standby().unwrap();
    let stranger = harness::cluster().url(&harness::database(TABLE).await);
    let url = primary.url("postgres");
    let (report, exit) = doctor(&url, &["--replica-url", &standby.url("postgres")]).await;
    assert_eq!((codes(&report), exit), (vec![vec![]], 0), "{report:#}");
    let urls = format!("{},{stranger},postgres://u@127.0.0.1:1/d", primary.url("postgres"));
    let (report, exit) = doctor(&url, &["--replica-url", &urls]).await;
    let expected =
        vec![vec!["replica-not-standby"], vec!["other-server", "replica-not-standby"], vec!["refused"]];
    assert_eq!((codes(&report), exit), (expected, 1), "{report:#}");

    let replica = harness::connect(&standby.url("postgres")).await;
    replica.batch_execute("select pg_wal_replay_pause()").await.unwrap();
    client.batch_execute("create table later (id int primary key)").await.unwrap();
    let expected = vec![vec!["replica-behind", "replica-other-api"]];
    // The lag is a time, which has to pass first.
    let begun = std::time::Instant::now();
    let (mut report, mut exit) = doctor(&url, &["--replica-url", &standby.url("postgres")]).await;
    while codes(&report) != expected && begun.elapsed().as_secs() < 20 {
        (report, exit) = doctor(&url, &["--replica-url", &standby.url("postgres")]).await;
    }
    assert_eq!((codes(&report), exit), (expected, 0), "{report:#}");
}

#[tokio::test]
async fn the_way_past_the_pooler_has_to_be_one() {
    let name = harness::database(TABLE).await;
    let pooler = harness::pooler(PoolMode::Transaction, 20);
    let (url, direct) = (pooler.url(&name), harness::cluster().url(&name));
    for (direct, expected) in [
        (direct, vec![]),
        (url.clone(), vec!["direct-url-pooled"]),
        (harness::cluster().url("postgres"), vec!["other-server"]),
    ] {
        let (report, exit) = doctor(&url, &["--direct-url", &direct]).await;
        let has_trouble = expected.contains(&"other-server");
        assert_eq!((codes(&report), exit), (vec![expected], i32::from(has_trouble)), "{report:#}");
    }
}
