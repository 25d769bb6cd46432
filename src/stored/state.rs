//! Whether a database can have stored operations, and which ones it has.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;

use super::ENTER_BODY;
use crate::db::{self, Database, Protocol, Scope};
use crate::sql::Statement;

const STATE: &str = include_str!("state.sql");

/// The beginning of the comment that says when a function was last used; the time follows.
const USED: &str = "Glowplug, last used ";
const HOUR: &str = "%Y-%m-%d %H:%M";

/// How long the query may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state of a database's stored operations.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The connection's own user.
    pub user: String,
    /// The object identifier of `enter`, the function that sets the context, if it passes the checks.
    pub(super) enter: Option<u32>,
    /// The obstacle in the database itself, if any.
    obstacle: Option<Obstacle>,
    /// The number of functions in the schema, of all owners.
    pub total: usize,
    /// The functions of the connection's own user.
    pub(super) own: Vec<StoredFunction>,
}

/// An existing function.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StoredFunction {
    pub(super) name: String,
    pub(super) arguments: String,
    note: Option<String>,
}

/// Why there are no stored operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum Obstacle {
    /// Named statements are in use, and have the same effect.
    #[error("statements keep their plans by name here")]
    NamesAreSafe,
    /// The schema is missing.
    #[error("the schema {schema} is not there; glowplug setup --stored-operations makes it", schema = super::SCHEMA)]
    NoSchema,
    /// The connection's own user may not create functions.
    #[error("its user may not create in the schema {schema}; glowplug setup --stored-operations --grant-to ROLE allows it", schema = super::SCHEMA)]
    MayNotCreate,
    /// The functions need the language PL/pgSQL.
    #[error("the language plpgsql is not there, or may not be used")]
    NoLanguage,
    /// The server takes no writes.
    #[error("the database is a standby")]
    Standby,
}

impl State {
    /// Queries the state of a database.
    pub async fn of(database: &Database) -> Result<Self, db::Error> {
        let statement = [Statement::new(STATE, vec![Some(ENTER_BODY.to_owned())])];
        let answers = database.run(&Scope::of_catalog(PATIENCE), &statement).await;
        let answers = answers.map_err(|failure| failure.error)?;
        let text = answers.first().and_then(Option::as_deref).unwrap_or_default();
        serde_json::from_str(text)
            .map_err(|error| db::Error::Protocol(format!("what it says of stored operations: {error}")))
    }

    /// What prevents stored operations, if operations use this protocol.
    pub fn obstacle(&self, protocol: Protocol) -> Option<Obstacle> {
        if protocol == Protocol::Prepared { Some(Obstacle::NamesAreSafe) } else { self.obstacle }
    }
}

impl StoredFunction {
    /// When the function was last used, if its comment says so.
    pub(super) fn used(&self) -> Option<DateTime<Utc>> {
        let time = self.note.as_deref()?.strip_prefix(USED)?;
        NaiveDateTime::parse_from_str(time, HOUR).ok().map(|time| time.and_utc())
    }

    /// A function that was used at this time.
    #[cfg(test)]
    pub(super) fn of_test(name: &str, used: DateTime<Utc>) -> Self {
        Self { name: name.to_owned(), arguments: String::new(), note: Some(note(used)) }
    }
}

/// The comment of a function that was used at this time.
pub(super) fn note(time: DateTime<Utc>) -> String {
    format!("{USED}{}", time.format(HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_as_they_were_written() {
        let time = DateTime::from_timestamp(1_700_000_040, 0).unwrap();
        let kept =
            |note: Option<String>| StoredFunction { name: String::new(), arguments: String::new(), note };
        assert_eq!(kept(Some(note(time))).used(), Some(DateTime::from_timestamp(1_700_000_040, 0).unwrap()));
        assert_eq!(kept(Some("mine".to_owned())).used(), None);
        assert_eq!(kept(None).used(), None);
    }
}
