//! What the tests stand on: one private PostgreSQL server for the whole binary, a fresh database per test, and
//! PgBouncers in front of the server.
//!
//! A test binary runs no destructors for its statics, and none at all when it is killed. So the server has a guard
//! (see `glowplug::local`): a small shell whose standard input ends when this process is gone, and which then stops
//! the server and removes its folder. That holds for a failed test, an abort, and a `kill -9`.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use glowplug::config::PoolMode;
use glowplug::local::{Cluster, ClusterOptions, Pooler, PoolerOptions};
use tokio_postgres::{Client, NoTls};

static CLUSTER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start(ClusterOptions::throwaway()).expect("a private PostgreSQL server"));

/// Numbers for names that no other test has.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// The server that all tests share. A test that stops or restarts a server starts its own.
pub(crate) fn cluster() -> &'static Cluster {
    &CLUSTER
}

/// A fresh database (locale C, UTF-8, UTC) on the shared server, with `setup` run in it; returns its name.
pub(crate) async fn database(setup: &str) -> String {
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    connect(&cluster().url("postgres"))
        .await
        .batch_execute(&format!("create database {name}"))
        .await
        .expect("a fresh database");
    if !setup.is_empty() {
        connect(&cluster().url(&name)).await.batch_execute(setup).await.expect("the database's setup runs");
    }
    name
}

/// A PgBouncer in front of the shared server; it stops when it is dropped.
pub(crate) fn pooler(pool_mode: PoolMode, pool_size: u32) -> Pooler {
    pooler_with(PoolerOptions { pool_mode, pool_size, ..PoolerOptions::default() })
}

/// The same with all options; the name is made unique.
pub(crate) fn pooler_with(options: PoolerOptions) -> Pooler {
    let name = format!("{}-{}", options.name, NUMBER.fetch_add(1, Ordering::Relaxed));
    Pooler::start(cluster(), &PoolerOptions { name, ..options }).expect("a PgBouncer")
}

/// A plain connection to ask the server with; it closes when it is dropped.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// The first column of the only row that a statement returns, by the simple protocol.
pub(crate) async fn ask(client: &Client, statement: &str) -> Option<String> {
    let messages = client.simple_query(statement).await.expect("the statement runs");
    messages.into_iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
        _ => None,
    })?
}
