//! Whether statements that are used often become functions of the database. If not, the reason.

use crate::config::Config;
use crate::db::{Database, Protocol};
use crate::stored::{Obstacle, State};

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Stored operations";

/// The obstacle, if operations use this protocol.
pub(super) async fn examine(config: &Config, database: &Database, protocol: Protocol) -> Check {
    let Some(settings) = config.database.stored_operations else {
        return Check::ok(SUBJECT, "not used: stored-operations is off");
    };
    let state = match State::of(database).await {
        Ok(state) => state,
        Err(error) => {
            return Check::new(SUBJECT, Code::StoredUnknown, format!("it could not be found out: {error}"));
        }
    };
    match state.obstacle(protocol) {
        None => {
            let (total, limit) = (state.total, settings.limit);
            Check::ok(SUBJECT, format!("used: {total} functions are there, {limit} may be"))
        }
        Some(obstacle @ (Obstacle::NamesAreSafe | Obstacle::Standby)) => {
            Check::ok(SUBJECT, format!("not used: {obstacle}"))
        }
        Some(obstacle) => Check::new(SUBJECT, Code::NotStored, format!("not used: {obstacle}")),
    }
}
