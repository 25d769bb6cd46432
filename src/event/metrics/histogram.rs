//! A histogram of atomics. The one of `prometheus-client` locks all buckets for each observation, and a request has eight of
//! them. That crate's encoder writes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// The number of values within each bound. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub(super) struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [f64],
    /// The number of values above the previous bound and up to the bound of the same index. The last one has no bound.
    counts: Box<[AtomicU64]>,
    /// The sum of all values, as the bits of an `f64`.
    sum: AtomicU64,
}

impl Histogram {
    /// The bounds must increase.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { bounds, counts, sum: AtomicU64::new(0) }))
    }

    /// Counts a value.
    pub(super) fn observe(&self, value: f64) {
        let Inner { bounds, counts, sum } = &*self.0;
        let place = bounds.partition_point(|bound| *bound < value);
        counts[place].fetch_add(1, Ordering::Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // The closure always returns a value, so that this does not fail.
        let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    /// A value that is counted at the same time may be in the buckets and not in the sum yet.
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Inner { bounds, counts, sum } = &*self.0;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = f64::from_bits(sum.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::metrics::histogram;
    use prometheus_client::registry::Registry;

    use super::*;

    const BOUNDS: [f64; 3] = [0.5, 1.0, 10.0];

    #[test]
    fn it_reads_as_the_one_with_a_lock_does() {
        let (ours, locked) = (Histogram::new(&BOUNDS), histogram::Histogram::new(BOUNDS));
        // Powers of two, so that the sum does not depend on the order.
        for value in [0.0, 0.25, 0.5, 0.75, 1.0, 8.0, 10.0, 16.0, 1024.0] {
            ours.observe(value);
            locked.observe(value);
        }
        let text = |register: &dyn Fn(&mut Registry)| {
            let (mut registry, mut text) = (Registry::default(), String::new());
            register(&mut registry);
            encode(&mut text, &registry).unwrap();
            text
        };
        assert_eq!(
            text(&|registry| registry.register("times", "help", ours.clone())),
            text(&|registry| registry.register("times", "help", locked.clone()))
        );
    }

    #[test]
    fn no_value_of_several_threads_is_lost() {
        let histogram = Histogram::new(&BOUNDS);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.observe(1.0)));
            }
        });
        assert_eq!(histogram.0.counts[1].load(Ordering::Relaxed), 40_000);
        assert_eq!(f64::from_bits(histogram.0.sum.load(Ordering::Relaxed)).to_bits(), 40_000_f64.to_bits());
    }
}
