//! A failure on the wire -> [`Error`]: what it means for the caller.

use std::io;

use crate::db::error::{DatabaseError, Error, Reason, Unavailable, supavisor_code};
use crate::db::wire::{Failure, Report, Sent};

/// `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";

impl Unavailable {
    /// A connection could not be made.
    pub(in crate::db) fn while_connecting(failure: &Failure) -> Self {
        let (reason, sqlstate) = match failure {
            Failure::Reported(report) => (reason_of_refusal(&report.error), sqlstate(report)),
            failure => (reason_of_failure(failure), None),
        };
        Self { reason, message: failure.to_string(), sqlstate }
    }

    /// A connection could not be made in time.
    pub(in crate::db) fn timed_out(limit: std::time::Duration) -> Self {
        let message = format!("no connection within {limit:?}");
        Self { reason: Reason::Timeout, message, sqlstate: None }
    }
}

impl From<Unavailable> for Error {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(Box::new(unavailable))
    }
}

impl Error {
    /// The server or the pooler has said why it ends the connection in the middle of an exchange.
    pub(super) fn ended(report: &Report) -> Self {
        let reason = if is_refusal_to_lend(&report.error) { Reason::Pooler } else { Reason::Lost };
        Unavailable { reason, message: report.error.message.clone(), sqlstate: sqlstate(report) }.into()
    }

    /// The connection ended in the middle of an exchange without a word.
    pub(super) fn broken_off(failure: &Failure, sent: Sent) -> Self {
        let reason = match (failure, sent) {
            (Failure::TooLong, _) => return Self::AnswerTooLong,
            (Failure::Malformed(_), _) => return Self::Protocol(failure.to_string()),
            (_, Sent::Nothing) => Reason::Stale,
            (_, Sent::Something) => Reason::Lost,
        };
        Unavailable { reason, message: failure.to_string(), sqlstate: None }.into()
    }
}

impl Error {
    /// The same error, if the scope was the part that failed. A role that does not exist has another SQLSTATE than one that
    /// may not be set. A read-only transaction also has another error there than with the statement that would write.
    pub(in crate::db) fn of_scope(self) -> Self {
        match self {
            Self::Database(raised) if matches!(raised.sqlstate.as_str(), "22023" | "42501") => {
                Self::ScopeRefused(raised.message)
            }
            Self::Database(raised) if matches!(raised.sqlstate.as_str(), "0A000" | "25001") => {
                DatabaseError { sqlstate: READ_ONLY.to_owned(), ..*raised }.into()
            }
            error => error,
        }
    }
}

fn sqlstate(report: &Report) -> Option<String> {
    Some(report.error.sqlstate.clone()).filter(|code| !code.is_empty())
}

/// Whether the pooler gave up before it had a server connection. It uses one SQLSTATE for everything.
fn is_refusal_to_lend(error: &DatabaseError) -> bool {
    const REFUSALS: [&str; 4] =
        ["query_wait_timeout", "cannot connect", "login failed", "server_login_retry"];
    // Supavisor's ways of not getting a server connection, all of them before it passes anything on.
    const CODES: [&str; 4] = ["ECHECKOUTTIMEOUT", "ECHECKOUTRETRIES", "ECHECKOUTFAILED", "EPOOLCHECKOUT"];
    supavisor_code(&error.message).is_some_and(|code| CODES.contains(&code))
        || REFUSALS.iter().any(|text| error.message.contains(text))
}

/// The class of a server's or pooler's answer to a connection attempt. PgBouncer before 1.21 uses 08P01 for nearly
/// everything, so this has to read its texts.
fn reason_of_refusal(error: &DatabaseError) -> Reason {
    match &*error.sqlstate {
        "28P01" | "28000" => Reason::Authentication,
        "3D000" => Reason::DatabaseMissing,
        "53300" => Reason::TooManyConnections,
        code if code.starts_with("57P") => Reason::NotReady,
        "XX000" => reason_of_supavisor(&error.message),
        _ if is_database_missing(&error.message) => Reason::DatabaseMissing,
        _ if ["no such user", "authentication failed"].iter().any(|text| error.message.contains(text)) => {
            Reason::Authentication
        }
        _ if error.message.contains("no more connections") => Reason::TooManyConnections,
        code if code.starts_with("08") => Reason::Pooler,
        _ => Reason::Other,
    }
}

/// Supavisor uses one SQLSTATE for nearly everything, and has codes of its own since 2026.
fn reason_of_supavisor(message: &str) -> Reason {
    match supavisor_code(message) {
        Some("ENOTFOUND" | "ENOIDENTIFIER" | "EADDRNOTALLOWED" | "EBANNED") => Reason::Authentication,
        Some("EAUTHQUERY") if message.contains("user not found") => Reason::Authentication,
        Some("EMAXCONN" | "EMAXCONNSESSION" | "EMAXPOOLSREACHED") => Reason::TooManyConnections,
        Some("ESSLREQUIRED") => Reason::Tls,
        Some(_) => Reason::Pooler,
        None if message.contains("Tenant or user not found") => Reason::Authentication,
        None if message.to_ascii_lowercase().contains("max client") => Reason::TooManyConnections,
        None => Reason::Other,
    }
}

