//! The database, through a pool: an operation there and back, and whether it can be had.
//!
//! Never sends a write a second time of which a byte may have been sent.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;
use tokio::time::Instant;

use crate::config;
use crate::db::connection::protocol::{Protocol, Protocols};
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
use crate::sql::Statement;

/// How much longer than `statement_timeout` an answer is waited for: for the way there and back, and for the pooler's
/// queue.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// How long the question whether the database can be had waits for its answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The database, through a pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pub(super) pool: Arc<Pool>,
    health: Arc<Health>,
    /// Held while it is asked whether it can be had.
    checking: Arc<tokio::sync::Mutex<()>>,
    statement_timeout: Duration,
    stored: StoredUse,
}

impl Database {
    /// Needs a tokio runtime, but no database: the first connection is made when it is needed.
    pub fn new(config: &config::Database) -> Result<Self, Error> {
        Ok(Self::over(Pool::new(config)?, config))
    }

    /// The same by these protocols, whatever the pool mode: for a program that knows better, and for measuring.
    pub fn speaking(config: &config::Database, protocols: Protocols) -> Result<Self, Error> {
        Ok(Self::over(Pool::speaking(config, protocols)?, config))
    }

    fn over(pool: Pool, config: &config::Database) -> Self {
        let health = Arc::new(Health::new());
        let checking = Arc::default();
        let (statement_timeout, stored) =
            (config.statement_timeout, StoredUse::new(config.stored_operations));
        Self { pool: Arc::new(pool), health, checking, statement_timeout, stored }
    }

    /// The same as a standby of a primary: it has the primary's functions, sooner or later.
    pub(super) fn standby_of(self, primary: &Self) -> Self {
        Self { stored: primary.stored.of_standby(), ..self }
    }

    /// Runs `statements` within `scope` in one round trip, and returns the value of each.
    ///
    /// All of them take effect, or none. The future may be dropped at any point: what runs is cancelled. It takes no
    /// longer than the acquire timeout, the connect timeout and `statement_timeout` with some seconds of grace.
    ///
    /// A read whose connection turns out to be gone is sent again on a fresh one; a write only if nothing of it
    /// can have been sent. What a deadlock or a serialization failure has undone is sent again some times.
    pub async fn run(&self, scope: &Scope, statements: &[Statement]) -> Result<Answers, RunError> {
        let mut conflicts = Conflicts::begin();
        loop {
            let result = self.run_once(&conflicts.rest_of(scope), statements).await;
            let Err(RunError { error, .. }) = &result else { return result };
            let Some((conflict, pause)) = conflicts.meet(scope, error) else { return result };
            Event::ConflictRetried { conflict, error: &error.to_string(), pause }.emit();
            // On the heap: the future of an operation that meets none would be as large.
            Box::pin(tokio::time::sleep(pause)).await;
        }
    }

    /// As [`Database::run`], but a conflict with another transaction is told.
    pub(super) async fn run_once(
        &self,
        scope: &Scope,
        statements: &[Statement],
    ) -> Result<Answers, RunError> {
        let result = self.send(scope, statements).await;
        self.note(result.as_ref().err().map(|failure| &failure.error));
        result
    }

    /// The functions that are some of these statements.
    pub(super) fn calls(&self, scope: &Scope, statements: &[Statement]) -> Calls {
        self.stored.calls(scope, statements)
    }

    /// Whether an error says that one of the functions is not there; it is not called any more then.
    pub(super) fn is_missed(&self, calls: &Calls, error: &Error) -> bool {
        self.stored.is_missed(calls, error)
    }

    /// Takes down whether the database has answered.
    pub(super) fn note(&self, failure: Option<&Error>) {
        self.health.note(failure);
    }

    async fn send(&self, scope: &Scope, statements: &[Statement]) -> Result<Answers, RunError> {
        let protocols = self.pool.protocols();
        let calls = match protocols.operations {
            Protocol::Simple => self.stored.calls(scope, statements),
            // Their plans are kept anyway.
            Protocol::Unnamed | Protocol::Prepared => Calls::default(),
        };
        let mut operation = Operation::compose_with(scope, statements, &calls, protocols)?;
        Event::StatementsSent { statements }.emit();
        let mut connection = self.pool.acquire().await?;
        let deadline = Deadline::after(scope.statement_timeout.saturating_add(GRACE));
        let mut answers = Collected::default();
        let (mut losses, mut missed, mut made_writable) = (Losses::default(), false, false);
        let result = loop {
            let result = deadline.hold(connection.operate(&operation, &mut answers)).await;
            let Err(error) = &result else { break result };
            if losses.meet(error, scope.access) {
                Event::ReadRetried { error: &error.to_string() }.emit();
                self.pool.renew(&mut connection).await?;
            } else if !missed && self.is_missed(&calls, error) {
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
                let Collected { values: completed, left_out } = answers;
                Err(RunError { completed, left_out, error })
            }
        }
    }

    /// Whether the database can be had: it has answered just now, or does so when it is asked.
    ///
    /// A database that is busy can be had. Where statements run that take their time, or they leave it no time for the question,
    /// what it last answered holds for as long as a statement may take, unless something has failed since.
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

    /// Asks the database, unless it is being asked. The question goes on when its caller does not wait any more: giving it up would
    /// cancel it, and a busy pooler has no use for that.
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

    /// Whether the database answers: a round trip with nothing in it.
    pub async fn check(&self) -> Result<(), Error> {
        let scope = Scope::of_catalog(self.statement_timeout);
        let statement = Statement::new("select 1", Vec::new());
        self.run(&scope, &[statement]).await.map(|_| ()).map_err(|failure| failure.error)
    }

    /// How long a statement may take where nothing else is said.
    pub fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// A connection of the pool, for Diesel queries.
    pub async fn connection(&self) -> Result<PooledConnection, Error> {
        self.pool.acquire().await
    }

    /// Runs several statements of SQL as one message: all of them take effect, or none.
    pub async fn run_script(&self, statements: &str) -> Result<(), Error> {
        let mut connection = self.pool.acquire().await?;
        let done = connection.batch_execute(statements).await;
        done.map_err(|error| connection.explain(&error))
    }

    /// How queries travel at the moment. In pool mode `auto` it can change.
    pub fn protocols(&self) -> Protocols {
        self.pool.protocols()
    }

    /// The statements that may be functions in the database.
    pub fn stored(&self) -> &Arc<StoredStatements> {
        &self.stored.statements
    }

    /// How many connections the pool has.
    pub fn state(&self) -> PoolState {
        self.pool.state()
    }
}

/// When an answer must have come, whether or not PostgreSQL ends the statement itself.
pub(super) struct Deadline {
    limit: Duration,
    at: Instant,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { limit, at: Instant::now() + limit }
    }

    /// An exchange that is not over by then is dropped in the middle, and its connection with it.
    pub(super) async fn hold(&self, exchange: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
        tokio::time::timeout_at(self.at, exchange).await.unwrap_or(Err(Error::DeadlineExceeded(self.limit)))
    }
}

/// Whether a write failed, and was undone, because transactions of the session cannot write (`read_only_sql_transaction`):
/// another client of the pooler may have left it so.
pub(super) fn cannot_write(error: &Error, access: Access) -> bool {
    access == Access::ReadWrite && matches!(error, Error::Database(raised) if raised.sqlstate == "25006")
}
