//! The problems of the configuration, setting by setting.

use std::fmt;

/// The usual name of the file with the settings.
const FILE: &str = "glowplug.toml";

/// A problem of one setting. The message says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting's name at the origin of its value.
    pub setting: String,
    /// The problem.
    pub message: String,
}

impl Problem {
    pub(super) fn new(setting: &str, message: String) -> Self {
        Self { setting: setting.to_owned(), message }
    }
}

/// All problems of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The same of a file with another name than `glowplug.toml`.
    #[must_use]
    pub fn of_file(self, name: &str) -> Self {
        let renamed = |problem: Problem| match problem.setting.strip_suffix(FILE) {
            Some(before) => Problem { setting: format!("{before}{name}"), ..problem },
            None => problem,
        };
        Self(self.0.into_iter().map(renamed).collect())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { setting, message }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{setting}: {message}")?;
        }
        Ok(())
    }
}
