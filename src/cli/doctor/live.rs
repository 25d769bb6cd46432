//! Whether the changes of tables are noted for live queries, where they are meant to be.

use crate::changes::Report;
use crate::db::Database;

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Live tables";

/// How many names are told.
const TOLD: usize = 5;

/// `None` where there is no log.
pub(super) async fn examine(database: &Database) -> Option<Check> {
    let Report { logged, unlogged } = match Report::of(database).await {
        Ok(report) => report?,
        Err(error) => {
            return Some(Check::new(SUBJECT, Code::LiveTablesUnknown, format!("it cannot be told: {error}")));
        }
    };
    if unlogged.is_empty() {
        return Some(Check::ok(SUBJECT, format!("the changes of {logged} tables are noted")));
    }
    let names = unlogged.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
    let more = if unlogged.len() > TOLD { " and others" } else { "" };
    let found = format!("the changes of {logged} tables are noted, and those of {names}{more} are not all");
    Some(Check::new(SUBJECT, Code::LiveTablesUnlogged, found))
}
