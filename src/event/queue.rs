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
    /// The setting names a database that this server does not use, for all of its operations are queued.
    DatabaseUnused { setting: &'a str },
    /// An operation was put into the queue.
    OperationQueued,
    /// An operation was not put into the queue, because there is too much in it, nobody to take it out, or no Redis.
    OperationRefused { reason: &'static str },
    /// Redis cannot be reached or used any more; told once.
    QueueLost { error: &'a str },
    /// Redis can be used again.
    QueueBack,
    /// Redis did not do what it was asked, though it can be reached.
    QueueFailed { error: &'a str },
    /// An operation's entry is gone without an answer; it is put in once more.
    AnswerLost { id: Uuid },
    /// No answer has come in time; the client was told so.
    AnswerOverdue { id: Uuid },
    /// A worker has an operation that waited so long; how often workers have had it.
    OperationTaken { id: Uuid, waited: Duration, times: u32 },
    /// An operation failed for a reason that passes, a SQLSTATE or one of few words; it is tried again.
    OperationRetried { id: Uuid, reason: &'a str, error: &'a str },
    /// A worker has answered an operation; its state, and how long it had it.
    OperationSettled { state: &'static str, attempts: u32, took: Duration },
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
            Self::DatabaseUnused { setting } => {
                tracing::warn!(
                    setting,
                    "not used: all operations are queued, and workers have the connections"
                );
            }
            // There may be thousands of them in a second, when it matters most; they are counted.
            Self::OperationRefused { reason } => tracing::debug!(reason, "operation not queued"),
            Self::QueueLost { error } => tracing::warn!(error, "the queue cannot be used"),
            Self::QueueBack => tracing::info!("the queue can be used again"),
            Self::QueueFailed { error } => tracing::warn!(error, "the queue did not do what it was asked"),
            Self::AnswerLost { id } => tracing::warn!(%id, "answer lost; the operation is queued again"),
            Self::AnswerOverdue { id } => tracing::debug!(%id, "no answer came in time"),
            Self::OperationTaken { id, waited, times } => {
                tracing::debug!(%id, ?waited, times, "operation taken");
            }
            Self::OperationRetried { id, error, .. } => {
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
            Self::OperationQueued | Self::OperationSettled { .. } => {}
        }
    }
}
