//! [`Connection`] as Diesel sees it: typed queries, transactions, migrations.
//!
//! Never leaves an answer half read. How a query travels is in `perform.rs`.

use std::mem;
use std::sync::atomic::Ordering;

use diesel::connection::{CacheSize, Instrumentation, InstrumentationEvent, StrQueryHelper};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::Integer;
use diesel::{ConnectionError, ConnectionResult, IntoSql as _, QueryResult, debug_query};
use diesel_async::pooled_connection::{PoolableConnection, RecyclingMethod};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, RunQueryDsl as _, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use postgres_protocol::message::backend::Message;

use crate::db::connection::Connection;
use crate::db::connection::answer::answer;
use crate::db::connection::protocol::{Protocol, Protocols};
use crate::db::connector::Connector;
use crate::db::diesel::bind::Query;
use crate::db::diesel::error;
use crate::db::diesel::perform::{Failure, Outcome, QueryOptions, ResultKind};
use crate::db::diesel::row::Row;
use crate::db::error::{DatabaseError as ServerError, Error};
use crate::db::wire::{Pipeline, Sharing, TransactionStatus};

impl SimpleAsyncConnection for Connection {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.batch(query, Sharing::Alone).await
    }
}

/// Several futures can use the connection at once: see "Pipelining" in `docs/connection.md`.
impl SimpleAsyncConnection for &Connection {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.batch(query, Sharing::Joined).await
    }
}

impl AsyncConnectionCore for Connection {
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Self::Stream<'conn, 'query>>>;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<Row>>;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = self.begin(&source.as_query());
        self.rows(query, Sharing::Alone).boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = self.begin(&source);
        self.count(query, Sharing::Alone).boxed()
    }
}

/// Several futures can use the connection at once: see "Pipelining" in `docs/connection.md`.
impl<'a> AsyncConnectionCore for &'a Connection {
    type LoadFuture<'conn, 'query> = BoxFuture<'a, QueryResult<Self::Stream<'conn, 'query>>>;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'a, QueryResult<usize>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<Row>>;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = self.begin(&source.as_query());
        self.rows(query, Sharing::Joined).boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = self.begin(&source);
        self.count(query, Sharing::Joined).boxed()
    }
}

impl AsyncConnection for Connection {
    type TransactionManager = AnsiTransactionManager;

    /// Connects by a URL or libpq's `key=value` pairs. For a pool, use [`Connector::manager`] instead: its connections share
    /// certificates and type look-ups.
    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        let connector = Connector::new(database_url)
            .map_err(|error| ConnectionError::InvalidConnectionUrl(error.to_string()))?;
        connector.connect().await.map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        if mem::take(self.has_conflict.get_mut()) {
            AnsiTransactionManager::transaction_manager_status_mut(self)
                .set_requires_rollback_maybe_up_to_top_level(true);
        }
        &mut self.transaction
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut **self.instrumentation.get_mut()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        *self.instrumentation.get_mut() = instrumentation.into();
    }

    /// Without a cache, no statement has a name. With one, the cache is bounded in any case.
    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        if matches!(size, CacheSize::Disabled) {
            self.protocols.set(Protocols { typed: Protocol::Unnamed, ..self.protocols.get() });
        }
    }
}

impl PoolableConnection for Connection {
    /// A connection is also broken if it has an open transaction that Diesel does not know of.
    fn is_broken(&mut self) -> bool {
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        let is_expected = matches!(status.transaction_depth(), Ok(Some(_)));
        !self.wire.get_mut().is_ready()
            || AnsiTransactionManager::is_broken_transaction_manager(self)
            || (!is_expected && self.wire.transaction() != TransactionStatus::Idle)
    }

    /// Checks whether the connection is still open. Makes a round trip only if the caller asks for one.
    async fn ping(&mut self, method: &RecyclingMethod<Self>) -> QueryResult<()> {
        if !self.is_usable() {
            let message = "the connection was closed while it was idle".to_owned();
            return Err(DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(message)));
        }
        match method {
            RecyclingMethod::Fast => Ok(()),
            RecyclingMethod::Verified => {
                diesel::select(1.into_sql::<Integer>()).execute(self).await.map(|_| ())
            }
            RecyclingMethod::CustomQuery(query) => {
                diesel::sql_query(query.as_ref()).execute(self).await.map(|_| ())
            }
            RecyclingMethod::CustomFunction(check) => check(self).await,
        }
    }
}

impl Connection {
    /// The query need not be `Send`, but its text and its bytes are. So this takes them from it before it awaits anything.
    fn begin(&self, source: &(impl QueryFragment<Pg> + QueryId)) -> QueryResult<Query> {
        self.observe(InstrumentationEvent::start_query(&debug_query::<Pg, _>(source)));
        Query::serialize(source, &self.types)
    }

