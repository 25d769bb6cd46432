//! `glowplug migrate`: applies the pending migrations to a database.

use std::path::PathBuf;

use clap::Args;

use crate::config::Profile;
use crate::db::{migrate, pending};

use super::failure::Failure;
use super::settings::Flags;

/// The flags of `glowplug migrate`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Folder of the migrations, laid out as Diesel does.
    #[arg(long, value_name = "FOLDER", default_value = "migrations")]
    migrations: PathBuf,
    /// Only print which migrations are pending.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Applies the pending migrations in order, each in a transaction of its own, and prints their names.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let settled = options.flags.settle(Profile::OneShot)?;
    let config = settled.check()?;
    super::log::start(&config.log);
    let url = config.database.session_url().expose();
    let folder = &options.migrations;
    let (names, word) = super::block_on(async {
        let (result, word) = if options.dry_run {
            (pending(url, folder).await, "pending")
        } else {
            (migrate(url, folder).await, "applied")
        };
        Ok((result.map_err(|error| Failure::of_migrations(error, settled.session_label()))?, word))
    })?;
    for name in &names {
        println!("{word} {name}");
    }
    if names.is_empty() {
        println!("nothing to apply");
    }
    Ok(())
}
