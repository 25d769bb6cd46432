//! Registers metrics of each kind under a name and with a help text.

use std::borrow::Cow;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry, Unit};

use super::histogram::Histogram;

/// Labels with their values.
pub(super) type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
pub(super) type Counters<const N: usize> = Family<Labels<N>, Counter>;
pub(super) type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// Seconds, from the time of a small plan to the default time limits.
static SECONDS: [f64; 16] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub(super) fn seconds() -> Histogram {
    Histogram::new(&SECONDS)
}

/// Registers metrics under their names.
pub(super) struct List(pub(super) Registry);

impl List {
    pub(super) fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    pub(super) fn counter(&mut self, name: &str, help: &str) -> Counter {
        self.add(name, help, Counter::default())
    }

    pub(super) fn counters<const N: usize>(&mut self, name: &str, help: &str) -> Counters<N> {
        self.add(name, help, Counters::default())
    }

    /// Counters that exist from the start, so that their first increment is visible.
    pub(super) fn initial(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[&'static str],
    ) -> Counters<1> {
        let counters = self.counters(name, help);
        for value in values {
            counters.get_or_create(&[(label, Cow::Borrowed(*value))]).inc_by(0);
        }
        counters
    }

    pub(super) fn bytes(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register_with_unit(name, help, Unit::Bytes, counter.clone());
        counter
    }

    pub(super) fn time(&mut self, name: &str, help: &str, histogram: Histogram) -> Histogram {
        self.0.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        histogram
    }

    pub(super) fn histograms(&mut self, name: &str, help: &str, make: fn() -> Histogram) -> Histograms {
        let histograms = Histograms::new_with_constructor(make);
        self.0.register_with_unit(name, help, Unit::Seconds, histograms.clone());
        histograms
    }

    /// The version, as a label of a gauge that is always 1.
    pub(super) fn build_info(&mut self) {
        let version = Family::<Labels<1>, Gauge>::default();
        version.get_or_create(&[("version", env!("CARGO_PKG_VERSION").into())]).set(1);
        self.0.register("build_info", "The running version", version);
    }
}
