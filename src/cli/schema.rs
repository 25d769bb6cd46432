//! `glowplug schema`: prints the API's SDL, for code generation, or what the API leaves out and why.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::catalog::Problem;
use crate::config::Profile;
use crate::dispatch::Backend;
use crate::engine::{Described, Extension};

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
    /// Print that list as JSON, for programs.
    #[arg(long, requires = "explain")]
    json: bool,
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
    let text = match (options.explain, options.json) {
        (false, _) => described.sdl.to_string(),
        (true, false) => {
            eprintln!("{}", summary(&config.api.schemas, options.role.as_deref(), &described));
            explain(&described)
        }
        (true, true) => json(&config.api.schemas, options.role.as_deref(), &described),
    };
    match &options.output {
        Some(path) => std::fs::write(path, text).map_err(Failure::file("write", path)),
        None => super::print(&text),
    }
}

/// One line for each thing that the API leaves out.
fn explain(described: &Described) -> String {
    let mut text = String::new();
    for Problem { object, reason } in &described.problems {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{object}: {reason}");
    }
    text
}

/// What was looked at, so that an empty list says something.
fn summary(schemas: &[String], role: Option<&str>, described: &Described) -> String {
    let role = role.map_or_else(|| "the connection's own user".to_owned(), |role| format!("role {role}"));
    let left_out = match described.problems.len() {
        0 => "nothing is left out".to_owned(),
        count => format!("{count} left out or renamed"),
    };
    format!(
        "schema {} as {role}: {} tables and views in the API, {left_out}",
        schemas.join(", "),
        described.tables
    )
}

/// The same for programs.
fn json(schemas: &[String], role: Option<&str>, described: &Described) -> String {
    let problems = described.problems.iter();
    let problems = problems.map(|problem| json!({ "object": problem.object, "reason": problem.reason }));
    let problems: Vec<Value> = problems.collect();
    let all = json!({ "schemas": schemas, "role": role, "tables": described.tables, "problems": problems });
    format!("{all:#}\n")
}
