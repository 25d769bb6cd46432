//! Configuration as checked, ready values. [`Raw`] has the settings as typed, [`Settled`] the ones in effect, and
//! [`Settled::check`] turns those into the types here.
//!
//! Never does I/O: the caller passes the text of `glowplug.toml` and the environment. Imports nothing else of the crate.

mod check;
mod database;
mod defaults;
mod dev;
mod groups;
mod live;
mod names;
mod pairs;
mod problem;
mod queue;
mod raw;
mod redact;
mod replaced;
mod request_settings;
mod roles;
mod secret;
mod settled;
mod sockets;
mod table;
mod tenants;
mod units;
mod url_list;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use database::{ContextForm, Database, PoolMode, Replica, StoredOperations};
pub use defaults::Profile;
pub use dev::DevPages;
pub use live::Live;
pub use names::unknown_variables;
pub use problem::{Problem, Problems};
pub use queue::{Queue, Queued, Redis};
pub use raw::{Raw, Text};
pub use redact::redacted;
pub use replaced::by as replaced_by;
pub use request_settings::RequestSettings;
pub use secret::Secret;
pub use settled::{Origin, Settled};
pub use sockets::Sockets;
pub use table::{help, markdown_table};
pub use tenants::{SchemaPerTenant, Tenant, TenantSource};
pub use units::duration;

/// All settings of `serve` and `dev`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The connections to the database.
    pub database: Database,
    /// What of the database is exposed, and how.
    pub api: Api,
    /// The limits of one request.
    pub limits: Limits,
    /// The same for the roles that have limits of their own.
    pub role_limits: HashMap<String, Limits>,
    /// Which documents may run, and which of them have names.
    pub documents: Documents,
    /// Which requests are accepted, and as which role.
    pub auth: Auth,
    /// The HTTP side.
    pub http: Http,
    /// The settings of live queries.
    pub live: Live,
    /// The settings of the queue.
    pub queue: Queue,
    /// The settings of the log.
    pub log: Log,
    /// The settings of traces.
    pub traces: Traces,
}

/// What of the database is exposed, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Api {
    /// The exposed schemas, in the order of precedence.
    pub schemas: Vec<String>,
    /// Which schemas allow introspection.
    pub introspection: Introspection,
    /// Whether every collection has `totalCount`, not only those with the comment directive.
    pub total_count: bool,
    /// Whether every collection has `aggregate`, not only those with the comment directive.
    pub aggregate: bool,
    /// Whether partitions are collections of their own, beside the table that they are part of.
    pub partitions: bool,
    /// Whether nullable fields whose nulls are errors have the directive `@semanticNonNull`.
    #[serde(default)]
    pub semantic_non_null: bool,
    /// Whether every query is also a subscription.
    #[serde(default)]
    pub subscriptions: bool,
    /// Whether the API is a subgraph of Apollo Federation.
    #[serde(default)]
    pub federation: bool,
    /// Where the caller's tenant stands; `None` restricts nothing.
    #[serde(default)]
    pub tenant: Option<Tenant>,
    /// Where a request names the schema of its tenant; `None` uses the schemas as they are.
    #[serde(default)]
    pub schema_per_tenant: Option<SchemaPerTenant>,
}

/// Which schemas allow introspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Introspection {
    /// Always.
    On,
    /// Never.
    Off,
    /// For the schemas whose comment says `@graphql({"introspection": true})`.
    Directive,
}

/// The limits of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of fields: `{ a { b { c } } }` has depth 3. Introspection fields have their own limit.
    pub depth: usize,
    /// Estimated number of objects that an operation can return. Without a limit it is `usize::MAX`, as are the next three.
    pub complexity: usize,
    /// Aliases in one operation; a fragment counts wherever it is spread.
    pub aliases: usize,
    /// Root fields in one operation.
    pub root_fields: usize,
    /// Fields in one operation; a fragment counts wherever it is spread.
    pub fields: usize,
    /// Values of arguments in one operation; a variable counts wherever it is used.
    pub values: usize,
    /// Approximate bytes of SQL for the values of an operation.
    pub message_bytes: usize,
    /// Bytes of an operation's answer.
    pub answer_bytes: usize,
    /// Directives in a document.
    pub directives: usize,
    /// Lexical tokens in a document.
    pub tokens: usize,
    /// Operations in one batch request.
    pub batch: usize,
    /// Errors in the answer to an invalid document.
    pub errors: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Rows of a page, whatever the schema says; `None` leaves it to the schema.
    pub page_size: Option<usize>,
    /// Operations of one role that run at once; `None` means that only the pool limits them.
    pub concurrency: Option<usize>,
    /// Subscriptions of one role.
    pub subscriptions: usize,
}

