//! The settings' flags, and the sources of the other layers.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Problems, Profile, Raw, Settled, unknown_variables};
use crate::event::Event;

use super::failure::Failure;
use super::kept;

/// The flags that every command has.
#[derive(Debug, Clone, Args)]
pub(super) struct Flags {
    /// File to read settings from, instead of `glowplug.toml` if there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) settings: Raw,
}

impl Flags {
    /// Reads the environment and the file, and determines the values in effect.
    pub(super) fn settle(&self, profile: Profile) -> Result<Settled, Failure> {
        let file = read_file(self.config.as_deref())?;
        let variable = |name: &str| std::env::var(name).ok();
        let name = self.config.as_ref().map(|path| path.display().to_string());
        let gathered = Settled::gather(&self.settings, variable, file.as_deref(), profile);
        let named = |problems: Problems| match &name {
            Some(name) => problems.of_file(name),
            None => problems,
        };
        let mut settled = gathered.map_err(named)?.of_file(name.clone());
        // A command that is done at once means the database of the project that it is run in.
        if profile == Profile::OneShot
            && settled.value("database-url").is_none()
            && let Some(urls) = kept::database_urls(Path::new("."))?
        {
            settled.set_own_database(&urls.pooled, &urls.direct);
        }
        Ok(settled)
    }
}

/// Tells of variables of the environment that look like settings and are none. The log has to be there.
pub(super) fn tell_unknown_variables() {
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for (name, nearest) in unknown_variables(set) {
        Event::VariableUnknown { name: &name, nearest: &nearest }.emit();
    }
}

/// The text of the named file, or of the usual one if it exists.
fn read_file(named: Option<&Path>) -> Result<Option<String>, Failure> {
    let path = named.unwrap_or(Path::new("glowplug.toml"));
    if named.is_none() && !path.exists() {
        return Ok(None);
    }
    std::fs::read_to_string(path).map(Some).map_err(Failure::file("read", path))
}
