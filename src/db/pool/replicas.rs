//! Read replicas: the choice of the replica for a query, and which ones get no reads until they are back.
//!
//! Never sends a write to a replica. What a replica cannot answer as the primary would runs on the primary: for example a
//! query on a table that has not arrived yet, or one that the replica's recovery cancelled.

mod replica;
mod wal_history;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use self::replica::{Next, Replica};
use self::wal_history::WalHistory;
use crate::config;
use crate::db::error::Error;
use crate::db::operation::answers::{Answers, RunError};
use crate::db::operation::scope::{Access, Scope};
use crate::db::pool::database::Database;
use crate::event::ReplicaEvent;
use crate::statement::Statement;

/// The interval of the checks of all replicas in use.
const INTERVAL: Duration = Duration::from_secs(1);

/// Every this many checks, the replicas out of use are checked too.
const TURNS_LEFT_OUT: usize = 3;

/// Where a query runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReadFrom {
    /// A replica, if a suitable one is in use.
    #[default]
    Replica,
    /// The primary, which has the latest writes.
    Primary,
}

/// How many replicas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaState {
    /// Those in the settings.
    pub all: usize,
    /// Those of them that get reads.
    pub in_use: usize,
}

/// The primary and its replicas.
pub struct Replicas {
    primary: Database,
    all: Arc<[Replica]>,
    /// Where the search for the least used replica begins.
    turn: AtomicUsize,
    /// The task that checks the replicas. It ends when this is dropped.
    _watch: JoinSet<()>,
}

impl Replicas {
    /// Needs a tokio runtime, but no database. A replica gets no reads before it has answered once.
    pub fn new(config: &config::Database, primary: &Database) -> Result<Self, Error> {
        let all: Arc<[Replica]> = config
            .replicas
            .iter()
            .map(|replica| Replica::new(config, replica, primary))
            .collect::<Result<_, _>>()?;
        let mut watch = JoinSet::new();
        if !all.is_empty() {
            let longest = config.replicas.iter().filter_map(|replica| replica.max_lag).max();
            watch.spawn(follow(primary.clone(), Arc::clone(&all), longest));
        }
        Ok(Self { primary: primary.clone(), all, turn: AtomicUsize::new(0), _watch: watch })
    }

    /// Runs statements as [`Database::run`] does. A read may run on a replica. If that replica is lost or cannot answer as
    /// the primary would, the read runs on the primary.
    pub async fn run(
        &self,
        scope: &Scope,
        statements: &[Statement],
        from: ReadFrom,
    ) -> Result<Answers, RunError> {
        let chosen = match (scope.access, from) {
            (Access::ReadOnly, ReadFrom::Replica) => self.least_used(),
            (Access::ReadOnly, ReadFrom::Primary) | (Access::ReadWrite, _) => None,
        };
        if let Some(replica) = chosen {
            match replica.run(scope, statements).await {
                Err(failure) if replica.judge(&failure.error) == Next::Primary => {
                    ReplicaEvent::ReadMoved { error: &failure.error.to_string() }.emit();
                }
                result => return result,
            }
        }
        self.primary.run(scope, statements).await
    }

    /// How many there are.
    pub fn state(&self) -> ReplicaState {
        let in_use = self.all.iter().filter(|replica| replica.is_in_use()).count();
        ReplicaState { all: self.all.len(), in_use }
    }

    /// Of the replicas with the fewest reads in progress, each in turn.
    fn least_used(&self) -> Option<&Replica> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(self.all.len())?;
        let (before, after) = self.all.split_at(first);
        let usable = after.iter().chain(before).filter(|replica| replica.is_in_use());
        usable.min_by_key(|replica| replica.reads())
    }
}

/// Checks the replicas' state and the primary's position from time to time, for as long as it is polled.
/// `longest` is the longest lag that a replica may have, if the lag of any of them matters.
async fn follow(primary: Database, replicas: Arc<[Replica]>, longest: Option<Duration>) {
    let mut trail = longest.map(WalHistory::new);
    for turn in 0_usize.. {
        if let Some(trail) = &mut trail
            && let Some(position) = replica::position(&primary).await
        {
            trail.note(Instant::now(), position);
        }
        let asked =
            replicas.iter().filter(|replica| replica.is_in_use() || turn.is_multiple_of(TURNS_LEFT_OUT));
        join_all(asked.map(|replica| replica.look(trail.as_ref()))).await;
        tokio::time::sleep(INTERVAL).await;
    }
}
