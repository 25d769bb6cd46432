//! The events of stored operations.

use super::{Event, TARGET};

/// Something that happened to the stored operations.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum StoredEvent<'a> {
    /// Statements that are used often become functions from now on.
    Begun { functions: usize },
    /// Statements do not become functions any more, for this reason. All of them are sent as text.
    Ended { reason: &'a str },
    /// This many statements of a message were called as functions.
    Called { statements: usize },
    /// A function could not be called. The same statements are sent again as text.
    CallFailed { error: &'a str },
    /// A statement has a function now, new or existing.
    Made { name: &'a str, is_new: bool },
    /// A statement could not be made a function.
    NotMade { error: &'a str },
    /// The maximum number of functions is reached, and all of them are in use.
    Full { limit: usize },
    /// Functions were dropped because they had not been used for long.
    Dropped { functions: usize },
}

impl StoredEvent<'_> {
    /// As [`Event::emit`].
    pub fn emit(self) {
        Event::Stored(self).emit();
    }

    /// Writes the event to the log.
    pub(super) fn write(&self) {
        match self {
            Self::Begun { functions } => {
                tracing::info!(target: TARGET, functions, "stored operations are used");
            }
            Self::Ended { reason } => {
                tracing::info!(target: TARGET, reason, "stored operations are not used");
            }
            Self::Called { .. } => {}
            Self::CallFailed { error } => {
                tracing::debug!(target: TARGET, error, "a stored operation cannot be called; it is sent again as text");
            }
            Self::Made { name, is_new } => {
                tracing::debug!(target: TARGET, name, is_new, "a statement is stored");
            }
            Self::NotMade { error } => tracing::debug!(target: TARGET, error, "a statement was not stored"),
            Self::Full { limit } => tracing::warn!(target: TARGET, limit,
                "no more operations are stored: there are as many as the setting stored-operations allows, all of them in use"
            ),
            Self::Dropped { functions } => {
                tracing::debug!(target: TARGET, functions, "stored operations dropped");
            }
        }
    }
}
