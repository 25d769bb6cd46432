//! The database, behind a pool: runs operations, and checks whether the database is available.
//!
//! Never sends a write again once a byte of it may have been sent.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;
use tokio::time::Instant;

use crate::config::{self, PoolMode};
use crate::db::connection::choice::initial;
use crate::db::connection::protocol::{Protocol, Protocols, RoutingHint};
use crate::db::error::Error;
use crate::db::operation::Operation;
use crate::db::operation::answers::{Answers, Collected, RunError};
use crate::db::operation::scope::{Access, Scope};
use crate::db::operation::stored::{Calls, StoredStatements, StoredUse};
use crate::db::pool::conflicts::Conflicts;
use crate::db::pool::connections::{Pool, PoolState, PooledConnection};
use crate::db::pool::health::Health;
use crate::db::pool::losses::Losses;
use crate::event::Event;
use crate::statement::Statement;

/// How much longer than `statement_timeout` an answer may take: for the network, and for the pooler's queue.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// The time limit of the availability check.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The database, through a pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pub(super) pool: Arc<Pool>,
    health: Arc<Health>,
    /// Held during the availability check.
    checking: Arc<tokio::sync::Mutex<()>>,
    statement_timeout: Duration,
    stored: StoredUse,
}

impl Database {
    /// Needs a tokio runtime, but no database: the first connection is made on demand.
    pub fn new(config: &config::Database) -> Result<Self, Error> {
        Ok(Self::over(Pool::new(config)?, config))
    }

    /// The same with these protocols, whatever the pool mode: for a program that knows which ones are safe, and for
    /// benchmarks.
    pub fn speaking(config: &config::Database, protocols: Protocols) -> Result<Self, Error> {
        Ok(Self::over(Pool::speaking(config, protocols)?, config))
    }

    /// The same, which sends whole messages without finding out what else is safe.
    pub fn unprobed(config: &config::Database) -> Result<Self, Error> {
        Self::speaking(config, initial(PoolMode::Transaction, config.is_sharded))
    }

    fn over(pool: Pool, config: &config::Database) -> Self {
        let health = Arc::new(Health::new());
        let checking = Arc::default();
        let (statement_timeout, stored) =
            (config.statement_timeout, StoredUse::new(config.stored_operations));
        Self { pool: Arc::new(pool), health, checking, statement_timeout, stored }
    }

    /// The same for a standby of a primary: it has the primary's functions, sooner or later.
    pub(super) fn standby_of(self, primary: &Self) -> Self {
        Self { stored: primary.stored.of_standby(), ..self }
    }

    /// Runs `statements` within `scope` in one round trip, and returns the value of each.
    ///
    /// All of them take effect, or none. You may drop the future at any point: the running statement is cancelled. It takes
    /// no longer than the acquire timeout, the connect timeout and `statement_timeout` together, plus a few seconds of
    /// grace.
    ///
    /// If the connection turns out to be lost, a read is sent again on a fresh one. A write is sent again only if no byte of
    /// it can have been sent. An operation that PostgreSQL undid because of a deadlock, a serialization failure or a
    /// cancel request for another statement is sent again a few times.
    pub async fn run(&self, scope: &Scope, statements: &[Statement]) -> Result<Answers, RunError> {
        let mut conflicts = Conflicts::begin();
        loop {
            let result = self.run_once(&conflicts.rest_of(scope), statements).await;
            let Err(RunError { error, .. }) = &result else { return result };
            let Some((conflict, pause)) = conflicts.meet(scope, error) else { return result };
            Event::ConflictRetried { conflict, error: &error.to_string(), pause }.emit();
            // On the heap: otherwise the future of an operation without a conflict would be as large.
            Box::pin(tokio::time::sleep(pause)).await;
        }
    }

    /// As [`Database::run`], but a conflict with another transaction is returned as an error.
    pub(super) async fn run_once(
        &self,
        scope: &Scope,
        statements: &[Statement],
    ) -> Result<Answers, RunError> {
        let result = self.send(scope, statements).await;
        self.note(result.as_ref().err().map(|failure| &failure.error));
        result
    }

    /// How statements are called as functions.
    pub(super) fn stored_use(&self) -> &StoredUse {
        &self.stored
    }

    /// Records whether the database has answered.
    pub(super) fn note(&self, failure: Option<&Error>) {
        self.health.note(failure);
    }

