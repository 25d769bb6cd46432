//! Everything observable as one enum; this file alone turns it into log lines.
//!
//! Call sites say what happened (`Event::… .emit()`), never how it reads.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::sql::Statement;

/// Something that an operator may want to know.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum Event<'a> {
    /// A message is about to be sent; for those who want to see the SQL. Values are never spliced in.
    StatementsSent { statements: &'a [Statement] },
    /// There is no PostgreSQL on this machine for `dev` to start; one is fetched.
    PostgresDownloading { version: &'a str },
    /// The server takes requests.
    Listening { address: SocketAddr },
    /// The server takes no more requests, and finishes those that run.
    Stopping { reason: &'a str },
    /// A connection to the pooler or the database was made.
    ConnectionMade { took: Duration },
    /// A connection could not be made.
    ConnectionFailed { error: &'a str },
    /// A connection ended that nobody meant to end.
    ConnectionLost { error: &'a str },
    /// The server says something that is no error.
    ServerNotice { message: &'a str },
    /// The password file is passed over.
    PasswordFileIgnored { path: &'a Path, problem: &'a str },
    /// Nobody waits for a statement's answer any more; it is cancelled, and its connection closed.
    StatementAbandoned,
    /// A cancel request could not be sent; the statement ends by `statement_timeout`.
    CancelFailed { error: &'a str },
    /// A read's connection turned out to be gone; it is sent once more on a fresh one.
    ReadRetried { error: &'a str },
    /// A request could not be answered, for a reason that its client is not told in full.
    RequestFailed { error: &'a str },
    /// A request was refused, because the database does not let it have its role.
    RoleRefused { error: &'a str },
    /// A new picture of the database is in use; `role` is the first that sees it so, or the connection's own user.
    CatalogLoaded { role: Option<&'a str>, tables: usize, took: Duration },
    /// The database could not be read again; the old picture stays in use.
    CatalogFailed { error: &'a str },
    /// The list of persisted operations is in use.
    PersistedOperationsLoaded { documents: usize },
    /// The list of persisted operations could not be read again; the old one stays in use.
    PersistedOperationsFailed { error: &'a str },
    /// A persisted operation is none that the API accepts.
    PersistedOperationInvalid { id: &'a str, error: &'a str },
    /// Anybody who reaches the address uses the API as the connection's own user.
    Unprotected { address: SocketAddr },
    /// The identity provider's keys are in use.
    KeysFetched { keys: usize, url: &'a str },
    /// Keys could not be read again; the old ones stay in use.
    KeysFailed { source: &'a str, error: &'a str },
    /// A request was answered. Its query string is left out, for variables may stand in it.
    RequestAnswered { method: &'a str, path: &'a str, status: u16, took: Duration },
    /// A handler panicked, which is a defect; the client got status 500.
    RequestPanicked { message: &'a str },
    /// No connection can be accepted at the moment.
    AcceptFailed { error: &'a str },
    /// Requests still ran when the drain timeout was over; they were dropped.
    ConnectionsDropped { connections: usize },
}

impl Event<'_> {
    /// Writes the event to the log.
    pub fn emit(&self) {
        match self {
            Self::StatementsSent { statements } => {
                for Statement { text, parameters } in *statements {
                    tracing::debug!(target: "sql", ?parameters, "{text}");
                }
            }
            Self::PostgresDownloading { version } => {
                tracing::warn!(version, "PostgreSQL is not installed here; downloading it");
            }
            Self::Listening { address } => tracing::info!(%address, "listening"),
            Self::Stopping { reason } => tracing::info!(reason, "stopping"),
            Self::ConnectionMade { took } => tracing::debug!(?took, "connected to the database"),
            Self::ConnectionFailed { error } => tracing::warn!(error, "no connection to the database"),
            Self::ConnectionLost { error } => tracing::warn!(error, "connection to the database lost"),
            Self::ServerNotice { message } => tracing::debug!(message, "notice of the database"),
            Self::PasswordFileIgnored { path, problem } => {
                tracing::warn!(path = %path.display(), problem, "password file ignored");
            }
            Self::StatementAbandoned => tracing::debug!("statement cancelled"),
            Self::CancelFailed { error } => tracing::warn!(error, "statement not cancelled"),
            Self::ReadRetried { error } => {
                tracing::warn!(error, "connection lost; the read is sent once more");
            }
            Self::RequestFailed { error } => tracing::error!(error, "request failed"),
            Self::RoleRefused { error } => tracing::warn!(error, "role refused"),
            Self::CatalogLoaded { role, tables, took } => {
                tracing::info!(role, tables, ?took, "catalogue loaded");
            }
            Self::CatalogFailed { error } => {
                tracing::error!(error, "catalogue not loaded; the previous one stays");
            }
            Self::PersistedOperationsLoaded { documents } => {
                tracing::info!(documents, "persisted operations loaded");
            }
            Self::PersistedOperationsFailed { error } => {
                tracing::error!(error, "persisted operations not loaded; the previous ones stay");
            }
            Self::PersistedOperationInvalid { id, error } => {
                tracing::warn!(id, error, "a persisted operation does not fit the API");
            }
            Self::Unprotected { address } => tracing::warn!(
                %address,
                "whoever reaches this address uses the API as the database user of the connection string; \
                 set anon-role, jwt-secret, jwt-key or jwt-jwks, or listen on 127.0.0.1"
            ),
            Self::KeysFetched { keys, url } => tracing::info!(keys, url, "keys fetched"),
            Self::KeysFailed { source, error } => {
                tracing::error!(source, error, "keys not read; the previous ones stay");
            }
            Self::RequestAnswered { method, path, status, took } => {
                tracing::debug!(method, path, status, ?took, "request answered");
            }
            Self::RequestPanicked { message } => tracing::error!(message, "a handler panicked"),
            Self::AcceptFailed { error } => tracing::error!(error, "no connection can be accepted"),
            Self::ConnectionsDropped { connections } => {
                tracing::warn!(connections, "drain timeout over; connections dropped");
            }
        }
    }
}
