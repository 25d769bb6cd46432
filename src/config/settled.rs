//! Which value of each setting holds, and where it came from: flag over environment over file over default.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::Raw;
use super::check::{Problem, Problems};
use super::raw::Text;
use super::redact::{redacted, urls};
use super::roles::{self, Roles};
use super::table::names;

/// Where a value came from.
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
    /// Nobody set it.
    Default,
    /// Nobody set it, and `production` is on.
    Production,
    /// The command itself, such as the address of the database that `dev` starts.
    Command,
}

/// Whom the defaults are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `serve`: careful.
    Serve,
    /// Commands that do one thing and end: as `serve`, but they log only what goes wrong.
    OneShot,
    /// `dev`: everything that helps while developing.
    Dev,
}

/// The values that hold, by the settings' names.
#[derive(Clone, PartialEq, Eq)]
pub struct Settled {
    values: BTreeMap<&'static str, (Text, Origin)>,
    roles: Roles,
}

impl Settled {
    /// Puts the layers over each other. `variable` reads the environment, `file` is the text of `glowplug.toml`.
    pub fn gather(
        flags: &Raw,
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&str>,
        profile: Profile,
    ) -> Result<Self, Problems> {
        let mut set = Self { values: BTreeMap::new(), roles: Roles::new() };
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
        let mut settled = Self { values: BTreeMap::new(), roles: Roles::new() };
        settled.lay(&defaults(profile), &Origin::Default);
        if profile != Profile::Dev && set.value("production") == Some("on") {
            settled.lay(&production(), &Origin::Production);
        }
        settled.values.extend(set.values);
        settled.roles = set.roles;
        Ok(settled)
    }

    /// Sets the connection string to that of a database which the command itself has made.
    pub fn set_database_url(&mut self, url: &str) {
        self.values.insert("database-url", (Text(url.to_owned()), Origin::Command));
    }

    /// Sets the secret of tokens to one that the command itself has made.
    pub fn set_jwt_secret(&mut self, secret: &str) {
        self.values.insert("jwt-secret", (Text(secret.to_owned()), Origin::Command));
    }

    /// Sets the role of requests without a token to one that the command has found in the database.
    pub fn set_anon_role(&mut self, role: &str) {
        self.values.insert("anon-role", (Text(role.to_owned()), Origin::Command));
    }

    /// Sets the connection strings to those of a database that the command itself has started: through its pooler, if it has
    /// one, and past it. Where else databases are said to be does not matter then.
    pub fn set_own_database(&mut self, url: &str, direct_url: &str) {
        self.set_database_url(url);
        self.values.insert("direct-url", (Text(direct_url.to_owned()), Origin::Command));
        self.values.remove("replica-url");
    }

    /// Sets the queue to one that the command itself has started, and has mutations go through it. Where else queues are said to
    /// be does not matter then.
    pub fn set_own_queue(&mut self, url: &str) {
        let of_command = |value: &str| (Text(value.to_owned()), Origin::Command);
        self.values.insert("redis-url", of_command(url));
        self.values.insert("redis-cluster", of_command("off"));
        self.values.insert("mutations", of_command("queued"));
        self.values.remove("redis-ca");
    }

    /// How the setting is called that [`Database::session_url`](super::Database::session_url) comes from, for messages about it.
    pub fn session_label(&self) -> String {
        let is_direct = self.values.contains_key("direct-url");
        self.label(if is_direct { "direct-url" } else { "database-url" })
    }

    /// The value of a setting, by its name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(text, _)| text.0.as_str())
    }

    /// Where the value of a setting came from.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.values.get(name).map(|(_, origin)| origin)
    }

    /// The roles that have settings of their own.
    pub(super) fn roles(&self) -> impl Iterator<Item = &String> {
        self.roles.keys()
    }

    /// What holds for a role: its own settings over the others, wherever those came from.
    pub(super) fn of_role(&self, role: &str) -> Self {
        let mut settled = self.clone();
        for (name, text) in self.roles.get(role).into_iter().flatten() {
            settled.values.insert(name, (text.clone(), Origin::Role(role.to_owned())));
        }
        settled
    }

    /// How the setting is called where its value came from, for messages about it.
    pub(super) fn label(&self, name: &str) -> String {
        match self.origin(name) {
            Some(Origin::Environment) => variable_name(name),
            Some(Origin::File) => format!("{name} in glowplug.toml"),
            Some(Origin::Role(role)) => format!("{name} of [roles.{role}] in glowplug.toml"),
            _ => format!("--{name}"),
        }
    }

    fn lay(&mut self, layer: &Raw, origin: &Origin) {
        let values = as_map(layer);
        for name in names() {
            if let Some(Value::String(text)) = values.get(name) {
                self.values.insert(name, (Text(text.clone()), origin.clone()));
            }
        }
    }
}

