//! How a client wants its operation to be handled, which its headers say.

use uuid::Uuid;

/// How a client wants its operation to be handled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handling {
    /// The client's id of the operation (`Idempotency-Key`).
    pub key: Option<Uuid>,
    /// Whether it waits for the answer.
    pub wait: Wait,
}

/// Whether a client waits for the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wait {
    /// It does.
    #[default]
    ForAnswer,
    /// The client fetches it later (`Prefer: respond-async`, RFC 7240).
    No,
}
