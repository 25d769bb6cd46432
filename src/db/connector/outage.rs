//! Failed attempts to connect: logged when the outcome changes, and made less often where the login is refused.
//!
//! Poolers and firewalls block an address after some refused logins, for all of its clients: Supavisor after ten in 150 seconds.

use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::db::error::{Reason, Unavailable};
use crate::db::lock::Lock;
use crate::event::Event;

/// The pause after the first refused login; each further one doubles it.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest pause.
const LONGEST: Duration = Duration::from_mins(1);

/// What is known of the last attempts.
#[derive(Debug)]
pub(super) struct Outage {
    /// Why the last attempt failed; `None` if it succeeded.
    reason: Lock<Option<&'static str>>,
    refusal: Lock<Option<Refusal>>,
    /// One permit until the first attempt has ended; closed after that.
    first: Semaphore,
}

/// The login is refused.
#[derive(Debug)]
struct Refusal {
    failure: Unavailable,
    /// Until when no attempt is made.
    until: Instant,
    /// The pause after the next attempt.
    pause: Duration,
}

impl Default for Outage {
    fn default() -> Self {
        Self { reason: Lock::default(), refusal: Lock::default(), first: Semaphore::new(1) }
    }
}

impl Outage {
    /// Waits until an attempt may begin: the first one is made alone. It ends when the permit is dropped.
    ///
    /// # Errors
    ///
    /// The last refusal, for a while after it. An attempt begins that pause anew, before its outcome is known, so that no
    /// second one is made meanwhile.
    pub(super) async fn begin(&self) -> Result<Option<SemaphorePermit<'_>>, Unavailable> {
        let first = self.first.acquire().await.ok();
        self.may_begin(Instant::now()).map(|()| first)
    }

    fn may_begin(&self, now: Instant) -> Result<(), Unavailable> {
        match &mut *self.refusal.lock() {
            Some(refusal) if now < refusal.until => Err(refusal.failure.clone()),
            Some(refusal) => {
                refusal.until = now + refusal.pause;
                refusal.pause = LONGEST.min(refusal.pause * 2);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Records how an attempt went. A different reason counts as a new outage.
    pub(in crate::db) fn note(&self, failure: Option<&Unavailable>) {
        self.note_refusal(failure, Instant::now());
        self.first.close();
        let reason = failure.map(|failure| failure.reason.name());
        let before = std::mem::replace(&mut *self.reason.lock(), reason);
        match failure {
            Some(failure) if before != reason => {
                Event::DatabaseUnavailable { error: &failure.to_string() }.emit();
            }
            None if before.is_some() => Event::DatabaseAvailable.emit(),
            _ => {}
        }
    }

    fn note_refusal(&self, failure: Option<&Unavailable>, now: Instant) {
        let mut refusal = self.refusal.lock();
        let refused = failure.filter(|failure| failure.reason == Reason::Authentication).cloned();
        *refusal = match (refused, refusal.take()) {
            (Some(failure), Some(before)) => Some(Refusal { failure, ..before }),
            (Some(failure), None) => Some(Refusal { failure, until: now + SHORTEST, pause: SHORTEST * 2 }),
            (None, _) => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(reason: Reason) -> Unavailable {
        Unavailable { reason, message: "no".to_owned(), sqlstate: None }
    }

    /// The seconds at which attempts are made by a server that wants a connection ten times a second.
    fn attempts(outage: &Outage, begin: Instant, outcome: Option<&Unavailable>) -> Vec<u64> {
        let mut seconds = Vec::new();
        for tenth in 0..6000 {
            let now = begin + Duration::from_millis(tenth * 100);
            if outage.may_begin(now).is_ok() {
                outage.note_refusal(outcome, now);
                seconds.push(tenth / 10);
            }
        }
        seconds
    }

    #[test]
    fn refused_logins_are_tried_again_too_rarely_to_be_blocked() {
        let (outage, begin) = (Outage::default(), Instant::now());
        let seconds = attempts(&outage, begin, Some(&failure(Reason::Authentication)));
        assert_eq!(seconds[..9], [0, 1, 3, 7, 15, 31, 63, 123, 183]);
        for (index, first) in seconds.iter().enumerate() {
            let within = seconds[index..].iter().take_while(|second| **second < first + 150).count();
            assert!(within < 10, "{within} attempts in 150 seconds: {seconds:?}");
        }
    }

    #[test]
    fn other_failures_make_no_pause() {
        for outcome in [None, Some(failure(Reason::Refused)), Some(failure(Reason::Pooler))] {
            let count = attempts(&Outage::default(), Instant::now(), outcome.as_ref()).len();
            assert_eq!(count, 6000, "{outcome:?}");
        }
    }

    #[test]
    fn a_login_that_succeeds_ends_the_pauses() {
        let (outage, begin) = (Outage::default(), Instant::now());
        for second in [0, 1, 3] {
            let now = begin + Duration::from_secs(second);
            assert!(outage.may_begin(now).is_ok());
            outage.note_refusal(Some(&failure(Reason::Authentication)), now);
        }
        let refused = outage.may_begin(begin + Duration::from_secs(6));
        assert!(refused.is_err_and(|failure| failure.reason == Reason::Authentication));
        assert!(outage.may_begin(begin + Duration::from_secs(7)).is_ok());
        outage.note_refusal(None, begin + Duration::from_secs(7));
        assert!(outage.may_begin(begin + Duration::from_secs(7)).is_ok());
    }

    #[tokio::test]
    async fn the_first_attempt_is_made_alone() {
        let outage = Outage::default();
        let first = outage.begin().await.unwrap();
        let mut second = Box::pin(outage.begin());
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        outage.note(Some(&failure(Reason::Authentication)));
        drop(first);
        assert!(second.await.is_err());
        assert!(outage.begin().await.is_err());
        outage.note(None);
        assert!(outage.begin().await.unwrap().is_none() && outage.begin().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_first_attempt_that_is_dropped_lets_the_next_one_begin() {
        let outage = Outage::default();
        drop(outage.begin().await.unwrap());
        assert!(outage.begin().await.unwrap().is_some());
    }
}
