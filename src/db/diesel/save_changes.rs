//! Diesel's `save_changes`: one statement that updates a row by its key and returns it.
//!
//! diesel-async leaves this to each connection, because not every database can return what it has changed.

use diesel::associations::{HasTable, Identifiable};
use diesel::dsl::{Find, Update};
use diesel::query_builder::{AsChangeset, AsQuery, IntoUpdateTarget, UpdateStatement};
use diesel::query_dsl::methods::FindDsl;
use diesel::{QueryResult, Table};
use diesel_async::methods::LoadQuery;
use diesel_async::{RunQueryDsl as _, UpdateAndFetchResults};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::db::connection::Connection;

impl<'query, Changes, Row, Of, Where> UpdateAndFetchResults<Changes, Row> for Connection
where
    Changes: Copy + Send + Identifiable<Table = Of> + HasTable<Table = Of> + AsChangeset<Target = Of>,
    Changes::Changeset: Send + 'query,
    Row: Send + 'static,
    Of: Table + FindDsl<Changes::Id> + 'query,
    Of::FromClause: Send,
    Where: Send + 'query,
    Find<Of, Changes::Id>: IntoUpdateTarget<Table = Of, WhereClause = Where>,
    UpdateStatement<Of, Where, Changes::Changeset>: AsQuery,
    Update<Changes, Changes>: LoadQuery<'query, Self, Row>,
{
    fn update_and_fetch<'conn, 'changes>(
        &'conn mut self,
        changes: Changes,
    ) -> BoxFuture<'changes, QueryResult<Row>>
    where
        Changes: 'changes,
        Changes::Changeset: 'changes,
        'conn: 'changes,
        Self: 'changes,
    {
        async move { diesel::update(changes).set(changes).get_result(self).await }.boxed()
    }
}
