//! `glowplug schema`: prints the API's SDL, for code generation, or what the API leaves out and why.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use crate::catalog::Problem;
use crate::config::Profile;
use crate::dispatch::Backend;
use crate::engine::Extension;

use super::failure::Failure;
use super::settings::Flags;

/// The flags of `glowplug schema`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Role whose API to print; it contains only what the role may read. The default is the connection's own
    /// user.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// List what the API leaves out, each with its reason, instead.
    #[arg(long)]
    explain: bool,
    /// File to write to, instead of standard output. It is written only if the database could be read.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Reads the database once, and prints.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::OneShot)?.check()?;
    super::log::start(&config.log);
    let described = super::block_on(async {
        let backend = Backend::new(&config, Extension::default())?;
        let described = backend.describe(options.role.as_deref()).await;
        described.map_err(|error| Failure::Database(error.to_string()))
    })?;
    let text = if options.explain { explain(&described.problems) } else { described.sdl.to_string() };
    match &options.output {
        Some(path) => std::fs::write(path, text).map_err(Failure::file("write", path)),
        None => super::print(&text),
    }
}

/// One line for each thing that the API leaves out.
fn explain(problems: &[Problem]) -> String {
    let mut text = String::new();
    for Problem { object, reason } in problems {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{object}: {reason}");
    }
    text
}
