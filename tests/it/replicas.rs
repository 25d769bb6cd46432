//! Read replicas: real standbys with streaming replication, which lag, are promoted, stop and come back.

mod away;
mod live;
mod reading;

use std::time::{Duration, Instant};

use glowplug::config::{Config, PoolMode, Replica, Secret};
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use glowplug_local::{Cluster, ClusterOptions};
use serde_json::{Map, Value};

use crate::harness;
use crate::server::Server;

const SETUP: &str =
    "create table entry (id int primary key, mark text not null); insert into entry values (1, 'old');
    create function on_replica() returns boolean stable language sql as 'select pg_is_in_recovery()'";

const WHERE: &str = "{ on_replica }";

/// A primary with standbys, for one test only.
struct Servers {
    primary: Cluster,
    standbys: Vec<Cluster>,
}

impl Servers {
    async fn start(standbys: usize) -> Self {
        let primary = Cluster::start(ClusterOptions::throwaway()).expect("a primary");
        command(&primary, SETUP).await;
        let standbys = (0..standbys).map(|_| primary.standby().expect("a standby")).collect();
        Self { primary, standbys }
    }

    fn config(&self) -> Config {
        let mut config = harness::config(&self.primary.url("postgres"), PoolMode::Direct);
        let urls = self.standbys.iter().map(|standby| Secret::new(standby.url("postgres")));
        config.database.replicas = urls.map(|url| Replica { url, max_lag: None }).collect();
        config
    }

    /// An engine that reads from all of the standbys.
    async fn engine(&self, change: impl FnOnce(&mut Config)) -> Engine {
        let mut config = self.config();
        change(&mut config);
        let engine = Engine::new(&config).expect("an engine");
        engine.ready().await.expect("a primary");
        in_use(&engine, self.standbys.len()).await;
        engine
    }
}

/// Waits until this number of replicas get reads.
async fn in_use(engine: &Engine, count: usize) {
    let begin = Instant::now();
    while engine.replicas().in_use != count {
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}, not {count}", engine.replicas());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until `/readyz` has this answer.
async fn ready_says(server: &Server, expected: &str) {
    let begin = Instant::now();
    loop {
        let response = server.get("/readyz").send().await.expect("an answer");
        let (status, text) = (response.status(), response.text().await.expect("a text"));
        if status == 200 && text == expected {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{status} {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs statements on a server.
async fn command(cluster: &Cluster, statements: &str) {
    harness::connect(&cluster.url("postgres")).await.batch_execute(statements).await.expect(statements);
}

/// Waits until the standby has everything that the primary has written.
async fn caught_up(primary: &Cluster, standby: &Cluster) {
    let position = harness::ask(
        &harness::connect(&primary.url("postgres")).await,
        "select pg_current_wal_flush_lsn() from (select pg_switch_wal()) as switched",
    )
    .await
    .expect("a position");
    let client = harness::connect(&standby.url("postgres")).await;
    let begin = Instant::now();
    let question = format!("select pg_last_wal_replay_lsn() >= '{position}'");
    while harness::ask(&client, &question).await.as_deref() != Some("t") {
        assert!(begin.elapsed() < Duration::from_secs(10), "the standby does not follow");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn answer_as(engine: &Engine, query: &str, read_from: ReadFrom, identity: &Identity) -> Value {
    let request = Request {
        document: query.into(),
        operation_name: None,
        variables: Map::new(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from,
    };
    let response = engine.respond(request, identity).await;
    serde_json::from_slice(&response.body).expect("the answer is JSON")
}

async fn answer(engine: &Engine, query: &str, read_from: ReadFrom) -> Value {
    answer_as(engine, query, read_from, &Identity::default()).await
}
