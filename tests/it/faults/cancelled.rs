//! Callers that disappear at every point where the engine waits: `respond` is polled a number of times and
//! then dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use diesel_async::RunQueryDsl as _;
use glowplug::config::{Config, PoolMode};
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use glowplug::{FieldContext, FieldError, Server};
use serde::Deserialize;
use serde_json::json;

use super::relay::Relay;
use super::{INSERT, Met, SETUP, assert_once, assert_whole};
use crate::harness;

/// When a future is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// As soon as it waits.
    Waiting,
    /// When its result is available, but before it is polled again.
    Woken,
}

/// Polls a future at most `times` times; `None` if it has not ended by then.
async fn polled<T>(times: usize, moment: Moment, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 && moment == Moment::Waiting => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

fn request(query: &str, mark: &str) -> Request {
    Request {
        document: query.into(),
        operation_name: None,
        variables: json!({ "mark": mark }).as_object().cloned().unwrap_or_default(),
        extensions: serde_json::Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    }
}

/// Sends mutations that are dropped later and later, until three in a row complete; returns how many were
/// dropped.
async fn drop_ever_later(query: &str, kind: &str, met: &mut Met, engine: impl Fn() -> Engine) -> usize {
    let mut dropped = 0;
    for moment in [Moment::Waiting, Moment::Woken] {
        let (mut times, mut ended) = (0, 0);
        while ended < 3 {
            let mark = format!("{kind} {moment:?} {times} {ended}");
            let engine = engine();
            let identity = Identity::default();
            let response = Box::pin(engine.respond(request(query, &mark), &identity));
            let answer = polled(times, moment, response).await;
            if let Some(response) = answer {
                let body = String::from_utf8(response.body.to_vec()).unwrap();
                assert!(!body.contains("errors"), "{mark}: {body}");
                met.done.insert(mark);
                ended += 1;
            } else {
                met.failed.insert(mark);
                (dropped, ended) = (dropped + 1, 0);
            }
            times += 1;
            assert!(times < 5000, "it never ends");
        }
    }
    dropped
}

/// A dropped statement may still run for a moment: waits for its end, before rows are counted.
async fn is_quiet(url: &str) {
    let client = harness::connect(url).await;
    let busy = "select count(*) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'";
    let begin = Instant::now();
    while harness::ask(&client, busy).await.as_deref() != Some("0") {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "something still runs or holds a transaction open"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A configuration with enough time for slow answers.
fn config(url: &str) -> Config {
    let mut config = super::config(url);
    config.database.statement_timeout = Duration::from_secs(10);
    config
}

/// The answer arrives sixteen bytes at a time, so there are many points where the engine waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_dropped_at_every_point_where_it_waits() {
    let name = harness::database(SETUP).await;
    let pooler = harness::pooler(PoolMode::Transaction, 4);
    let direct = harness::cluster().url(&name);
    for (url, port) in [(direct.clone(), harness::cluster().port()), (pooler.url(&name), pooler.port())] {
        let relay = Relay::start(port, 16).await;
        let engine = Engine::new(&config(&relay.url(&url, port))).unwrap();
        engine.ready().await.unwrap();
        let mut met = Met::default();
        let dropped = drop_ever_later(INSERT, "warm", &mut met, || engine.clone()).await;
        // Not polled at all, and polled once, at both moments; on an idle machine there are many more.
        assert!(dropped >= 4, "{dropped}");
        is_quiet(&direct).await;
        assert_once(&direct, &met).await;
        assert_whole(&engine).await;
        super::command(&direct, &["truncate entry"]).await;
    }
}

/// The first request of an engine also connects, and reads the catalog.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_mutation_dropped_at_every_point_where_it_waits() {
    let name = harness::database(SETUP).await;
    let direct = harness::cluster().url(&name);
    let config = config(&direct);
    let mut met = Met::default();
    let dropped = drop_ever_later(INSERT, "cold", &mut met, || Engine::new(&config).unwrap()).await;
    assert!(dropped >= 4, "{dropped}");
    is_quiet(&direct).await;
    assert_once(&direct, &met).await;
}

#[derive(Deserialize)]
struct Note {
    mark: String,
}

/// Writes a row with its own query.
async fn note(context: FieldContext, Note { mark }: Note) -> Result<usize, FieldError> {
    let mut connection = context.connection().await?;
    let insert = diesel::sql_query("insert into entry (mark) values ($1)");
    Ok(insert.bind::<diesel::sql_types::Text, _>(mark).execute(&mut *connection).await?)
}

/// A transaction of several messages: dropped before its end, none of it has happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_dropped_at_every_point_where_it_waits() {
    let name = harness::database(SETUP).await;
    let (direct, port) = (harness::cluster().url(&name), harness::cluster().port());
    let relay = Relay::start(port, 16).await;
    let server = Server::builder()
        .mutation("note(mark: String!): Int!", note)
        .config(config(&relay.url(&direct, port)))
        .build()
        .unwrap();
    let engine = server.engine().expect("an engine");
    engine.ready().await.unwrap();
    let query = "mutation ($mark: String!) { \
        insertIntoentryCollection(objects: [{ mark: \"other\" }]) { affectedCount } note(mark: $mark) }";
    let mut met = Met::default();
    let dropped = drop_ever_later(query, "mixed", &mut met, || engine.clone()).await;
    assert!(dropped >= 4, "{dropped}");
    is_quiet(&direct).await;
    let client = harness::connect(&direct).await;
    let count = async |which: &str| {
        harness::ask(&client, &format!("select count(*) from entry where mark {which} 'other'")).await
    };
    assert_eq!(count("=").await, count("<>").await, "both fields, or none");
    super::command(&direct, &["delete from entry where mark = 'other'"]).await;
    assert_once(&direct, &met).await;
    assert_whole(engine).await;
}
