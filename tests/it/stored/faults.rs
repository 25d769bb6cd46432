//! Functions that are dropped, forbidden, or missing while they are called: no request is affected.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use glowplug::config::{PoolMode, Replica, Secret, StoredOperations};
use glowplug::engine::Engine;
use glowplug_local::{Cluster, ClusterOptions};
use serde_json::json;
use tokio::task::JoinSet;

use super::{DROP_ALL, SETUP, Stand, TASK, expected, set_up, until};
use crate::harness;

const VOTE: &str = "mutation ($id: Int!) { voteFor(task: $id) }";
const VOTE_FOR: &str = "create function \"voteFor\"(task int) returns int volatile language sql as \
    'update task set votes = votes + 1 where id = $1 returning votes'";

const OFTEN: StoredOperations = StoredOperations { limit: 500, uses: 2 };

/// Clients that query and vote until they are stopped, and check every answer.
struct Load {
    stop: Arc<AtomicBool>,
    votes: Arc<AtomicI64>,
    clients: JoinSet<()>,
}

impl Load {
    fn start(stand: &Stand) -> Self {
        let (stop, votes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let mut clients = JoinSet::new();
        for client in 1..=4 {
            let (engine, stop, votes) = (stand.engine.clone(), Arc::clone(&stop), Arc::clone(&votes));
            clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = harness::graphql(&engine, TASK, json!({ "id": client })).await;
                    assert_eq!(answer, expected(client));
                    let answer = harness::graphql(&engine, VOTE, json!({ "id": client })).await;
                    assert!(answer["data"]["voteFor"].is_i64(), "{answer}");
                    votes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { stop, votes, clients }
    }

    /// Asserts that each acknowledged vote counts once.
    async fn end(self, stand: &Stand) {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        let counted = harness::ask(&stand.owner, "select sum(votes) from task").await;
        assert_eq!(counted, Some(self.votes.load(Ordering::Relaxed).to_string()));
    }
}

async fn stand() -> Stand {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    stand.owner.batch_execute(VOTE_FOR).await.expect("a function");
    stand.engine.reload().await.expect("a picture");
    stand
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_that_are_dropped_under_load_cost_no_answer_and_come_back() {
    let stand = stand().await;
    let load = Load::start(&stand);
    for _ in 0..3 {
        until("functions", async || stand.functions().await.len() >= 2).await;
        stand.owner.batch_execute(DROP_ALL).await.expect("functions can be dropped");
    }
    until("functions", async || stand.functions().await.len() >= 2).await;
    load.end(&stand).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_dropped_under_load_costs_no_answer() {
    let stand = stand().await;
    let load = Load::start(&stand);
    until("functions", async || stand.functions().await.len() >= 2).await;
    stand.owner.batch_execute("drop schema glowplug_operations cascade").await.expect("it can be dropped");
    tokio::time::sleep(Duration::from_millis(500)).await;
    set_up(&stand.name, &[]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    load.end(&stand).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_a_role_may_not_use_costs_no_answer() {
    let stand = stand().await;
    let role = "create role stored_reader; grant select on all tables in schema public to stored_reader; \
                revoke usage on schema glowplug_operations from public";
    stand.owner.batch_execute(role).await.expect("a role");
    let reader = glowplug::engine::Identity { role: Some("stored_reader".into()), ..Default::default() };
    let request = harness::request(TASK, &json!({ "id": 3 }));
    assert_eq!(stand.engine.store(&request, &reader).await.expect("it compiles").stored, 1);
    for id in 1..=10 {
        let answer = harness::graphql_as(&stand.engine, &reader, TASK, json!({ "id": id })).await;
        assert_eq!(answer, expected(id));
    }
    let clean = format!("drop owned by stored_reader; drop role stored_reader; select '{}'", stand.name);
    stand.owner.batch_execute(&clean).await.expect("nothing depends on the role");
}

/// As after restoring a dump: the same function is another object.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_function_made_anew_is_called_again() {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    assert_eq!(stand.store(TASK, json!({ "id": 1 })).await, 1);
    let name = stand.functions().await.remove(0);
    let definition = format!("select pg_get_functiondef('glowplug_operations.{name}'::regproc)");
    let definition = harness::ask(&stand.owner, &definition).await.expect("a definition");
    stand.owner.batch_execute(DROP_ALL).await.expect("it can be dropped");
    stand.owner.batch_execute(&definition).await.expect("it can be made");
    for id in 1..=5 {
        assert_eq!(stand.ask(TASK, json!({ "id": id })).await, expected(id));
    }
    let stored = stand.engine.database().stored();
    until("the call of the new one", async || {
        assert_eq!(stand.ask(TASK, json!({ "id": 7 })).await, expected(7));
        stored.candidates().any(|candidate| candidate.call().is_some())
    })
    .await;
    assert_eq!(stand.functions().await, [name]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_lacks_a_function_is_sent_the_text() {
    let primary = Cluster::start(ClusterOptions::throwaway()).expect("a primary");
    let owner = harness::connect(&primary.url("postgres")).await;
    owner.batch_execute(SETUP).await.expect("tables");
    owner.batch_execute(include_str!("../../../src/stored/setup.sql")).await.expect("the schema");
    let standby = primary.standby().expect("a standby");
    let mut config = harness::config(&primary.url("postgres"), PoolMode::Transaction);
    config.database.replicas = vec![Replica { url: Secret::new(standby.url("postgres")), max_lag: None }];
    config.database.stored_operations = Some(OFTEN);
    let engine = Engine::new(&config).expect("an engine");
    until("the standby is read from", async || engine.replicas().in_use == 1).await;
    let behind = harness::connect(&standby.url("postgres")).await;
    behind.batch_execute("select pg_wal_replay_pause()").await.expect("a standby");
    let request = harness::request(TASK, &json!({ "id": 1 }));
    assert_eq!(
        engine.store(&request, &glowplug::engine::Identity::default()).await.expect("it compiles").stored,
        1
    );
    for id in 1..=20 {
        assert_eq!(harness::graphql(&engine, TASK, json!({ "id": id })).await, expected(id));
    }
    let is_called = |engine: &Engine| engine.database().stored().candidates().any(|c| c.call().is_some());
    assert!(is_called(&engine), "what a standby lacks is no reason to doubt the primary");
    behind.batch_execute("select pg_wal_replay_resume()").await.expect("a standby");
    for id in 1..=20 {
        assert_eq!(harness::graphql(&engine, TASK, json!({ "id": id })).await, expected(id));
    }
}
