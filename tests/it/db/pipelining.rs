//! Several futures on one connection: their pipelines are written without waiting for each other's answers,
//! and each gets its own answer; directly and through PgBouncer, in each protocol.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::pooled_connection::PoolableConnection as _;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{join_all, try_join_all};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use glowplug::config::PoolMode;
use glowplug::db::{Connection, Connector, Protocol};
use glowplug_local::Pooler;
use tokio::task::JoinSet;

use super::cancel::wait_for_activity;
use super::gate::Gate;
use crate::harness;

diesel::table! {
    entry (id) {
        id -> Integer,
    }
}

/// One route to a new database.
struct Way {
    label: String,
    url: String,
    protocol: Protocol,
    port: u16,
    _pooler: Option<Pooler>,
}

impl Way {
    async fn connect(&self) -> Connection {
        Connector::new(&self.url).unwrap().protocol(self.protocol).connect().await.unwrap()
    }
}

/// A pooler has one server connection fewer than a test has clients.
async fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for (pool_mode, protocol) in [
        (PoolMode::Direct, Protocol::Unnamed),
        (PoolMode::Direct, Protocol::Prepared),
        (PoolMode::Session, Protocol::Prepared),
        (PoolMode::Transaction, Protocol::Unnamed),
    ] {
        let name = harness::database("create table entry (id int primary key)").await;
        let pooler = (pool_mode != PoolMode::Direct).then(|| harness::pooler(pool_mode, 2));
        let url = pooler.as_ref().map_or_else(|| harness::cluster().url(&name), |pooler| pooler.url(&name));
        let (_, rest) = url.rsplit_once(':').expect("a port");
        let port = rest.split('/').next().and_then(|port| port.parse().ok()).expect("a port");
        let label = format!("{pool_mode:?} {protocol:?}");
        ways.push(Way { label, url, protocol, port, _pooler: pooler });
    }
    ways
}

async fn echo(mut connection: &Connection, number: i32) -> QueryResult<i32> {
    diesel::select(number.into_sql::<Integer>()).get_result(&mut connection).await
}

async fn batch(mut connection: &Connection, sql: &str) -> QueryResult<()> {
    connection.batch_execute(sql).await
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}

async fn text(mut connection: &Connection, sql: &str) -> QueryResult<String> {
    diesel::sql_query(sql).get_result::<Value>(&mut connection).await.map(|value| value.value)
}

/// Fails if the work hangs; the time is long enough for any machine.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(2), work).await.expect("nothing hangs")
}

#[tokio::test]
async fn all_flights_are_written_before_the_first_answer() {
    for way in ways().await {
        let gate = Gate::start(way.port).await;
        let url = gate.url(&way.url, way.port);
        let connector = Connector::new(&url).unwrap().protocol(way.protocol);
        let connection = connector.connect().await.unwrap();
        for count in [2, 50, 50] {
            gate.hold(usize::try_from(count).unwrap());
            let answers = in_time(join_all((0..count).map(|number| echo(&connection, number)))).await;
            let expected: Vec<_> = (0..count).map(Ok).collect();
            assert_eq!(answers, expected, "{}", way.label);
        }
        gate.hold(3);
        let (one, two, three) = in_time(async {
            tokio::join!(echo(&connection, 1), batch(&connection, "select 2"), echo(&connection, 3))
        })
        .await;
        assert_eq!((one, two, three), (Ok(1), Ok(()), Ok(3)), "{}", way.label);
    }
}

#[tokio::test]
async fn thousands_have_each_their_own_answer() {
    for way in ways().await {
        let connection = way.connect().await;
        let ask = async |number: i32| {
            if number % 41 == 0 {
                let failed =
                    text(&connection, &format!("select (1 / ({number} - {number}))::text as value")).await;
                assert_eq!(failed.unwrap_err().to_string(), "division by zero");
            } else if number % 97 == 0 {
                let long =
                    text(&connection, &format!("select repeat('{number},', 20000) as value")).await.unwrap();
                assert!(long.len() > 40_000 && long.starts_with(&format!("{number},{number},")));
            } else {
                assert_eq!(echo(&connection, number).await, Ok(number));
            }
        };
        in_time(join_all((0..4000).map(ask))).await;
        in_time(stream::iter(0..2000).map(ask).buffer_unordered(32).collect::<Vec<()>>()).await;
        assert_eq!(echo(&connection, 7).await, Ok(7), "{}", way.label);
    }
}

