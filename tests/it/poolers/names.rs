//! How named statements fail behind a pooler that lends server connections and does not track names. Another
//! client's statement never answers a query.

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use glowplug::db::Connection;

use super::stand::Cell;
use crate::harness;

async fn one(connection: &mut Connection) -> QueryResult<i32> {
    diesel::select(1.into_sql::<Integer>()).get_result(connection).await
}

async fn two(connection: &mut Connection) -> QueryResult<i32> {
    diesel::select(1.into_sql::<Integer>() + 1).get_result(connection).await
}

/// A client prepares a statement on the first server connection, and then gets the second one.
pub(super) async fn are_missing_in_transactions(cell: &Cell) {
    let (mut client, mut other, mut holder) =
        (cell.connect().await, cell.connect().await, cell.connect().await);
    assert_eq!(one(&mut client).await, Ok(1));
    // It keeps the only server connection so far, so the pooler opens another one.
    holder.batch_execute("begin").await.unwrap();
    assert_eq!(two(&mut other).await, Ok(2));
    let within = client.transaction::<_, Error, _>(async |client| one(client).await).await;
    let error = within.unwrap_err().to_string();
    assert!(error.contains("prepared statement") && error.contains("does not exist"), "{error}");
    // Outside of a transaction, the statement is prepared again. The other client's first statement is on
    // this server connection, but is not mistaken for this client's first one.
    assert_eq!(one(&mut client).await, Ok(1));
    holder.batch_execute("rollback").await.unwrap();
}

/// The clients have disconnected, and their statements still exist.
pub(super) async fn pile_up(cell: &Cell) {
    for _ in 0..4 {
        assert_eq!(one(&mut cell.connect().await).await, Ok(1));
    }
    let asker = harness::connect(&cell.url).await;
    let count = harness::ask(&asker, "select count(*) from pg_prepared_statements").await.unwrap();
    assert!(count.parse::<u32>().unwrap() >= 4, "{}: only {count}", cell.label());
}
