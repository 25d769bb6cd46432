//! The tests that pass if a protocol is safe.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Integer;
use diesel_async::pooled_connection::PoolableConnection as _;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use glowplug::config::PoolMode;
use glowplug::db::{Connection, Protocol};
use tokio::task::JoinSet;

use super::stand::{Cell, Stand};
use crate::db::cancel::wait_for_activity_at;
use crate::db::{types, values};

diesel::table! {
    counter (id) {
        id -> Integer,
        value -> Integer,
    }
}

diesel::table! {
    changing (id) {
        id -> Integer,
        word -> Text,
    }
}

/// More than the server connections.
const CLIENTS: i32 = 8;
const TURNS: i32 = 5;

/// Runs all of it.
pub(super) async fn holds(cell: &Cell) {
    let label = cell.label();
    let mut connection = cell.connect().await;
    values::go_there_and_back(&mut connection).await;
    types::go_there_and_back(&mut connection).await;
    writes_last(cell, &mut connection).await;
    batches_are_all_or_nothing(&mut connection).await;
    errors_do_no_harm(&mut connection, &label).await;
    if cell.stand == Stand::Statement {
        transactions_are_refused(cell).await;
    } else {
        transactions_nest(&mut connection, &label).await;
    }
    if cell.stand == Stand::Odyssey {
        a_changed_table_fails_queries(cell).await;
    } else {
        a_table_may_change(cell, &mut connection).await;
    }
    statements_may_be_deallocated(cell, &mut connection).await;
    drop(connection);
    a_dropped_query_is_cancelled(cell).await;
    many_clients_share(cell).await;
}

/// Writes are visible to others without a commit.
async fn writes_last(cell: &Cell, connection: &mut Connection) {
    for number in [5, 6] {
        assert_eq!(set(connection, number).await, Ok(1), "{}", cell.label());
        assert_eq!(value(&mut cell.connect().await).await, Ok(number), "{}", cell.label());
    }
    assert!(!connection.is_broken());
}

async fn value(connection: &mut Connection) -> QueryResult<i32> {
    counter::table.find(1).select(counter::value).first(connection).await
}

async fn set(connection: &mut Connection, value: i32) -> QueryResult<usize> {
    diesel::update(counter::table.find(1)).set(counter::value.eq(value)).execute(connection).await
}

async fn batches_are_all_or_nothing(connection: &mut Connection) {
    connection.batch_execute("update counter set value = 1; update counter set value = 2").await.unwrap();
    let failed = "update counter set value = 3; select 1 / 0; update counter set value = 4";
    connection.batch_execute(failed).await.unwrap_err();
    assert_eq!(value(connection).await, Ok(2));
}

async fn errors_do_no_harm(connection: &mut Connection, label: &str) {
    for turn in 0..3 {
        let twice = diesel::insert_into(counter::table).values((counter::id.eq(1), counter::value.eq(turn)));
        let error = twice.execute(connection).await;
        assert!(
            matches!(error, Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))),
            "{label}: {error:?}"
        );
        let error = set(connection, 1000).await;
        assert!(
            matches!(error, Err(Error::DatabaseError(DatabaseErrorKind::CheckViolation, _))),
            "{label}: {error:?}"
        );
        diesel::sql_query("select nonsense").execute(connection).await.unwrap_err();
        assert_eq!(set(connection, turn).await, Ok(1), "{label}");
        assert_eq!(value(connection).await, Ok(turn), "{label}");
    }
}

async fn transactions_nest(connection: &mut Connection, label: &str) {
    let outer = connection
        .transaction::<_, Error, _>(async |connection| {
            set(connection, 10).await?;
            let inner = connection.transaction::<(), Error, _>(async |connection| {
                set(connection, 11).await?;
                set(connection, 1000).await?;
                Ok(())
            });
            assert!(inner.await.is_err());
            let inner =
                connection.transaction::<_, Error, _>(async |connection| set(connection, 12).await).await;
            assert_eq!(inner, Ok(1));
            value(connection).await
        })
        .await;
    assert_eq!(outer, Ok(12), "{label}");
    let undone = connection.transaction::<(), Error, _>(async |connection| {
        set(connection, 13).await?;
        Err(Error::RollbackTransaction)
    });
    assert_eq!(undone.await, Err(Error::RollbackTransaction), "{label}");
    assert_eq!(value(connection).await, Ok(12), "{label}");
}

async fn transactions_are_refused(cell: &Cell) {
    let mut connection = cell.connect().await;
    let refused = connection.transaction::<_, Error, _>(async |connection| set(connection, 14).await).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("transaction blocks not allowed in statement pooling mode"), "{error}");
}

