//! What can go wrong on the wire, as data. What it means for a caller is decided in `db::classify`.

use std::io;
use std::sync::Arc;

use super::Report;

/// Why a connection could not be made, or ended.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::db) enum Failure {
    /// The system said so.
    #[error("{doing}: {error}")]
    Io { doing: &'static str, error: Arc<io::Error> },
    /// The host name has no address.
    #[error("the name {name:?} cannot be resolved: {error}")]
    Resolve { name: String, error: Arc<io::Error> },
    /// The peer closed the connection.
    #[error("the connection was closed by the other side")]
    Closed,
    /// The server or the pooler said so, and stayed or went.
    #[error("{}", .0.error.message)]
    Reported(Box<Report>),
    /// TLS could not be agreed on, or the certificate is not to be trusted.
    #[error("TLS: {0}")]
    Tls(String),
    /// The two sides cannot agree on how to authenticate, or one is not who it says.
    #[error("{0}")]
    Authentication(String),
    /// No connection within the connect timeout.
    #[error("no answer within {0:?}")]
    TimedOut(std::time::Duration),
    /// None of the hosts is what `target_session_attrs` asks for.
    #[error("{0}")]
    Target(String),
    /// The answer is much longer than the pipeline allows.
    #[error("the answer is much longer than allowed")]
    TooLong,
    /// The peer does not speak the protocol.
    #[error("the answer is not PostgreSQL's protocol: {0}")]
    Malformed(String),
}

/// Whether anything of a pipeline can have reached the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Sent {
    /// Nothing, so that the pipeline may be sent again elsewhere.
    Nothing,
    /// Some or all of it.
    Something,
}

impl Failure {
    pub(super) fn io(doing: &'static str, error: io::Error) -> Self {
        Self::Io { doing, error: Arc::new(error) }
    }

    /// A message that is not what the protocol says.
    pub(super) fn malformed(error: impl std::fmt::Display) -> Self {
        Self::Malformed(error.to_string())
    }
}
