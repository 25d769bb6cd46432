//! Everything observable as one enum; this file alone turns it into log lines.
//!
//! Call sites say what happened (`Event::… .emit()`), never how it reads.

use std::time::Duration;

/// Something that an operator may want to know.
#[derive(Debug)]
pub enum Event<'a> {
    /// A read's connection turned out to be gone; it is sent once more on a fresh one.
    ReadRetried { error: &'a str },
    /// A new picture of the database is in use.
    CatalogLoaded { tables: usize, took: Duration },
    /// The database could not be read again; the old picture stays in use.
    CatalogFailed { error: &'a str },
}

impl Event<'_> {
    /// Writes the event to the log.
    pub fn emit(&self) {
        match self {
            Self::ReadRetried { error } => {
                tracing::warn!(error, "connection lost; the read is sent once more")
            }
            Self::CatalogLoaded { tables, took } => tracing::info!(tables, ?took, "catalogue loaded"),
            Self::CatalogFailed { error } => {
                tracing::error!(error, "catalogue not loaded; the previous one stays");
            }
        }
    }
}