#[tokio::test]
async fn a_big_answer_among_small_ones() {
    for way in ways().await {
        let connection = way.connect().await;
        let big = text(&connection, "select repeat('x', 30000000) as value");
        let rows = diesel::dsl::sql::<Integer>("generate_series(1, 200000)");
        let rows = async { diesel::select(rows).load::<i32>(&mut &connection).await };
        let small = |number| echo(&connection, number);
        let (one, big, two, rows, three) =
            in_time(async { tokio::join!(small(1), big, small(2), rows, small(3)) }).await;
        assert_eq!((one, two, three), (Ok(1), Ok(2), Ok(3)), "{}", way.label);
        assert_eq!((big.unwrap().len(), rows.unwrap().len()), (30_000_000, 200_000), "{}", way.label);
    }
}

#[tokio::test]
async fn within_a_transaction_they_share_it() {
    for way in ways().await {
        let mut connection = way.connect().await;
        let insert = async |mut connection: &Connection, id: i32| {
            diesel::insert_into(entry::table).values(entry::id.eq(id)).execute(&mut connection).await
        };
        let pids = connection.transaction::<_, Error, _>(async |connection| {
            let connection = &*connection;
            try_join_all((0..100).map(|id| insert(connection, id))).await?;
            try_join_all((0..50).map(|_| text(connection, "select pg_backend_pid()::text as value"))).await
        });
        let pids = in_time(pids).await.unwrap();
        assert!(pids.iter().all(|pid| *pid == pids[0]), "{}: {pids:?}", way.label);
        // The second one fails, and so do those behind it; `try_join` drops the other futures at once.
        let undone = connection.transaction::<(), Error, _>(async |connection| {
            let connection = &*connection;
            try_join_all([1000, 0, 1001, 1002].map(|id| insert(connection, id))).await.map(|_| ())
        });
        let error = in_time(undone).await.unwrap_err();
        assert!(matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)), "{error}");
        let undone = connection.transaction::<(), Error, _>(async |connection| {
            let connection = &*connection;
            let answers = join_all([2000, 0, 2001].map(|id| insert(connection, id))).await;
            assert_eq!(answers[0], Ok(1));
            let told = answers[2].as_ref().unwrap_err().to_string();
            assert!(told.contains("current transaction is aborted"), "{told}");
            answers.into_iter().collect::<QueryResult<Vec<_>>>().map(|_| ())
        });
        in_time(undone).await.unwrap_err();
        let count: i64 = entry::table.count().get_result(&mut connection).await.unwrap();
        assert_eq!(count, 100, "{}", way.label);
        assert!(!connection.is_broken(), "{}", way.label);
    }
}

/// Polls the future once, so that it stays where it waits.
async fn advance<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.poll_unpin(context))).await
}

