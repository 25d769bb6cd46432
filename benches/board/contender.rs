//! Who answers an operation.

use std::path::PathBuf;

/// Who answers an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// pgbench with the very message that Glowplug sends, context included.
    Message,
    /// pgbench with SQL that was written by hand for the same answer, without any context.
    ByHand,
    /// An endpoint that was written by hand, with that SQL in it.
    Endpoint,
    /// This build of Glowplug, with every statement as text; directly, it prepares them.
    Glowplug,
    /// The same with stored operations: functions in place of the texts.
    Stored,
    /// Another build of it: the option `--against`.
    OtherBuild,
}

impl Contender {
    /// Whether it is what others are the measure of.
    pub(crate) fn is_measured(self) -> bool {
        matches!(self, Self::Glowplug | Self::Stored)
    }

    /// What the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Message => "its message, by pgbench",
            Self::ByHand => "SQL by hand, by pgbench",
            Self::Endpoint => "SQL by hand, by an endpoint in Rust",
            Self::Glowplug => "Glowplug",
            Self::Stored => "Glowplug, stored operations",
            Self::OtherBuild => "the other build",
        }
    }
}

/// The program of the other build, if the command line names one: `--against FILE`.
pub(crate) fn other_build() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip_while(|argument| argument != "--against");
    arguments.next()?;
    Some(arguments.next().expect("--against names the program of another build of glowplug").into())
}