/// Which documents may run, and which of them have names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    /// The file with the allow-list of persisted documents.
    pub list: Option<PathBuf>,
    /// Which documents may run.
    pub policy: DocumentPolicy,
}

/// Which documents may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentPolicy {
    /// All of them, and clients may register theirs by their hash (Apollo's automatic persisted queries).
    Automatic,
    /// All of them.
    Any,
    /// Those of the allow-list.
    ListOnly,
}

/// The setting of a transaction from which policies and functions read a token's claims, as in PostgREST.
pub const CLAIMS_SETTING: &str = "request.jwt.claims";

/// Which requests are accepted, and as which role. By default all of them, as the connection's own user.
#[derive(Debug, Clone, Default)]
pub struct Auth {
    /// How tokens are verified; `None` accepts no tokens.
    pub jwt: Option<Jwt>,
    /// The role of requests without a token. If it is not set, they are refused if tokens are accepted; otherwise they run
    /// as the connection's own user.
    pub anon_role: Option<String>,
    /// Keys that identify a role without a token.
    pub api_keys: Vec<ApiKey>,
}

impl Auth {
    /// Whether all requests run as the connection's own user.
    pub fn is_open(&self) -> bool {
        self.jwt.is_none() && self.anon_role.is_none() && self.api_keys.is_empty()
    }
}

/// An opaque key, and the role of requests that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The database role.
    pub role: String,
    /// The key; without a dot, which tokens have.
    pub key: Secret<String>,
}

/// How JSON Web Tokens are verified. At least one of the three sources of keys is set.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The secret of HS256, HS384 and HS512; at least 32 bytes.
    pub secret: Option<Secret<Vec<u8>>>,
    /// A file with a public key or a certificate as PEM, or with a JWK.
    pub key: Option<PathBuf>,
    /// A JWK set.
    pub jwks: Option<Jwks>,
    /// The accepted audiences of tokens (`aud`); empty means any.
    pub audiences: Vec<String>,
    /// The accepted issuer of tokens (`iss`); `None` means any.
    pub issuer: Option<String>,
    /// The permitted difference between the clocks of Glowplug and of the issuer.
    pub clock_skew: Duration,
    /// The path to the claim with the role: the names of the objects around it, then its own name.
    pub role_claim: Vec<String>,
}

/// The location of a JWK set (RFC 7517, section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jwks {
    /// In a file.
    File(PathBuf),
    /// At an address of HTTPS or HTTP.
    Url(String),
}

/// The HTTP side.
#[derive(Debug, Clone)]
pub struct Http {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// What `GET` may run.
    pub get_requests: GetRequests,
    /// What SQL can read of a request.
    pub request_settings: RequestSettings,
    /// Origins from which browsers may call (CORS protocol). `["*"]` allows any.
    pub cors_origins: Vec<String>,
    /// The tools for agents at `/mcp`.
    pub mcp: Mcp,
    /// Whether `/schema.graphql` serves the API's SDL.
    pub sdl: bool,
    /// Whether `/` serves GraphiQL.
    pub graphiql: bool,
    /// What only a development server has.
    pub dev: Option<DevPages>,
    /// How long running requests may take at a stop before they are dropped.
    pub drain_timeout: Duration,
    /// How long requests are still accepted after the server was asked to stop.
    pub shutdown_delay: Duration,
    /// The address to serve metrics on.
    pub metrics_listen: Option<SocketAddr>,
    /// The limits of clients' connections.
    pub sockets: Sockets,
}

/// The tools for agents (Model Context Protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mcp {
    /// None.
    Off,
    /// The described persisted operations.
    Tools,
    /// The same, and tools that explore the API and run queries.
    Explore,
}

/// What `GET` may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GetRequests {
    /// Every query.
    On,
    /// Queries that the request names by an id or a hash.
    Persisted,
    /// Nothing.
    Off,
}

/// The settings of the log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// A `tracing` filter, or the word `sql`: every statement, with its parameters separate.
    pub filter: String,
    /// Text for people or JSON for machines.
    pub format: LogFormat,
}

/// The settings of traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// The address of an OpenTelemetry collector that accepts OTLP by HTTP; `None` makes no traces.
    pub endpoint: Option<String>,
}

/// Text for people or JSON for machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for each record.
    #[default]
    Text,
    /// One JSON object on each line.
    Json,
}
