//! `glowplug completions` and `glowplug man`: what a shell and a manual want to know of the command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;
use super::failure::Failure;

/// The flags of `glowplug completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell to complete commands and flags in.
    shell: Shell,
}

/// The flags of `glowplug man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Folder to write a page for each command to, instead of the page of `glowplug` on standard output.
    #[arg(long, short, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// Prints the script that a shell reads.
pub(super) fn completions(options: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = super::documented(Cli::command());
    clap_complete::generate(options.shell, &mut command, "glowplug", &mut script);
    super::print(&String::from_utf8_lossy(&script))
}

/// Prints the page, or writes all pages.
pub(super) fn man(options: &Man) -> Result<(), Failure> {
    let command = super::documented(Cli::command());
    if let Some(folder) = &options.output {
        std::fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
        return clap_mangen::generate_to(command, folder).map_err(Failure::file("write", folder));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(Failure::Output)?;
    super::print(&String::from_utf8_lossy(&page))
}
