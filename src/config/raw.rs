//! What was typed: one structure whose fields are the settings, for the command line, the environment and the file.
//!
//! Each field's doc comment is the setting's documentation: what it is, and what it costs either way. The help texts
//! and the tables of settings are made of them, so that nothing is told twice.

use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The settings as they were typed, all optional. A field's name is the flag's (`--pool-size`), the file's key
/// (`pool-size`), and the environment's (`GLOWPLUG_POOL_SIZE`); only the connection strings are `DATABASE_URL` and `DIRECT_URL`
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(next_help_heading = "Settings")]
pub struct Raw {
    /// Careful defaults for a server that strangers can reach: `on` or `off`. It sets `explore` to `off` and `max-batch` to 1, and what
    /// is plainly unsafe ends the start. Every setting still has its own say. `dev` leaves this aside.
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
    /// Connections held at the most. More run more operations at once; each takes one of the pooler's clients, and in session mode or
    /// without a pooler one of the database's processes. A worker runs as many operations at once.
    #[arg(long, value_name = "COUNT")]
    pub pool_size: Option<Text>,
    /// What stands between Glowplug and PostgreSQL: `transaction`, `statement`, `session`, `direct`, or `auto`, which finds out
    /// with two short connections at the start. Where they are safe, statements are prepared once for a connection, which makes
    /// small operations much faster; everywhere else they are sent whole each time.
    #[arg(long, value_name = "MODE")]
    pub pool_mode: Option<Text>,
    /// How a message sets role, claims and time-out for its statements: `set_config` (one `select`), `set_local` (a `SET LOCAL` for
    /// each), `function` (a call of the function that `glowplug setup --stored-operations` makes, for proxies that look for either), or `auto`:
    /// `set_config`, and `set_local` where only that passes what stands in between. `set_local` takes a tenth less of
    /// the server's time, and more where it has `pg_stat_statements`, which then keeps the claims of each user as statements.
    #[arg(long, value_name = "FORM")]
    pub context: Option<Text>,
    /// Statements that are used often as functions in the database, which keeps their plans: `auto` where the schema `glowplug_operations`
    /// is there (`glowplug setup --stored-operations` makes it), its user may create in it, and statements cannot be prepared; a
    /// number is the same with so many functions at the most, for `auto` 500. `off` sends every statement as text.
    #[arg(long, value_name = "auto|off|COUNT", num_args = 0..=1, default_missing_value = "auto")]
    pub stored_operations: Option<Text>,
    /// How long a request waits for a free connection. Longer rides out bursts; shorter tells clients sooner.
    #[arg(long, value_name = "DURATION")]
    pub acquire_timeout: Option<Text>,
    /// When the database ends an operation that takes too long. Longer lets one slow query hold a connection that others
    /// wait for. A role's own (`alter role … set statement_timeout`) goes before it; 0 there means the most there is, 24 hours.
    #[arg(long, value_name = "DURATION")]
    pub statement_timeout: Option<Text>,
    /// How often the database is asked whether its tables, functions or privileges have changed, or `off`. Each time is one
    /// small query; with `off` a changed database is seen only after a SIGHUP.
    #[arg(long, value_name = "DURATION|off")]
    pub watch: Option<Text>,
    /// How the API shows what is in it. `on`: introspection, the SDL at `/schema.graphql`, GraphiQL at `/`, and `GET` for every query.
    /// `directive`: the same, but introspection only of the schemas whose comment says `@graphql({"introspection": true})`. `off`: none
    /// of these; `GET` is left to persisted operations, and an invalid document gets fewer errors.
    #[arg(long, value_name = "on|off|directive")]
    pub explore: Option<Text>,
    /// What every collection has without a directive in its comment, separated by commas: `total-count` and `aggregate`, which read
    /// every row that the filter lets through, and `partitions`, which makes each partition a collection of its own.
    #[arg(long, value_name = "NAMES")]
    pub expose: Option<Text>,
    /// How deep fields may be nested, and relations in their filters and orders; introspection is not counted.
    #[arg(long, value_name = "COUNT")]
    pub max_depth: Option<Text>,
    /// How many objects an operation may return, or `off`. It is estimated: page sizes that are asked for are multiplied through
    /// the levels, a filter by a key is one row, and related rows of which no number is asked for count as 30 at the most.
    #[arg(long, value_name = "COUNT|off")]
    pub max_complexity: Option<Text>,
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
    /// How many lexical tokens a document may have; reading stops there. Its other bounds follow: a tenth as many fields (fragments
    /// counted wherever they are spread), one alias for each hundred tokens, one directive for each two hundred, three root fields for
    /// each thousand.
    #[arg(long, value_name = "COUNT")]
    pub max_tokens: Option<Text>,
    /// How many operations one request may hold. They run one after another, and their answers share `max-answer`.
    #[arg(long, value_name = "COUNT")]
    pub max_batch: Option<Text>,
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
    /// Which documents run. `automatic`: all, and clients may register theirs by a hash and then send the hash alone, as Apollo Client
    /// does; 16 MiB of them are held in memory. `any`: all. `listed`: only those of `persisted-operations`, by their id or by the
    /// same text, so that no one can ask for what no client was built to ask for; a new version of a client needs its documents in
    /// the file first.
    #[arg(long, value_name = "automatic|any|listed")]
    pub documents: Option<Text>,
    /// Secret that tokens are signed with (HS256, HS384, HS512), of 32 bytes or more: a text, or `base64:` and the bytes as
    /// base64. Whoever knows it can be anybody, so keep it in the environment or in a file, out of the list of processes.
    #[arg(long, value_name = "SECRET")]
    pub jwt_secret: Option<Text>,
    /// Public keys that tokens are verified with (RS256, PS256, ES256, `EdDSA` and their like): a file with PEM, a JWK or a JWK set,
    /// an `https://` address of a JWK set, or both, separated by a comma. SIGHUP reads a file again. An address is asked again when
    /// a token names an unknown key, once a minute at the most, and after ten minutes; if that fails, the old keys stay.
    #[arg(long, value_name = "FILE|URL")]
    pub jwt_keys: Option<Text>,
    /// Audiences, separated by commas: a token's `aud` must name one of them. Unset, any will do, so set it where the provider
    /// makes tokens for other services too.
    #[arg(long, value_name = "NAMES")]
    pub jwt_audience: Option<Text>,
    /// Issuer: a token's `iss` must be exactly this. Unset, any will do.
    #[arg(long, value_name = "NAME")]
    pub jwt_issuer: Option<Text>,
    /// Claim that holds the database role. Dots lead into objects, as in `app_metadata.role`; a name with a colon or a slash,
    /// such as `https://example.com/role`, is that of one claim as it is.
    #[arg(long, value_name = "NAME")]
    pub jwt_role_claim: Option<Text>,
    /// Database role of requests that have no token, and of tokens that name no role. Unset, such requests are refused once
    /// `jwt-secret` or `jwt-keys` is set; without those, they run as the connection's own user.
    #[arg(long, value_name = "ROLE")]
    pub anon_role: Option<Text>,
    /// API keys of servers, separated by commas, each as `role=key`: a request with the key as its bearer token, or in the header
    /// `apikey` without a token, runs as that role, such as `service_role=sb_secret_…` of Supabase. A key `sb_publishable_…` needs no
    /// entry: it is a request without a token. A key has at least 24 letters and no dot.
    #[arg(long, value_name = "ROLE=KEY")]
    pub api_keys: Option<Text>,
    /// What of a request SQL can read besides the token's claims, separated by commas: `method`, `path`, `header:NAME`,
    /// `cookie:NAME`. Each is sent with every operation, and stands in PostgreSQL's log where that has statements; credentials
    /// are refused.
    #[arg(long, value_name = "NAMES")]
    pub request_settings: Option<Text>,
    /// Origins whose pages may call the API from a browser, separated by commas, or `*` for all.
    #[arg(long, value_name = "ORIGINS")]
    pub cors_origins: Option<Text>,
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
    /// Live queries, `on` or `off`: whether every query of the database is a subscription, too, which is answered again whenever its
    /// answer has changed. Nothing is asked of the database for it while no client is subscribed.
    #[arg(long, value_name = "on|off", num_args = 0..=1, default_missing_value = "on")]
    pub live: Option<Text>,
    /// How long a change of the database may take until live queries see it, where nothing else says that there was one. Each time is one
    /// small query; a mutation through this server is seen at once. A client may wish a quarter of it, or more.
    #[arg(long, value_name = "DURATION")]
    pub live_interval: Option<Text>,
    /// How many connections of the pool live queries may use at once, half of it at the most. More see changes sooner where many clients are
    /// subscribed; they are missing for requests meanwhile.
    #[arg(long, value_name = "COUNT")]
    pub live_connections: Option<Text>,
    /// How many subscriptions there may be. Each takes some kilobytes, and its answer, which those with the same share.
    #[arg(long, value_name = "COUNT")]
    pub max_subscriptions: Option<Text>,
    /// Address of Redis, which the queue is in: `redis://user:password@host:port`, or `rediss://…` for TLS, where `?ca=FILE` names the
    /// certificates that may sign Redis's own. In a file or in the environment it stays out of the list of processes. Several
    /// addresses, separated by commas, or the scheme `redis+cluster://`, are those of a Redis Cluster.
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<Text>,
    /// Which operations go through Redis to workers: `off` for none, `mutations`, or `all`. Queued mutations run once however often
    /// they are sent with the same `Idempotency-Key`, and wait in Redis instead of for a connection; each takes a little longer. With
    /// `all`, `serve` needs no `database-url` and holds no connection to the database: workers tell it what the API is. Clients wait for
    /// a queued operation for three times the `statement-timeout`; when the first one has been waiting for one, more get 503.
    #[arg(long, value_name = "off|mutations|all", num_args = 0..=1, default_missing_value = "mutations")]
    pub queue: Option<Text>,
    /// Name of the queue. Servers and workers with the same one belong together; each database has its own.
    #[arg(long, value_name = "NAME")]
    pub queue_name: Option<Text>,
    /// How much of Redis's memory waiting operations may take, in a cluster for each of the queue's eight parts; one counts for 4 KiB
    /// at the least. More are answered with 503 at once. A longer queue rides out longer bursts, and the operations at its end wait
    /// longer.
    #[arg(long, value_name = "SIZE")]
    pub queue_bytes: Option<Text>,
    /// How long the answers of queued mutations are kept. For so long the same `Idempotency-Key` gives the same answer.
    #[arg(long, value_name = "DURATION")]
    pub keep_results: Option<Text>,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, a filter of the `tracing` crate, `access` for a line for every
    /// request and operation, or `sql` for every statement with its parameters, which are your users' data. With `,json` behind it a
    /// line is a JSON object, for machines.
    #[arg(long, value_name = "FILTER[,json]")]
    pub log: Option<Text>,
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

impl Raw {
    /// The set values by their names.
    pub(super) fn as_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            // A structure of optional texts is an object whatever is in it.
            _ => Map::new(),
        }
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
