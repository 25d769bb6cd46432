//! What can go wrong between Glowplug and PostgreSQL, as data.
//!
//! Never decides what the client reads: `crate::error` does. Rendering an error never logs.

use std::time::Duration;

use crate::event::Conflict;

/// A statement that is cancelled sooner than this, and before its time-out, is taken for the victim of a stray cancel request. A
/// person who cancels a statement does so later.
const STRAY_CANCEL: Duration = Duration::from_secs(5);

/// What can go wrong between Glowplug and PostgreSQL.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The connection string is wrong. A retry is of no use.
    #[error("the connection string cannot be used: {0}")]
    Configuration(String),
    /// There is no connection, or it was lost.
    #[error(transparent)]
    Unavailable(Box<Unavailable>),
    /// All connections of the pool were in use for the whole acquire timeout.
    #[error("no connection of the pool became free within {0:?}")]
    PoolTimeout(Duration),
    /// A statement failed in PostgreSQL. The connection can still be used.
    #[error(transparent)]
    Database(Box<DatabaseError>),
    /// PostgreSQL refused the role or another setting of the scope, so that no statement ran. The text is PostgreSQL's
    /// error, for the log only, because it reveals whether there is such a role. The connection can still be used.
    #[error("the operation cannot run as requested: {0}")]
    ScopeRefused(String),
    /// There is no schema of this tenant, or the role may not use it, or no tenant may have it. The name is for the log only.
    #[error("the schema of the tenant {0:?} cannot be used")]
    TenantRefused(String),
    /// A function that a transaction called in place of a statement is missing, or is another one. The transaction can only be
    /// undone; the next one sends the statement's text. The text is PostgreSQL's error.
    #[error("a function of stored operations could not be called: {0}")]
    CallMissed(String),
    /// No answer came in time, although PostgreSQL should have ended the statement itself.
    #[error("no answer from the database within {0:?}")]
    DeadlineExceeded(Duration),
    /// The value of a statement is longer than the scope allows. The statements have taken effect, unless a transaction
    /// around them is undone.
    #[error("the answer of the database is longer than allowed")]
    AnswerTooLong,
    /// A value contains the character U+0000, which PostgreSQL's `text` cannot hold. Nothing was sent.
    #[error("a value contains the character U+0000, which PostgreSQL cannot store")]
    NulByte,
    /// The statements or the answers are invalid: a defect in Glowplug or in the server.
    #[error("{0}")]
    Protocol(String),
}

impl Error {
    /// Whether an open connection turned out to be lost when it was used.
    pub fn is_connection_lost(&self) -> bool {
        self.reason().is_some_and(|reason| matches!(reason, Reason::Stale | Reason::Lost))
    }

    /// Whether nothing can have reached the server. Then even a write may be sent again.
    pub fn safe_to_retry(&self) -> bool {
        match self {
            Self::Unavailable(unavailable) => unavailable.reason != Reason::Lost,
            Self::PoolTimeout(_) => true,
            _ => false,
        }
    }

    /// Whether the whole operation may succeed if it is tried again (manual, appendix A): there was no connection, or
    /// another transaction was in the way. The statement timeout is not among them: the caller has set it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::PoolTimeout(_) | Self::CallMissed(_) => true,
            Self::Database(raised) => {
                let state = raised.sqlstate.as_str();
                self.conflict().is_some()
                    || (["08", "53", "57"].iter().any(|class| state.starts_with(class))
                        && !matches!(state, "57014" | "53400"))
            }
            _ => false,
        }
    }

    /// The conflict with another transaction or client, if PostgreSQL has undone all of this one because of it.
    pub fn conflict(&self) -> Option<Conflict> {
        let Self::Database(raised) = self else { return None };
        let conflict = Conflict::ALL.into_iter().find(|conflict| raised.sqlstate == conflict.sqlstate());
        conflict.filter(|conflict| *conflict != Conflict::StrayCancel || raised.is_stray_cancel)
    }

    /// The same error of statements that ran for this time, with what the time says about a cancelled one.
    ///
    /// A cancel request names a server session, not a statement. Poolers such as Supavisor and PgBouncer before 1.18 may pass one
    /// on when they have already lent the session to another client, whose statement is then cancelled.
    pub(in crate::db) fn after(mut self, elapsed: Duration, statement_timeout: Duration) -> Self {
        if let Self::Database(raised) = &mut self {
            // A function may raise the same SQLSTATE on purpose.
            raised.is_stray_cancel = raised.sqlstate == Conflict::StrayCancel.sqlstate()
                && raised.routine.as_deref() == Some("ProcessInterrupts")
                && elapsed < statement_timeout.min(STRAY_CANCEL);
        }
        self
    }

    /// The SQLSTATE, if the database raised one.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Database(error) => Some(&error.sqlstate),
            Self::Unavailable(unavailable) => unavailable.sqlstate.as_deref(),
            _ => None,
        }
    }

    /// The class of the error, for metrics and traces: the SQLSTATE, or one of a few words.
    pub fn class(&self) -> &str {
        match self {
            Self::Configuration(_) => "configuration",
            Self::Unavailable(unavailable) => unavailable.reason.name(),
            Self::PoolTimeout(_) => "pool_timeout",
            Self::Database(error) => &error.sqlstate,
            Self::ScopeRefused(_) => "scope_refused",
            Self::TenantRefused(_) => "tenant_refused",
            Self::CallMissed(_) => "call_missed",
            Self::DeadlineExceeded(_) => "deadline_exceeded",
            Self::AnswerTooLong => "answer_too_long",
            Self::NulByte => "nul_byte",
            Self::Protocol(_) => "protocol",
        }
    }

    /// Why there is no connection.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Unavailable(unavailable) => Some(unavailable.reason),
            _ => None,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {message}", reason.describe())]
