//! Many clients that disconnect while PostgreSQL answers late or not at all.
//!
//! What they leave behind is bounded: connections whose statements have to be cancelled, and the cancel
//! requests. PgBouncer 1.18, which ends if the socket of a cancel request closes too early, still runs
//! afterwards.

use std::time::{Duration, Instant};

use glowplug::db::Database;
use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use super::{HEALING, config};
use crate::db::{answer, read};
use crate::harness;

/// Longer than any version of Glowplug waited for a cancel request.
const STALL: Duration = Duration::from_secs(8);

/// How soon each client disconnects.
const PATIENCE: Duration = Duration::from_millis(40);

const CLIENTS: usize = 24;

/// The pool's connections, 16 cancel requests, the console, and one that checks whether it listens.
const MOST_CLIENTS: usize = 4 + 16 + 2;

/// Clients that send a request and disconnect, until the time is over.
fn storm(database: &Database, time: Duration) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let database = database.clone();
        clients.spawn(async move {
            let begin = Instant::now();
            while begin.elapsed() < time {
                let scope = read();
                let asking = answer(&database, &scope, "select pg_sleep(30)");
                // None of them gets an answer.
                let _ = tokio::time::timeout(PATIENCE, asking).await;
            }
        });
    }
    clients
}

/// The maximum number of the pooler's clients while `clients` connect and disconnect.
async fn most_clients(console: &Client, mut clients: JoinSet<()>) -> usize {
    let mut most = 0;
    while !clients.is_empty() {
        let rows = console.simple_query("show clients").await.expect("the console answers");
        most = most
            .max(rows.iter().filter(|row| matches!(row, tokio_postgres::SimpleQueryMessage::Row(_))).count());
        // Checks about fifty times in a second.
        let _ = tokio::time::timeout(Duration::from_millis(20), clients.join_next()).await;
    }
    most
}

async fn assert_heals(database: &Database) {
    let begin = Instant::now();
    loop {
        match answer(database, &read(), "select 1").await {
            Ok(answer) => return assert_eq!(answer.as_deref(), Some("1")),
            Err(error) => assert!(begin.elapsed() < HEALING, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The server and all its processes.
fn processes(cluster: &Cluster) -> Vec<Pid> {
    let file = std::fs::read_to_string(cluster.folder().join("data/postmaster.pid")).expect("it runs");
    let postmaster: i32 = file.lines().next().and_then(|line| line.parse().ok()).expect("its process id");
    let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
    let children = children.expect("its processes");
    let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    std::iter::once(postmaster).chain(pids).map(Pid::from_raw).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_make_no_more_clients_of_the_pooler_than_the_pool_may_have() {
    let name = harness::database("").await;
    let pooler = harness::pooler_with(PoolerOptions { pool_size: 2, ..PoolerOptions::default() });
    let console = harness::connect(&pooler.admin_url()).await;
    let database = Database::new(&config(&pooler.url(&name)).database).unwrap();
    assert_heals(&database).await;
    let most = most_clients(&console, storm(&database, Duration::from_secs(3))).await;
    assert!((4..=MOST_CLIENTS).contains(&most), "{most} clients");
    assert_heals(&database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_outlives_clients_that_leave_while_the_server_stands_still() {
    let cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
    let pooler =
        Pooler::start(&cluster, &PoolerOptions { pool_size: 4, ..PoolerOptions::default() }).unwrap();
    let console = harness::connect(&pooler.admin_url()).await;
    let database = Database::new(&config(&pooler.url("postgres")).database).unwrap();
    assert_heals(&database).await;
    // Statements run, and their clients disconnect when the server is frozen.
    let running = storm(&database, PATIENCE);
    tokio::time::sleep(PATIENCE / 2).await;
    let stopped = processes(&cluster);
    // A process that has ended meanwhile needs no signal.
    let signal = |signal| stopped.iter().for_each(|pid| kill(*pid, signal).unwrap_or_default());
    signal(Signal::SIGSTOP);
    let most =
        most_clients(&console, running).await.max(most_clients(&console, storm(&database, STALL)).await);
    signal(Signal::SIGCONT);
    assert!(most <= MOST_CLIENTS, "{most} clients");
    assert_heals(&database).await;
    // The process id would have changed if the pooler had ended.
    harness::ask(&harness::connect(&pooler.url("postgres")).await, "select 1").await;
    console.simple_query("show version").await.expect("the same pooler");
}
