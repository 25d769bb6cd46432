//! Configuration as checked, ready values. [`Raw`] holds what was typed, [`Settled`] which of it holds, and
//! [`Settled::check`] turns that into these.
//!
//! Never does I/O: the text of `glowplug.toml` and the environment are handed to it. Imports nothing else of ours.

mod check;
mod raw;
mod redact;
mod settled;
mod table;
mod units;

use std::net::SocketAddr;
use std::time::Duration;

pub use check::{Problem, Problems};
pub use raw::{Raw, Text};
pub use redact::redacted;
pub use settled::{Origin, Profile, Settled};
pub use table::{help, markdown_table};

/// Everything that `serve` and `dev` need to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// How the database is reached.
    pub database: Database,
    /// What of the database is exposed, and how.
    pub api: Api,
    /// What one request may ask for.
    pub limits: Limits,
    /// The HTTP side.
    pub http: Http,
    /// What is logged, and how.
    pub log: Log,
}

/// How the database is reached.
#[derive(Debug, Clone)]
pub struct Database {
    /// The connection string; never printed with its password.
    pub url: Secret,
    /// How many connections to the pooler or database are held at the most.
    pub pool_size: u32,
    /// What stands between Glowplug and PostgreSQL.
    pub pool_mode: PoolMode,
    /// How long a request waits for a connection of the pool.
    pub acquire_timeout: Duration,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// `statement_timeout` of every operation.
    pub statement_timeout: Duration,
    /// How often the database is asked whether it has changed; `None` never asks (a SIGHUP still reloads).
    pub watch_interval: Option<Duration>,
}

/// What stands between Glowplug and PostgreSQL, in PgBouncer's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// No pooler.
    Direct,
    /// A pooler that lends a server connection for the life of the client connection.
    Session,
    /// A pooler that lends a server connection for one transaction.
    Transaction,
    /// A pooler that lends a server connection for one statement.
    Statement,
}

/// What of the database is exposed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The exposed schemas, in the order of precedence.
    pub schemas: Vec<String>,
    /// Who may use introspection.
    pub introspection: Introspection,
    /// Whether every collection has `totalCount`, not only those with the comment directive.
    pub total_count: bool,
    /// Whether every collection has `aggregate`, not only those with the comment directive.
    pub aggregate: bool,
    /// Whether partitions are collections of their own, beside the table that they are part of.
    pub partitions: bool,
}

/// Who may use introspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    /// Always.
    On,
    /// Never.
    Off,
    /// For the schemas whose comment says `@graphql({"introspection": true})`.
    Directive,
}

/// What one request may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of fields: `{ a { b { c } } }` has depth 3. Introspection fields are limited on their own.
    pub depth: usize,
    /// Estimated number of objects that an operation can return.
    pub complexity: usize,
    /// Aliases in one operation, fragments counted where they are spread.
    pub aliases: usize,
    /// Root fields in one operation.
    pub root_fields: usize,
    /// Lexical tokens in a document.
    pub tokens: usize,
    /// Operations in one batch request.
    pub batch: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
}

/// The HTTP side.
#[derive(Debug, Clone)]
pub struct Http {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Origins that browsers may call from; see the CORS protocol. `["*"]` allows any.
    pub cors_origins: Vec<String>,
    /// Whether `/` serves GraphiQL.
    pub graphiql: bool,
    /// How long requests that run at a stop may take until they are dropped.
    pub drain_timeout: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// A `tracing` filter, or the word `sql`: every statement with its parameters apart.
    pub filter: String,
    /// Text for people or JSON for machines.
    pub format: LogFormat,
}

/// Text for people or JSON for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line a record.
    Text,
    /// One JSON object a line.
    Json,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}
