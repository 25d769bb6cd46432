//! The events of the queue.

use std::time::Duration;

use uuid::Uuid;

use super::{Event, TARGET};

/// Something that happened at the queue, on the side of a server or of a worker.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum QueueEvent<'a> {
    /// A worker accepts operations.
    WorkerStarted { concurrency: u32 },
    /// The setting names a database that this server does not use, because all of its operations are queued.
    DatabaseUnused { setting: &'a str },
    /// An operation was put into the queue.
    OperationQueued,
    /// An operation was not put into the queue: the queue is full, no worker takes operations, or Redis cannot be reached.
    OperationRefused { reason: &'static str },
    /// Redis cannot be reached or used any more; reported once.
    QueueLost { error: &'a str },
    /// Redis can be used again.
    QueueBack,
    /// Redis did not do what was asked, although it can be reached.
    QueueFailed { error: &'a str },
    /// An operation's entry is gone without an answer; it is put in once more.
    AnswerLost { id: Uuid },
    /// No answer came in time, and the client got an error that says so.
    AnswerOverdue { id: Uuid },
    /// A worker got an operation: how long it waited, and how many times workers have had it.
    OperationTaken { id: Uuid, waited: Duration, times: u32 },
    /// An operation failed for a temporary reason, a SQLSTATE or one of a few words. It is tried again.
    OperationRetried { id: Uuid, reason: &'a str, error: &'a str },
    /// A worker has answered an operation: its state, and how long the worker had it.
    OperationSettled { state: &'static str, attempts: u32, took: Duration },
    /// An operation was moved to the dead letters, for a person to look at.
    OperationPutAside { id: Uuid, reason: &'a str },
    /// An answer could not be sent; it is tried again.
    AnswerNotSent { id: Uuid, error: &'a str },
    /// An entry of a version that this worker does not know was left for other workers.
    UnknownVersion { version: &'a str },
    /// Entries were taken over from workers that have gone.
    EntriesTakenOver { entries: usize },
    /// Operations still ran at the end of the drain timeout; they stay in the queue.
    OperationsLeft { operations: usize },
    /// The ledger could not be created or cleaned up.
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
            Self::WorkerStarted { concurrency } => tracing::info!(target: TARGET, concurrency, "working"),
            Self::DatabaseUnused { setting } => {
                tracing::warn!(target: TARGET, setting,
                    "not used: all operations are queued, and workers have the connections"
                );
            }
            // There may be thousands of these in a second, at the worst moment. So they are only counted.
            Self::OperationRefused { reason } => {
                tracing::debug!(target: TARGET, reason, "operation not queued");
            }
            Self::QueueLost { error } => tracing::warn!(target: TARGET, error, "the queue cannot be used"),
            Self::QueueBack => tracing::info!(target: TARGET, "the queue can be used again"),
            Self::QueueFailed { error } => {
                tracing::warn!(target: TARGET, error, "a request to the queue failed");
            }
            Self::AnswerLost { id } => {
                tracing::warn!(target: TARGET, %id, "answer lost; the operation is queued again");
            }
            Self::AnswerOverdue { id } => tracing::debug!(target: TARGET, %id, "no answer came in time"),
            Self::OperationTaken { id, waited, times } => {
                tracing::debug!(target: TARGET, %id, waited_seconds = waited.as_secs_f64(), times, "operation taken");
            }
            Self::OperationRetried { id, error, .. } => {
                tracing::warn!(target: TARGET, %id, error, "the operation runs again");
            }
            Self::OperationPutAside { id, reason } => {
                tracing::error!(target: TARGET, %id, reason, "the operation is a dead letter; see `glowplug queue list`");
            }
            Self::AnswerNotSent { id, error } => {
                tracing::warn!(target: TARGET, %id, error, "answer not sent");
            }
            Self::UnknownVersion { version } => {
                tracing::warn!(target: TARGET, version, "message of an unknown version left for other workers");
            }
            Self::EntriesTakenOver { entries } => {
                tracing::warn!(target: TARGET, entries, "operations taken over from workers that have disappeared");
            }
            Self::OperationsLeft { operations } => {
                tracing::warn!(target: TARGET, operations, "drain timeout over; operations left to other workers");
            }
            Self::LedgerFailed { error } => {
                tracing::error!(target: TARGET, error, "the ledger cannot be used");
            }
            Self::OperationQueued | Self::OperationSettled { .. } => {}
        }
    }
}
