//! [`Connection`] as Diesel sees it: typed queries, transactions, migrations.
//!
//! Each query is one flight of the unnamed statement: parse, bind, describe, execute, sync. Never a named statement,
//! so that nothing is there to be cached or to be left behind.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{CacheSize, Instrumentation, InstrumentationEvent, StrQueryHelper};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection, TransactionManager,
};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Column};

use super::bind::Query;
use super::connection::State;
use super::connector::Connector;
use super::row::Row;
use super::{Connection, Error, diesel_error};
use crate::config::Secret;

/// How long [`AsyncConnection::establish`] waits, which has no setting for it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl SimpleAsyncConnection for Connection {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.observe(InstrumentationEvent::start_query(&StrQueryHelper::new(query)));
        let before = self.state;
        self.state = State::Busy;
        let result = self.client.batch_execute(query).await.map_err(|error| self.remember(error.into()));
        self.finish(before, &result);
        self.observe(InstrumentationEvent::finish_query(&StrQueryHelper::new(query), result.as_ref().err()));
        result
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
        // The query need not be `Send`; its text and its bytes are.
        let query = Query::serialize(&source.as_query());
        async move {
            let rows = self.run(&query?, fetch).await?;
            Ok(stream::iter(rows.into_iter().map(Ok)).boxed())
        }
        .boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = Query::serialize(&source);
        async move { self.run(&query?, execute).await }.boxed()
    }
}

impl AsyncConnection for Connection {
    type TransactionManager = AnsiTransactionManager;

    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        let connector = Connector::new(&Secret::new(database_url), CONNECT_TIMEOUT)
            .map_err(|error| ConnectionError::InvalidConnectionUrl(error.to_string()))?;
        connector.connect().await.map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transaction
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = instrumentation.into();
    }

    /// Does nothing: no statement is cached in the database's session.
    fn set_prepared_statement_cache_size(&mut self, _size: CacheSize) {}
}

impl PoolableConnection for Connection {
    fn is_broken(&mut self) -> bool {
        !self.is_usable() || AnsiTransactionManager::is_broken_transaction_manager(self)
    }
}

impl Connection {
    /// Runs `exchange` with what must hold before and after: the state, and Diesel's instrumentation.
    async fn run<R>(
        &mut self,
        query: &Query,
        exchange: impl AsyncFnOnce(&Client, &Query) -> Result<R, Failure>,
    ) -> QueryResult<R> {
        self.observe(InstrumentationEvent::start_query(&StrQueryHelper::new(&query.text)));
        let before = self.state;
        // A future that is dropped leaves it at that, and the pool does not take the connection back.
        self.state = State::Busy;
        let result = exchange(&self.client, query).await.map_err(|failure| self.remember(failure));
        self.finish(before, &result);
        let error = result.as_ref().err();
        self.observe(InstrumentationEvent::finish_query(&StrQueryHelper::new(&query.text), error));
        result
    }

    fn finish<R>(&mut self, before: State, result: &QueryResult<R>) {
        let Err(error) = result else {
            self.state = before;
            return;
        };
        self.state = if diesel_error::leaves_connection_usable(error) { before } else { State::Finished };
        if matches!(error, DatabaseError(DatabaseErrorKind::SerializationFailure, _)) {
            AnsiTransactionManager::transaction_manager_status_mut(self)
                .set_requires_rollback_maybe_up_to_top_level(true);
        }
    }

    /// Keeps what the driver said, of which Diesel's errors only have a part.
    fn remember(&mut self, failure: Failure) -> diesel::result::Error {
        match failure {
            Failure::Driver(error) => {
                let error = Error::while_running(error);
                self.last_failure = Some(error.clone());
                diesel_error::convert(error)
            }
            Failure::Result(error) => error,
        }
    }

    fn observe(&mut self, event: InstrumentationEvent<'_>) {
        self.instrumentation.on_connection_event(event);
    }
}

/// Why a query failed.
enum Failure {
    /// The driver said so.
    Driver(tokio_postgres::Error),
    /// Its result cannot be used.
    Result(diesel::result::Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

async fn fetch(client: &Client, query: &Query) -> Result<Vec<Row>, Failure> {
    let stream = client.query_typed_raw(&query.text, query.parameters()).await?;
    let rows: Vec<_> = pin!(stream).try_collect().await?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let types = first.columns().iter().map(built_in).collect::<QueryResult<Arc<[NonZeroU32]>>>();
    let types = types.map_err(Failure::Result)?;
    Ok(rows.into_iter().map(|row| Row::new(row, Arc::clone(&types))).collect())
}

/// The type of a column, which must be one that the driver knew without asking.
fn built_in(column: &Column) -> QueryResult<NonZeroU32> {
    let oid = column.type_().oid();
    NonZeroU32::new(oid)
        .filter(|_| Type::from_oid(oid).is_some())
        .ok_or_else(|| diesel_error::not_built_in(column.name(), column.type_().name()))
}

async fn execute(client: &Client, query: &Query) -> Result<usize, Failure> {
    let mut stream = pin!(client.query_typed_raw(&query.text, query.parameters()).await?);
    while stream.try_next().await?.is_some() {}
    Ok(stream.rows_affected().and_then(|rows| usize::try_from(rows).ok()).unwrap_or(0))
}
