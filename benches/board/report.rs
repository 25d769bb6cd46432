//! What is printed: medians as two Markdown tables.

use std::time::Duration;

use crate::contender::Contender;
use crate::load::Figures;
use crate::processor::Usage;

/// The runs of one operation at one number of connections. In each round every contender ran once, one after the other.
pub(crate) struct Comparison {
    pub(crate) operation: &'static str,
    pub(crate) connections: u32,
    /// What each contender's runs measured, in the order of the rounds.
    pub(crate) runs: Vec<(Contender, Vec<Figures>)>,
}

/// Prints everything.
pub(crate) fn print(comparisons: &[Comparison]) {
    println!(
        "\n| operation | connections | what | requests/s | p50 | p99 | Glowplug's ratio to it | with stored operations |"
    );
    println!("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
    for (comparison, contender, figures) in rows(comparisons) {
        let Comparison { operation, connections, .. } = comparison;
        let ratio =
            if contender.is_measured() { " |".to_owned() } else { comparison.ratios(contender).join(" | ") };
        println!("| {operation} | {connections} | {} | {} | {ratio} |", contender.name(), rate(figures));
    }
    println!("\nProcessor time for each request, in microseconds:\n");
    println!("| operation | connections | what | PostgreSQL | PgBouncer | Glowplug | load generator |");
    println!("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
    for (Comparison { operation, connections, .. }, contender, figures) in rows(comparisons) {
        let of = |part: fn(&Usage) -> Duration| {
            median(figures, |figures| part(&figures.usage).as_secs_f64() * 1e6)
        };
        println!(
            "| {operation} | {connections} | {} | {:.0} | {:.0} | {:.0} | {:.0} |",
            contender.name(),
            of(|usage| usage.postgresql),
            of(|usage| usage.pgbouncer),
            of(|usage| usage.glowplug),
            of(|usage| usage.load),
        );
    }
}

/// A row for each contender of each comparison.
fn rows(comparisons: &[Comparison]) -> impl Iterator<Item = (&Comparison, Contender, &[Figures])> {
    comparisons.iter().flat_map(|comparison| {
        comparison.runs.iter().map(move |(contender, figures)| (comparison, *contender, figures.as_slice()))
    })
}

impl Comparison {
    /// Glowplug's rate by another's, and that with stored operations, `-` if those did not run.
    pub(crate) fn ratios(&self, other: Contender) -> [String; 2] {
        [Contender::Glowplug, Contender::Stored].map(|one| match self.ratio(one, other) {
            ratio if ratio.is_nan() => "-".to_owned(),
            ratio => format!("{ratio:.2}"),
        })
    }

    /// One's rate by another's, from runs of the same round, for the machine may be busier at times. Not a number if one of them
    /// did not run.
    fn ratio(&self, one: Contender, other: Contender) -> f64 {
        let pairs = self.of(one).iter().zip(self.of(other));
        middle(pairs.map(|(one, other)| one.per_second / other.per_second).collect())
    }

    fn of(&self, contender: Contender) -> &[Figures] {
        self.runs.iter().find(|(found, _)| *found == contender).map_or(&[], |(_, figures)| figures)
    }
}

fn rate(figures: &[Figures]) -> String {
    let milliseconds = |part: fn(&Figures) -> Duration| {
        let value = median(figures, |figures| part(figures).as_secs_f64() * 1e3);
        if value < 10.0 { format!("{value:.2} ms") } else { format!("{value:.0} ms") }
    };
    let per_second = median(figures, |figures| figures.per_second);
    let per_second = if per_second < 100.0 { format!("{per_second:.1}") } else { format!("{per_second:.0}") };
    format!(
        "{per_second} | {} | {}",
        milliseconds(|figures| figures.median),
        milliseconds(|figures| figures.slowest)
    )
}

fn median(figures: &[Figures], part: impl Fn(&Figures) -> f64) -> f64 {
    middle(figures.iter().map(part).collect())
}

/// The middle one of an odd number of values.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
