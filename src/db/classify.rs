//! The driver's errors -> [`Error`].
//!
//! The driver keeps the kind of its errors to itself, so that some are told apart by the text they are shown with.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::error::{DbError, ErrorPosition};

use super::{DatabaseError, Error, Reason, Unavailable};

impl Unavailable {
    /// A connection could not be made.
    pub(super) fn while_connecting(error: tokio_postgres::Error) -> Self {
        let reason = match error.as_db_error() {
            Some(refusal) => reason_of_refusal(refusal),
            None => reason_of_failure(&error),
        };
        Self::new(reason, error)
    }

    /// A connection could not be made in time.
    pub(super) fn timed_out(limit: Duration) -> Self {
        let message = format!("no connection within {limit:?}");
        Self { reason: Reason::Timeout, message, sqlstate: None, source: None }
    }

    fn new(reason: Reason, error: tokio_postgres::Error) -> Self {
        let sqlstate = error.code().map(|code| code.code().to_owned());
        Self { reason, message: describe(&error), sqlstate, source: Some(Arc::new(error)) }
    }
}

impl From<Unavailable> for Error {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(Box::new(unavailable))
    }
}

impl Error {
    /// The driver could not hand the message over: nothing was sent.
    pub(super) fn before_sending(error: tokio_postgres::Error) -> Self {
        if error.is_closed() {
            return Unavailable::new(Reason::Stale, error).into();
        }
        Self::Protocol(describe(&error))
    }

    /// The message may have been sent, and an answer was awaited.
    pub(super) fn while_running(error: tokio_postgres::Error) -> Self {
        if let Some(raised) = error.as_db_error() {
            if !ends_connection(raised) {
                return Self::Database(Box::new(raised.into()));
            }
            let reason = if is_refusal_to_lend(raised) { Reason::Pooler } else { Reason::Lost };
            return Unavailable::new(reason, error).into();
        }
        if error.is_closed() || io_error(&error).is_some() {
            return Unavailable::new(Reason::Lost, error).into();
        }
        Self::Protocol(describe(&error))
    }
}

impl Error {
    /// The same error, where it was the scope that failed: a role that is not there has another SQLSTATE than one that may
    /// not be taken.
    pub(super) fn of_scope(self) -> Self {
        match self {
            Self::Database(raised) if matches!(raised.sqlstate.as_str(), "22023" | "42501") => {
                Self::ScopeRefused(raised.message)
            }
            error => error,
        }
    }
}

/// Whether the connection is of no use after this error: the session ended, or the pooler says that the server did.
fn ends_connection(error: &DbError) -> bool {
    let code = error.code().code();
    matches!(error.severity(), "FATAL" | "PANIC")
        || matches!(error.parsed_severity(), Some(severity) if severity_ends(severity))
        || code.starts_with("08")
}

fn severity_ends(severity: tokio_postgres::error::Severity) -> bool {
    use tokio_postgres::error::Severity;
    matches!(severity, Severity::Fatal | Severity::Panic)
}

/// Whether the pooler gave up before it had a server connection. It uses one SQLSTATE for everything.
fn is_refusal_to_lend(error: &DbError) -> bool {
    const REFUSALS: [&str; 4] =
        ["query_wait_timeout", "cannot connect", "login failed", "server_login_retry"];
    REFUSALS.iter().any(|text| error.message().contains(text))
}

/// The class of what a server or pooler answered to the attempt to connect. PgBouncer before 1.21 gives 08P01 for
/// nearly everything, so that its texts have to be read.
fn reason_of_refusal(error: &DbError) -> Reason {
    match error.code().code() {
        "28P01" | "28000" => Reason::Authentication,
        "3D000" => Reason::DatabaseMissing,
        "53300" => Reason::TooManyConnections,
        code if code.starts_with("57P") => Reason::NotReady,
        _ if is_database_missing(error.message()) => Reason::DatabaseMissing,
        _ if error.message().contains("no such user") => Reason::Authentication,
        _ if error.message().contains("no more connections") => Reason::TooManyConnections,
        code if code.starts_with("08") => Reason::Pooler,
        _ => Reason::Other,
    }
}

/// PgBouncer's words, which it takes from the server's where it asked.
fn is_database_missing(message: &str) -> bool {
    message.contains("no such database")
        || (message.starts_with("database") && message.ends_with("does not exist"))
}

/// The class of what the system or the driver reported on the attempt to connect.
fn reason_of_failure(error: &tokio_postgres::Error) -> Reason {
    let text = describe(error);
    if let Some(failure) = io_error(error) {
        return match failure.kind() {
            // A Unix socket that is not there is a server that does not listen.
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Reason::Refused,
            io::ErrorKind::TimedOut => Reason::Timeout,
            // Cut off in the middle of the handshake: whoever took the connection is about to stop.
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                Reason::NotReady
            }
            _ if text.contains("lookup address") || text.contains("resolve any") => Reason::HostNotFound,
            _ if text.contains("TLS") => Reason::Tls,
            _ => Reason::Other,
        };
    }
    match text {
        _ if error.is_closed() => Reason::NotReady,
        text if text.contains("TLS") => Reason::Tls,
        text if text.contains("authentication") || text.contains("password") => Reason::Authentication,
        _ => Reason::Other,
    }
}

fn io_error(error: &tokio_postgres::Error) -> Option<&io::Error> {
    error.source().and_then(|source| source.downcast_ref())
}

/// The error with its causes in one line; the driver's own text leaves them out.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(raised) = error.as_db_error() {
        return raised.message().to_owned();
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<&DbError> for DatabaseError {
    fn from(error: &DbError) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
            position: match error.position() {
                Some(ErrorPosition::Original(position)) => Some(*position),
                Some(ErrorPosition::Internal { .. }) | None => None,
            },
        }
    }
}