    async fn send(&self, scope: &Scope, statements: &[Statement]) -> Result<Answers, RunError> {
        let protocols = scope.protocols(self.pool.protocols());
        let calls = match protocols.operations {
            Protocol::Simple => self.stored.calls(scope, statements),
            // Their plans are kept anyway.
            Protocol::Unnamed | Protocol::Prepared => Calls::default(),
        };
        let mut operation = Operation::compose_with(scope, statements, &calls, protocols)?;
        Event::StatementsSent { statements }.emit();
        let mut connection = self.pool.acquire().await?;
        let deadline = Deadline::after(scope.statement_timeout.saturating_add(GRACE));
        let begin = Instant::now();
        let mut answers = Collected::default();
        let (mut losses, mut missed, mut made_writable) = (Losses::default(), false, false);
        let result = loop {
            let result = deadline.hold(connection.operate(&operation, &mut answers)).await;
            let Err(error) = &result else { break result };
            if losses.meet(error, scope.access) {
                Event::ReadRetried { error: &error.to_string() }.emit();
                self.pool.renew(&mut connection).await?;
            } else if !missed && self.stored.is_missed(&calls, error) {
                missed = true;
                operation = Operation::compose(scope, statements, protocols)?;
            } else if !made_writable && cannot_write(error, scope.access) {
                made_writable = true;
                operation = Operation::compose_writable(scope, statements, protocols.hint)?;
            } else {
                break result;
            }
            answers.clear();
        };
        match result {
            Ok(()) if answers.values.len() == statements.len() => Ok(answers.values),
            Ok(()) => Err(Error::Protocol("the number of answers is wrong".to_owned()).into()),
            Err(error) => {
                let error = error.after(begin.elapsed(), scope.statement_timeout);
                let Collected { values: completed, left_out } = answers;
                Err(RunError { completed, left_out, error })
            }
        }
    }

    /// Whether the database is available: it has answered just now, or it answers this check.
    ///
    /// A busy database is available. Long statements may leave no connection for the check. Then the last answer counts for
    /// as long as a statement may take, unless something has failed since.
    pub async fn available(&self) -> Result<(), Error> {
        self.pool.check()?;
        let is_known = self.health.has_answered_within(self.statement_timeout.saturating_add(GRACE));
        let PoolState { connections, idle, .. } = self.state();
        if self.health.is_fresh() || (is_known && connections > idle) {
            return Ok(());
        }
        match tokio::time::timeout(PATIENCE, self.check_once()).await {
            Ok(Err(Error::PoolTimeout(_))) | Err(_) if is_known && self.health.has_answered() => Ok(()),
            Ok(result) => result,
            Err(_) => Err(Error::DeadlineExceeded(PATIENCE)),
        }
    }

    /// Checks the database, unless a check is running already. The check goes on when its caller stops waiting: dropping it
    /// would send a cancel request, which would only burden a busy pooler.
    async fn check_once(&self) -> Result<(), Error> {
        let turn = Arc::clone(&self.checking).lock_owned().await;
        if self.health.is_fresh() {
            return Ok(());
        }
        let database = self.clone();
        let asking = tokio::spawn(async move {
            let _turn = turn;
            database.check().await
        });
        asking.await.unwrap_or_else(|error| Err(Error::Protocol(error.to_string())))
    }

    /// Whether the database answers: one empty round trip.
    pub async fn check(&self) -> Result<(), Error> {
        let scope = Scope::of_catalog(self.statement_timeout);
        let statement = Statement::new("select 1", Vec::new());
        self.run(&scope, &[statement]).await.map(|_| ()).map_err(|failure| failure.error)
    }

    /// The default time limit of a statement.
    pub fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// A connection of the pool, for Diesel queries.
    pub async fn connection(&self) -> Result<PooledConnection, Error> {
        self.unless_sharded()?;
        self.pool.acquire().await
    }

    /// Whether there are several shards, and messages name theirs.
    pub fn is_sharded(&self) -> bool {
        self.protocols().hint == RoutingHint::Shards
    }

    /// An error if there are several shards: only messages of operations name theirs.
    pub(super) fn unless_sharded(&self) -> Result<(), Error> {
        if !self.is_sharded() {
            return Ok(());
        }
        let reason = "with several shards behind PgDog, there are no transactions of several messages and no queries of the \
                      application's own: they would not go to the caller's shard";
        Err(Error::Configuration(reason.to_owned()))
    }

    /// Runs several statements of SQL as one message: all of them take effect, or none.
    pub async fn run_script(&self, statements: &str) -> Result<(), Error> {
        self.unless_sharded()?;
        let mut connection = self.pool.acquire().await?;
        let done = connection.batch_execute(statements).await;
        done.map_err(|error| connection.explain(&error))
    }

    /// The current protocols. In pool mode `auto` they can change.
    pub fn protocols(&self) -> Protocols {
        self.pool.protocols()
    }

    /// The statements that may have functions in the database.
    pub fn stored(&self) -> &Arc<StoredStatements> {
        &self.stored.statements
    }

    /// How many connections the pool has.
    pub fn state(&self) -> PoolState {
        self.pool.state()
    }
}

/// When an answer must have arrived, whether or not PostgreSQL ends the statement itself.
pub(super) struct Deadline {
    limit: Duration,
    at: Instant,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { limit, at: Instant::now() + limit }
    }

    /// An exchange that takes longer is dropped in the middle, and so is its connection.
    pub(super) async fn hold(&self, exchange: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
        tokio::time::timeout_at(self.at, exchange).await.unwrap_or(Err(Error::DeadlineExceeded(self.limit)))
    }
}

/// Whether a write failed, and was undone, because the session's transactions are read-only (`read_only_sql_transaction`):
/// another client of the pooler may have left that setting behind.
pub(super) fn cannot_write(error: &Error, access: Access) -> bool {
    access == Access::ReadWrite && matches!(error, Error::Database(raised) if raised.sqlstate == "25006")
}