/// PgBouncer's texts. Some of them come from the server.
fn is_database_missing(message: &str) -> bool {
    message.contains("no such database")
        || (message.starts_with("database") && message.ends_with("does not exist"))
}

/// The class of a failure of the system, or of the conversation, during a connection attempt.
fn reason_of_failure(failure: &Failure) -> Reason {
    match failure {
        Failure::Io { error, .. } => match error.kind() {
            // A missing Unix socket means a server that does not listen.
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Reason::Refused,
            io::ErrorKind::TimedOut => Reason::Timeout,
            // Cut off in the middle of the handshake: the peer is about to stop.
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                Reason::NotReady
            }
            _ => Reason::Other,
        },
        Failure::Closed => Reason::NotReady,
        Failure::Resolve { .. } => Reason::HostNotFound,
        Failure::TimedOut(_) => Reason::Timeout,
        Failure::Tls(_) => Reason::Tls,
        Failure::Authentication(_) => Reason::Authentication,
        Failure::Reported(_) | Failure::Target(_) | Failure::TooLong | Failure::Malformed(_) => Reason::Other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    /// The server is a standby, or the default of the session is read-only and only the first statement of a transaction
    /// could change that (`check_transaction_read_only` in PostgreSQL's commands/variable.c).
    #[test]
    fn a_scope_that_may_not_write_fails_like_a_statement_that_may_not() {
        let scope = |sqlstate: &str| {
            let raised = DatabaseError { sqlstate: sqlstate.to_owned(), ..DatabaseError::default() };
            Error::from(raised).of_scope()
        };
        for sqlstate in ["0A000", "25001", "25006"] {
            assert_eq!(scope(sqlstate).sqlstate(), Some(READ_ONLY), "{sqlstate}");
        }
        assert!(matches!(scope("22023"), Error::ScopeRefused(_)));
        assert_eq!(scope("42P01").sqlstate(), Some("42P01"));
    }

    fn fatal(message: &str) -> DatabaseError {
        DatabaseError {
            sqlstate: "XX000".to_owned(),
            message: message.to_owned(),
            ..DatabaseError::default()
        }
    }

    /// The messages of Supavisor 2.9.
    #[test]
    fn refusals_of_supavisor_are_distinguished() {
        for (message, reason) in [
            ("(ENOTFOUND) tenant/user postgres.abc not found", Reason::Authentication),
            ("(EAUTHQUERY) user not found in the database", Reason::Authentication),
            (
                "(EAUTHQUERY) authentication query failed: connection to database not available",
                Reason::Pooler,
            ),
            ("(EADDRNOTALLOWED) address not in tenant allow_list: {127, 0, 0, 1}", Reason::Authentication),
            ("(EMAXCONN) max client connections reached, limit: 200", Reason::TooManyConnections),
            ("(EMAXCONNSESSION) max clients reached in session mode", Reason::TooManyConnections),
            ("(ESSLREQUIRED) SSL connection is required for user: postgres", Reason::Tls),
            (
                "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
                Reason::Pooler,
            ),
            ("(ESUBSCRIBERETRIES) failed to subscribe to tenant after multiple retries", Reason::Pooler),
            ("Tenant or user not found", Reason::Authentication),
            ("Max client connections reached", Reason::TooManyConnections),
            ("MaxClientsInSessionMode: max clients reached", Reason::TooManyConnections),
            ("(not a code) no", Reason::Other),
            ("cache lookup failed for relation 1", Reason::Other),
        ] {
            assert_eq!(reason_of_refusal(&fatal(message)), reason, "{message}");
        }
    }

    /// A mutation may be sent again only if none of it can have run.
    #[test]
    fn a_lost_connection_is_told_from_one_that_was_never_lent() {
        for (message, reason) in [
            (
                "(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 3000ms in transaction mode",
                Reason::Pooler,
            ),
            ("(ECHECKOUTRETRIES) failed to check out a connection after multiple retries", Reason::Pooler),
            ("query_wait_timeout", Reason::Pooler),
            (
                "(EDBHANDLEREXITED) connection to database closed. Check logs for more information",
                Reason::Lost,
            ),
            ("server conn crashed?", Reason::Lost),
        ] {
            let error = Error::ended(&Report { error: fatal(message), is_fatal: true });
            assert_eq!(error.reason(), Some(reason), "{message}");
        }
    }
}
