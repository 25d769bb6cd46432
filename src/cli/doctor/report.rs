//! The findings of `doctor`: as data, as text for people, and as JSON for machines.
//!
//! Never makes a check. Never contains a password.

use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

use serde::Serialize;

use crate::db::{PoolerFacts, ProbeReport, Sessions};

use super::code::{Code, State};

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What was checked, in a word or two.
    pub(super) subject: &'static str,
    /// How severe it is.
    pub(super) state: State,
    /// Its name for machines.
    pub(super) code: Code,
    /// The finding.
    pub(super) found: String,
    /// What to do, one step each.
    pub(super) advice: Vec<String>,
}

impl Check {
    /// A finding, with the advice for all its cases.
    pub(super) fn new(subject: &'static str, code: Code, found: impl Into<String>) -> Self {
        let advice = code.about().advice.iter().map(|advice| (*advice).to_owned()).collect();
        Self { subject, state: code.state(), code, found: found.into(), advice }
    }

    pub(super) fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self::new(subject, Code::Fine, found)
    }

    /// The same with one more step, which comes before the general ones: it is about this case.
    #[must_use]
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        let general = self.code.about().advice.len();
        self.advice.insert(self.advice.len() - general, advice.into());
        self
    }

    /// The same, found during another check.
    #[must_use]
    pub(super) fn about(self, subject: &'static str) -> Self {
        Self { subject, ..self }
    }
}

/// The findings about one of the other connection strings.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Other {
    /// Its setting.
    pub(super) setting: &'static str,
    /// The connection string, without its password.
    pub(super) database: String,
    /// Line by line.
    pub(super) checks: Vec<Check>,
}

/// All findings.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    /// The connection string, without its password.
    pub(super) database: String,
    /// Line by line, in the order of the checks.
    pub(super) checks: Vec<Check>,
    /// The results of the probe, if there was one.
    pub(super) probe: Option<ProbeReport>,
    /// The protocol of typed queries in pool mode `auto`.
    pub(super) protocol: Option<&'static str>,
    /// How the pooler treats the settings of a session, if that was checked.
    pub(super) sessions: Option<Sessions>,
    /// The pooler's report, if there is one.
    pub(super) pooler: Option<PoolerFacts>,
    /// The connection strings of `direct-url` and `replica-url`.
    pub(super) others: Vec<Other>,
}

impl Report {
    /// The number of all troubles.
    pub(super) fn troubles(&self) -> usize {
        let others = self.others.iter().flat_map(|other| &other.checks);
        count(self.checks.iter().chain(others), State::Trouble)
    }

    /// The number of troubles of the database itself.
    pub(super) fn own_troubles(&self) -> usize {
        count(self.checks.iter(), State::Trouble)
    }

    /// The report for people.
    pub(super) fn text(&self, layout: Layout) -> String {
        let mut text = format!("{}\n\n", self.database);
        for check in &self.checks {
            check.append(&mut text, layout);
        }
        for Other { setting, database, checks } in &self.others {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\n{setting} {database}\n");
            for check in checks {
                check.append(&mut text, layout);
            }
        }
        let _ = writeln!(text, "\n{}", self.conclusion());
        text
    }

    fn conclusion(&self) -> String {
        let others = self.others.iter().flat_map(|other| &other.checks);
        let notes = count(self.checks.iter().chain(others), State::Note);
        match (self.own_troubles(), self.troubles(), notes) {
            (0, 0, 0) => "Glowplug works here as it is.".to_owned(),
            (0, 0, notes) => format!("Glowplug works here. {} to look at.", counted(notes, "note")),
            (0, troubles, _) => {
                format!(
                    "Glowplug works here, but not with all that is set: {}.",
                    counted(troubles, "trouble")
                )
            }
            (_, troubles, _) => format!("Glowplug does not work here yet: {}.", counted(troubles, "trouble")),
        }
    }
}

fn count<'a>(checks: impl Iterator<Item = &'a Check>, state: State) -> usize {
    checks.filter(|check| check.state == state).count()
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Coloured,
}

/// The columns of a line where there is no terminal that says. A longer line continues below its own beginning.
const WIDTH: usize = 100;
const INDENT: usize = 22;

/// Narrower lines would have a word or two, and wider ones are hard to read.
const WIDTHS: RangeInclusive<usize> = 60..=120;

/// How the report is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    style: Style,
    width: usize,
}

impl Layout {
    /// For a terminal with so many columns, if there is one.
    pub(super) fn new(style: Style, columns: Option<usize>) -> Self {
        let width = columns.map_or(WIDTH, |columns| columns.clamp(*WIDTHS.start(), *WIDTHS.end()));
        Self { style, width }
    }
}

impl Check {
    fn append(&self, text: &mut String, Layout { style, width }: Layout) {
        let mark = StateLabel(self.state, style);
        let first = format!("  {mark} {:<11} ", self.subject);
        let lines = wrapped(&self.found, width - INDENT);
        for (index, line) in lines.iter().enumerate() {
            let before = if index == 0 { first.clone() } else { " ".repeat(INDENT) };
            let _ = writeln!(text, "{before}{line}");
        }
        for advice in &self.advice {
            for (index, line) in wrapped(advice, width - INDENT - 2).iter().enumerate() {
                let arrow = if index == 0 { "→ " } else { "  " };
                let _ = writeln!(text, "{}{arrow}{line}", " ".repeat(INDENT));
            }
        }
    }
}

struct StateLabel(State, Style);

impl fmt::Display for StateLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, colour) = match self.0 {
            State::Ok => ("ok     ", 32),
            State::Note => ("note   ", 33),
            State::Trouble => ("trouble", 31),
        };
        match self.1 {
            Style::Plain => formatter.write_str(word),
            Style::Coloured => write!(formatter, "\u{1b}[{colour}m{word}\u{1b}[0m"),
        }
    }
}

/// Lines of words, none longer than `width` unless a word is.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines
            .last_mut()
            .filter(|line| line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below() {
        let check = Check::new("Tables", Code::SchemaEmpty, "word ".repeat(30)).advise("do it");
        for (columns, width) in [(None, 100), (Some(80), 80), (Some(20), 60), (Some(300), 120)] {
            let mut text = String::new();
            check.append(&mut text, Layout::new(Style::Plain, columns));
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0].starts_with("  trouble Tables      word"), "{text}");
            assert!(lines[1].starts_with(&format!("{}word", " ".repeat(INDENT))), "{text}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{text}");
            assert!(lines[0].len() + " word".len() > width, "{text}");
            assert_eq!(lines[lines.len() - 1].trim(), "→ do it");
        }
    }
}
