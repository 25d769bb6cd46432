//! What is printed: medians as Markdown tables.

use std::time::Duration;

use crate::clients::Run;

/// The runs of both ways with so many clients.
pub(crate) struct Comparison {
    pub(crate) clients: usize,
    pub(crate) direct: Vec<Run>,
    pub(crate) queued: Vec<Run>,
}

/// What became of many clients, one way.
pub(crate) struct Crowd {
    pub(crate) way: &'static str,
    /// How many mutations took effect.
    pub(crate) rows: u64,
    pub(crate) run: Run,
}

/// Both ways beside each other.
pub(crate) fn compared(comparisons: &[Comparison]) {
    println!("\n| clients | direct: mutations/s | p50 | p99 | queued: mutations/s | p50 | p99 |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for Comparison { clients, direct, queued } in comparisons {
        println!("| {clients} | {} | {} |", figures(direct), figures(queued));
    }
}

/// Many clients and few connections.
pub(crate) fn crowded(crowds: &[Crowd]) {
    println!("\n| route | acknowledged | rows | mutations/s | p50 | p99 | longest | 503 | 504 | other |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for Crowd { way, rows, run } in crowds {
        let longest = run.latencies.last().copied().unwrap_or_default();
        println!(
            "| {way} | {} | {rows} | {:.0} | {} | {} | {} | {} | {} | {} |",
            run.latencies.len(),
            run.per_second(),
            milliseconds(run.percentile(50).as_secs_f64()),
            milliseconds(run.percentile(99).as_secs_f64()),
            milliseconds(longest.as_secs_f64()),
            run.refused,
            run.overdue,
            run.failed
        );
    }
}

fn figures(runs: &[Run]) -> String {
    let of = |part: fn(&Run) -> f64| middle(runs.iter().map(part).collect());
    let half = milliseconds(of(|run| run.percentile(50).as_secs_f64()));
    let most = milliseconds(of(|run| run.percentile(99).as_secs_f64()));
    format!("{:.0} | {half} | {most}", of(Run::per_second))
}

fn milliseconds(seconds: f64) -> String {
    let value = Duration::from_secs_f64(seconds).as_secs_f64() * 1e3;
    if value < 10.0 { format!("{value:.2} ms") } else { format!("{value:.0} ms") }
}

/// The middle one of an odd number of values.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