    async fn rows(
        &self,
        query: QueryResult<Query>,
        sharing: Sharing,
    ) -> QueryResult<BoxStream<'static, QueryResult<Row>>> {
        let outcome = self.run(query?, QueryOptions { wanted: ResultKind::Rows, sharing }).await?;
        Ok(stream::iter(outcome.rows.into_iter().map(Ok)).boxed())
    }

    async fn count(&self, query: QueryResult<Query>, sharing: Sharing) -> QueryResult<usize> {
        Ok(self.run(query?, QueryOptions { wanted: ResultKind::Count, sharing }).await?.affected)
    }

    async fn run(&self, query: Query, asked: QueryOptions) -> QueryResult<Outcome> {
        let text = query.text.clone();
        let before = self.wire.transaction();
        let mut performed = self.perform(query, asked).await;
        if asked.sharing == Sharing::Alone && before == TransactionStatus::Idle && !begins_transaction(&text)
        {
            performed = self.end_foreign_transaction(performed).await;
        }
        let result = performed.map_err(|failure| self.remember(failure));
        let text = StrQueryHelper::new(&text);
        self.observe(InstrumentationEvent::finish_query(&text, result.as_ref().err()));
        result
    }

    /// A query outside a transaction is a transaction by itself. pgpool-II in raw mode opens one for a write and leaves its
    /// end to the client. Without that end, the write would be lost with the connection.
    async fn end_foreign_transaction(&self, performed: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
        match (self.wire.transaction(), performed) {
            (TransactionStatus::Open, Ok(outcome)) => {
                self.perform_batch("COMMIT", Sharing::Alone).await?;
                Ok(outcome)
            }
            (TransactionStatus::Open | TransactionStatus::Failed, performed) => {
                self.perform_batch("ROLLBACK", Sharing::Alone).await?;
                performed
            }
            (TransactionStatus::Idle, performed) => performed,
        }
    }

    async fn batch(&self, text: &str, sharing: Sharing) -> QueryResult<()> {
        self.observe(InstrumentationEvent::start_query(&StrQueryHelper::new(text)));
        let result = self.perform_batch(text, sharing).await.map_err(|error| self.remember(error.into()));
        self.observe(InstrumentationEvent::finish_query(&StrQueryHelper::new(text), result.as_ref().err()));
        result
    }

    /// Statements without parameters, in one message.
    async fn perform_batch(&self, text: &str, sharing: Sharing) -> Result<(), Error> {
        let (mut is_rolled_back, mut has_deallocated) = (false, false);
        let pipeline = Pipeline::query(text)?;
        let read = |message: Message| {
            if let Message::CommandComplete(body) = message {
                is_rolled_back = body.tag().is_ok_and(|tag| tag == "ROLLBACK");
                has_deallocated |=
                    body.tag().is_ok_and(|tag| matches!(tag, "DEALLOCATE ALL" | "DISCARD ALL"));
            }
            Ok(())
        };
        let result = answer(self.wire.send(pipeline, sharing), read).await;
        // The server has done it even if a later statement failed. PgBouncer ends the connection of a client that then uses
        // the old name of a statement.
        if has_deallocated {
            self.statements.lock().forget_all();
        }
        result?;
        // PostgreSQL answers so when a transaction that has failed ends, and reports no error.
        if is_rolled_back && text == "COMMIT" {
            let message = "the transaction was rolled back, for one of its statements had failed".to_owned();
            let sqlstate = "25P02".to_owned();
            return Err(ServerError { sqlstate, message, ..ServerError::default() }.into());
        }
        Ok(())
    }

    /// Keeps the server's full error. Diesel's errors hold only a part of it.
    fn remember(&self, failure: Failure) -> diesel::result::Error {
        let error = match failure {
            Failure::Query(error) => return error,
            Failure::Database(error) => error,
        };
        match error.sqlstate() {
            // A type may have been dropped and created again, with another OID.
            Some("42704" | "XX000") => self.types.forget(),
            // The whole transaction has to be run again, not only this savepoint.
            Some("40001") if self.wire.transaction() != TransactionStatus::Idle => {
                self.has_conflict.store(true, Ordering::Relaxed);
            }
            _ => {}
        }
        *self.last_failure.lock() = Some(error.clone());
        error::convert(error)
    }

    pub(in crate::db) fn observe(&self, event: InstrumentationEvent<'_>) {
        self.instrumentation.lock().on_connection_event(event);
    }
}

/// Whether a query leaves a transaction open on purpose.
fn begins_transaction(text: &str) -> bool {
    let first = text.split(|letter: char| !letter.is_ascii_alphabetic()).find(|word| !word.is_empty());
    first.is_some_and(|word| word.eq_ignore_ascii_case("begin") || word.eq_ignore_ascii_case("start"))
}
