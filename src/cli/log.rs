//! The log's destination: standard error, as text or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Targets that are logged only if you name them: statements, which come with their parameters, and the Redis client's
/// report of each connection attempt, because Glowplug itself logs once that Redis cannot be reached; and the messages of
/// agents, with the arguments of their calls.
const WITHHELD: &str = "sql=off,redis=error,rmcp=error";

/// Starts logging; a second call changes nothing.
pub(super) fn start(log: &Log) {
    let filter = match log.filter.as_str() {
        "sql" => "info,sql=debug",
        "access" => "info,access=debug,operation=debug",
        filter => filter,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("{WITHHELD},{filter}")))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // An error means that there is a logger already, as in a process that runs two commands.
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        // One level of names, and the request's span as one object. Log stores search in this form.
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
    };
}
