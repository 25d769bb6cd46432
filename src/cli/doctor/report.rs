//! What `doctor` has found out, as data, as text for people, and as JSON for machines.
//!
//! Never asks anything. No password gets here.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::db::{Findings, PoolerFacts};

/// How a line of the report is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// Glowplug works, and something could be better.
    Note,
    /// Glowplug does not work so.
    Trouble,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What was looked at, in a word or two.
    pub(super) subject: &'static str,
    /// How it is to be taken.
    pub(super) state: State,
    /// What it is called for machines; stays the same between versions.
    pub(super) code: &'static str,
    /// What was found.
    pub(super) found: String,
    /// What to do, one thing each.
    pub(super) advice: Vec<String>,
}

impl Check {
    pub(super) fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self { subject, state: State::Ok, code: "ok", found: found.into(), advice: Vec::new() }
    }

    pub(super) fn note(subject: &'static str, code: &'static str, found: impl Into<String>) -> Self {
        Self { subject, state: State::Note, code, found: found.into(), advice: Vec::new() }
    }

    pub(super) fn trouble(subject: &'static str, code: &'static str, found: impl Into<String>) -> Self {
        Self { subject, state: State::Trouble, code, found: found.into(), advice: Vec::new() }
    }

    /// The same with one more thing to do.
    #[must_use]
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }
}

/// Everything that was found out.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    /// The connection string, without its password.
    pub(super) database: String,
    /// Line by line, in the order in which it was found out.
    pub(super) checks: Vec<Check>,
    /// What the probe has seen, if it could look.
    pub(super) probe: Option<Findings>,
    /// How typed queries travel in pool mode `auto`.
    pub(super) protocol: Option<&'static str>,
    /// What the pooler says of itself, if it does.
    pub(super) pooler: Option<PoolerFacts>,
}

impl Report {
    pub(super) fn troubles(&self) -> usize {
        self.count(State::Trouble)
    }

    fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    /// The report for people, with colours if asked for.
    pub(super) fn text(&self, style: Style) -> String {
        let mut text = format!("{}\n\n", self.database);
        for check in &self.checks {
            check.append(&mut text, style);
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{}", self.conclusion());
        text
    }

    fn conclusion(&self) -> String {
        match (self.troubles(), self.count(State::Note)) {
            (0, 0) => "Glowplug works here as it is.".to_owned(),
            (0, notes) => format!("Glowplug works here. {} to look at.", counted(notes, "note")),
            (troubles, _) => format!("Glowplug does not work here yet: {}.", counted(troubles, "trouble")),
        }
    }
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Coloured,
}

/// Columns of a line; what is longer goes on in the next one, below its own beginning.
const WIDTH: usize = 100;
const INDENT: usize = 22;

impl Check {
    fn append(&self, text: &mut String, style: Style) {
        let mark = Mark(self.state, style);
        let first = format!("  {mark} {:<11} ", self.subject);
        let lines = wrapped(&self.found, WIDTH - INDENT);
        for (index, line) in lines.iter().enumerate() {
            let before = if index == 0 { first.clone() } else { " ".repeat(INDENT) };
            let _ = writeln!(text, "{before}{line}");
        }
        for advice in &self.advice {
            for (index, line) in wrapped(advice, WIDTH - INDENT - 2).iter().enumerate() {
                let arrow = if index == 0 { "→ " } else { "  " };
                let _ = writeln!(text, "{}{arrow}{line}", " ".repeat(INDENT));
            }
        }
    }
}

struct Mark(State, Style);

impl fmt::Display for Mark {
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
        let check = Check::trouble("Tables", "x", "word ".repeat(30)).advise("do it");
        let mut text = String::new();
        check.append(&mut text, Style::Plain);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("  trouble Tables      word") && lines[0].len() <= WIDTH);
        assert!(lines[1].starts_with(&format!("{}word", " ".repeat(INDENT))));
        assert_eq!(lines[2].trim(), "→ do it");
    }
}
