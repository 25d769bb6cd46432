//! What is printed: medians as one Markdown table.

use std::fmt;
use std::time::Duration;

use crate::stand::Way;

/// What one turn measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    /// 99 of 100 operations took no longer.
    pub(crate) slowest: Duration,
}

/// A row of the table: the turns of one way.
pub(crate) struct Line {
    pub(crate) stand: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) way: Way,
    pub(crate) turns: Vec<Turn>,
    /// The turns of `Simple` in the same rounds.
    pub(crate) simple: Vec<Turn>,
}

/// Prints the table.
pub(crate) fn print(lines: &[Line]) {
    println!("\n| through | operation | protocol | operations/s | p50 | p99 | ratio to `simple` |");
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: |");
    for line in lines {
        println!("{line}");
    }
}

impl Line {
    /// Its rate by that of `Simple`, from turns of the same round, for the machine may be busier at times.
    fn ratio(&self) -> f64 {
        let pairs = self.turns.iter().zip(&self.simple);
        middle(pairs.map(|(turn, simple)| turn.per_second / simple.per_second).collect())
    }

    fn median(&self, part: fn(&Turn) -> f64) -> f64 {
        middle(self.turns.iter().map(part).collect())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stand, operation, way, .. } = self;
        let rate = self.median(|turn| turn.per_second);
        let digits = usize::from(rate < 100.0);
        let p50 = Milliseconds(self.median(|turn| turn.median.as_secs_f64() * 1e3));
        let p99 = Milliseconds(self.median(|turn| turn.slowest.as_secs_f64() * 1e3));
        let (way, ratio) = (way.name(), self.ratio());
        write!(
            formatter,
            "| {stand} | {operation} | `{way}` | {rate:.digits$} | {p50} | {p99} | {ratio:.2} |"
        )
    }
}

struct Milliseconds(f64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 < 10.0 { 2 } else { 0 };
        write!(formatter, "{:.digits$} ms", self.0)
    }
}

/// The median.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
