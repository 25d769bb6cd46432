//! `glowplug diagram`: the tables as a picture, and who may do what with them.
//!
//! Reads the database's own catalog, not the API: what a role may not see is in the picture as well.

mod layout;
mod markdown;
mod model;
mod page;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::{self, Config, Profile};
use crate::db::{Database, Scope};
use crate::sql::{Statement, array_literal};

use super::failure::Failure;
use super::settings::Flags;
use model::Diagram;

/// `$1`: the exposed schemas; `$2`: the roles.
const QUERY: &str = include_str!("diagram/diagram.sql");

/// The flags of `glowplug diagram`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Form of the diagram.
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
    /// Role to show; may be given more than once. The default is all roles that have been granted something there.
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,
    /// File to write to, instead of standard output. It is written only if the database could be read.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Markdown with a Mermaid diagram, which GitHub, GitLab and many editors draw.
    Markdown,
    /// One page with everything in it, for a browser.
    Html,
}

/// Reads the database once, and prints.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::OneShot)?.check()?;
    super::log::start(&config.log);
    let diagram = super::block_on(read(&config, &options.roles))?;
    let is_shown = |name: &&String| diagram.roles.iter().any(|role| role.name == **name);
    if let Some(missing) = options.roles.iter().find(|name| !is_shown(name)) {
        return Err(Failure::Usage(format!("there is no role {missing:?} in the database (--role)")));
    }
    let text = match options.format {
        Format::Markdown => markdown::print(&diagram),
        Format::Html => page::print(&diagram),
    };
    match &options.output {
        Some(path) => std::fs::write(path, text).map_err(Failure::file("write", path)),
        None => super::print(&text),
    }
}

async fn read(config: &Config, roles: &[String]) -> Result<Diagram, Failure> {
    let failed = |error: String| Failure::Database(error);
    let settings = config::Database { pool_size: 1, stored_operations: None, ..config.database.clone() };
    let database = Database::new(&settings).map_err(|error| failed(error.to_string()))?;
    let list = |names: &[String]| Some(array_literal(names.iter().map(|name| Some(name.as_str()))));
    let statement = Statement::new(QUERY, vec![list(&config.api.schemas), list(roles)]);
    let scope = Scope::of_catalog(config.database.statement_timeout);
    let answers = database.run(&scope, &[statement]).await.map_err(|failure| failed(failure.to_string()))?;
    let text = answers.into_iter().next().flatten().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}
