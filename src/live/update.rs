//! What happens to a subscription, as plain data.

use crate::engine::{Engine, Response};
use crate::error::Error;

/// What happens to a subscription.
#[derive(Debug, Clone)]
pub enum Update {
    /// Its answer, the first or a new one.
    Answer(Response),
    /// There will be no more answers.
    Ended(End),
}

/// The end of a subscription that its client did not request.
#[derive(Debug, Clone)]
pub struct End {
    /// Why it has ended.
    pub reason: EndReason,
    /// The same as an answer with errors.
    pub response: Response,
}

/// Why a subscription has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The token that it was started with has expired.
    TokenExpired,
    /// The database has changed, and the operation is no longer valid.
    SchemaChanged,
    /// The operation may no longer run as its role.
    RoleRevoked,
    /// The server stops; another server may continue.
    ShuttingDown,
}

impl End {
    pub(super) fn new(reason: EndReason, error: &Error) -> Self {
        Self { reason, response: Engine::refusal(error) }
    }
}
