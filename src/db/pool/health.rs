//! Whether the database has answered lately. If so, no health check has to ask it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::db::error::Error;

/// An answer counts for this long. It is shorter than the intervals of load balancers' health checks.
const FRESH: Duration = Duration::from_secs(1);

/// When the database answered last.
#[derive(Debug)]
pub(super) struct Health {
    start: Instant,
    /// Milliseconds after the start, plus one. Zero if it has not answered since the last failure.
    heard: AtomicU64,
}

impl Health {
    pub(in crate::db) fn new() -> Self {
        Self { start: Instant::now(), heard: AtomicU64::new(0) }
    }

    /// Records how a message went. An error of a statement is an answer, too.
    pub(in crate::db) fn note(&self, error: Option<&Error>) {
        match error {
            None
            | Some(
                Error::Database(_)
                | Error::ScopeRefused(_)
                | Error::TenantRefused(_)
                | Error::CallMissed(_)
                | Error::AnswerTooLong,
            ) => {
                self.heard.store(self.now(), Ordering::Relaxed);
            }
            Some(Error::Unavailable(_) | Error::DeadlineExceeded(_)) => {
                self.heard.store(0, Ordering::Relaxed);
            }
            // Nothing was sent, or the error says nothing about the database.
            Some(Error::Configuration(_) | Error::PoolTimeout(_) | Error::NulByte | Error::Protocol(_)) => {}
        }
    }

    /// Whether the last event was an answer.
    pub(super) fn has_answered(&self) -> bool {
        self.heard.load(Ordering::Relaxed) > 0
    }

    /// Whether it has answered just now, and nothing has failed since then.
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