pub struct Unavailable {
    /// The class of the failure.
    pub reason: Reason,
    /// The text from the system, the pooler or the server.
    pub message: String,
    /// The SQLSTATE, if the pooler or the server gave one.
    pub sqlstate: Option<String>,
}

/// The code in front of a message of Supavisor: `ENOTFOUND` in `(ENOTFOUND) tenant/user postgres.abc not found`.
pub(crate) fn supavisor_code(message: &str) -> Option<&str> {
    let (code, _) = message.strip_prefix('(')?.split_once(") ")?;
    (code.starts_with('E') && code.bytes().all(|letter| letter.is_ascii_uppercase())).then_some(code)
}

/// Classes of failed connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing listens at the address.
    Refused,
    /// The host name has no address.
    HostNotFound,
    /// No connection within the connect timeout.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// The user or the password is wrong or missing, or `pg_hba.conf` forbids the login.
    Authentication,
    /// The server or pooler has no database of that name.
    DatabaseMissing,
    /// The server or pooler accepts no more connections.
    TooManyConnections,
    /// The server is starting, stopping or recovering.
    NotReady,
    /// The pooler cannot, or will not, lend a server connection.
    Pooler,
    /// The connection was closed before anything was sent on it.
    Stale,
    /// The connection was lost while an answer was awaited.
    Lost,
    /// Another failure; the message has the details.
    Other,
}

impl Reason {
    /// Its name in metrics and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::HostNotFound => "host_not_found",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Authentication => "authentication",
            Self::DatabaseMissing => "database_missing",
            Self::TooManyConnections => "too_many_connections",
            Self::NotReady => "not_ready",
            Self::Pooler => "pooler",
            Self::Stale => "stale",
            Self::Lost => "lost",
            Self::Other => "other",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Refused => "the database refuses connections",
            Self::HostNotFound => "the database's host name is unknown",
            Self::Timeout => "the database does not answer",
            Self::Tls => "no TLS connection to the database",
            Self::Authentication => "the database does not accept the user",
            Self::DatabaseMissing => "the database does not exist",
            Self::TooManyConnections => "the database takes no more connections",
            Self::NotReady => "the database is not ready",
            Self::Pooler => "the pooler gave no connection",
            Self::Stale => "the connection had been closed",
            Self::Lost => "the connection was lost",
            Self::Other => "no connection to the database",
        }
    }
}

/// An error that PostgreSQL raised, with the fields of section 55.8 of its manual.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message} (SQLSTATE {sqlstate})")]
pub struct DatabaseError {
    /// The five characters of appendix A of the manual.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// Details, often with values.
    pub detail: Option<String>,
    /// A hint how to solve it.
    pub hint: Option<String>,
    /// The schema that the error is about.
    pub schema: Option<String>,
    /// The table that the error is about.
    pub table: Option<String>,
    /// The column that the error is about.
    pub column: Option<String>,
    /// The data type that the error is about, such as a domain.
    pub data_type: Option<String>,
    /// The constraint that was violated.
    pub constraint: Option<String>,
    /// The character in the message text, counted from 1, where the error was noticed.
    pub position: Option<u32>,
    /// The file of PostgreSQL's source that raised it.
    pub file: Option<String>,
    /// The function of that file.
    pub routine: Option<String>,
    /// Whether the statement was cancelled by a request that was probably meant for another client's.
    pub is_stray_cancel: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancellation_before_any_time_out_is_a_stray_one() {
        let second = Duration::from_secs(1);
        for (sqlstate, routine, elapsed, statement_timeout, expected) in [
            ("57014", "ProcessInterrupts", second / 2, second * 10, Some(Conflict::StrayCancel)),
            ("57014", "ProcessInterrupts", second * 6, second * 10, None),
            ("57014", "ProcessInterrupts", second / 2, second / 2, None),
            ("57014", "exec_stmt_raise", second / 2, second * 10, None),
            ("55P03", "ProcessInterrupts", second / 2, second * 10, None),
            ("40P01", "DeadLockReport", second * 2, second, Some(Conflict::Deadlock)),
        ] {
            let (sqlstate, routine) = (sqlstate.to_owned(), Some(routine.to_owned()));
            let raised = DatabaseError { sqlstate, routine, ..DatabaseError::default() };
            let error = Error::from(raised.clone()).after(elapsed, statement_timeout);
            assert_eq!(error.conflict(), expected, "{raised:?} after {elapsed:?}");
            assert_eq!(error.is_transient(), expected.is_some(), "{raised:?} after {elapsed:?}");
        }
    }
}
