//! Read replicas: which of them a query is read from, and which are left out until they are back.
//!
//! Never sends a write to one. What a replica cannot answer as the primary would, the primary is asked: a table that it does
//! not have yet, a query that its recovery got in the way of.

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
use crate::sql::Statement;

/// How often it is asked where the replicas stand.
const INTERVAL: Duration = Duration::from_secs(1);

/// Every so many times, those that are left out are asked too.
const TURNS_LEFT_OUT: usize = 3;

/// Where a query is read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReadFrom {
    /// A replica, if there is one that will do.
    #[default]
    Replica,
    /// The primary, which has what was just written.
    Primary,
}

/// How many replicas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaState {
    /// Those that the settings name.
    pub all: usize,
    /// Those of them that are read from.
    pub in_use: usize,
}

/// The primary and its replicas.
pub struct Replicas {
    primary: Database,
    all: Arc<[Replica]>,
    /// Where the search for the least used one begins.
    turn: AtomicUsize,
    /// Follows how the replicas are, and ends with this.
    _watch: JoinSet<()>,
}

impl Replicas {
    /// Needs a tokio runtime, but no database. No replica is read from before it has answered.
    pub fn new(config: &config::Database, primary: &Database) -> Result<Self, Error> {
        let all: Arc<[Replica]> = config
            .replica_urls
            .iter()
            .map(|url| Replica::new(config, url, primary))
            .collect::<Result<_, _>>()?;
        let mut watch = JoinSet::new();
        if !all.is_empty() {
            watch.spawn(follow(primary.clone(), Arc::clone(&all), config.replica_lag));
        }
        Ok(Self { primary: primary.clone(), all, turn: AtomicUsize::new(0), _watch: watch })
    }

    /// Runs statements as [`Database::run`] does, where they may and can be run: a read on a replica, unless that is gone or
    /// cannot answer as the primary would.
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

    /// Of those with the fewest reads under way, each in its turn.
    fn least_used(&self) -> Option<&Replica> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(self.all.len())?;
        let (before, after) = self.all.split_at(first);
        let usable = after.iter().chain(before).filter(|replica| replica.is_in_use());
        usable.min_by_key(|replica| replica.reads())
    }
}

/// Asks the replicas from time to time how they are, and the primary where it is, for as long as it is polled.
async fn follow(primary: Database, replicas: Arc<[Replica]>, limit: Option<Duration>) {
    let mut trail = limit.map(WalHistory::new);
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
