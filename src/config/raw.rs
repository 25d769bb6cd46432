//! What was typed: one structure whose fields are the settings, for the command line, the environment and the file.
//!
//! Each field's doc comment is the setting's documentation: what it is, and what it costs either way. The help texts
//! and the tables of settings are made of them, so that nothing is told twice.

use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize};

/// The settings as they were typed, all optional. A field's name is the flag's (`--pool-size`), the file's key
/// (`pool-size`), and the environment's (`GLOWPLUG_POOL_SIZE`); only the connection strings are `DATABASE_URL` and `DIRECT_URL`
/// there, and the collector of traces `OTEL_EXPORTER_OTLP_ENDPOINT`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(next_help_heading = "Settings")]
pub struct Raw {
    /// Careful defaults for a server that strangers can reach: `on` or `off`. No introspection, GraphiQL or SDL, no batches, `GET`
    /// for persisted operations only; what is plainly unsafe ends the start. Every setting still has its own say. `dev` leaves
    /// this aside.
    #[arg(long, value_name = "on|off", num_args = 0..=1, default_missing_value = "on")]
    pub production: Option<Text>,
    /// Connection string of the pooler or of the database, `postgres://user:password@host:port/database`. In a file or
    /// in the environment it stays out of the list of processes, where everybody on the machine can read flags.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<Text>,
    /// Connection string of the database itself, or of a pooler in session mode, for what needs a session: `glowplug migrate`.
    /// Unset, `database-url` is used. Supabase and Neon show both.
    #[arg(long, value_name = "URL")]
    pub direct_url: Option<Text>,
    /// Connection strings of read replicas, or of poolers in front of them, separated by commas; each has a pool of its own. Queries
    /// are read from the one that is least used, unless the request's header says `Glowplug-Read-From: primary`.
    #[arg(long, value_name = "URLS")]
    pub replica_url: Option<Text>,
    /// How far a replica may be behind the primary and still be read from, or `off` for any distance. Asking costs both a small
    /// query each second.
    #[arg(long, value_name = "DURATION|off")]
    pub replica_lag: Option<Text>,
    /// Address and port to listen on. With `0.0.0.0` other machines can connect, so put TLS and authentication in front.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<Text>,
    /// Schemas to expose, separated by commas; where two have the same name in them, the first one's is meant.
    #[arg(long, value_name = "NAMES")]
    pub schemas: Option<Text>,
    /// Connections held at the most. More run more operations at once; each takes one of the pooler's clients, and in
    /// session mode or without a pooler one of the database's processes.
    #[arg(long, value_name = "COUNT")]
    pub pool_size: Option<Text>,
    /// What stands between Glowplug and PostgreSQL: `transaction`, `statement`, `session`, `direct`, or `auto`, which finds out
    /// with two short connections at the start. Where they are safe, statements are prepared once for a connection, which makes
    /// small operations much faster; everywhere else they are sent whole each time.
    #[arg(long, value_name = "MODE")]
    pub pool_mode: Option<Text>,
    /// How long a request waits for a free connection. Longer rides out bursts; shorter tells clients sooner.
    #[arg(long, value_name = "DURATION")]
    pub acquire_timeout: Option<Text>,
    /// How long making a connection may take.
    #[arg(long, value_name = "DURATION")]
    pub connect_timeout: Option<Text>,
    /// When the database ends an operation that takes too long. Longer lets one slow query hold a connection that others
    /// wait for. A role's own (`alter role … set statement_timeout`) goes before it; 0 there means the most there is, 24 hours.
    #[arg(long, value_name = "DURATION")]
    pub statement_timeout: Option<Text>,
    /// How often the database is asked whether its tables, functions or privileges have changed, or `off`. Each time is one
    /// small query; with `off` a changed database is seen only after a SIGHUP.
    #[arg(long, value_name = "DURATION|off")]
    pub watch: Option<Text>,
    /// Who may read the API's types by introspection: `on`, `off`, or `directive`, which is those schemas whose comment says
    /// `@graphql({"introspection": true})`. GraphiQL's documentation and completion need it; it shows the API's whole extent.
    #[arg(long, value_name = "on|off|directive")]
    pub introspection: Option<Text>,
    /// Whether every collection has `totalCount`: `on`, or `off` for only those whose comment has the directive. Counting
    /// reads every row that the filter lets through.
    #[arg(long, value_name = "on|off")]
    pub total_count: Option<Text>,
    /// Whether every collection has `aggregate`: `on`, or `off` for only those whose comment has the directive. It reads every
    /// row that the filter lets through.
    #[arg(long, value_name = "on|off")]
    pub aggregate: Option<Text>,
    /// Whether partitions are collections of their own: `on`, or `off` for only the table that they are part of.
    #[arg(long, value_name = "on|off")]
    pub partitions: Option<Text>,
    /// How deep fields may be nested; introspection is not counted.
    #[arg(long, value_name = "COUNT")]
    pub max_depth: Option<Text>,
    /// How many objects an operation may return, or `off`. It is estimated: page sizes that are asked for are multiplied through
    /// the levels, a filter by a key is one row, and related rows of which no number is asked for count as 30 at the most.
    #[arg(long, value_name = "COUNT|off")]
    pub max_complexity: Option<Text>,
    /// How many aliases an operation may have, or `off`.
    #[arg(long, value_name = "COUNT|off")]
    pub max_aliases: Option<Text>,
    /// How many root fields an operation may have, or `off`; each is one SQL statement.
    #[arg(long, value_name = "COUNT|off")]
    pub max_root_fields: Option<Text>,
    /// How many fields an operation may have, fragments counted wherever they are spread; introspection is not counted. The
    /// same field repeated is merged in the answer, but only after it was read and compared.
    #[arg(long, value_name = "COUNT")]
    pub max_fields: Option<Text>,
    /// How many values the arguments of an operation may have: every scalar, list and object, a variable's wherever it is used,
    /// and for inserted rows also the columns that other rows give. More let clients insert more rows at once; each takes some
    /// hundred bytes of memory.
    #[arg(long, value_name = "COUNT")]
    pub max_values: Option<Text>,
    /// How long the SQL message of an operation may become by its values, estimated before it is made. Longer texts can be stored;
    /// a text that is used several times is sent as often.
    #[arg(long, value_name = "SIZE")]
    pub max_message: Option<Text>,
    /// How long the answer of a request may be, that of introspection too. More let clients have more rows at once; an answer is held
    /// in memory about three times.
    #[arg(long, value_name = "SIZE")]
    pub max_answer: Option<Text>,
    /// How many directives a document may have. Each is looked up and checked, so many of them on one field are work without use.
    #[arg(long, value_name = "COUNT")]
    pub max_directives: Option<Text>,
    /// How many lexical tokens a document may have; reading stops there.
    #[arg(long, value_name = "COUNT")]
    pub max_tokens: Option<Text>,
    /// How many operations one request may hold. They run one after another, and their answers share `max-answer`.
    #[arg(long, value_name = "COUNT")]
    pub max_batch: Option<Text>,
    /// How many errors of an invalid document are told. More help those who write documents; each is work, and part of an answer
    /// that can be longer than the request.
    #[arg(long, value_name = "COUNT")]
    pub max_errors: Option<Text>,
    /// How large a request's body may be.
    #[arg(long, value_name = "SIZE")]
    pub max_body: Option<Text>,
    /// How many rows a page may have, whatever `max_rows` in a comment says, or `off` for only that. A longer page is cut.
    #[arg(long, value_name = "COUNT|off")]
    pub max_page_size: Option<Text>,
    /// How many operations of one role may run at once, or `off`. Further ones wait for the acquire timeout at the most. As long
    /// as it is below the pool size, no role can take all connections from the others.
    #[arg(long, value_name = "COUNT|off")]
    pub max_concurrency: Option<Text>,
    /// File with the documents that clients may name by an id, as graphql-codegen, Relay and Apollo write it. It is read at
    /// the start and again at a SIGHUP. Names save clients from sending long texts.
    #[arg(long, value_name = "FILE")]
    pub persisted_operations: Option<Text>,
    /// Whether only the documents of that file run, by their id or by the same text: `on` or `off`. With `on`, nobody can
    /// ask for what no client was built to ask for, GraphiQL included; a new version of a client needs its documents in the
    /// file first.
    #[arg(long, value_name = "on|off", num_args = 0..=1, default_missing_value = "on")]
    pub only_persisted: Option<Text>,
    /// Whether clients may register documents by their hash and then send the hash alone, as Apollo Client does: `on` or
    /// `off`. What they register is held in memory, 16 MiB at the most; it allows and forbids nothing.
    #[arg(long, value_name = "on|off")]
    pub automatic_persisted_queries: Option<Text>,
    /// Secret that tokens are signed with (HS256, HS384, HS512), of 32 bytes or more: a text, or `base64:` and the bytes as
    /// base64. Whoever knows it can be anybody, so keep it in the environment or in a file, out of the list of processes.
    #[arg(long, value_name = "SECRET")]
    pub jwt_secret: Option<Text>,
    /// File with the public key that tokens are verified with (RS256, PS256, ES256, `EdDSA` and their like): PEM or a JWK. SIGHUP
    /// reads it again.
    #[arg(long, value_name = "FILE")]
    pub jwt_key: Option<Text>,
    /// Public keys of an identity provider as a JWK set: an `https://` address, or a file. They are fetched again when a token
    /// names an unknown one, once a minute at the most, and after ten minutes; if that fails, the old ones stay.
    #[arg(long, value_name = "URL|FILE")]
    pub jwt_jwks: Option<Text>,
    /// Audiences, separated by commas: a token's `aud` must name one of them. Unset, any will do, so set it where the provider
    /// makes tokens for other services too.
    #[arg(long, value_name = "NAMES")]
    pub jwt_audience: Option<Text>,
    /// Issuer: a token's `iss` must be exactly this. Unset, any will do.
    #[arg(long, value_name = "NAME")]
    pub jwt_issuer: Option<Text>,
    /// How far apart the clocks may be when a token's `exp` and `nbf` are checked. More accepts expired tokens for longer.
    #[arg(long, value_name = "DURATION")]
    pub jwt_clock_skew: Option<Text>,
    /// Claim that holds the database role. Dots lead into objects, as in `app_metadata.role`; a name with a colon or a slash,
    /// such as `https://example.com/role`, is that of one claim as it is.
    #[arg(long, value_name = "NAME")]
    pub jwt_role_claim: Option<Text>,
    /// Database role of requests that have no token, and of tokens that name no role. Unset, such requests are refused once
    /// one of `jwt-secret`, `jwt-key` and `jwt-jwks` is set; without those, they run as the connection's own user.
    #[arg(long, value_name = "ROLE")]
    pub anon_role: Option<Text>,
    /// What may be asked for by `GET`: `on`, `persisted`, which is documents by their id or hash, or `off`. A `GET` can be cached,
    /// and sent by any page or link without being asked first; it never changes anything.
    #[arg(long, value_name = "on|persisted|off")]
    pub get_requests: Option<Text>,
    /// What of a request SQL can read besides the token's claims, separated by commas: `method`, `path`, `header:NAME`,
    /// `cookie:NAME`. Each is sent with every operation, and stands in PostgreSQL's log where that has statements; credentials
    /// are refused.
    #[arg(long, value_name = "NAMES")]
    pub request_settings: Option<Text>,
    /// Origins whose pages may call the API from a browser, separated by commas, or `*` for all.
    #[arg(long, value_name = "ORIGINS")]
    pub cors_origins: Option<Text>,
    /// Whether `/schema.graphql` serves the API's types, for code generators: `on` or `off`. They are what the introspection of
    /// everything would show; `glowplug schema` prints them without a server.
    #[arg(long, value_name = "on|off")]
    pub sdl: Option<Text>,
    /// Whether `/` serves GraphiQL, a page to write queries in: `on` or `off`.
    #[arg(long, value_name = "on|off")]
    pub graphiql: Option<Text>,
    /// How long running requests may take at a stop until they are dropped.
    #[arg(long, value_name = "DURATION")]
    pub drain_timeout: Option<Text>,
    /// How long requests are still taken after SIGTERM or SIGINT, while `/readyz` says that the server is about to stop, or
    /// `off`. A load balancer needs some seconds to notice; without them it sends requests to a port that is closed.
    #[arg(long, value_name = "DURATION|off")]
    pub shutdown_delay: Option<Text>,
    /// Address and port to serve metrics on, at `/metrics` in Prometheus' format, with `/healthz` and `/readyz`; or `off`.
    /// They tell how much the API is used and by which roles: keep the address inside your network.
    #[arg(long, value_name = "ADDRESS|off")]
    pub metrics_listen: Option<Text>,
    /// How many clients may be connected at once, or `auto` for as many as the process may open files and sockets for, 8192 at the
    /// most. When there are as many, the one that has been idle for longest is closed for a new one.
    #[arg(long, value_name = "COUNT|auto")]
    pub max_connections: Option<Text>,
    /// Address of Redis, which the queue is in: `redis://user:password@host:port`, or `rediss://…` for TLS. In a file or in the
    /// environment it stays out of the list of processes. Of a cluster, one or more nodes, separated by commas.
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<Text>,
    /// Whether that is a Redis Cluster: `on` or `off`.
    #[arg(long, value_name = "on|off")]
    pub redis_cluster: Option<Text>,
    /// File with the certificates, as PEM, that Redis's own must be signed by; without it, those that the system trusts.
    #[arg(long, value_name = "FILE")]
    pub redis_ca: Option<Text>,
    /// Which way mutations take: `direct`, or `queued` through Redis to the workers. Queued ones run once however often they
    /// are sent with the same `Idempotency-Key`, and wait in Redis instead of for a connection; each takes a little longer.
    #[arg(long, value_name = "direct|queued")]
    pub mutations: Option<Text>,
    /// Which way all operations take: `direct`, or `queued` through Redis to the workers, queries and mutations alike. `serve`
    /// then needs no `database-url` and holds no connection to the database: workers tell it what the API is. Each takes a
    /// little longer.
    #[arg(long, value_name = "direct|queued")]
    pub operations: Option<Text>,
    /// Name of the queue. Servers and workers with the same one belong together; each database has its own.
    #[arg(long, value_name = "NAME")]
    pub queue_name: Option<Text>,
    /// How many parts the queue has. In a Redis Cluster they lie on different nodes. It must be the same everywhere, and
    /// may only be changed while the queue is empty.
    #[arg(long, value_name = "COUNT")]
    pub queue_shards: Option<Text>,
    /// How many operations may be in a part of the queue. When there are as many, more are answered with 503 at once; a longer
    /// queue rides out longer bursts, and those at its end wait longer.
    #[arg(long, value_name = "COUNT")]
    pub queue_length: Option<Text>,
    /// How many bytes the operations in a part of the queue may have, which is what they take of Redis's memory. More are answered
    /// with 503 at once.
    #[arg(long, value_name = "SIZE")]
    pub queue_bytes: Option<Text>,
    /// How long the first waiting operation may have been waiting until more are answered with 503.
    #[arg(long, value_name = "DURATION")]
    pub queue_age: Option<Text>,
    /// The part of the queue's length and bytes that the operations of one role may take, so that others find place.
    #[arg(long, value_name = "PERCENT")]
    pub queue_share: Option<Text>,
    /// How long a queued operation may take for whose answer the client waits. It is not begun after that.
    #[arg(long, value_name = "DURATION")]
    pub operation_timeout: Option<Text>,
    /// How long one may take that was sent with `Prefer: respond-async`.
    #[arg(long, value_name = "DURATION")]
    pub background_timeout: Option<Text>,
    /// How many operations a worker runs at once; it holds as many connections, whatever `pool-size` says.
    #[arg(long, value_name = "COUNT")]
    pub concurrency: Option<Text>,
    /// After which time the operations of a worker that is not heard of are taken over by others.
    #[arg(long, value_name = "DURATION")]
    pub claim_after: Option<Text>,
    /// How many workers may go away with an operation until it is put aside; see `glowplug queue`.
    #[arg(long, value_name = "COUNT")]
    pub max_attempts: Option<Text>,
    /// How long the answers of queued mutations are kept. For so long the same `Idempotency-Key` gives the same answer.
    #[arg(long, value_name = "DURATION")]
    pub keep_results: Option<Text>,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, a filter of the `tracing` crate, `access` for a line
    /// for every request and operation, or `sql` for every statement with its parameters, which are your users' data.
    #[arg(long, value_name = "FILTER")]
    pub log: Option<Text>,
    /// How it is logged: `text` for people or `json` for machines.
    #[arg(long, value_name = "text|json")]
    pub log_format: Option<Text>,
    /// Address of an OpenTelemetry collector that takes OTLP by HTTP, such as `http://localhost:4318`, or `off`. Every request
    /// then makes a span for each of its stages; OpenTelemetry's other variables, such as `OTEL_TRACES_SAMPLER`, hold too.
    #[arg(long, value_name = "URL|off")]
    pub otlp_endpoint: Option<Text>,
}

/// A value as it was typed. In `glowplug.toml` it may also be a number, a boolean (`on`, `off`) or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl FromStr for Text {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a text, a number, true, false, or a list of texts")]
        enum Typed {
            Text(String),
            Number(i64),
            Switch(bool),
            List(Vec<String>),
        }
        Ok(Self(match Typed::deserialize(deserializer)? {
            Typed::Text(text) => text,
            Typed::Number(number) => number.to_string(),
            Typed::Switch(switch) => if switch { "on" } else { "off" }.to_owned(),
            Typed::List(texts) => texts.join(","),
        }))
    }
}
