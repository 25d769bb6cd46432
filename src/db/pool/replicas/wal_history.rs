//! How far a replica is behind, by the primary's log positions over time.
//!
//! Never asks a server, and uses only our own clock: the caller passes positions and times.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The primary's log (WAL) positions over time. They tell how far behind a replica's position is. That is independent of the
/// machines' clocks, and works even if little is written.
#[derive(Debug)]
pub(super) struct WalHistory {
    /// The longest lag that has to be told from a longer one.
    longest: Duration,
    /// Oldest first; each position is greater than the one before.
    steps: VecDeque<(Instant, u64)>,
}

impl WalHistory {
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, steps: VecDeque::new() }
    }

    pub(super) fn note(&mut self, time: Instant, position: u64) {
        if self.steps.back().is_none_or(|(_, last)| *last < position) {
            self.steps.push_back((time, position));
        }
        // The oldest entry is needed as long as the one behind it is not too old itself.
        while self.steps.get(1).is_some_and(|(then, _)| time.duration_since(*then) > self.longest) {
            self.steps.pop_front();
        }
    }

    /// For how long a replica at that position has lacked something that the primary has, if it lacks anything. A time
    /// beyond the longest may be too short, but is beyond it.
    pub(super) fn behind(&self, now: Instant, position: u64) -> Option<Duration> {
        let (since, _) = self.steps.iter().find(|(_, step)| *step > position)?;
        Some(now.duration_since(*since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_is_behind_since_the_primary_had_what_it_lacks() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut trail = WalHistory::new(Duration::from_secs(10));
        assert_eq!(trail.behind(at(0), 0), None, "nothing is known of the primary");
        // The primary writes something in the first second, and then nothing for a long time.
        trail.note(at(0), 100);
        trail.note(at(1), 200);
        for seconds in 2..60 {
            trail.note(at(seconds), 200);
        }
        assert_eq!(trail.behind(at(60), 200), None);
        assert_eq!(trail.behind(at(60), 150), Some(Duration::from_secs(59)));
        assert_eq!(trail.behind(at(11), 150), Some(Duration::from_secs(10)));
        // The primary writes all the time, and old positions are dropped.
        for seconds in 60..600 {
            trail.note(at(seconds), seconds * 100);
        }
        assert!(trail.steps.len() < 20, "{}", trail.steps.len());
        assert_eq!(trail.behind(at(599), 595 * 100), Some(Duration::from_secs(3)));
        for position in [580 * 100, 0] {
            assert!(trail.behind(at(599), position).is_some_and(|behind| behind > Duration::from_secs(10)));
        }
    }
}
