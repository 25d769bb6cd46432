//! How many operations of each role may run at once (setting `max-concurrency`).
//!
//! A role's semaphore lives as long as one of its operations runs or waits, even if the role's schema is
//! replaced meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

/// The permits of all roles that have a limit and at least one running operation.
#[derive(Default)]
pub(super) struct Concurrency(Mutex<HashMap<Option<String>, Weak<Semaphore>>>);

impl Concurrency {
    /// The `count` permits of a role.
    pub(super) fn of(&self, role: Option<&str>, count: usize) -> Arc<Semaphore> {
        let mut roles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        roles.retain(|_, permits| permits.strong_count() > 0);
        let known = roles.entry(role.map(str::to_owned)).or_default();
        known.upgrade().unwrap_or_else(|| {
            let permits = Arc::new(Semaphore::new(count));
            *known = Arc::downgrade(&permits);
            permits
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_role_keeps_its_permits_as_long_as_one_is_held() {
        let concurrency = Concurrency::default();
        let held = concurrency.of(Some("a"), 1).try_acquire_owned().unwrap();
        assert_eq!(concurrency.of(Some("a"), 1).available_permits(), 0);
        assert_eq!(concurrency.of(Some("b"), 1).available_permits(), 1);
        assert_eq!(concurrency.of(None, 2).available_permits(), 2);
        drop(held);
        assert_eq!(concurrency.of(Some("a"), 3).available_permits(), 3);
        assert_eq!(concurrency.0.lock().unwrap().len(), 1, "roles that run nothing are forgotten");
    }
}
