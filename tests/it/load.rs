//! Many clients behind a transaction-mode pooler with few server connections: every answer is correct, and
//! nothing is left behind. Drivers that prepare by name would mix up rows here.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness;

const CLIENTS: usize = 64;
const SERVER_CONNECTIONS: u32 = 4;
const DURATION: Duration = Duration::from_secs(4);
const ITEMS: usize = 500;
const OWNERS: usize = 25;

const SETUP: &str = "
    create table owner (id integer primary key, name text not null);
    create table item (id integer primary key, owner_id integer not null references owner (id), label text not null);
    comment on schema public is '@graphql({\"inflect_names\": true})';
    insert into owner select n, 'owner ' || md5(n::text) from generate_series(1, 25) as n;
    insert into item select n, 1 + n % 25, md5(n::text) || ' \"' || n || '''' from generate_series(1, 500) as n;
    create index on item (owner_id);";

/// The answers of SQL, queried once and directly.
struct Truth {
    items: Vec<Value>,
    owners: Vec<Value>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_right_under_load_and_nothing_stays_in_a_server_connection() {
    let database = harness::database(SETUP).await;
    let truth = Arc::new(truth(&harness::connect(&harness::cluster().url(&database)).await).await);
    let pooler = harness::pooler(PoolMode::Transaction, SERVER_CONNECTIONS);
    let mut config = harness::config(&pooler.url(&database), PoolMode::Transaction);
    config.database.pool_size = 16;
    let engine = Engine::new(&config).expect("an engine");
    let answered = Arc::new(AtomicUsize::new(0));
    let clients = (0..CLIENTS).map(|client| {
        let (engine, truth, answered) = (engine.clone(), Arc::clone(&truth), Arc::clone(&answered));
        tokio::spawn(async move { run_client(client, &engine, &truth, &answered).await })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("no client met a wrong or failed answer");
    }
    let answered = answered.load(Ordering::Relaxed);
    assert!(answered > CLIENTS * 10, "only {answered} requests were answered");
    nothing_is_left(&pooler.url(&database)).await;
}

/// Every third mutation fails in its second field, which undoes its first; the database must contain exactly
/// what the answers said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_holds_what_mutations_report() {
    let setup = "create table entry (id integer generated always as identity primary key, client integer not null, \
        amount integer not null check (amount > 0))";
    let database = harness::database(setup).await;
    let pooler = harness::pooler(PoolMode::Transaction, SERVER_CONNECTIONS);
    let mut config = harness::config(&pooler.url(&database), PoolMode::Transaction);
    config.database.pool_size = 16;
    let engine = Engine::new(&config).expect("an engine");
    let clients = (0..CLIENTS).map(|client| {
        let engine = engine.clone();
        tokio::spawn(async move { write_entries(client, &engine).await })
    });
    let (mut done, mut refused) = (0, 0);
    for client in clients.collect::<Vec<_>>() {
        let (amount, failures) = client.await.expect("no client met a wrong answer");
        done += amount;
        refused += failures;
    }
    let admin = harness::connect(&harness::cluster().url(&database)).await;
    let held = harness::ask(&admin, "select coalesce(sum(amount), 0) from entry").await;
    assert_eq!(held, Some(done.to_string()), "{refused} mutations were refused");
    assert!(done > 0 && refused > 0, "{done} done, {refused} refused");
    nothing_is_left(&pooler.url(&database)).await;
}

/// Returns the sum of the acknowledged values, and the number of refused mutations.
async fn write_entries(client: usize, engine: &Engine) -> (i64, usize) {
    let query = "mutation ($client: Int!, $amount: Int!, $bad: Int!) { \
        insertIntoentryCollection(objects: [{ client: $client, amount: $amount }]) { records { amount } } \
        more: insertIntoentryCollection(objects: [{ client: $client, amount: $bad }]) { records { amount } } }";
    let end = Instant::now() + DURATION / 2;
    let (mut done, mut refused) = (0, 0);
    let mut turn = 0;
    while Instant::now() < end {
        turn += 1;
        let is_bad = (turn + client).is_multiple_of(3);
        let variables = json!({ "client": client, "amount": turn, "bad": i32::from(!is_bad) });
        let answer = harness::graphql(engine, query, variables).await;
        if is_bad {
            let error = &answer["errors"][0];
            assert_eq!((&answer["data"], &error["path"][0]), (&Value::Null, &json!("more")), "{answer}");
            assert_eq!(error["extensions"]["sqlstate"], "23514", "{answer}");
            refused += 1;
        } else {
            let amount = |key: &str| answer["data"][key]["records"][0]["amount"].as_i64().expect("an amount");
            done += amount("insertIntoentryCollection") + amount("more");
        }
    }
    (done, refused)
}

async fn truth(client: &Client) -> Truth {
    let ask = async |statement: &str| {
        let text = harness::ask(client, statement).await.expect("rows");
        serde_json::from_str::<Vec<Value>>(&text).expect("JSON")
    };
    Truth {
        items: ask("select json_agg(json_build_object('id', i.id, 'label', i.label, 'owner', json_build_object('name', o.name)) \
            order by i.id) from item i join owner o on o.id = i.owner_id")
        .await,
        owners: ask("select json_agg(o order by id) from (select o.id, json_build_object('name', o.name, 'itemCollection', \
            json_build_object('edges', (select json_agg(json_build_object('node', \
            json_build_object('id', i.id)) order by i.id desc) from item i where i.owner_id = o.id))) as o from owner o) o")
        .await,
    }
}

async fn run_client(client: usize, engine: &Engine, truth: &Truth, answered: &AtomicUsize) {
    let end = Instant::now() + DURATION;
    let mut number = client * 7919;
    while Instant::now() < end {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (number >> 33) % 3 {
            0 => item(engine, truth, (number >> 40) % ITEMS).await,
            1 => owner(engine, truth, (number >> 40) % OWNERS).await,
            _ => failure(engine).await,
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

async fn item(engine: &Engine, truth: &Truth, index: usize) {
    let query = "query ($id: Int!) { itemByPk(id: $id) { id label owner { name } } }";
    let answer = harness::graphql(engine, query, json!({ "id": index + 1 })).await;
    assert_eq!(answer, json!({ "data": { "itemByPk": truth.items[index] } }));
}

async fn owner(engine: &Engine, truth: &Truth, index: usize) {
    let query = "query ($id: Int!) { ownerByPk(id: $id) { name \
        itemCollection(first: 30, orderBy: [{ id: DescNullsLast }]) { edges { node { id } } } } }";
    let answer = harness::graphql(engine, query, json!({ "id": index + 1 })).await;
    assert_eq!(answer, json!({ "data": { "ownerByPk": truth.owners[index] } }));
}

/// An error in the database must not affect the next client of the server connection.
async fn failure(engine: &Engine) {
    let query = "{ itemCollection(filter: { label: { regex: \"(\" } }) { edges { node { id } } } }";
    let answer = harness::graphql(engine, query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
}

/// Holds all server connections at once, each in a transaction, and checks each session.
async fn nothing_is_left(url: &str) {
    let mut held = Vec::new();
    let mut servers = HashSet::new();
    for _ in 0..SERVER_CONNECTIONS {
        let client = harness::connect(url).await;
        client.batch_execute("begin").await.expect("a transaction");
        servers.insert(harness::ask(&client, "select pg_backend_pid()").await);
        let statements = harness::ask(&client, "select count(*) from pg_prepared_statements").await;
        assert_eq!(statements.as_deref(), Some("0"), "named prepared statements are left");
        // PgBouncer itself keeps the settings in the list equal to its client's.
        let settings = "select coalesce(string_agg(name || '=' || setting, ', '), '') from pg_settings where source = 'session' \
            and name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')";
        assert_eq!(harness::ask(&client, settings).await.as_deref(), Some(""), "settings are left");
        let role = harness::ask(
            &client,
            "select current_setting('role') || current_setting('transaction_read_only')",
        )
        .await;
        assert_eq!(role.as_deref(), Some("noneoff"));
        held.push(client);
    }
    assert_eq!(servers.len(), SERVER_CONNECTIONS as usize, "each server connection was asked");
}
