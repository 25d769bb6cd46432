//! What is printed: medians as two Markdown tables.

use std::time::Duration;

use crate::load::Figures;
use crate::processor::Usage;

/// The runs of one operation at one number of connections: each of Glowplug follows one of the floor.
pub(crate) struct Comparison {
    pub(crate) operation: &'static str,
    pub(crate) connections: u32,
    pub(crate) floor: Vec<Figures>,
    pub(crate) glowplug: Vec<Figures>,
}

/// Prints everything.
pub(crate) fn print(comparisons: &[Comparison]) {
    println!(
        "\n| operation | connections | floor: requests/s | p50 | p99 | Glowplug: requests/s | p50 | p99 | ratio |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for comparison in comparisons {
        let Comparison { operation, connections, floor, glowplug } = comparison;
        let ratio = comparison.ratio();
        println!("| {operation} | {connections} | {} | {} | {ratio:.2} |", rate(floor), rate(glowplug));
    }
    println!("\nProcessor time for each request, in microseconds:\n");
    println!(
        "| operation | connections | floor: PostgreSQL | PgBouncer | pgbench | Glowplug: PostgreSQL | PgBouncer | wrk | Glowplug |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for Comparison { operation, connections, floor, glowplug } in comparisons {
        let of = |figures, part: fn(&Usage) -> Duration| {
            median(figures, |figures| part(&figures.usage).as_secs_f64() * 1e6)
        };
        println!(
            "| {operation} | {connections} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
            of(floor, |usage| usage.postgresql),
            of(floor, |usage| usage.pgbouncer),
            of(floor, |usage| usage.load),
            of(glowplug, |usage| usage.postgresql),
            of(glowplug, |usage| usage.pgbouncer),
            of(glowplug, |usage| usage.load),
            of(glowplug, |usage| usage.glowplug),
        );
    }
}

impl Comparison {
    /// Glowplug's rate by the floor's, from runs that followed each other, for the machine may be busier at times.
    pub(crate) fn ratio(&self) -> f64 {
        let pairs = self.floor.iter().zip(&self.glowplug);
        middle(pairs.map(|(floor, glowplug)| glowplug.per_second / floor.per_second).collect())
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
