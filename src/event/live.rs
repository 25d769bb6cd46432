//! What is observable at live queries.

use super::Event;

/// Something that happened at live queries.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum LiveEvent<'a> {
    /// The database cannot be asked whether it has changed.
    Interrupted { error: &'a str },
    /// It can be asked again.
    Resumed,
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
                tracing::warn!(error, "live queries wait: the database cannot be asked");
            }
            Self::Resumed => tracing::info!("live queries go on"),
        }
    }
}
