//! The text of `/metrics`, parsed like Prometheus does.

use std::collections::{BTreeMap, BTreeSet};

/// The result of one scrape.
pub(super) struct Scrape {
    pub(super) text: String,
    /// By name and labels, as in the text.
    samples: BTreeMap<String, f64>,
}

/// The description of a metric.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) kind: String,
    pub(super) labels: BTreeSet<String>,
    pub(super) help: String,
}

impl Scrape {
    pub(super) fn of(text: String) -> Self {
        assert!(text.ends_with("# EOF\n"), "the text is whole:\n{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        Self { samples: samples.collect(), text }
    }

    /// The value of a sample; zero if it is missing, as in Prometheus' `increase`.
    pub(super) fn value(&self, sample: &str) -> f64 {
        self.samples.get(sample).copied().unwrap_or_default()
    }

    /// The value of a sample that is a count.
    pub(super) fn count(&self, sample: &str) -> u64 {
        let value = self.value(sample);
        assert!(value >= 0.0 && value.fract() == 0.0, "{sample} is a count: {value}");
        format!("{value}").parse().unwrap()
    }

    /// The names of the metrics for queries, with their descriptions.
    pub(super) fn described(&self) -> BTreeMap<String, Described> {
        let mut described: BTreeMap<String, Described> = BTreeMap::new();
        for line in self.text.lines() {
            if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
                described.entry(name.to_owned()).or_default().help = String::from(help.trim_end_matches('.'));
            } else if let Some((name, kind)) =
                line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
            {
                described.entry(name.to_owned()).or_default().kind = String::from(kind);
            }
        }
        for sample in self.samples.keys() {
            let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
            let family = described.keys().filter(|family| name.starts_with(family.as_str()));
            let family = family.max_by_key(|family| family.len()).unwrap().clone();
            let labels = labels.split('"').step_by(2).filter_map(|part| part.split(['{', ',']).next_back());
            let labels = labels.filter_map(|label| label.strip_suffix('=')).filter(|label| *label != "le");
            described.get_mut(&family).unwrap().labels.extend(labels.map(str::to_owned));
        }
        // Queries for counters use the suffix of their samples.
        let asked = |(name, told): (String, Described)| match told.kind.as_str() {
            "counter" => (format!("{name}_total"), told),
            _ => (name, told),
        };
        described.into_iter().map(asked).collect()
    }
}
