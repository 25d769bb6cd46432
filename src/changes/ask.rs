//! A server's queries of the log, and its pruning.

use std::time::Duration;

use serde::Deserialize;

use super::{TRIGGER_BODY, TableId, Tables};
use crate::db::{self, Access, Database, Scope};
use crate::sql::Statement;

const ASK: &str = include_str!("ask.sql");

/// `$1` is a snapshot: no server needs the records that were committed before it. If there is nothing to
/// remove, nothing is written, so the database's snapshot stays the same.
const PRUNE: &str = "with gone as ( \
        delete from glowplug_live.change where xid < pg_snapshot_xmin($1::pg_catalog.pg_snapshot) returning xid \
    ) \
    insert into glowplug_live.pruned (before) \
    select pg_snapshot_xmin($1::pg_catalog.pg_snapshot) where exists (select from gone) \
    on conflict (one) do update set before = greatest(pruned.before, excluded.before)";

/// How long a query may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A state of the database, with the records of the log.
#[derive(Debug, Clone, Deserialize)]
pub struct LoggedState {
    /// `pg_current_snapshot()`.
    pub snapshot: String,
    /// A hash of what answers depend on besides rows: policies, privileges, views, functions.
    structure: String,
    /// The tables whose changes are all noted.
    pub logged: Tables,
    /// The tables written to since the state before; `None` if that is unknown.
    changed: Option<Tables>,
}

/// What may have changed between two states of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Anything may have changed.
    Anything,
    /// Of the logged tables, only these; and any table that is not logged.
    Of {
        /// The tables whose changes are all noted.
        logged: Tables,
        /// The logged tables that have changed.
        changed: Tables,
    },
}

impl Changes {
    /// Whether an answer that was made from these tables is still the same.
    pub fn spare(&self, read: &[TableId]) -> bool {
        match self {
            Self::Anything => false,
            Self::Of { logged, changed } => {
                read.iter().all(|table| logged.contains(*table) && !changed.contains(*table))
            }
        }
    }
}

impl LoggedState {
    /// What may have changed since the state `before`, which [`ask`] was called with.
    pub fn since(&self, before: Option<&Self>) -> Changes {
        match (before, &self.changed) {
            (Some(before), Some(changed)) if before.structure == self.structure => {
                // A table that was not logged before may have changed without a record.
                let logged = self.logged.0.iter().copied().filter(|table| before.logged.contains(*table));
                Changes::Of { logged: Tables(logged.collect()), changed: changed.clone() }
            }
            _ => Changes::Anything,
        }
    }
}

/// Asks what has changed since a snapshot; an error if there is no log, or this user may not read it.
pub async fn ask(database: &Database, since: &str) -> Result<LoggedState, db::Error> {
    let values = vec![Some(since.to_owned()), Some(TRIGGER_BODY.to_owned())];
    let statement = [Statement::new(ASK, values)];
    let answers = database.run(&Scope::of_catalog(PATIENCE), &statement).await;
    let answers = answers.map_err(|failure| failure.error)?;
    let text = answers.first().and_then(Option::as_deref).unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| db::Error::Protocol(format!("what it says of changed tables: {error}")))
}

/// Removes the records from before a snapshot. A server that has not read the log since then runs everything
/// again.
pub async fn prune(database: &Database, before: &str) -> Result<(), db::Error> {
    let statement = [Statement::new(PRUNE, vec![Some(before.to_owned())])];
    let scope = Scope { access: Access::ReadWrite, ..Scope::of_catalog(PATIENCE) };
    database.run(&scope, &statement).await.map_err(|failure| failure.error)?;
    Ok(())
}
