//! Nothing is left in the pooler's server connections.

use std::time::Duration;

use glowplug::config::{self, PoolMode};
use glowplug::db::{Database, Reach, Scope};
use glowplug_local::Pooler;
use tokio::task::JoinSet;

use super::{answer, read, settings, write};
use crate::harness::{self, ask};

/// The number of the pooler's server connections.
pub(super) const SERVER_CONNECTIONS: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_on_few_server_connections_leave_no_trace() {
    let name = harness::database(
        "create table t as select n as id, 'text ' || n as body from generate_series(1, 1000) n",
    )
    .await;
    let pooler = harness::pooler(PoolMode::Transaction, SERVER_CONNECTIONS);
    let before = traces(&pooler, &name).await;
    let settings = config::Database { pool_size: 64, ..settings(&pooler.url(&name)) };
    let database = Database::new(&settings).unwrap();
    let mut set = JoinSet::new();
    for client in 0..64_u32 {
        let database = database.clone();
        set.spawn(async move {
            for turn in 0..40_u32 {
                one_request(&database, client * 40 + turn).await;
            }
        });
    }
    set.join_all().await;
    assert_eq!(traces(&pooler, &name).await, before);
}

/// A request with a role, claims and a timeout, or one that fails, or one that is dropped.
async fn one_request(database: &Database, number: u32) {
    let id = number % 1000 + 1;
    let scope = Scope {
        role: Some("pg_read_all_data".into()),
        settings: [("request.jwt.claims".into(), format!("{{\"sub\":{number}}}").into())].into(),
        statement_timeout: Duration::from_secs(9),
        answer_limit: usize::MAX,
        reach: Reach::Server,
        ..read()
    };
    let select = format!("select body || current_setting('request.jwt.claims') from t where id = {id}");
    match number % 8 {
        0 => drop(answer(database, &scope, "select 1 / 0").await.unwrap_err()),
        1 => drop(tokio::time::timeout(Duration::from_micros(500), answer(database, &scope, &select)).await),
        2 => drop(answer(database, &write(), "select 1").await.unwrap()),
        _ => {
            let got = answer(database, &scope, &select).await.unwrap();
            assert_eq!(got, Some(format!("text {id}{{\"sub\":{number}}}")));
        }
    }
}

/// The state of each of the pooler's server connections: its named statements and its session's settings.
///
/// One transaction for each server connection is held open, so that each query runs on another one. Settings
/// that the pooler sets for its clients (`application_name` and the like) are left out.
pub(super) async fn traces(pooler: &Pooler, name: &str) -> Vec<Option<String>> {
    let mut clients = Vec::new();
    for _ in 0..SERVER_CONNECTIONS {
        let client = harness::connect(&pooler.url(name)).await;
        client.batch_execute("begin").await.unwrap();
        clients.push(client);
    }
    let mut traces = Vec::new();
    for client in &clients {
        let named = "select count(*) from pg_prepared_statements";
        assert_eq!(ask(client, named).await.as_deref(), Some("0"));
        let pid = "select pg_backend_pid()";
        traces.push((ask(client, pid).await, ask(client, SETTINGS).await));
    }
    let mut pids: Vec<_> = traces.iter().map(|(pid, _)| pid).collect();
    pids.sort();
    pids.dedup();
    assert_eq!(pids.len(), clients.len(), "each server connection is asked");
    traces.into_iter().map(|(_, settings)| settings).collect()
}

const SETTINGS: &str = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings
    where name not in ('application_name', 'client_encoding', 'transaction_isolation')
    and (source = 'session' or name like 'transaction%' or name in ('role', 'statement_timeout'))";

#[tokio::test]
async fn diesel_leaves_no_named_statement() {
    let name = harness::database("create table n (id int primary key); insert into n values (0)").await;
    let pooler = harness::pooler(PoolMode::Transaction, SERVER_CONNECTIONS);
    let before = traces(&pooler, &name).await;
    let database =
        Database::new(&config::Database { pool_size: 16, ..settings(&pooler.url(&name)) }).unwrap();
    let mut set = JoinSet::new();
    for client in 0..16 {
        let database = database.clone();
        set.spawn(async move { super::orm::count_up(&database, client, 25).await });
    }
    set.join_all().await;
    let total = answer(&database, &read(), "select id from n").await.unwrap();
    assert_eq!(total.as_deref(), Some("400"));
    assert_eq!(traces(&pooler, &name).await, before);
}
