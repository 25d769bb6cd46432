//! What happens to an entry that a worker got. Pure: the caller passes the time and the number of attempts.

use std::time::Duration;

use super::message::Milliseconds;

/// The first pause before an the operation runs again. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A worker's knowledge of an entry when it gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    /// How many times workers got it, including this one.
    pub(super) times: u32,
    /// It must not run after this.
    pub(super) deadline: Milliseconds,
}

/// What to do with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Run it.
    Run,
    /// Its time is over, and its client has stopped waiting: record that, and remove it.
    Expire,
    /// Every worker that had it disappeared: move it to the dead letters, for a person to look at.
    Bury,
}

impl Delivery {
    /// The first action. An operation that has killed its workers becomes a dead letter even if its time is over, so that it
    /// is noticed.
    pub(super) fn step(self, now: Milliseconds, attempts: u32) -> Step {
        if self.times > attempts {
            Step::Bury
        } else if now > self.deadline {
            Step::Expire
        } else {
            Step::Run
        }
    }
}

/// The pause before an operation that failed for a temporary reason is tried again: from half of its length to all of it,
/// chosen by `random`, so that operations which failed together do not come back together. `None` if the deadline is
/// earlier.
pub(super) fn pause(tried: u32, random: u64, now: Milliseconds, deadline: Milliseconds) -> Option<Duration> {
    let doubled = FIRST_PAUSE.saturating_mul(1 << tried.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    let half = u64::try_from(doubled.as_millis() / 2).unwrap_or(u64::MAX).max(1);
    let pause = half + random % (half + 1);
    (now.saturating_add(pause) < deadline).then(|| Duration::from_millis(pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_run_until_its_deadline_and_put_aside_after_too_many_workers() {
        let entry = |times, deadline| Delivery { times, deadline };
        assert_eq!(entry(1, 100).step(100, 3), Step::Run);
        assert_eq!(entry(3, 100).step(100, 3), Step::Run);
        assert_eq!(entry(1, 100).step(101, 3), Step::Expire);
        assert_eq!(entry(4, 100).step(50, 3), Step::Bury);
        assert_eq!(entry(4, 100).step(101, 3), Step::Bury);
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_are_scattered() {
        let milliseconds =
            |tried, random| pause(tried, random, 0, u64::MAX).map_or(0, |pause| pause.as_millis());
        assert_eq!((milliseconds(1, 0), milliseconds(1, 25)), (25, 50));
        assert_eq!((milliseconds(2, 0), milliseconds(3, 0)), (50, 100));
        assert_eq!((milliseconds(40, 0), milliseconds(40, 2500)), (2500, 5000));
        assert!((0..1000).all(|random| (25..=50).contains(&milliseconds(1, random))));
    }

    #[test]
    fn nothing_is_tried_after_the_deadline() {
        assert_eq!(pause(1, 0, 1000, 1025), None);
        assert_eq!(pause(1, 0, 1000, 1026), Some(Duration::from_millis(25)));
        assert_eq!(pause(1, 0, 2000, 1000), None);
    }
}
