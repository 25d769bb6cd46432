//! The commands: one file each. This file reads the command line, runs one of them, and turns errors into exit codes.
//!
//! Prints results on standard output, and everything else on standard error.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what commands do")]

mod config;
#[cfg(feature = "dev")]
mod dev;
#[cfg(not(feature = "dev"))]
#[path = "cli/without_dev.rs"]
mod dev;
mod diagram;
mod doctor;
mod failure;
mod kept;
mod log;
mod migrate;
mod queue;
mod schema;
mod serve;
mod server;
mod settings;
mod setup;
mod shell;
mod token;
#[cfg(all(test, feature = "dev"))]
#[allow(dead_code, reason = "the file of builds without the feature, whose text every build tests")]
mod without_dev;
mod worker;

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Profile, help, replaced_by};

use failure::Failure;

/// A GraphQL server for a PostgreSQL database behind a transaction-mode connection pooler.
#[derive(Debug, Parser)]
#[command(name = "glowplug", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a private PostgreSQL in this folder, apply `migrations/`, and serve it, for development.
    #[cfg_attr(not(feature = "dev"), command(hide = true))]
    Dev(dev::Options),
    /// Serve the API of an existing database.
    Serve(serve::Options),
    /// Run the operations of the queue, which `serve --queue mutations` fills.
    #[cfg_attr(not(feature = "queue"), command(hide = true))]
    Worker(worker::Options),
    /// List, retry or drop the queue's dead letters.
    #[cfg_attr(not(feature = "queue"), command(hide = true))]
    Queue(queue::Options),
    /// Create Glowplug's own objects in a database: the ledger of queued mutations, which workers need, or
    /// with `--stored-operations` the schema of stored operations.
    Setup(setup::Options),
    /// Print the API's SDL, for code generation, or what the API leaves out and why.
    Schema(schema::Options),
    /// Draw the tables and their keys, and say who may do what: roles by tables, with columns and policies.
    Diagram(diagram::Options),
    /// Apply the pending migrations to a database. A migration that uses session state needs a connection
    /// without a pooler.
    Migrate(migrate::Options),
    /// Sign a token, to try the API as a role; with the secret of `jwt-secret`, or of `dev` in this folder.
    Token(token::Options),
    /// Check what is between here and the database, and say what to do about problems.
    Doctor(doctor::Options),
    /// Print the settings in effect and the origin of each, as a `glowplug.toml`, without passwords.
    Config(config::Options),
    /// Print the completions of a shell: `glowplug completions bash > /etc/bash_completion.d/glowplug`.
    Completions(shell::Completions),
    /// Print the manual page, or write one for each command to a folder.
    Man(shell::Man),
}

/// Reads the command line, runs the command, and returns the process's exit code: 0 for success, 1 for a failure, 2 for an
/// invalid command line or invalid settings.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let result = match cli.command {
        Command::Dev(options) => dev::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Worker(options) => worker::run(&options),
        Command::Queue(options) => queue::run(&options),
        Command::Setup(options) => setup::run(&options),
        Command::Schema(options) => schema::run(&options),
        Command::Diagram(options) => diagram::run(&options),
        Command::Migrate(options) => migrate::run(&options),
        Command::Token(options) => token::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Config(options) => config::run(&options),
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The report has the reason.
        Err(Failure::Diagnosed) => ExitCode::from(Failure::Diagnosed.exit_code()),
        Err(failure) => {
            eprintln!("glowplug: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Parses the command line.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = documented(Cli::command())
        .try_get_matches_from(&arguments)
        .map_err(|error| explained(error, &arguments))?;
    Cli::from_arg_matches(&matches)
}

/// Adds the defaults and variables of the settings to the help texts.
fn documented(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|command| {
        let profile = match command.get_name() {
            "dev" => Profile::Dev,
            "schema" | "diagram" | "migrate" | "setup" | "token" | "doctor" => Profile::OneShot,
            "completions" | "man" => return command,
            _ => Profile::Serve,
        };
        help(command, profile)
    })
}

/// If an unknown flag is a setting of an earlier version: its replacement.
fn explained(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = flag.trim_start_matches("--").split('=').next().unwrap_or_default();
    match replaced_by(name, value_of(name, arguments)) {
        Some(reason) if error.kind() == clap::error::ErrorKind::UnknownArgument => {
            clap::Error::raw(error.kind(), format!("--{name} {reason}\n"))
        }
        _ => error,
    }
}

/// The value of a flag that the command does not know: behind `=`, or the next argument.
fn value_of<'a>(name: &str, arguments: &'a [OsString]) -> Option<&'a str> {
    let mut texts = arguments.iter().filter_map(|argument| argument.to_str());
    let behind = texts.by_ref().find_map(|text| text.strip_prefix("--")?.strip_prefix(name))?;
    match behind.strip_prefix('=') {
        Some(value) => Some(value),
        None => texts.next().filter(|next| !next.starts_with('-')),
    }
}

/// Prints a command's result. A reader that stops early, such as `head`, is not a failure.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Runs a command's asynchronous part to its end.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(async {
        let result = work.await;
        crate::db::cancelled().await;
        result
    })
}
