//! What holds while the statements of one message run: who they run as, what they may do, how long.
//!
//! Never a `SET` for a session: each setting is local to the message's implicit transaction and ends with it.

use std::time::Duration;

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
