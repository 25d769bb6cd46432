//! Which tables are logged, and which should be but are not.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::{TableId, ask};
use crate::db::{self, Database, Scope};
use crate::sql::Statement;

const REPORT: &str = include_str!("report.sql");

/// How long the query may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state of a database's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The number of logged tables.
    pub logged: usize,
    /// The tables that have the trigger, or a parent with the trigger, but may change without a record.
    pub unlogged: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    may_read: bool,
    snapshot: String,
    meant: BTreeMap<TableId, String>,
}

impl Report {
    /// Queries a database; `None` if it has no log, and an error if this user may not read it.
    pub async fn of(database: &Database) -> Result<Option<Self>, db::Error> {
        let statement = [Statement::new(REPORT, Vec::new())];
        let answers = database.run(&Scope::of_catalog(PATIENCE), &statement).await;
        let answers = answers.map_err(|failure| failure.error)?;
        let Some(text) = answers.into_iter().next().flatten() else { return Ok(None) };
        let found: Found = serde_json::from_str(&text)
            .map_err(|error| db::Error::Protocol(format!("what it says of logged tables: {error}")))?;
        if !found.may_read {
            return Err(db::Error::Protocol(format!(
                "its user may not read the schema {schema}; glowplug setup --live-tables TABLE --grant-to ROLE allows it",
                schema = super::SCHEMA
            )));
        }
        let logged = ask(database, &found.snapshot).await?.logged;
        let (is_logged, unlogged): (Vec<_>, Vec<_>) =
            found.meant.into_iter().partition(|(table, _)| logged.contains(*table));
        let unlogged = unlogged.into_iter().map(|(_, name)| name).collect();
        Ok(Some(Self { logged: is_logged.len(), unlogged }))
    }
}
