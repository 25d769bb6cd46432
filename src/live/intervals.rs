//! The shortest interval of many subscribers. Never reads a clock.

use std::collections::BTreeMap;
use std::time::Duration;

/// The intervals of subscriptions, with the number of subscriptions for each.
#[derive(Debug, Default)]
pub(super) struct Intervals(BTreeMap<Duration, usize>);

impl Intervals {
    pub(super) fn add(&mut self, interval: Duration) {
        *self.0.entry(interval).or_default() += 1;
    }

    pub(super) fn remove(&mut self, interval: Duration) {
        self.remove_some(interval, 1);
    }

    pub(super) fn remove_all(&mut self, others: &Self) {
        for (interval, count) in &others.0 {
            self.remove_some(*interval, *count);
        }
    }

    /// The number of subscriptions.
    pub(super) fn count(&self) -> usize {
        self.0.values().sum()
    }

    /// The shortest; `None` if there are none.
    pub(super) fn shortest(&self) -> Option<Duration> {
        self.0.keys().next().copied()
    }

    fn remove_some(&mut self, interval: Duration, removed: usize) {
        let Some(count) = self.0.get_mut(&interval) else { return };
        *count = count.saturating_sub(removed);
        if *count == 0 {
            self.0.remove(&interval);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_is_that_of_those_who_are_still_there() {
        let [short, long] = [1, 2].map(Duration::from_secs);
        let mut all = Intervals::default();
        assert_eq!((all.count(), all.shortest()), (0, None));
        for interval in [long, short, long, short] {
            all.add(interval);
        }
        all.remove(short);
        assert_eq!((all.count(), all.shortest()), (3, Some(short)));
        all.remove(short);
        all.remove(short);
        assert_eq!((all.count(), all.shortest()), (2, Some(long)));
        let mut some = Intervals::default();
        some.add(long);
        all.remove_all(&some);
        assert_eq!((all.count(), all.shortest()), (1, Some(long)));
    }
}
