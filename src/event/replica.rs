//! The events of read replicas.

use super::{Event, TARGET};

/// Something that happened at a read replica.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum ReplicaEvent<'a> {
    /// It answers, and reads go to it.
    InUse { replica: &'a str },
    /// No reads go to it until it is well again.
    LeftOut { replica: &'a str, reason: &'a str },
    /// It could not answer a read as the primary would. The read runs on the primary.
    ReadMoved { error: &'a str },
}

impl ReplicaEvent<'_> {
    /// As [`Event::emit`].
    pub fn emit(self) {
        Event::Replica(self).emit();
    }

    /// Writes the event to the log.
    pub(super) fn write(&self) {
        match self {
            Self::InUse { replica } => tracing::info!(target: TARGET, replica, "replica in use"),
            Self::LeftOut { replica, reason } => {
                tracing::warn!(target: TARGET, replica, reason, "replica left out");
            }
            Self::ReadMoved { error } => {
                tracing::debug!(target: TARGET, error, "a replica cannot answer; the primary answers instead");
            }
        }
    }
}
