//! [`Connection`] as Diesel sees it: typed queries, transactions, migrations.
//!
//! Never leaves an answer half read. How a query travels is `perform.rs`'s.

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

use super::answer::answer;
use super::bind::Query;
use super::connector::Connector;
use super::perform::{Failure, Outcome, Wanted};
use super::row::Row;
use super::wire::{Flight, TransactionStatus};
use super::{Connection, Error, Protocol, diesel_error};

impl SimpleAsyncConnection for Connection {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.observe(InstrumentationEvent::start_query(&StrQueryHelper::new(query)));
        let result = self.batch(query).await.map_err(|error| self.remember(error.into()));
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
        let query = self.begin(&source.as_query());
        async move {
            let outcome = self.run(query?, Wanted::Rows).await?;
            Ok(stream::iter(outcome.rows.into_iter().map(Ok)).boxed())
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
        let query = self.begin(&source);
        async move { Ok(self.run(query?, Wanted::Count).await?.affected) }.boxed()
    }
}

impl AsyncConnection for Connection {
    type TransactionManager = AnsiTransactionManager;

    /// Connects by a URL or libpq's `key=value` pairs. A pool should rather use [`Connector::manager`], so that its
    /// connections share what is read and asked once.
    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        let connector = Connector::new(database_url)
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

    /// Without a cache, no statement has a name; with one, the cache is bounded all the same.
    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.protocol = match size {
            CacheSize::Disabled => Protocol::Unnamed,
            _ => self.protocol,
        };
    }
}

impl PoolableConnection for Connection {
    /// Also broken is a connection with a transaction left open that Diesel knows nothing of.
    fn is_broken(&mut self) -> bool {
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        let is_expected = matches!(status.transaction_depth(), Ok(Some(_)));
        !self.wire.is_ready()
            || AnsiTransactionManager::is_broken_transaction_manager(self)
            || (!is_expected && self.wire.transaction() != TransactionStatus::Idle)
    }

    /// Looks whether the connection is there still. A round trip is made only for those who ask for one.
    async fn ping(&mut self, method: &RecyclingMethod<Self>) -> QueryResult<()> {
        if !self.is_usable() {
            let message = "the connection was closed while it was at rest".to_owned();
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
    /// The query need not be `Send`; its text and its bytes are. So they are taken from it before anything is awaited.
    fn begin(&mut self, source: &(impl QueryFragment<Pg> + QueryId)) -> QueryResult<Query> {
        self.observe(InstrumentationEvent::start_query(&debug_query::<Pg, _>(source)));
        Query::serialize(source, &self.types)
    }

    async fn run(&mut self, query: Query, wanted: Wanted) -> QueryResult<Outcome> {
        let text = query.text.clone();
        let result = self.perform(query, wanted).await.map_err(|failure| self.remember(failure));
        let text = StrQueryHelper::new(&text);
        self.observe(InstrumentationEvent::finish_query(&text, result.as_ref().err()));
        result
    }

    /// Statements without parameters, in one message.
    async fn batch(&mut self, text: &str) -> Result<(), Error> {
        let (mut is_rolled_back, mut has_deallocated) = (false, false);
        let flight = Flight::query(text)?;
        let read = |message: Message| {
            if let Message::CommandComplete(body) = message {
                is_rolled_back = body.tag().is_ok_and(|tag| tag == "ROLLBACK");
                has_deallocated |=
                    body.tag().is_ok_and(|tag| matches!(tag, "DEALLOCATE ALL" | "DISCARD ALL"));
            }
            Ok(())
        };
        let result = answer(self.wire.exchange(flight), read).await;
        // It is so even if a later statement failed. PgBouncer cuts off who then asks for a statement by its old name.
        if has_deallocated {
            self.statements.forget_all();
        }
        result?;
        // PostgreSQL answers so to the end of a transaction that has failed before, and calls it no error.
        if is_rolled_back && text == "COMMIT" {
            let message = "the transaction was rolled back, for one of its statements had failed".to_owned();
            let sqlstate = "25P02".to_owned();
            return Err(super::DatabaseError { sqlstate, message, ..super::DatabaseError::default() }.into());
        }
        Ok(())
    }

    /// Keeps what the server said, of which Diesel's errors only have a part.
    fn remember(&mut self, failure: Failure) -> diesel::result::Error {
        let error = match failure {
            Failure::Query(error) => return error,
            Failure::Database(error) => error,
        };
        match error.sqlstate() {
            // A type may have been dropped and made again, and be another one now.
            Some("42704" | "XX000") => self.types.forget(),
            // The whole transaction has to be done again, not this savepoint alone.
            Some("40001") if self.wire.transaction() != TransactionStatus::Idle => {
                AnsiTransactionManager::transaction_manager_status_mut(self)
                    .set_requires_rollback_maybe_up_to_top_level(true);
            }
            _ => {}
        }
        self.last_failure = Some(error.clone());
        diesel_error::convert(error)
    }

    pub(super) fn observe(&mut self, event: InstrumentationEvent<'_>) {
        self.instrumentation.on_connection_event(event);
    }
}
