//! The connection layer: connections that leave nothing in a pooled server connection, and the pool of them.
//!
//! One operation is one round trip: its scope (`select set_config(…, true), …`) and its statements, which PostgreSQL runs as
//! one implicit transaction. No `BEGIN`, no setting that outlives it, and named statements only where they are safe; so that
//! any pool mode of any pooler will do. The only module that names the protocol's crates.
#![doc = ""]
#![doc = include_str!("../docs/connection.md")]

mod answer;
mod bind;
mod choice;
mod classify;
mod connection;
mod connector;
mod console;
mod diesel_error;
mod error;
mod health;
mod joined;
mod literal;
mod lock;
mod message;
mod migrate;
mod naming;
mod operation;
mod outage;
mod parts;
mod perform;
mod placeholder;
mod pool;
mod probe;
mod protocol;
mod replicas;
mod row;
mod save_changes;
mod scope;
mod statements;
mod transaction;
mod transaction_builder;
mod typed;
mod types;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::answer::Collected;
pub use self::connection::Connection;
pub use self::connector::Connector;
pub use self::console::PoolerFacts;
pub use self::diesel_error::QueryError;
pub use self::error::{DatabaseError, Error, Reason, Unavailable};
use self::health::Health;
pub use self::message::compose as message;
pub use self::migrate::{MigrateError, migrate, pending, revert_last};
use self::operation::Operation;
pub use self::pool::{PoolState, PooledConnection};
pub use self::probe::{Fate, Findings, Lending, NamedStatements, Passage, Sessions, StartupParameter};
pub use self::protocol::{Protocol, Protocols};
pub use self::replicas::{ReadFrom, ReplicaState, Replicas};
pub use self::row::{Field, Row};
pub use self::scope::{Access, Scope};
pub use self::transaction::Transaction;
pub use self::transaction_builder::TransactionBuilder;
pub use self::wire::{Place, cancelled};
use crate::config;
use crate::event::{Event, Loss};
use crate::sql::Statement;

/// The JSON text of each statement, in order; `None` is SQL's NULL or no row.
pub type Answers = Vec<Option<String>>;

/// A message that failed: `completed` are the answers of the statements before the one that failed.
///
/// Their effects, if they had any, are undone with the message.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct RunError {
    /// Answers of the statements before the one that failed; of all if none did, and only answers were left out.
    pub completed: Answers,
    /// Which of them were left out, because they are longer than the scope allows.
    pub left_out: Vec<usize>,
    /// What went wrong.
    #[source]
    pub error: Error,
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self { completed: Answers::new(), left_out: Vec::new(), error }
    }
}

/// How much longer than `statement_timeout` an answer is waited for: for the way there and back, and for the pooler's
/// queue.
const GRACE: Duration = Duration::from_secs(3);

/// How long the question whether the database can be had waits for its answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The database, through a pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Arc<pool::Pool>,
    health: Arc<Health>,
    /// Held while it is asked whether it can be had.
    checking: Arc<tokio::sync::Mutex<()>>,
    statement_timeout: Duration,
}

impl Database {
    /// Needs a tokio runtime, but no database: the first connection is made when it is needed.
    pub fn new(config: &config::Database) -> Result<Self, Error> {
        Ok(Self::over(pool::Pool::new(config)?, config))
    }

    /// The same by these protocols, whatever the pool mode: for a program that knows better, and for measuring.
    pub fn speaking(config: &config::Database, protocols: Protocols) -> Result<Self, Error> {
        Ok(Self::over(pool::Pool::speaking(config, protocols)?, config))
    }

    fn over(pool: pool::Pool, config: &config::Database) -> Self {
        let health = Arc::new(Health::new());
        let checking = Arc::default();
        Self { pool: Arc::new(pool), health, checking, statement_timeout: config.statement_timeout }
    }

    /// Runs `statements` within `scope` in one round trip, and returns the value of each.
    ///
    /// All of them take effect, or none. The future may be dropped at any point: what runs is cancelled. It takes no
    /// longer than the acquire timeout, the connect timeout and `statement_timeout` with some seconds of grace.
    ///
    /// A read whose connection turns out to be gone is sent once more on a fresh one; a write only if nothing of it
    /// can have been sent.
    pub async fn run(&self, scope: &Scope, statements: &[Statement]) -> Result<Answers, RunError> {
        let result = self.send(scope, statements).await;
        self.health.note(result.as_ref().err().map(|failure| &failure.error));
        result
    }

    async fn send(&self, scope: &Scope, statements: &[Statement]) -> Result<Answers, RunError> {
        let operation = Operation::compose(scope, statements, self.pool.protocols().operations)?;
        Event::StatementsSent { statements }.emit();
        let mut connection = self.pool.acquire().await?;
        let deadline = Deadline::after(scope.statement_timeout.saturating_add(GRACE));
        let mut answers = Collected::default();
        let mut result = deadline.hold(operate(&mut connection, &operation, &mut answers)).await;
        if let Err(error) = &result
            && may_be_sent_again(error, scope.access)
        {
            Event::ReadRetried { error: &error.to_string() }.emit();
            answers.clear();
            self.pool.renew(&mut connection).await?;
            result = deadline.hold(operate(&mut connection, &operation, &mut answers)).await;
        }
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

    /// How queries travel at the moment. In pool mode `auto` it can change.
    pub fn protocols(&self) -> Protocols {
        self.pool.protocols()
    }

    /// How many connections the pool has.
    pub fn state(&self) -> PoolState {
        self.pool.state()
    }
}

/// One operation and its answers, and what there is to know of it.
async fn operate(
    connection: &mut Connection,
    operation: &Operation<'_>,
    answers: &mut Collected,
) -> Result<(), Error> {
    let begin = std::time::Instant::now();
    let result = connection.operate(operation, answers).await;
    if let Err(error) = &result
        && error.is_connection_lost()
    {
        Event::ConnectionLost { reason: Loss::InUse, error: &error.to_string() }.emit();
    }
    let error = result.as_ref().err().map(Error::class);
    Event::MessageExchanged { statements: operation.statements(), took: begin.elapsed(), error }.emit();
    result
}

/// When an answer must have come, whether or not PostgreSQL ends the statement itself.
struct Deadline {
    limit: Duration,
    at: Instant,
}

impl Deadline {
    fn after(limit: Duration) -> Self {
        Self { limit, at: Instant::now() + limit }
    }

    /// An exchange that is not over by then is dropped in the middle, and its connection with it.
    async fn hold(&self, exchange: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
        tokio::time::timeout_at(self.at, exchange).await.unwrap_or(Err(Error::DeadlineExceeded(self.limit)))
    }
}

fn may_be_sent_again(error: &Error, access: Access) -> bool {
    error.is_connection_lost() && (access == Access::ReadOnly || error.safe_to_retry())
}
