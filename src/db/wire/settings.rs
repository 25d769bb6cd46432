//! Connection string and environment -> [`Settings`]. `values.rs` lists what a connection string may contain.
//!
//! Reads the environment only through the function it gets, and no file.

use std::path::PathBuf;
use std::time::Duration;

use super::parameters::{ChannelBinding, Host, TlsSettings};
use super::stream::Keepalive;
use super::target::Target;
use super::values::{CHANNEL_BINDINGS, TARGETS, Values};
use crate::config::Secret;

/// The settings from a connection string and the environment.
#[derive(Debug, Clone)]
pub(in crate::db) struct Settings {
    /// In the order in which they are tried. There is at least one.
    pub(super) hosts: Vec<Host>,
    pub(super) user: String,
    pub(super) database: String,
    /// If not given, each connection reads the password file.
    pub(super) password: Option<Secret>,
    pub(super) passfile: Option<PathBuf>,
    pub(super) application_name: String,
    /// Settings for the session in PostgreSQL's own form; poolers refuse it.
    pub(super) options: Option<String>,
    /// One more startup parameter, which no connection string contains: a probe tries whether it passes.
    pub(super) trial: Option<(&'static str, &'static str)>,
    pub(super) tls: TlsSettings,
    pub(super) channel_binding: ChannelBinding,
    pub(super) target: Target,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) watchfulness: Keepalive,
}

/// The address of a connection string. Of several hosts, the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A name or an address, or the folder of a Unix socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The database's name.
    pub database: String,
}

const DIVIDED_PASSWORD: &str = "its parameters, behind the ?, cannot be read; if the ? or an @ behind it is part of a password or of a value, \
    write %3F or %40 for it";

impl Settings {
    /// Reads a URL or `keyword=value` pairs. `environment` fills in what the text does not name. Errors say what to do.
    pub(in crate::db) fn new(
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        Self::read(text, environment)
            .map_err(|reason| if may_divide_password(text) { DIVIDED_PASSWORD.to_owned() } else { reason })
    }

    fn read(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let values = Values::gather(text, environment)?;
        if let Some(encoding) = values.get("client_encoding")
            && !["utf8", "utf-8", "auto"].contains(&encoding.to_lowercase().as_str())
        {
            return Err(format!("client_encoding can only be UTF8, not {encoding:?}: leave it out"));
        }
        let user = values.get("user").map(str::to_owned).or_else(account);
        let user = user.ok_or("it names no user: postgres://user@host/database")?;
        let settings = Self {
            hosts: values.hosts()?,
            database: values.get("dbname").unwrap_or(&user).to_owned(),
            user,
            password: values.get("password").map(Secret::new),
            passfile: values.path("passfile").or_else(|| below_home(".pgpass")),
            application_name: values.get("application_name").unwrap_or("glowplug").to_owned(),
            options: values.get("options").map(str::to_owned),
            trial: None,
            tls: values.tls()?,
            channel_binding: values.choice("channel_binding", ChannelBinding::Prefer, &CHANNEL_BINDINGS)?,
            target: values.choice("target_session_attrs", Target::Any, &TARGETS)?,
            connect_timeout: values.seconds("connect_timeout")?.filter(|limit| !limit.is_zero()),
            watchfulness: values.watchfulness()?,
        };
        if settings.texts().any(|text| text.contains('\0')) {
            return Err("it has the character U+0000 in it".to_owned());
        }
        Ok(settings)
    }

    pub(super) fn place(&self) -> Place {
        let (host, port) =
            self.hosts.first().map_or_else(Default::default, |host| (host.name.clone(), host.port));
        Place { host, port, user: self.user.clone(), database: self.database.clone() }
    }

    /// The startup message, which is sent in the clear.
    fn texts(&self) -> impl Iterator<Item = &str> {
        [Some(&*self.user), Some(&self.database), Some(&self.application_name), self.options.as_deref()]
            .into_iter()
            .flatten()
    }
}

/// Whether a `?` may stand in the password of a URL. What follows it is then taken for parameters, which errors name.
fn may_divide_password(text: &str) -> bool {
    let query = text.split_once("://").and_then(|(_, rest)| rest.split_once('?'));
    query.is_some_and(|(_, query)| query.contains('@'))
}

/// The name of the account of this process, libpq's default for the user.
fn account() -> Option<String> {
    let account = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok()??;
    Some(account.name)
}

/// A file in the home folder of the account.
pub(super) fn below_home(path: &str) -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(path))
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
