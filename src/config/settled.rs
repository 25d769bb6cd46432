//! The value in effect of each setting, and its origin: flag over environment over file over default.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::defaults::{Profile, defaults, production};
use super::names::{names, nearest, variable_name};
use super::problem::{Problem, Problems};
use super::raw::{Raw, Text};
use super::redact::redacted;
use super::replaced;
use super::roles::{self, Roles};
use super::url_list::urls;

/// The variable with the address of the trace collector, by OpenTelemetry's specification.
pub(super) const COLLECTOR: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag,
    /// A variable of the environment.
    Environment,
    /// The configuration file.
    File,
    /// The table of a role in the configuration file.
    Role(String),
    /// It is not set.
    Default,
    /// It is not set, and `production` is on.
    Production,
    /// The command itself, such as the address of the database that `dev` starts.
    Command,
}

/// The values in effect, by the settings' names.
#[derive(Clone, PartialEq, Eq)]
pub struct Settled {
    values: BTreeMap<&'static str, (Text, Origin)>,
    roles: Roles,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`. Traces have only OpenTelemetry's own variables.
    collector: Option<String>,
    /// The name of the file, if it is not the usual one.
    file_name: Option<String>,
}

impl Settled {
    /// Merges the layers. `variable` reads the environment, `file` is the text of `glowplug.toml`.
    pub fn gather(
        flags: &Raw,
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&str>,
        profile: Profile,
    ) -> Result<Self, Problems> {
        replaced::refuse(&variable)?;
        let collector = variable(COLLECTOR).filter(|address| !address.is_empty());
        let mut set = Self { values: BTreeMap::new(), roles: Roles::new(), collector: None, file_name: None };
        if let Some(text) = file {
            let (values, roles) = read_file(text)?;
            set.lay(&values, &Origin::File);
            set.roles = roles;
        }
        for name in names() {
            if let Some(value) = variable(&variable_name(name)) {
                set.values.insert(name, (Text(value), Origin::Environment));
            }
        }
        set.lay(flags, &Origin::Flag);
        let mut settled = Self { values: BTreeMap::new(), roles: Roles::new(), collector, file_name: None };
        settled.lay(&defaults(profile), &Origin::Default);
        if profile != Profile::Dev && set.value("production") == Some("on") {
            settled.lay(&production(), &Origin::Production);
        }
        settled.values.extend(set.values);
        settled.roles = set.roles;
        Ok(settled)
    }

    /// Sets the connection string of a database that the command itself has made.
    pub fn set_database_url(&mut self, url: &str) {
        self.values.insert("database-url", (Text(url.to_owned()), Origin::Command));
    }

    /// Sets a secret for tokens that the command itself has made.
    pub fn set_jwt_secret(&mut self, secret: &str) {
        self.values.insert("jwt-secret", (Text(secret.to_owned()), Origin::Command));
    }

    /// Sets the role of requests without a token to one that the command has found in the database.
    pub fn set_anon_role(&mut self, role: &str) {
        self.values.insert("anon-role", (Text(role.to_owned()), Origin::Command));
    }

    /// Sets the connection strings of a database that the command itself has started: one through its pooler, if it has one,
    /// and one past it. Other settings about databases are ignored then.
    pub fn set_own_database(&mut self, url: &str, direct_url: &str) {
        self.set_database_url(url);
        self.values.insert("direct-url", (Text(direct_url.to_owned()), Origin::Command));
        self.values.remove("replica-url");
    }

    /// Sets a queue that the command itself has started. Other settings about queues are ignored then.
    pub fn set_own_queue(&mut self, url: &str) {
        self.values.insert("redis-url", (Text(url.to_owned()), Origin::Command));
    }

    /// The name of the setting that [`Database::session_url`](super::Database::session_url) comes from, for messages about it.
    pub fn session_label(&self) -> String {
        let is_direct = self.values.contains_key("direct-url");
        self.label(if is_direct { "direct-url" } else { "database-url" })
    }

    /// The value of a setting, by its name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(text, _)| text.0.as_str())
    }

    /// The origin of a setting's value.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.values.get(name).map(|(_, origin)| origin)
    }

    /// The address of the trace collector, if the environment has one.
    pub(super) fn collector(&self) -> Option<&str> {
        self.collector.as_deref()
    }

    /// The roles that have settings of their own.
    pub(super) fn roles(&self) -> impl Iterator<Item = &String> {
        self.roles.keys()
    }

    /// The settings of a role: its own, over all others.
    pub(super) fn of_role(&self, role: &str) -> Self {
        let mut settled = self.clone();
        for (name, text) in self.roles.get(role).into_iter().flatten() {
            settled.values.insert(name, (text.clone(), Origin::Role(role.to_owned())));
        }
        settled
    }

    /// The setting's name at the origin of its value, for messages about it.
    pub(super) fn label(&self, name: &str) -> String {
        match self.origin(name) {
            Some(Origin::Environment) => variable_name(name),
            Some(Origin::File) => format!("{name} in glowplug.toml"),
            Some(Origin::Role(role)) => format!("{name} of [roles.{role}] in glowplug.toml"),
            _ => format!("--{name}"),
        }
    }

    /// The same, of a file with another name than `glowplug.toml`, which problems then have.
    #[must_use]
    pub fn of_file(self, name: Option<String>) -> Self {
        Self { file_name: name, ..self }
    }

    /// Problems, with the name of the file that they are in.
    pub(super) fn problems(&self, problems: Vec<Problem>) -> Problems {
        let problems = Problems(problems);
        match &self.file_name {
            Some(name) => problems.of_file(name),
            None => problems,
        }
    }

    fn lay(&mut self, layer: &Raw, origin: &Origin) {
        let values = layer.as_map();
        for name in names() {
            if let Some(Value::String(text)) = values.get(name) {
                self.values.insert(name, (Text(text.clone()), origin.clone()));
            }
        }
    }
}

/// The settings as a `glowplug.toml`, with the origins as comments and without secrets.
impl fmt::Display for Settled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in names() {
            let Some((Text(text), origin)) = self.values.get(name) else {
                writeln!(formatter, "# {name} is not set")?;
                continue;
            };
            let shown = match name {
                "database-url" | "direct-url" => redacted(text),
                "redis-url" => text.split(',').map(redacted_redis).collect::<Vec<_>>().join(","),
                "replica-url" => urls(text).map(redacted).collect::<Vec<_>>().join(","),
                "jwt-secret" | "api-keys" => "***".to_owned(),
                _ => text.clone(),
            };
            let line = format!("{name} = {}", toml::Value::String(shown));
            let from = match origin {
                Origin::Flag => format!("--{name}"),
                Origin::Environment => variable_name(name),
                Origin::File | Origin::Role(_) => "glowplug.toml".to_owned(),
                Origin::Default => "default".to_owned(),
                Origin::Production => "production".to_owned(),
                Origin::Command => "the command".to_owned(),
            };
            writeln!(formatter, "{line:<44} # {from}")?;
        }
        if let Some(address) = &self.collector {
            writeln!(formatter, "# traces are sent to {} by {COLLECTOR}", redacted(address))?;
        }
        for (role, settings) in &self.roles {
            let role = toml::Value::String(role.clone());
            writeln!(formatter, "\n[roles.{role}]")?;
            for (name, Text(text)) in settings {
                let line = format!("{name} = {}", toml::Value::String(text.clone()));
                writeln!(formatter, "{line:<44} # glowplug.toml")?;
            }
        }
        Ok(())
    }
}

/// An address of Redis without its password. What is no address may be a part of one.
fn redacted_redis(address: &str) -> String {
    if address.contains("://") { redacted(address) } else { "***".to_owned() }
}

impl fmt::Debug for Settled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

fn read_file(text: &str) -> Result<(Raw, Roles), Problems> {
    let problem = |message: String| Problem::new("glowplug.toml", message);
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| Problems(vec![problem(error.to_string())]))?;
    let roles = table.remove("roles").map(roles::read).transpose()?.unwrap_or_default();
    let known = names();
    let unknown: Vec<Problem> = table
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, value)| match replaced::by(key, Text::of(value).as_deref()) {
            Some(reason) => Problem::new(&format!("{key} in glowplug.toml"), reason),
            None => problem(format!("there is no setting `{key}`; did you mean `{}`?", nearest(key, &known))),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Problems(unknown));
    }
    let values =
        table.try_into().map_err(|error: toml::de::Error| Problems(vec![problem(error.to_string())]))?;
    Ok((values, roles))
}