/// The settings as a `glowplug.toml` with the origins as comments, and without secrets.
impl fmt::Display for Settled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in names() {
            let Some((Text(text), origin)) = self.values.get(name) else {
                writeln!(formatter, "# {name} is not set")?;
                continue;
            };
            let shown = match name {
                "database-url" | "direct-url" => redacted(text),
                "redis-url" => text.split(',').map(redacted).collect::<Vec<_>>().join(","),
                "replica-url" => urls(text).map(redacted).collect::<Vec<_>>().join(","),
                "jwt-secret" => "***".to_owned(),
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

impl fmt::Debug for Settled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// The values that hold where nobody says otherwise.
pub(super) fn defaults(profile: Profile) -> Raw {
    let text = |value: &str| Some(Text(value.to_owned()));
    let is_dev = profile == Profile::Dev;
    Raw {
        production: text("off"),
        replica_lag: text("10s"),
        listen: text("127.0.0.1:8080"),
        schemas: text("public"),
        pool_size: text("16"),
        pool_mode: text("auto"),
        acquire_timeout: text("5s"),
        connect_timeout: text("5s"),
        statement_timeout: text("10s"),
        watch: text(if is_dev { "500ms" } else { "10s" }),
        introspection: text(if is_dev { "on" } else { "directive" }),
        total_count: text("off"),
        aggregate: text("off"),
        partitions: text("off"),
        max_depth: text("20"),
        max_complexity: text("5000000"),
        max_aliases: text("100"),
        max_root_fields: text("30"),
        max_fields: text("1000"),
        max_values: text("50000"),
        max_message: text("4MiB"),
        max_answer: text("16MiB"),
        max_directives: text("50"),
        max_tokens: text("10000"),
        max_batch: text("10"),
        max_errors: text(if is_dev { "20" } else { "5" }),
        max_body: text("1MiB"),
        max_page_size: text("off"),
        max_concurrency: text("off"),
        only_persisted: text("off"),
        automatic_persisted_queries: text("on"),
        jwt_clock_skew: text("30s"),
        jwt_role_claim: text("role"),
        get_requests: text("on"),
        request_settings: text(""),
        cors_origins: text(""),
        sdl: text("on"),
        graphiql: text("on"),
        drain_timeout: text(if is_dev { "1s" } else { "10s" }),
        shutdown_delay: text("off"),
        metrics_listen: text("off"),
        max_connections: text("auto"),
        redis_cluster: text("off"),
        mutations: text("direct"),
        operations: text("direct"),
        queue_name: text("main"),
        queue_shards: text("1"),
        queue_length: text("10000"),
        queue_bytes: text("64MiB"),
        queue_age: text("10s"),
        queue_share: text("100%"),
        operation_timeout: text("30s"),
        background_timeout: text("10m"),
        concurrency: text("8"),
        claim_after: text("10s"),
        max_attempts: text("5"),
        keep_results: text("24h"),
        log: text(if profile == Profile::Serve { "info" } else { "warn" }),
        log_format: text("text"),
        otlp_endpoint: text("off"),
        // The others have no value where nobody gives them one.
        ..Raw::default()
    }
}

/// The defaults that `production` puts over those of `serve`.
pub(super) fn production() -> Raw {
    let text = |value: &str| Some(Text(value.to_owned()));
    Raw {
        introspection: text("off"),
        max_batch: text("1"),
        get_requests: text("persisted"),
        sdl: text("off"),
        graphiql: text("off"),
        ..Raw::default()
    }
}

/// `GLOWPLUG_` and the name in capitals; the connection strings have the names that hosts give them, the collector that of
/// OpenTelemetry's specification.
pub(super) fn variable_name(name: &str) -> String {
    match name {
        "database-url" => "DATABASE_URL".to_owned(),
        "direct-url" => "DIRECT_URL".to_owned(),
        "otlp-endpoint" => "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(),
        name => format!("GLOWPLUG_{}", name.to_uppercase().replace('-', "_")),
    }
}

/// The set values by their names.
pub(super) fn as_map(raw: &Raw) -> Map<String, Value> {
    match serde_json::to_value(raw) {
        Ok(Value::Object(map)) => map,
        // A structure of optional texts is an object whatever is in it.
        _ => Map::new(),
    }
}

fn read_file(text: &str) -> Result<(Raw, Roles), Problems> {
    let problem = |message: String| Problem::new("glowplug.toml", message);
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| Problems(vec![problem(error.to_string())]))?;
    let roles = table.remove("roles").map(roles::read).transpose()?.unwrap_or_default();
    let known = names();
    let unknown: Vec<Problem> = table
        .keys()
        .filter(|key| !known.contains(&key.as_str()))
        .map(|key| problem(format!("there is no setting `{key}`; did you mean `{}`?", nearest(key, &known))))
        .collect();
    if !unknown.is_empty() {
        return Err(Problems(unknown));
    }
    let values =
        table.try_into().map_err(|error: toml::de::Error| Problems(vec![problem(error.to_string())]))?;
    Ok((values, roles))
}

/// The known name that is most like the given one.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> &'a str {
    let name = name.replace('_', "-");
    // A longer name is no slip of the pen, and a distance to it takes long.
    let start = name.char_indices().nth(100).map_or(name.as_str(), |(end, _)| &name[..end]);
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(start, candidate);
    known.iter().min_by_key(distance).copied().unwrap_or_default()
}
