//! `glowplug setup`: makes what Glowplug itself keeps in a database.

use clap::Args;

use crate::config::Profile;
use crate::db::Database;
use crate::queue;

use super::failure::Failure;
use super::settings::Flags;

/// The flags of `glowplug setup`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Role that workers connect as, if it is another than the one that makes the ledger; it is given the rights that they
    /// need. May be given more than once.
    #[arg(long, value_name = "ROLE")]
    grant_to: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Makes the ledger of queued mutations where it is missing.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::OneShot)?.check()?;
    super::log::start(&config.log);
    super::block_on(async {
        let failed = |error: crate::db::Error| Failure::Database(error.to_string());
        let database = Database::new(&config.database).map_err(failed)?;
        queue::set_up(&database, &options.grant_to).await.map_err(failed)
    })?;
    super::print("the ledger glowplug.operation is there\n")
}
