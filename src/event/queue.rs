//! What is observable at the queue.

use std::time::Duration;

use uuid::Uuid;

use super::Event;

/// Something that happened at the queue, on the side of a server or of a worker.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum QueueEvent<'a> {
    /// A worker takes operations.
    WorkerStarted { concurrency: u32 },
    /// An operation was not put into the queue, because there is too much in it.
    QueueRefused { reason: &'a str },
    /// Redis cannot be reached, or a connection to it was lost.
    QueueLost { error: &'a str },
    /// An operation's entry is gone without an answer; it is put in once more.
    AnswerLost { id: Uuid },
    /// A worker has an operation that waited so long; how often workers have had it.
    OperationTaken { id: Uuid, waited: Duration, times: u32 },
    /// An operation failed for a reason that passes; it is tried again.
    OperationRetried { id: Uuid, error: &'a str },
    /// An operation was put aside, for a person to look at.
    OperationPutAside { id: Uuid, reason: &'a str },
    /// An answer could not be sent; it is tried again.
    AnswerNotSent { id: Uuid, error: &'a str },
    /// An entry of a version that this worker does not know was left for others.
    UnknownVersion { version: &'a str },
    /// Entries were taken over from workers that have gone.
    EntriesTakenOver { entries: usize },
    /// Operations still ran when the drain timeout was over; they stay in the queue.
    OperationsLeft { operations: usize },
    /// The ledger could not be made or tended.
    LedgerFailed { error: &'a str },
}

impl QueueEvent<'_> {
    /// As [`Event::emit`].
    pub fn emit(self) {
        Event::Queue(self).emit();
    }

    /// Writes the event to the log.
    pub(super) fn write(&self) {
        match self {
            Self::WorkerStarted { concurrency } => tracing::info!(concurrency, "working"),
            Self::QueueRefused { reason } => tracing::warn!(reason, "operation not queued"),
            Self::QueueLost { error } => tracing::warn!(error, "no connection to the queue"),
            Self::AnswerLost { id } => tracing::warn!(%id, "answer lost; the operation is queued again"),
            Self::OperationTaken { id, waited, times } => {
                tracing::debug!(%id, ?waited, times, "operation taken");
            }
            Self::OperationRetried { id, error } => {
                tracing::warn!(%id, error, "operation is tried again");
            }
            Self::OperationPutAside { id, reason } => {
                tracing::error!(%id, reason, "operation put aside; see `glowplug queue list`");
            }
            Self::AnswerNotSent { id, error } => tracing::warn!(%id, error, "answer not sent"),
            Self::UnknownVersion { version } => {
                tracing::warn!(version, "message of an unknown version left for other workers");
            }
            Self::EntriesTakenOver { entries } => {
                tracing::warn!(entries, "operations taken over from workers that have gone");
            }
            Self::OperationsLeft { operations } => {
                tracing::warn!(operations, "drain timeout over; operations left to other workers");
            }
            Self::LedgerFailed { error } => tracing::error!(error, "the ledger cannot be used"),
        }
    }
}
