//! Connects to a database. If that fails, checks what is there and what would help. Also has the time limits of each part.

use std::time::{Duration, Instant};

use super::code::Code;
use super::report::Check;
use super::sniff::{self, Listener};
use super::trouble::{self, ByTls, Refusal};
use crate::config;
use crate::db::{Connection, Connector};

/// The time limit of the probe.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// The time limit of a first answer, and of the pooler's console.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// Connects. If that fails, checks what is there and what would help.
pub(super) async fn reach(connector: &Connector) -> Result<Check, Check> {
    let begin = Instant::now();
    let failure = match connector.connect().await {
        Ok(connection) => return Ok(connected(&connection, begin.elapsed(), connector)),
        Err(failure) => failure,
    };
    let place = connector.place();
    let has_spoken = failure.sqlstate.is_some() && !failure.message.contains("no encryption");
    let listener = if has_spoken { Listener::Unchecked } else { sniff::listen(&place).await };
    let by_tls = if trouble::may_want_tls(&failure, listener) {
        match connector.encrypted().connect().await {
            Err(again) if again.message.contains("pg_hba.conf") => ByTls::Refused,
            _ => ByTls::Further,
        }
    } else {
        ByTls::Untried
    };
    Err(trouble::explain(&Refusal { failure: &failure, place: &place, listener, by_tls }))
}

fn connected(connection: &Connection, took: Duration, connector: &Connector) -> Check {
    let place = connector.place();
    let at = trouble::at(&place);
    let found = format!("{at} as {}, in {} ms", place.user, took.as_millis());
    let is_near = place.host.starts_with('/') || ["localhost", "127.0.0.1", "::1"].contains(&&*place.host);
    match connection.is_encrypted() {
        true => Check::ok("Connection", format!("{found}, by TLS")),
        false if is_near => Check::ok("Connection", found),
        false => Check::new("Connection", Code::NotEncrypted, format!("{found}, not encrypted")),
    }
}

/// The settings of a pool with one connection.
pub(super) fn alone(settings: &config::Database) -> config::Database {
    config::Database { pool_size: 1, ..settings.clone() }
}
