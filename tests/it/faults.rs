//! Real faults between Glowplug and PostgreSQL, while clients send requests.
//!
//! Each client records its answers. Afterwards the rows are counted: an acknowledged mutation has run once, a
//! failed one has run once or not at all, and no request took longer than its timeouts allow.
//! `docs/faults.md` describes what clients get.

mod cancelled;
mod large;
mod network;
mod pooler;
mod relay;
mod server;
mod stopped;
mod storm;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use glowplug::config::{Config, PoolMode};
use glowplug::engine::Engine;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness;

const SETUP: &str =
    "create table entry (id bigint generated always as identity primary key, mark text not null);
    create index on entry (mark)";

const INSERT: &str =
    "mutation ($mark: String!) { insertIntoentryCollection(objects: [{ mark: $mark }]) { affectedCount } }";

const FIND: &str =
    "query ($mark: String!) { entryCollection(filter: { mark: { eq: $mark } }) { edges { node { mark } } } }";

const CLIENTS: usize = 8;

/// How soon the pool has to be complete after a fault; here, PgBouncer retries a server that refused it after
/// a second.
const HEALING: Duration = Duration::from_secs(20);

/// A configuration with short timeouts.
fn config(url: &str) -> Config {
    let mut config = harness::config(url, PoolMode::Transaction);
    config.database.pool_size = 4;
    config.database.acquire_timeout = Duration::from_secs(2);
    config.database.connect_timeout = Duration::from_secs(2);
    config.database.statement_timeout = Duration::from_secs(1);
    config
}

/// An engine that has read its catalog.
async fn engine(url: &str) -> Engine {
    let engine = Engine::new(&config(url)).expect("an engine");
    engine.ready().await.expect("a database");
    engine
}

/// The longest time for a request: the wait for a connection, the connect, both twice for a read that is sent
/// again, and the answer with its three seconds of grace; and two seconds for a busy machine.
const LIMIT: Duration = Duration::from_secs(2 + 2 + 2 + 1 + 3 + 2);

/// The results of clients.
#[derive(Debug, Default)]
struct Met {
    /// The acknowledged mutations.
    done: BTreeSet<String>,
    /// The failed mutations.
    failed: BTreeSet<String>,
    /// The number of answered reads.
    read: u32,
    /// The number of failed reads.
    unread: u32,
    /// The codes of all errors.
    codes: BTreeMap<String, u32>,
    /// Their messages.
    messages: BTreeMap<String, u32>,
    slowest: Duration,
}

impl Met {
    /// Sends a mutation, and then reads what it has written.
    async fn ask(&mut self, engine: &Engine, mark: String) {
        let written = self.respond(engine, INSERT, &mark).await;
        if written.is_some() {
            self.done.insert(mark.clone());
        } else {
            self.failed.insert(mark.clone());
        }
        match self.respond(engine, FIND, &mark).await {
            None => self.unread += 1,
            Some(data) => {
                self.read += 1;
                let edges = json!([{ "node": { "mark": mark } }]);
                let found = &data["entryCollection"]["edges"];
                assert!(*found == edges || (written.is_none() && *found == json!([])), "{mark}: {data}");
            }
        }
    }

    /// The data, or nothing if the error allows the client to try again.
    async fn respond(&mut self, engine: &Engine, query: &str, mark: &str) -> Option<Value> {
        let begin = Instant::now();
        let mut answer = harness::graphql(engine, query, json!({ "mark": mark })).await;
        self.slowest = self.slowest.max(begin.elapsed());
        let Some(error) = answer.get("errors").map(|errors| &errors[0]) else {
            return Some(answer["data"].take());
        };
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(["UNAVAILABLE", "TIMEOUT"].contains(&code), "{answer}");
        *self.codes.entry(code.to_owned()).or_default() += 1;
        *self.messages.entry(error["message"].to_string()).or_default() += 1;
        None
    }

    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
        self.read += other.read;
        self.unread += other.unread;
        self.slowest = self.slowest.max(other.slowest);
        for (ours, theirs) in [(&mut self.codes, other.codes), (&mut self.messages, other.messages)] {
            for (told, count) in theirs {
                *ours.entry(told).or_default() += count;
            }
        }
    }
}

/// Clients that send requests until they are stopped.
struct Load {
    clients: JoinSet<Met>,
    stop: CancellationToken,
}

impl Load {
    fn start(engine: &Engine) -> Self {
        let stop = CancellationToken::new();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (engine, stop) = (engine.clone(), stop.clone());
            clients.spawn(async move {
                let mut met = Met::default();
                let mut turn = 0;
                while !stop.is_cancelled() {
                    turn += 1;
                    met.ask(&engine, format!("{client}-{turn}")).await;
                    // Without the pause, eight clients would send thousands of requests while there is no
                    // database.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                met
            });
        }
        Self { clients, stop }
    }

    async fn finish(self) -> Met {
        self.stop.cancel();
        let mut met = Met::default();
        for client in self.clients.join_all().await {
            met.add(client);
        }
        met
    }
}

/// Causes a fault while clients send requests, waits until requests succeed, and lets the clients continue a
/// little longer.
async fn under_load(engine: &Engine, fault: impl Future<Output = ()>) -> Met {
    let load = Load::start(engine);
    tokio::time::sleep(Duration::from_millis(300)).await;
    fault.await;
    heals(engine).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let met = load.finish().await;
    assert!(met.slowest < LIMIT, "a request took {:?}", met.slowest);
    assert!(met.done.len() > 20 && met.read > 20, "{met:?}");
    assert_whole(engine).await;
    met
}

/// Waits until requests are answered.
async fn heals(engine: &Engine) {
    let begin = Instant::now();
    while let Err(error) = engine.database().check().await {
        assert!(begin.elapsed() < HEALING, "it does not heal: {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asserts that more requests at once than connections are answered, and that no connection is missing
/// afterwards.
async fn assert_whole(engine: &Engine) {
    let mut set = JoinSet::new();
    for _ in 0..16 {
        let engine = engine.clone();
        set.spawn(async move { harness::graphql(&engine, FIND, json!({ "mark": "none" })).await });
    }
    for answer in set.join_all().await {
        assert_eq!(answer, json!({ "data": { "entryCollection": { "edges": [] } } }));
    }
    let state = engine.database().state();
    assert_eq!(state.connections, state.idle);
}

/// Compares the clients' answers with the content of the database.
async fn assert_once(url: &str, met: &Met) {
    let counted = harness::ask(
        &harness::connect(url).await,
        "select coalesce(json_object_agg(mark, count), '{}') from (select mark, count(*) from entry group by mark) as counted",
    )
    .await;
    let counted: BTreeMap<String, u32> = serde_json::from_str(&counted.expect("a row")).expect("JSON");
    for mark in &met.done {
        assert_eq!(counted.get(mark), Some(&1), "{mark} was acknowledged");
    }
    for (mark, count) in &counted {
        assert_eq!(*count, 1, "{mark} ran more than once");
        assert!(met.done.contains(mark) || met.failed.contains(mark), "nobody sent {mark}");
    }
}

/// Runs statements, each as a separate message, in the database or in a pooler's administration console.
async fn command(url: &str, statements: &[&str]) {
    let client = harness::connect(url).await;
    for statement in statements {
        client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}
