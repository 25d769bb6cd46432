//! Whether the database has changed, and which tables. Never reads a row of the application's tables.

use std::time::Duration;

use super::Engine;
use crate::changes::{self, Changes, LoggedState};
use crate::db::{self, Database, Scope, Watch};
use crate::error::Error;
use crate::sql::Statement;

/// When the server was started, what a query sees, and whether there is a log of changed tables. Needs no
/// privilege, and reads no row.
///
/// On a primary, the snapshot says what a query sees. On a standby, it is the position in the log, because
/// snapshots stay equal there while rows change. The server's start time covers tables that a crash empties,
/// and fail-overs.
const STATE: &str = "select concat(pg_postmaster_start_time(), '|', \
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text else pg_current_snapshot()::text end, '|', \
    case when not pg_is_in_recovery() and has_schema_privilege(to_regnamespace('glowplug_live'), 'usage') then \
    has_table_privilege(to_regclass('glowplug_live.change'), 'select') \
    and has_table_privilege(to_regclass('glowplug_live.pruned'), 'select') end)";

/// A state of the database: as long as it stays equal, no table has changed.
#[derive(Debug, Clone)]
pub struct LiveState {
    started: String,
    position: String,
    has_log: bool,
    /// The state of the log of changed tables.
    log: Option<LoggedState>,
}

impl LiveState {
    /// Whether runs should report the tables that they read.
    pub fn watch(&self) -> Watch {
        let has_tables = self.log.as_ref().is_some_and(|log| !log.logged.is_empty());
        if has_tables { Watch::Tables } else { Watch::Nothing }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('|').map(str::to_owned);
        let (started, position) = (parts.next()?, parts.next()?);
        Some(Self { started, position, has_log: parts.next()? == "t", log: None })
    }
}

impl Engine {
    /// The current state of the database, and what may have changed since `known`; `None` if nothing has.
    pub async fn state(&self, known: Option<&LiveState>) -> Result<Option<(LiveState, Changes)>, Error> {
        let database = &self.inner.database;
        let mut state = ask(database).await?;
        if database.is_sharded() {
            // It says nothing about the other shards.
            return Ok(Some((LiveState { has_log: false, ..state }, Changes::Anything)));
        }
        let is_same = |known: &LiveState| known.started == state.started && known.position == state.position;
        if known.is_some_and(is_same) {
            return Ok(None);
        }
        let known = known.filter(|known| known.started == state.started);
        let mut changes = Changes::Anything;
        if state.has_log {
            let before = known.and_then(|known| known.log.as_ref());
            let since = before.map_or(&state.position, |before| &before.snapshot);
            // Without an answer, everything runs again.
            if let Ok(logged) = changes::ask(database, since).await {
                changes = logged.since(before);
                state.position.clone_from(&logged.snapshot);
                state.log = Some(logged);
            }
        }
        Ok(Some((state, changes)))
    }

    /// Removes the records of the log of changed tables from before a state. Returns the current state;
    /// `None` if there is no log.
    pub async fn prune_changes(&self, before: Option<&LiveState>) -> Result<Option<LiveState>, Error> {
        let database = &self.inner.database;
        let now = ask(database).await?;
        if !now.has_log || database.is_sharded() {
            return Ok(None);
        }
        if let Some(before) = before.filter(|before| before.started == now.started) {
            changes::prune(database, &before.position).await?;
        }
        Ok(Some(now))
    }
}

async fn ask(database: &Database) -> Result<LiveState, Error> {
    let scope = Scope::of_catalog(database.statement_timeout().min(Duration::from_mins(1)));
    let answers = database.run(&scope, &[Statement::new(STATE, Vec::new())]).await;
    let answers = answers.map_err(|failure| failure.error)?;
    let state = answers.into_iter().next().flatten().and_then(|text| LiveState::read(&text));
    state.ok_or_else(|| {
        db::Error::Protocol("the database does not say which state it is in".to_owned()).into()
    })
}