#[tokio::test]
async fn a_future_dropped_at_any_moment_leaves_the_others_in_order() {
    for way in ways().await {
        let mut connection = way.connect().await;
        for (polls, place) in (0..6).flat_map(|polls| (0..3).map(move |place| (polls, place))) {
            let mut futures: Vec<_> =
                (0..3).map(|number| (number, echo(&connection, number).boxed())).collect();
            for _ in 0..polls {
                let mut left = Vec::new();
                for (number, mut future) in futures {
                    match advance(&mut future).await {
                        Poll::Ready(answer) => assert_eq!(answer, Ok(number), "{}", way.label),
                        Poll::Pending => left.push((number, future)),
                    }
                }
                futures = left;
                // Lets answers arrive meanwhile.
                tokio::time::sleep(Duration::from_micros(polls * 100)).await;
            }
            futures.retain(|(number, _)| *number != place);
            for (number, future) in futures {
                assert_eq!(in_time(future).await, Ok(number), "{}", way.label);
            }
        }
        assert_eq!(echo(&connection, 8).await, Ok(8), "{}", way.label);
        let alone = diesel::select(9.into_sql::<Integer>()).get_result(&mut connection);
        assert_eq!(in_time(alone).await, Ok(9), "{}", way.label);
        assert!(!connection.is_broken(), "{}", way.label);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_go_away_do_not_take_the_others_along() {
    for way in ways().await {
        let connection = Arc::new(way.connect().await);
        let mut tasks = JoinSet::new();
        for task in 0..60 {
            let connection = Arc::clone(&connection);
            let work = async move {
                for turn in 0..40 {
                    let number = task * 1000 + turn;
                    assert_eq!(echo(&connection, number).await, Ok(number));
                }
            };
            let limit = Duration::from_micros(if task % 3 == 0 {
                300 * u64::from(task.unsigned_abs())
            } else {
                u64::MAX
            });
            tasks.spawn(async move { tokio::time::timeout(limit, work).await.is_ok() || task % 3 == 0 });
        }
        assert!(in_time(tasks.join_all()).await.into_iter().all(|whole| whole), "{}", way.label);
        assert_eq!(echo(&connection, 5).await, Ok(5), "{}", way.label);
    }
}

#[tokio::test]
async fn a_pool_does_not_get_an_abandoned_connection_and_its_statement_is_cancelled() {
    for way in ways().await {
        let mut connection = way.connect().await;
        let mark = format!("pipelining {} {}", way.label, std::process::id());
        let long = format!("select pg_sleep(60)::text as value, '{mark}'");
        let mut dropped = text(&connection, &long).boxed();
        while wait_for(&mark).await == 0 {
            assert!(advance(&mut dropped).await.is_pending());
        }
        drop(dropped);
        assert!(connection.is_broken(), "{}", way.label);
        drop(connection);
        wait_for_activity(&mark, "0").await;
    }
}

/// The number of running statements with the mark.
async fn wait_for(mark: &str) -> usize {
    let server = harness::connect(&harness::cluster().url("postgres")).await;
    let count = format!(
        "select count(*) from pg_stat_activity
        where state = 'active' and pid <> pg_backend_pid() and query like '%{mark}%'"
    );
    harness::ask(&server, &count).await.and_then(|count| count.parse().ok()).expect("a number")
}

#[tokio::test]
async fn when_the_connection_ends_all_of_them_fail() {
    for way in ways().await {
        let connection = way.connect().await;
        let end = text(&connection, "select pg_terminate_backend(pg_backend_pid())::text as value");
        let behind = join_all((0..200).map(|number| echo(&connection, number)));
        let (end, behind) = in_time(async { tokio::join!(end, behind) }).await;
        for error in behind.into_iter().map(|answer| answer.map(|_| ())).chain([end.map(|_| ())]) {
            let error = error.unwrap_err();
            let is_told = matches!(error, Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _));
            assert!(is_told, "{}: {error:?}", way.label);
        }
        let later = echo(&connection, 1).await.unwrap_err();
        assert!(later.to_string().contains("closed"), "{}: {later}", way.label);
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[tokio::test]
async fn a_statement_is_given_one_name() {
    let url = harness::cluster().url(&harness::database("").await);
    let connector = Connector::new(&url).unwrap().protocol(Protocol::Prepared);
    let mut connection = connector.connect().await.unwrap();
    in_time(join_all((0..20).map(|number| echo(&connection, number)))).await;
    in_time(join_all((0..20).map(|number| echo(&connection, number)))).await;
    // A failed statement is not kept, and does not affect the others.
    let wrong = async |mut connection: &Connection| {
        diesel::select(diesel::dsl::sql::<Integer>("nothing")).get_result::<i32>(&mut connection).await
    };
    let answers = in_time(join_all((0..5).map(|_| wrong(&connection)))).await;
    assert!(answers.into_iter().all(|answer| answer.is_err()));
    let count = diesel::sql_query("select count(*) from pg_prepared_statements where name <> ''");
    assert_eq!(count.get_result::<Count>(&mut connection).await.unwrap().count, 1);
}

#[tokio::test]
async fn the_data_of_a_copy_would_not_be_distinguished_from_the_next_pipeline() {
    for way in ways().await {
        let connection = way.connect().await;
        let copy = batch(&connection, "copy entry from stdin").await.unwrap_err();
        assert!(copy.to_string().contains("no data for COPY"), "{}: {copy}", way.label);
        assert_eq!(echo(&connection, 1).await, Ok(1), "{}", way.label);
        let mut copying = &connection;
        let copy = diesel::sql_query("copy entry from stdin").execute(&mut copying);
        let (copy, behind) = in_time(async { tokio::join!(copy, echo(&connection, 2)) }).await;
        assert!(copy.unwrap_err().to_string().contains("COPY"), "{}", way.label);
        behind.unwrap_err();
    }
}
