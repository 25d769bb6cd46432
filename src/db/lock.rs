//! A lock that is held for moments, by code that never awaits.
//!
//! Never fails when a thread has panicked while it held the lock: the value is still consistent, because changes under this
//! lock have no intermediate steps.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value that can be changed through a shared reference.
#[derive(Debug, Default)]
pub(in crate::db) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(in crate::db) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// The value, locked until the guard is dropped.
    pub(in crate::db) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, for a caller that owns it exclusively. Never waits.
    pub(in crate::db) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
