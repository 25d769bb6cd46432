//! How often a query runs again without a change of a table, and after a failure. On a separate server,
//! because changes in another database of the same server count, too.

use std::time::{Duration, Instant};

use glowplug_local::{Cluster, ClusterOptions};
use serde_json::json;

use super::stand::Stand;
use crate::harness;

/// The documented time (docs/live.md) for changes outside of tables, and a second for a busy machine.
const REFRESH: Duration = Duration::from_secs(31);

const MOMENT: &str = "create function moment() returns int stable language sql as \
    'select extract(epoch from clock_timestamp())::int'";
const NUMBER: &str = "create sequence number; grant select on number to live_user; \
    create function latest() returns bigint stable language sql as 'select last_value from number'";
const FAILING: &str = "create function failing() returns int stable language plpgsql as \
    $$ begin raise exception 'it fails'; end $$";

async fn stand(cluster: &Cluster, setup: &[&str]) -> Stand {
    let client = harness::connect(&cluster.url("postgres")).await;
    client.batch_execute(&setup.join(";")).await.expect("the functions are made");
    Stand::alone(cluster).await
}

#[tokio::test]
async fn changes_outside_tables_are_seen_within_half_a_minute() {
    let cluster = Cluster::start(ClusterOptions::throwaway()).expect("a PostgreSQL of its own");
    let stand = stand(&cluster, &[MOMENT, NUMBER.replace("live_user", "public").as_str()]).await;
    let mut moment = stand.subscribe("ann", "subscription { moment }").await;
    let mut latest = stand.subscribe("ann", "subscription { latest }").await;
    let first = moment.answer().await;
    assert_eq!(latest.answer().await, json!({ "data": { "latest": "1" } }));
    let begin = Instant::now();
    // The second number of a sequence is already in the log, so the transaction gets no identifier.
    stand.execute("select nextval('number'); select nextval('number')").await;
    assert_ne!(moment.answer().await, first);
    while latest.answer().await != json!({ "data": { "latest": "2" } }) {}
    assert!(begin.elapsed() < REFRESH, "after {:?}", begin.elapsed());
}

#[tokio::test]
async fn a_query_that_fails_is_run_a_quarter_as_often() {
    let cluster = Cluster::start(ClusterOptions::throwaway()).expect("a PostgreSQL of its own");
    let stand = stand(&cluster, &[FAILING]).await;
    let mut failing = stand.subscribe("ann", "subscription { failing }").await;
    assert!(failing.answer().await["errors"].is_array());
    let failed = async || {
        let count = "select xact_rollback from pg_stat_database where datname = current_database()";
        harness::ask(&stand.client, count).await.expect("a number").parse::<i64>().expect("a number")
    };
    let (before, begin) = (failed().await, Instant::now());
    while begin.elapsed() < Duration::from_secs(4) {
        stand.execute("select pg_current_xact_id()").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Sessions report their statistics at least once a second.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let runs = failed().await - before;
    // At an interval of 200 ms there would be twenty.
    assert!((2..=8).contains(&runs), "{runs} runs");
}
