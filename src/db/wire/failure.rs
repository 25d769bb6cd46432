//! The failures on the wire, as data. `db::classify` decides what they mean for a caller.

use std::io;
use std::sync::Arc;

use super::Report;

/// Why a connection could not be made, or ended.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::db) enum Failure {
    /// The system reported an error.
    #[error("{doing}: {error}")]
    Io { doing: &'static str, error: Arc<io::Error> },
    /// The host name has no address.
    #[error("the name {name:?} cannot be resolved: {error}")]
    Resolve { name: String, error: Arc<io::Error> },
    /// The peer closed the connection.
    #[error("the connection was closed by the other side")]
    Closed,
    /// The server or the pooler reported an error, and may have closed the connection.
    #[error("{}", .0.error.message)]
    Reported(Box<Report>),
    /// The TLS handshake failed, or the certificate is not trusted.
    #[error("TLS: {0}")]
    Tls(String),
    /// The two sides have no authentication method in common, or one of them could not prove its identity.
    #[error("{0}")]
    Authentication(String),
    /// No connection within the connect timeout.
    #[error("no answer within {0:?}")]
    TimedOut(std::time::Duration),
    /// None of the hosts is one that `target_session_attrs` asks for.
    #[error("{0}")]
    Target(String),
    /// The answer is much longer than the pipeline allows.
    #[error("the answer is much longer than allowed")]
    TooLong,
    /// The peer violated the protocol.
    #[error("the answer is not PostgreSQL's protocol: {0}")]
    Malformed(String),
}

/// Whether anything of a pipeline can have reached the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Sent {
    /// Nothing. The pipeline may be sent again elsewhere.
    Nothing,
    /// Some or all of it.
    Something,
}

impl Failure {
    pub(super) fn io(doing: &'static str, error: io::Error) -> Self {
        Self::Io { doing, error: Arc::new(error) }
    }

    /// A message that violates the protocol.
    pub(super) fn malformed(error: impl std::fmt::Display) -> Self {
        Self::Malformed(error.to_string())
    }
}
