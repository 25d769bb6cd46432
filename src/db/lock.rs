//! A lock that is held for moments, by code that awaits nothing.
//!
//! Never refuses itself: what a panic may have left behind in it is whole, for what is done within has no steps.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value that is changed through a shared reference too.
#[derive(Debug, Default)]
pub(in crate::db) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(in crate::db) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// The value, for this moment.
    pub(in crate::db) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, for whom has it to himself. Needs no waiting.
    pub(in crate::db) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
