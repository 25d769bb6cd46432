//! Named statements: their number is bounded, and they are prepared again when the server no longer has or
//! accepts them, but never in a loop.

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use glowplug::db::{Connection, Connector, Protocol};

use crate::harness;

async fn connect(setup: &str) -> Connection {
    let url = harness::cluster().url(&harness::database(setup).await);
    Connector::new(&url).unwrap().protocol(Protocol::Prepared).connect().await.unwrap()
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The number of named statements in the session, including this query.
async fn named(connection: &mut Connection) -> i64 {
    let question = diesel::sql_query("select count(*) from pg_prepared_statements");
    question.get_result::<Count>(connection).await.unwrap().count
}

diesel::table! {
    t (id) {
        id -> Integer,
        extra -> Integer,
    }
}

#[tokio::test]
async fn a_statement_is_prepared_once() {
    let connection = &mut connect("create table t (id int)").await;
    for number in 0..10 {
        let got: i32 = diesel::select(number.into_sql::<Integer>()).get_result(connection).await.unwrap();
        assert_eq!(got, number);
    }
    // `select $1`; Diesel says that texts of `sql_query` should not be kept.
    assert_eq!(named(connection).await, 1);
}

#[tokio::test]
async fn the_number_of_statements_is_bounded() {
    let connection = &mut connect("").await;
    for number in 1..200_usize {
        let list = vec![1; number];
        let filter = diesel::select(diesel::dsl::sql::<Integer>(&format!("{number}")));
        let _: i32 = filter.get_result(connection).await.unwrap();
        let sum = diesel::select(list.into_sql::<diesel::sql_types::Array<Integer>>());
        let _: Vec<i32> = sum.get_result(connection).await.unwrap();
    }
    assert!(named(connection).await <= 129);
}

#[tokio::test]
async fn a_table_that_changes_is_read_as_it_is_now() {
    let connection = &mut connect("create table t (id int, extra int); insert into t values (1, 2)").await;
    let both = || t::table.select((t::id, t::extra));
    assert_eq!(both().first::<(i32, i32)>(connection).await, Ok((1, 2)));
    // The result type changes with the column, and the server refuses its plan.
    let change = "alter table t alter extra type bigint; update t set extra = 3";
    connection.batch_execute(change).await.unwrap();
    let wide = |connection| diesel::sql_query("select extra as count from t").get_result::<Count>(connection);
    assert_eq!(wide(connection).await.unwrap().count, 3);
    let read = both().first::<(i32, i32)>(connection).await;
    assert!(
        matches!(read, Err(Error::DeserializationError(_))),
        "prepared anew, it has eight bytes: {read:?}"
    );
    connection.batch_execute("alter table t alter extra type int").await.unwrap();
    assert_eq!(both().first::<(i32, i32)>(connection).await, Ok((1, 3)));
    // Within a transaction the query fails; the next transaction succeeds.
    connection.batch_execute("alter table t alter extra type bigint").await.unwrap();
    connection.batch_execute("alter table t add more int").await.unwrap();
    let failed = connection.transaction::<_, Error, _>(async |connection| {
        both().first::<(i32, i32)>(connection).await?;
        Ok(())
    });
    let error = failed.await.unwrap_err().to_string();
    assert!(error.contains("cached plan must not change result type"), "{error}");
    connection.batch_execute("alter table t alter extra type int").await.unwrap();
    assert_eq!(both().first::<(i32, i32)>(connection).await, Ok((1, 3)));
}

#[tokio::test]
async fn statements_that_are_gone_are_prepared_anew() {
    let connection = &mut connect("").await;
    let one = || diesel::select(1.into_sql::<Integer>());
    // Visibly: the connection notices it, and uses none of them again, not even in a transaction.
    for statement in ["deallocate all", "discard all", "select 1; deallocate all; select 1 / 0"] {
        assert_eq!(one().get_result::<i32>(connection).await, Ok(1));
        let result = connection.batch_execute(statement).await;
        assert_eq!(result.is_err(), statement.ends_with('0'));
        let within = connection
            .transaction::<_, Error, _>(async |connection| one().get_result::<i32>(connection).await);
        assert_eq!(within.await, Ok(1), "{statement}");
    }
    // Invisibly: the connection learns it only from an error, which is too late in a transaction.
    let secretly = "do $$ begin execute 'deallocate all'; end $$";
    connection.batch_execute(secretly).await.unwrap();
    assert_eq!(one().get_result::<i32>(connection).await, Ok(1));
    connection.batch_execute(secretly).await.unwrap();
    let within =
        connection.transaction::<_, Error, _>(async |connection| one().get_result::<i32>(connection).await);
    let error = within.await.unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
    assert_eq!(one().get_result::<i32>(connection).await, Ok(1));
}
