//! The connection layer: connections that leave nothing in a pooled server connection, and the pool of them.
//!
//! The only module that names the driver.

use std::time::Duration;

use crate::sql::Statement;

/// What holds while the statements of one message run, and ends with them.
///
/// It is set by `set_config(…, true)` in the same message, in front of the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whether the statements may write (`transaction_read_only`).
    pub access: Access,
    /// The role that they run as; `None` is the connection's own user.
    pub role: Option<String>,
    /// Further settings, such as `request.jwt.claims`: name and value.
    pub settings: Vec<(String, String)>,
    /// `statement_timeout`.
    pub statement_timeout: Duration,
}

/// Whether statements may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `transaction_read_only` is on, and a lost connection may be tried once more.
    ReadOnly,
    /// Nothing is ever tried twice once a byte of it may have been sent.
    ReadWrite,
}

/// The JSON text of each statement, in order; `None` is SQL's NULL or no row.
pub type Answers = Vec<Option<String>>;

/// A message that failed: `completed` are the answers of the statements before the one that failed.
#[derive(Debug)]
pub struct RunError {
    /// Answers of the statements before the one that failed.
    pub completed: Answers,
    /// What went wrong.
    pub error: Error,
}

/// What can go wrong between Glowplug and PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Placeholder until the connection layer is there.
    #[error("{0}")]
    Other(String),
}

/// Marks the use of [`Statement`] until `Database::run` is there.
pub type Statements<'a> = &'a [Statement];
