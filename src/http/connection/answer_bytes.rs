//! The bytes of a listener's answers in memory.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes of answers in memory.
#[derive(Debug, Default)]
pub(super) struct AnswerBytes(AtomicUsize);

impl AnswerBytes {
    pub(super) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn subtract(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
