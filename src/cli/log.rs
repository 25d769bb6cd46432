//! Where log records go: standard error, as text or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// What is not logged unless it is asked for by name: statements, which come with their parameters, and what the Redis client says
/// of each attempt to connect, for that Redis is away is said once by ourselves.
const WITHHELD: &str = "sql=off,redis=error";

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
    // An error means that a logger is there already, as in a process that runs two commands.
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        // One level of names, and the request's span as one object, which is what log stores search by.
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
    };
}
