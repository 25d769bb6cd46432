//! Whether the log of changed tables records all changes of its tables.

use crate::changes::Report;
use crate::db::Database;

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Live tables";

/// How many names to print.
const SHOWN: usize = 5;

/// `None` if there is no log.
pub(super) async fn examine(database: &Database) -> Option<Check> {
    let Report { logged, unlogged } = match Report::of(database).await {
        Ok(report) => report?,
        Err(error) => {
            return Some(Check::new(
                SUBJECT,
                Code::LiveTablesUnknown,
                format!("it could not be found out: {error}"),
            ));
        }
    };
    if unlogged.is_empty() {
        return Some(Check::ok(SUBJECT, format!("the changes of {logged} tables are recorded")));
    }
    let names = unlogged.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = if unlogged.len() > SHOWN { " and others" } else { "" };
    let found =
        format!("the changes of {logged} tables are recorded, and those of {names}{more} are not all");
    Some(Check::new(SUBJECT, Code::LiveTablesUnlogged, found))
}
