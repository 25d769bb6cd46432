//! The events of tools for agents.

use super::Event;

/// Something that happened to the tools for agents.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum ToolEvent<'a> {
    /// A described persisted operation cannot be a tool.
    LeftOut { id: &'a str, reason: &'a str },
    /// No persisted operation is a tool.
    Missing,
    /// An agent has called a tool. The name is one of a tool that there is.
    Called { name: &'a str, outcome: ToolOutcome },
}

/// How the call of a tool ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolOutcome {
    /// With data.
    Answered,
    /// With an error, which the agent can read.
    Failed,
}

impl ToolOutcome {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Answered, Self::Failed];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::Failed => "error",
        }
    }
}

impl ToolEvent<'_> {
    /// As [`Event::emit`].
    pub fn emit(self) {
        Event::Tool(self).emit();
    }

    /// Writes the event to the log.
    pub(super) fn write(&self) {
        match self {
            Self::LeftOut { id, reason } => {
                tracing::warn!(id, reason, "a described operation is no tool for agents");
            }
            Self::Missing => tracing::warn!(
                "no persisted operation is a tool for agents (setting mcp): in the list persisted-operations, write a description \
                 above those that may be, as in \"\"\"Open tasks\"\"\" query OpenTasks {{ … }}"
            ),
            Self::Called { name, outcome } => {
                tracing::debug!(target: "access", tool = name, outcome = outcome.name(), "tool called");
            }
        }
    }
}
