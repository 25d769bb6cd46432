//! Whether connections can be made: logged when it changes, not at each attempt.
//!
//! Failed attempts are counted all the same.

use crate::db::error::Unavailable;
use crate::db::lock::Lock;
use crate::event::Event;

/// Why the last attempt failed; `None` if it succeeded.
#[derive(Debug, Default)]
pub(super) struct Outage(Lock<Option<&'static str>>);

impl Outage {
    /// Records how an attempt went. A different reason counts as a new outage.
    pub(in crate::db) fn note(&self, failure: Option<&Unavailable>) {
        let reason = failure.map(|failure| failure.reason.name());
        let before = std::mem::replace(&mut *self.0.lock(), reason);
        match failure {
            Some(failure) if before != reason => {
                Event::DatabaseUnavailable { error: &failure.to_string() }.emit();
            }
            None if before.is_some() => Event::DatabaseAvailable.emit(),
            _ => {}
        }
    }
}
