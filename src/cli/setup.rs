//! `glowplug setup`: makes what Glowplug itself keeps in a database.

use clap::Args;

use crate::config::{self, Config, Profile, Secret};
use crate::db::{self, Database};
use crate::queue;
use crate::stored;

use super::failure::Failure;
use super::settings::Flags;

/// The flags of `glowplug setup`. With the setting `stored-operations` it makes the schema for these in place of the ledger.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Role that servers or workers connect as, if it is another than the one that makes the ledger or the schema of stored operations;
    /// it is given the rights that they need. May be given more than once.
    #[arg(long, value_name = "ROLE")]
    grant_to: Vec<String>,
    /// Remove the schema of stored operations with all that is in it. Servers that run go on without.
    #[arg(long, requires = "stored_operations", conflicts_with = "grant_to")]
    drop: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Makes the ledger of queued mutations where it is missing, or the schema of stored operations.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::OneShot)?.check()?;
    super::log::start(&config.log);
    let failed = |error: db::Error| Failure::Database(error.to_string());
    if options.flags.settings.stored_operations.is_none() {
        super::block_on(async {
            let database = Database::new(&config.database).map_err(failed)?;
            queue::set_up(&database, &options.grant_to).await.map_err(failed)
        })?;
        return super::print("the ledger glowplug.operation is there\n");
    }
    if config.database.stored_operations.is_none() {
        return Err(Failure::Usage("off makes nothing; --drop removes the schema".to_owned()));
    }
    let made = super::block_on(async { set_up_stored(options, &config).await.map_err(failed) })?;
    super::print(&made)
}

/// Makes or removes the schema of stored operations, past the pooler where the settings say how.
async fn set_up_stored(options: &Options, config: &Config) -> Result<String, db::Error> {
    let owner = through(config, config.database.session_url())?;
    if options.drop {
        stored::remove(&owner).await?;
        return Ok(format!("the schema {} is gone\n", stored::SCHEMA));
    }
    let server = through(config, &config.database.url)?;
    let mut grant_to = options.grant_to.clone();
    if config.database.direct_url.is_some() {
        grant_to.push(stored::State::of(&server).await?.user);
    }
    stored::set_up(&owner, &grant_to).await?;
    let state = stored::State::of(&server).await?;
    let use_of_it = match state.obstacle(db::Protocol::Simple) {
        None => format!("{} may create in it: servers that connect so use it", state.user),
        Some(obstacle) => format!("not used yet: {obstacle}"),
    };
    Ok(format!("the schema {} is there, with {} functions\n{use_of_it}\n", stored::SCHEMA, state.total))
}

/// A small pool for this connection string.
fn through(config: &Config, url: &Secret) -> Result<Database, db::Error> {
    let url = url.clone();
    Database::new(&config::Database { url, pool_size: 1, stored_operations: None, ..config.database.clone() })
}
