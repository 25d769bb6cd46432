//! `glowplug config`: prints the settings in effect, and their problems.

use clap::Args;

use crate::config::Profile;

use super::failure::Failure;
use super::settings::Flags;

/// The flags of `glowplug config`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Print the settings of `glowplug dev`, which has other defaults, instead of those of `glowplug serve`.
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Prints the settings. They are also checked, so that the exit code says whether `serve` would accept them.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let profile = if options.dev { Profile::Dev } else { Profile::Serve };
    let settled = options.flags.settle(profile)?;
    super::print(&settled.to_string())?;
    let mut checked = settled;
    if options.dev {
        // `dev` starts a database of its own, so no setting has to name one.
        checked.set_own_database("postgres://localhost/", "postgres://localhost/");
    }
    checked.check()?;
    Ok(())
}
