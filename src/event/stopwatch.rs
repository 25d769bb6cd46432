//! Measures the stages of an operation, one after the other.

use std::time::Instant;

use super::{Event, Stage};

/// Measures from the end of one stage to the end of the next.
#[derive(Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins the first stage.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Ends a stage, and begins the next one.
    pub fn finish(&mut self, stage: Stage) {
        let now = Instant::now();
        Event::StageDone { stage, took: now - self.0 }.emit();
        self.0 = now;
    }
}
