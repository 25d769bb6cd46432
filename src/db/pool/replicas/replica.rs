//! One replica: its pool, the checks of its state, and whether reads go to it.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::config::{self, redacted};
use crate::db::error::Error;
use crate::db::operation::answers::{Answers, RunError};
use crate::db::operation::scope::Scope;
use crate::db::pool::database::Database;
use crate::db::pool::replicas::wal_history::WalHistory;
use crate::event::ReplicaEvent;
use crate::statement::Statement;

/// The time limit for a replica's answer about its state.
const PATIENCE: Duration = Duration::from_secs(2);

/// As the number of bytes since the log's beginning.
const PRIMARY_POSITION: &str = "select (pg_catalog.pg_current_wal_lsn() operator(pg_catalog.-) '0/0'::pg_catalog.pg_lsn)::pg_catalog.text";

/// No row, if the server is no standby.
const REPLICA_POSITION: &str = "select coalesce(pg_catalog.pg_last_wal_replay_lsn() \
    operator(pg_catalog.-) '0/0'::pg_catalog.pg_lsn, 0)::pg_catalog.text where pg_catalog.pg_is_in_recovery()";

/// One of the replicas.
pub(super) struct Replica {
    database: Database,
    /// Its connection string without the password.
    name: String,
    /// How far behind it may be to get reads; `None` means no limit.
    max_lag: Option<Duration>,
    pool_size: usize,
    /// The number of reads in progress.
    reads: AtomicUsize,
    /// A [`ReplicaStatus`].
    standing: AtomicU8,
}

/// Whether reads go to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum ReplicaStatus {
    /// It has not answered yet.
    Unknown,
    InUse,
    LeftOut,
}

/// Why no reads go to a replica.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Unreachable(Error),
    #[error("it gave no answer within {PATIENCE:?}")]
    Silent,
    #[error("it is no standby: was it promoted?")]
    NotInRecovery,
    #[error("it has lacked what the primary wrote for {0:?} (max_lag in replica-url)")]
    Behind(Duration),
}

/// What happens to a read that failed on a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It runs on the primary.
    Primary,
    /// The caller gets the error.
    Told,
}

impl Replica {
    pub(in crate::db) fn new(
        config: &config::Database,
        replica: &config::Replica,
        primary: &Database,
    ) -> Result<Self, Error> {
        let name = redacted(replica.url.expose());
        // Only whole messages go there, which is safe in every pool mode: there is nothing to probe.
        let own = config::Database { url: replica.url.clone(), ..config.clone() };
        let database = Database::unprobed(&own).map_err(|error| match error {
            Error::Configuration(reason) => {
                Error::Configuration(format!("{name} (setting replica-url): {reason}"))
            }
            error => error,
        })?;
        Ok(Self {
            database: database.standby_of(primary),
            name,
            max_lag: replica.max_lag,
            pool_size: usize::try_from(config.pool_size).unwrap_or(usize::MAX),
            reads: AtomicUsize::new(0),
            standing: AtomicU8::new(ReplicaStatus::Unknown as u8),
        })
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.standing.load(Ordering::Relaxed) == ReplicaStatus::InUse as u8
    }

    pub(in crate::db) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    pub(in crate::db) async fn run(
        &self,
        scope: &Scope,
        statements: &[Statement],
    ) -> Result<Answers, RunError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let _reading = Reading(&self.reads);
        // After a conflict with its recovery, the read runs on the primary.
        self.database.run_once(scope, statements).await
    }

    /// What an error of a read means for the replica, and what happens to the read.
    pub(in crate::db) fn judge(&self, error: &Error) -> Next {
        match error {
            Error::Unavailable(_) => {
                self.leave_out(&Fault::Unreachable(error.clone()));
                Next::Primary
            }
            // The caller has waited as long as an answer may take.
            Error::DeadlineExceeded(_) => {
                self.leave_out(&Fault::Unreachable(error.clone()));
                Next::Told
            }
            // The role, its memberships or its settings may be newer than the data that has arrived here.
            Error::ScopeRefused(_) | Error::TenantRefused(_) => Next::Primary,
            Error::Database(raised) if may_differ(&raised.sqlstate) => Next::Primary,
            Error::Database(_)
            | Error::PoolTimeout(_)
            | Error::CallMissed(_)
            | Error::Configuration(_)
            | Error::AnswerTooLong
            | Error::NulByte
            | Error::Protocol(_) => Next::Told,
        }
    }

    /// Checks its state, and starts or stops sending reads to it.
    pub(in crate::db) async fn look(&self, trail: Option<&WalHistory>) {
        // It is busy, so that the check would have to wait. The reads themselves show its state.
        if self.reads() >= self.pool_size {
            return;
        }
        match self.examine(trail).await {
            Ok(()) => {
                if self.stand(ReplicaStatus::InUse) {
                    ReplicaEvent::InUse { replica: &self.name }.emit();
                }
            }
            Err(fault) => self.leave_out(&fault),
        }
    }

    async fn examine(&self, trail: Option<&WalHistory>) -> Result<(), Fault> {
        let answer = ask(&self.database, REPLICA_POSITION).await.ok_or(Fault::Silent)?;
        let position = number(&answer.map_err(Fault::Unreachable)?).ok_or(Fault::NotInRecovery)?;
        let behind = trail.and_then(|trail| trail.behind(Instant::now(), position));
        match (behind, self.max_lag) {
            (Some(behind), Some(allowed)) if behind > allowed => Err(Fault::Behind(behind)),
            _ => Ok(()),
        }
    }

    fn leave_out(&self, fault: &Fault) {
        if self.stand(ReplicaStatus::LeftOut) {
            ReplicaEvent::LeftOut { replica: &self.name, reason: &fault.to_string() }.emit();
        }
    }

    /// Whether the status has changed.
    fn stand(&self, standing: ReplicaStatus) -> bool {
        self.standing.swap(standing as u8, Ordering::Relaxed) != standing as u8
    }
}

/// The primary's position in its log; `None` if it does not answer.
pub(in crate::db) async fn position(primary: &Database) -> Option<u64> {
    number(&ask(primary, PRIMARY_POSITION).await?.ok()?)
}

/// A read in progress. Dropping this ends it, also if its caller has stopped waiting.
struct Reading<'a>(&'a AtomicUsize);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `None` if no answer arrives in time.
async fn ask(database: &Database, question: &str) -> Option<Result<Answers, Error>> {
    let scope = Scope::of_catalog(PATIENCE);
    let statement = [Statement::new(question.to_owned(), Vec::new())];
    let answer = tokio::time::timeout(PATIENCE, database.run(&scope, &statement)).await.ok()?;
    Some(answer.map_err(|failure| failure.error))
}

/// The only answer as a number.
fn number(answers: &[Option<String>]) -> Option<u64> {
    answers.first()?.as_ref()?.parse().ok()
}

/// Whether the primary may answer differently. That is so if something has not arrived at the replica yet (tables, columns,
/// functions, schemas, types, privileges), or if its recovery cancelled a query (manual, section 27.4.2).
fn may_differ(sqlstate: &str) -> bool {
    matches!(sqlstate, "42P01" | "42703" | "42883" | "3F000" | "42704" | "42501" | "40001" | "40P01")
}
