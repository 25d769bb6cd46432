//! Whether a client reads what is sent to it: how many bytes it has taken, and whether more are waiting.
//!
//! Never closes anything; it reports when that is due.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much a client must read within the write timeout to keep its connection. A phone at the edge of its network reads
/// more. A client that reads one byte now and then does not.
const LEAST_BYTES: u64 = 16 * 1024;

/// The progress of writing to one client. The counters order nothing else, so they are relaxed.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waiting: AtomicBool,
    taken: AtomicU64,
}

/// When a stalled client last made enough progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    since: Instant,
    taken: u64,
}

impl Pace {
    /// The client took this many bytes.
    pub(super) fn took(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// There are bytes that the client does not take at the moment.
    pub(super) fn waits(&self) {
        self.waiting.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether the client made too little progress for the whole of `timeout`. `mark` is the result of the last check.
    pub(super) fn is_stalled(&self, mark: &mut Option<Progress>, now: Instant, timeout: Duration) -> bool {
        if !self.is_waiting() {
            *mark = None;
            return false;
        }
        let taken = self.taken.load(Ordering::Relaxed);
        match mark {
            Some(Progress { since, taken: before }) if taken - *before < LEAST_BYTES => {
                now.duration_since(*since) >= timeout
            }
            _ => {
                *mark = Some(Progress { since: now, taken });
                false
            }
        }
    }

    /// Returns when the client has stalled, which may be never.
    pub(super) async fn stalled(&self, timeout: Duration) {
        let mut mark = None;
        while !self.is_stalled(&mut mark, Instant::now(), timeout) {
            tokio::time::sleep(timeout / 4).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[test]
    fn a_client_that_takes_nothing_has_stalled_after_the_timeout() {
        let (pace, start, mut mark) = (Pace::default(), Instant::now(), None);
        pace.waits();
        assert!(!pace.is_stalled(&mut mark, start, TIMEOUT));
        assert!(!pace.is_stalled(&mut mark, start + TIMEOUT / 2, TIMEOUT));
        assert!(pace.is_stalled(&mut mark, start + TIMEOUT, TIMEOUT));
    }

    #[test]
    fn a_client_that_takes_a_byte_now_and_then_has_stalled_as_well() {
        let (pace, start, mut mark) = (Pace::default(), Instant::now(), None);
        for second in 0..30 {
            pace.took(1);
            pace.waits();
            assert!(!pace.is_stalled(&mut mark, start + Duration::from_secs(second), TIMEOUT));
        }
        assert!(pace.is_stalled(&mut mark, start + TIMEOUT, TIMEOUT));
    }

    #[test]
    fn a_slow_client_and_one_that_waits_for_nothing_have_not() {
        let (pace, start, mut mark) = (Pace::default(), Instant::now(), None);
        for second in (0..300).step_by(10) {
            pace.took(16 * 1024);
            pace.waits();
            assert!(!pace.is_stalled(&mut mark, start + Duration::from_secs(second), TIMEOUT));
        }
        pace.took(1);
        assert!(!pace.is_stalled(&mut mark, start + 20 * TIMEOUT, TIMEOUT));
    }
}
