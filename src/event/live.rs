//! The events of live queries.

use std::time::Duration;

use super::{Event, TARGET};

/// Something that happened at live queries.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum LiveEvent<'a> {
    /// A client has subscribed.
    Subscribed,
    /// A subscription has ended, one way or another.
    Unsubscribed,
    /// The first subscription of a group has begun.
    GroupMade,
    /// The last one of a group has ended.
    GroupEnded,
    /// The server checked whether the database has changed.
    Probed { has_changed: bool },
    /// A group has been run.
    Run { took: Duration, result: LiveResult },
    /// Subscribers got a new answer: the time since the change was found, the number of subscribers, and the bytes of the
    /// answer.
    Sent { delay: Duration, subscribers: usize, bytes: usize },
    /// The check for changes of the database fails.
    Interrupted { error: &'a str },
    /// The check works again.
    Resumed,
    /// The log of changed tables could not be kept short.
    NotPruned { error: &'a str },
}

/// The result of a group's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveResult {
    /// The same answer that the subscribers have.
    Unchanged,
    /// Another answer.
    Changed,
    /// The end of its subscriptions.
    Ended,
    /// No answer.
    Failed,
}

impl LiveResult {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unchanged, Self::Changed, Self::Ended, Self::Failed];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
}

impl LiveEvent<'_> {
    /// As [`Event::emit`].
    pub fn emit(self) {
        Event::Live(self).emit();
    }

    /// Writes the event to the log.
    pub(super) fn write(&self) {
        match self {
            Self::Interrupted { error } => {
                tracing::warn!(target: TARGET, error, "live queries wait: the database cannot be reached");
            }
            Self::NotPruned { error } => {
                tracing::warn!(target: TARGET, error, "the log of changed tables cannot be pruned");
            }
            Self::Resumed => tracing::info!(target: TARGET, "live queries continue"),
            Self::Subscribed
            | Self::Unsubscribed
            | Self::GroupMade
            | Self::GroupEnded
            | Self::Probed { .. }
            | Self::Run { .. }
            | Self::Sent { .. } => {}
        }
    }
}