/// Another client changes the type of a column, and the answer then has the new type.
async fn a_table_may_change(cell: &Cell, connection: &mut Connection) {
    let mut other = cell.connect().await;
    for to in ["text", "varchar(20)", "text"] {
        let read = || changing::table.filter(changing::id.eq(1)).select(changing::word);
        assert_eq!(read().first::<String>(connection).await.as_deref(), Ok("word"), "{}", cell.label());
        other.batch_execute(&format!("alter table changing alter word type {to}")).await.unwrap();
        for _ in 0..3 {
            let word = read().first::<String>(connection).await;
            assert_eq!(word.as_deref(), Ok("word"), "{}: {to}", cell.label());
        }
    }
}

/// Odyssey also keeps unnamed statements, one for each text, with their plans.
async fn a_changed_table_fails_queries(cell: &Cell) {
    let (mut connection, mut other) = (cell.connect().await, cell.connect().await);
    let read = || changing::table.filter(changing::id.eq(1)).select(changing::word);
    for _ in 0..4 {
        assert_eq!(read().first::<String>(&mut connection).await.as_deref(), Ok("word"), "{}", cell.label());
    }
    other.batch_execute("alter table changing alter word type text").await.unwrap();
    // It may get a server connection that has not had the statement.
    let mut failures = 0;
    for _ in 0..4 {
        if let Err(error) = read().first::<String>(&mut connection).await {
            assert!(error.to_string().contains("cached plan must not change result type"), "{error}");
            failures += 1;
        }
    }
    // With names, a connection notices it and prepares the statement again.
    assert!(failures > 0 || cell.protocol == Protocol::Prepared, "{}: it keeps no plans", cell.label());
}

/// Visibly by this client and by another, and in a way that neither client nor pooler notices. After the
/// last, Odyssey fails typed queries, because it assumes that its own statements still exist.
async fn statements_may_be_deallocated(cell: &Cell, connection: &mut Connection) {
    let mut other = cell.connect().await;
    let unseen = (cell.stand != Stand::Odyssey).then_some("do $$ begin execute 'deallocate all'; end $$");
    for statement in ["deallocate all", "discard all"].into_iter().chain(unseen) {
        for by_other in [false, true] {
            value(connection).await.unwrap();
            let who = if by_other { &mut other } else { &mut *connection };
            who.batch_execute(statement).await.unwrap();
            for _ in 0..2 {
                let answer = value(connection).await;
                assert!(answer.is_ok(), "{}: {statement}, by other: {by_other}: {answer:?}", cell.label());
            }
        }
    }
}

async fn a_dropped_query_is_cancelled(cell: &Cell) {
    let mark = format!("{} {}", cell.label().replace('`', ""), std::process::id());
    let text = format!("select pg_sleep(60), '{mark}'");
    let mut connection = cell.connect().await;
    let query = tokio::spawn(async move {
        let outcome = diesel::sql_query(text).execute(&mut connection).await;
        (connection, outcome)
    });
    wait_for_activity_at(&cell.server, &mark, "1").await;
    query.abort();
    assert!(query.await.is_err_and(|error| error.is_cancelled()));
    wait_for_activity_at(&cell.server, &mark, "0").await;
    assert!(value(&mut cell.connect().await).await.is_ok(), "{mark}");
}

/// Each client queries its own values, and increments a shared counter.
async fn many_clients_share(cell: &Cell) {
    set(&mut cell.connect().await, 0).await.unwrap();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let mut connection = cell.connect().await;
        let has_transactions = cell.stand.pool_mode() != PoolMode::Statement;
        clients.spawn(async move {
            for turn in 0..TURNS {
                let number = client * 1000 + turn;
                let echo = diesel::select(number.into_sql::<Integer>()).get_result(&mut connection).await;
                assert_eq!(echo, Ok(number));
                if has_transactions {
                    connection.transaction(count_up).await.unwrap();
                } else {
                    let one_more = diesel::update(counter::table).set(counter::value.eq(counter::value + 1));
                    assert_eq!(one_more.execute(&mut connection).await, Ok(1));
                }
            }
        });
    }
    clients.join_all().await;
    assert_eq!(value(&mut cell.connect().await).await, Ok(CLIENTS * TURNS), "{}", cell.label());
}

async fn count_up(connection: &mut Connection) -> QueryResult<()> {
    let value: i32 = counter::table.select(counter::value).for_update().first(connection).await?;
    set(connection, value + 1).await.map(|_| ())
}
