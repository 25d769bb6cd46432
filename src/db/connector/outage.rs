//! Whether connections can be made: told when it changes, not at each attempt.
//!
//! Attempts that fail are counted all the same.

use crate::db::error::Unavailable;
use crate::db::lock::Lock;
use crate::event::Event;

/// Why the last attempt failed, if it did.
#[derive(Debug, Default)]
pub(super) struct Outage(Lock<Option<&'static str>>);

impl Outage {
    /// Takes down how an attempt went. An outage for another reason is another one.
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
