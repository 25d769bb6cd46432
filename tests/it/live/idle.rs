//! The cost of live queries while nothing changes.

use std::time::Duration;

use glowplug_local::{Cluster, ClusterOptions};

use super::TITLES;
use super::stand::Stand;
use crate::harness;

/// The number of transactions in the test's database so far, except those of the asking connection.
async fn transactions(stand: &Stand) -> i64 {
    // The sessions report their statistics at least once a second.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let counted = harness::ask(
        &stand.client,
        "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()",
    );
    counted.await.expect("a number").parse().expect("a number")
}

#[tokio::test]
async fn nothing_is_sent_to_the_database_while_no_client_is_subscribed() {
    let stand = Stand::new().await;
    let mut ann = stand.subscribe("ann", TITLES).await;
    ann.titles().await;
    drop(ann);
    let before = transactions(&stand).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = transactions(&stand).await;
    // Only the queries of this test.
    assert!(after - before <= 3, "{} transactions", after - before);
}

#[tokio::test]
async fn many_subscriptions_cost_one_small_query_an_interval_while_nothing_changes() {
    // Changes in another database of the same server count, too.
    let cluster = Cluster::start(ClusterOptions::throwaway()).expect("a PostgreSQL of its own");
    let stand = Stand::alone(&cluster).await;
    let mut subscribers = Vec::new();
    for number in 0..200 {
        let mut subscriber = stand.subscribe(&format!("user {number}"), TITLES).await;
        subscriber.titles().await;
        subscribers.push(subscriber);
    }
    let before = transactions(&stand).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = transactions(&stand).await;
    // At an interval of 200 ms there are sixteen probes in 3.2 seconds; a run of each group would be 200
    // more.
    assert!(after - before < 60, "{} transactions", after - before);
}
