//! Whether the database has just been heard of, so that it need not be asked for that alone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::db::error::Error;

/// What is known of the database stays true for so long: shorter than the intervals at which load balancers ask.
const FRESH: Duration = Duration::from_secs(1);

/// When the database was last heard of.
#[derive(Debug)]
pub(super) struct Health {
    start: Instant,
    /// Milliseconds after the start, plus one; zero where it has not been heard of since something failed.
    heard: AtomicU64,
}

impl Health {
    pub(in crate::db) fn new() -> Self {
        Self { start: Instant::now(), heard: AtomicU64::new(0) }
    }

    /// Takes down how a message went. An error of a statement is an answer, too.
    pub(in crate::db) fn note(&self, error: Option<&Error>) {
        match error {
            None | Some(Error::Database(_) | Error::ScopeRefused(_) | Error::AnswerTooLong) => {
                self.heard.store(self.now(), Ordering::Relaxed);
            }
            Some(Error::Unavailable(_) | Error::DeadlineExceeded(_)) => {
                self.heard.store(0, Ordering::Relaxed);
            }
            // Nothing was sent, or what came back says nothing.
            Some(Error::Configuration(_) | Error::PoolTimeout(_) | Error::NulByte | Error::Protocol(_)) => {}
        }
    }

    /// Whether the last that was heard was an answer.
    pub(super) fn has_answered(&self) -> bool {
        self.heard.load(Ordering::Relaxed) > 0
    }

    /// Whether it has answered just now, and nothing has failed since.
    pub(super) fn is_fresh(&self) -> bool {
        self.has_answered_within(FRESH)
    }

    /// The same for a longer time.
    pub(super) fn has_answered_within(&self, time: Duration) -> bool {
        let heard = self.heard.load(Ordering::Relaxed);
        heard > 0 && u128::from(self.now().saturating_sub(heard)) < time.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_fresh_after_an_answer_until_something_fails() {
        let health = Health::new();
        assert!(!health.is_fresh(), "nothing has been heard yet");
        health.note(None);
        assert!(health.is_fresh());
        health.note(Some(&Error::DeadlineExceeded(FRESH)));
        assert!(!health.is_fresh());
        health.note(Some(&Error::ScopeRefused("no such role".to_owned())));
        assert!(health.is_fresh(), "a refusal is an answer");
        health.note(Some(&Error::PoolTimeout(FRESH)));
        assert!(health.is_fresh(), "a busy pool works");
        assert!(!health.has_answered_within(Duration::ZERO));
    }
}
