//! The log of changed tables: which tables transactions have written to, so that live queries of other tables
//! need not run again.
//!
//! `glowplug setup --live-tables` creates it. A trigger on each named table records the table and the
//! transaction, once for each statement, and servers read the new records. A table without the trigger may
//! have changed at any time. No request ever waits for the log, and no part needs it: if it gives no answer,
//! everything runs again.

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
