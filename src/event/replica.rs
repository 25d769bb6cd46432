//! What is observable at read replicas.

use super::Event;

/// Something that happened at a read replica.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum ReplicaEvent<'a> {
    /// It answers, and is read from.
    InUse { replica: &'a str },
    /// It is not read from until it is well again.
    LeftOut { replica: &'a str, reason: &'a str },
    /// It could not answer a read as the primary would; the primary is asked.
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
            Self::InUse { replica } => tracing::info!(replica, "replica in use"),
            Self::LeftOut { replica, reason } => tracing::warn!(replica, reason, "replica left out"),
            Self::ReadMoved { error } => {
                tracing::debug!(error, "a replica cannot answer; the primary is asked");
            }
        }
    }
}
