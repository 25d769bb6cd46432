//! `glowplug diagram`: the tables as a picture, and who may do what with them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::{self, Config, Profile};
use crate::db::{self, Database};
use crate::diagram::Diagram;

use super::failure::Failure;
use super::settings::Flags;

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
    let read = super::block_on(async { Ok::<_, Failure>(read(&config, &options.roles).await) })?;
    let diagram = read.map_err(|error| Failure::Database(error.to_string()))?;
    if let Some(missing) = options.roles.iter().find(|name| !diagram.has_role(name)) {
        return Err(Failure::Usage(format!("there is no role {missing:?} in the database (--role)")));
    }
    let text = match options.format {
        Format::Markdown => diagram.markdown(),
        Format::Html => diagram.page(),
    };
    match &options.output {
        Some(path) => std::fs::write(path, text).map_err(Failure::file("write", path)),
        None => super::print(&text),
    }
}

async fn read(config: &Config, roles: &[String]) -> Result<Diagram, db::Error> {
    let settings = config::Database { pool_size: 1, stored_operations: None, ..config.database.clone() };
    let database = Database::new(&settings)?;
    Diagram::of(&database, (&config.api.schemas, roles), config.database.statement_timeout).await
}
