//! Where log records go: standard error, as text or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging; a second call changes nothing.
pub(super) fn start(log: &Log) {
    let filter = match log.filter.as_str() {
        "sql" => EnvFilter::new("info,sql=debug"),
        "access" => EnvFilter::new("info,access=debug,operation=debug"),
        // Statements come with their parameters: whoever wants them has to say so, as by `info,sql=debug`.
        filter => EnvFilter::new(format!("sql=off,{filter}")),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
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
