//! The log of changed tables: which tables transactions have written to, so that live queries of others need not be run again.
//!
//! `glowplug setup --live-tables` makes it: a trigger of each named table notes the table and the transaction, once for each
//! statement, and servers ask what has been noted since they asked last. A table without the trigger may have changed at any time. Never on
//! the way of a request, and never needed: what it cannot tell has everything run again.

mod ask;
mod report;
mod setup;

use serde::Deserialize;

pub use self::ask::{Changes, LoggedState, ask, prune};
pub use self::report::Report;
pub use self::setup::{remove, set_up};

/// The schema of the log.
pub const SCHEMA: &str = "glowplug_live";

/// The object identifier of a table.
pub type TableId = u32;

/// What the trigger does.
const TRIGGER_BODY: &str = include_str!("changes/note.sql");

/// Tables, by ascending object identifiers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<TableId>")]
pub struct Tables(Vec<TableId>);

impl Tables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a table is among them.
    pub fn contains(&self, table: TableId) -> bool {
        self.0.binary_search(&table).is_ok()
    }
}

impl From<Vec<TableId>> for Tables {
    fn from(mut tables: Vec<TableId>) -> Self {
        tables.sort_unstable();
        Self(tables)
    }
}
