//! The settings as they were typed: one structure whose fields are the settings, for the command line, the
//! environment and the file.
//!
//! Each field's doc comment is the setting's documentation: what it is, and what each choice costs. The help
//! texts and the tables of settings are generated from them.

use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The settings as they were typed, all optional. A field's name is the flag's (`--pool-size`), the file's key
/// (`pool-size`), and the environment's (`GLOWPLUG_POOL_SIZE`); only the connection strings are `DATABASE_URL` and `DIRECT_URL`
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Raw {
    /// Connection string of the pooler or of the database, `postgres://user:password@host:port/database`. Put
    /// it in a file or in the environment: all users of the machine can read flags in the list of processes.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<Text>,
    /// Connection string of the database itself, or of a pooler in session mode, for commands that need a
    /// session, such as `glowplug migrate`. If it is not set, `database-url` is used. Supabase and Neon show
    /// both.
    #[arg(long, value_name = "URL")]
    pub direct_url: Option<Text>,
    /// Connection strings of read replicas, or of poolers in front of them, separated by commas; each has its
    /// own pool. A query runs on the least busy replica, unless the request has the header
    /// `Glowplug-Read-From: primary`. The parameter `max_lag`, as in `postgres://…/app?max_lag=1m`, says how
    /// far a replica may be behind the primary and still get reads: 10 seconds without it, any time with
    /// `off`. The check costs both servers a small query each second.
    #[arg(long, value_name = "URLS")]
    pub replica_url: Option<Text>,
    /// Address and port to listen on. With `0.0.0.0` other machines can connect, so put TLS and authentication in front.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<Text>,
    /// Schemas to expose, separated by commas. If two schemas have an object with the same name, the first
    /// schema's gets the name in the API.
    #[arg(long, value_name = "NAMES")]
    pub schemas: Option<Text>,
    /// Maximum number of connections. More connections run more operations at once; each takes one of the
    /// pooler's client slots, and in session mode or without a pooler one of the database's processes. A
    /// worker runs this number of operations at once.
    #[arg(long, value_name = "COUNT")]
    pub pool_size: Option<Text>,
    /// The pooler between Glowplug and PostgreSQL: `transaction`, `statement`, `session`, `direct`, or
    /// `auto`, which finds out with two short connections at the start. If it is safe, statements are
    /// prepared once for a connection, which makes small operations much faster; otherwise their text is sent
    /// each time. A second word selects how a message sets role, claims and time-out, as in
    /// `transaction,set_local`: `set_config` (one `select`), `set_local` (a `SET LOCAL` for each), `mixed`
    /// (`set_config` for claims and other data of a caller, `SET LOCAL` for the rest) or `function` (a call
    /// of the function that `glowplug setup --stored-operations` creates, for proxies that react to the
    /// others). Without it, it is `mixed` if the probe finds that it passes, else what passes. `set_local`
    /// lets `pg_stat_statements` record the claims of each user as statements.
    #[arg(long, value_name = "MODE[,FORM]")]
    pub pool_mode: Option<Text>,
    /// Whether frequently used statements become functions in the database, which keeps their plans. `auto`:
    /// if the schema `glowplug_operations` exists (`glowplug setup --stored-operations` creates it), the user
    /// may create in it, and statements cannot be prepared. A number is `auto` with that maximum of functions
    /// instead of 500. `off`: every statement is sent as text.
    #[arg(long, value_name = "auto|off|COUNT", num_args = 0..=1, default_missing_value = "auto")]
    pub stored_operations: Option<Text>,
    /// How long a request waits for a free connection. A longer time survives bursts; with a shorter one,
    /// clients get the error sooner.
    #[arg(long, value_name = "DURATION")]
    pub acquire_timeout: Option<Text>,
    /// When the database ends an operation that takes too long. With a longer time, one slow query can occupy
    /// a connection that others wait for. A role's own timeout (`alter role … set statement_timeout`) takes
    /// precedence; 0 there means the maximum, 24 hours.
    #[arg(long, value_name = "DURATION")]
    pub statement_timeout: Option<Text>,
    /// How often to check whether the database's tables, functions or privileges have changed, or `off`. Each
    /// check is one small query; with `off`, changes take effect only after a SIGHUP.
    #[arg(long, value_name = "DURATION|off")]
    pub watch: Option<Text>,
    /// How clients can explore the API. `on`: introspection, the SDL at `/schema.graphql`, GraphiQL at `/`,
    /// and `GET` for every query. `directive`: the same, but introspection only of the schemas whose comment
    /// says `@graphql({"introspection": true})`. `off`: none of these; `GET` works only for persisted
    /// operations, and an invalid document gets fewer errors.
    #[arg(long, value_name = "on|off|directive")]
    pub explore: Option<Text>,
    /// What the API has without a directive in a comment, separated by commas: `total-count` and `aggregate`,
    /// for every collection, which read every row that matches the filter; `partitions`, which makes each
    /// partition a separate collection; `semantic-non-null`, the directive `@semanticNonNull` on nullable
    /// fields that are null only together with an error; `federation`, which makes the API a subgraph of
    /// Apollo Federation 2: `_entities` gives a gateway the rows that other subgraphs refer to, and
    /// `_service` the SDL to compose a supergraph from, unless `explore` is `off` (docs/federation.md).
    #[arg(long, value_name = "NAMES")]
    pub expose: Option<Text>,
    /// Column that divides your tables among tenants, and the claim with the caller's tenant, as
    /// `tenant_id=claims.tenant` (dots lead into objects). Every read, update and delete of a table with that
    /// column is then restricted to the caller's tenant, so that PostgreSQL reads one partition and Citus one
    /// server; without the claim it is refused. It decides where a statement runs, not what a role may do:
    /// inserts, functions and views without the column are as before, so keep your policies. With
    /// `pgdog:tenant_id=claims.tenant`, the column is also the sharding key of a PgDog with several shards: each operation goes
    /// to the shard of its caller's tenant, and no row may become another tenant's.
    /// With `schema:tenant_template=claims.tenant`, each tenant has a schema of its own instead: the API is made from the
    /// schema `tenant_template` once, and each operation uses the schema in its place that the claim names, or a header that is in
    /// `request-settings` (`schema:tenant_template=header:x-tenant`). See docs/distributed.md.
    #[arg(long, value_name = "COLUMN=CLAIM")]
    pub tenant: Option<Text>,
    /// Maximum depth of nested fields, including relations in their filters and orders; introspection does
    /// not count.
    #[arg(long, value_name = "COUNT")]
    pub max_depth: Option<Text>,
    /// Maximum number of objects that an operation may return, or `off`. It is an estimate: requested page
    /// sizes are multiplied through the levels, a filter by a key is one row, and related rows without
    /// `first` and `last` count as 30 at most.
    #[arg(long, value_name = "COUNT|off")]
    pub max_complexity: Option<Text>,
    /// Maximum number of values in the arguments of an operation: every scalar, list and object, those of a
    /// variable at each use, and for inserted rows also the columns that only other rows have. With more,
    /// clients can insert more rows at once; each value takes some hundred bytes of memory.
    #[arg(long, value_name = "COUNT")]
    pub max_values: Option<Text>,
    /// Maximum length of a request's answer, including introspection. With more, clients can read more rows
    /// at once; an answer is in memory about three times.
    #[arg(long, value_name = "SIZE")]
    pub max_answer: Option<Text>,
    /// Maximum number of lexical tokens of a document; parsing stops there. Other limits of a document follow
    /// from it: a tenth as many fields (fragments count at each spread), one alias for each hundred tokens,
    /// one directive for each two hundred, three root fields for each thousand.
    #[arg(long, value_name = "COUNT")]
    pub max_tokens: Option<Text>,
    /// Maximum number of operations in one request. They run one after another, and their answers share
    /// `max-answer`.
    #[arg(long, value_name = "COUNT")]
    pub max_batch: Option<Text>,
    /// Maximum size of a request's body. The SQL message of an operation may have four times as many bytes of values, estimated
    /// beforehand: a text that is used several times is sent several times.
    #[arg(long, value_name = "SIZE")]
    pub max_body: Option<Text>,
    /// Maximum number of rows of a page, even if `max_rows` in a comment allows more; or `off`. Larger pages
    /// are cut to it.
    #[arg(long, value_name = "COUNT|off")]
    pub max_page_size: Option<Text>,
    /// Maximum number of operations of one role that run at once, or `off`. Further ones wait, at most for
    /// `acquire-timeout`. If it is below `pool-size`, no role can occupy all connections.
    #[arg(long, value_name = "COUNT|off")]
    pub max_concurrency: Option<Text>,
    /// File with the documents that clients may name by an id, in the formats of graphql-codegen, Relay and
    /// Apollo. It is read at the start and again at a SIGHUP. With ids, clients need not send long texts.
    #[arg(long, value_name = "FILE")]
    pub persisted_operations: Option<Text>,
    /// Which documents run. `automatic`: all, and clients may register documents by a hash and then send only
    /// the hash, as Apollo Client does; 16 MiB of them are kept in memory. `any`: all. `listed`: only those
    /// of `persisted-operations`, by their id or by the same text, so only operations that your clients were
    /// built with can run; a new version of a client needs its documents in the file first.
    #[arg(long, value_name = "automatic|any|listed")]
    pub documents: Option<Text>,
    /// Tools for AI agents at `/mcp` (Model Context Protocol). `tools`: each operation of `persisted-operations` that has a
    /// description is one, for the roles that may run it. `explore`: agents can also search the API, unless `explore` is `off`, and
    /// run their own queries, unless `documents` is `listed`; both only as far as the role of their token may. `off`: none. See
    /// docs/mcp.md.
    #[arg(long, value_name = "off|tools|explore")]
    pub mcp: Option<Text>,
    /// Secret that tokens are signed with (HS256, HS384, HS512), of 32 bytes or more: a text, or `base64:`
    /// and the bytes as base64. Anyone who knows it can act as any user, so keep it in the environment or in
    /// a file, out of the list of processes.
    #[arg(long, value_name = "SECRET")]
    pub jwt_secret: Option<Text>,
    /// Public keys that verify tokens (RS256, PS256, ES256, `EdDSA` and the like): a file with PEM, a JWK or
    /// a JWK set, an `https://` address of a JWK set, or both, separated by a comma. A SIGHUP reads a file
    /// again. Keys at an address are fetched again every ten minutes, and when a token names an unknown key,
    /// once a minute at most; if that fails, the old keys stay in use.
    #[arg(long, value_name = "FILE|URL")]
    pub jwt_keys: Option<Text>,
    /// Audiences, separated by commas: a token's `aud` must name one of them. If it is not set, any audience
    /// is accepted, so set it if the provider makes tokens for other services, too.
    #[arg(long, value_name = "NAMES")]
    pub jwt_audience: Option<Text>,
    /// Issuer: a token's `iss` must be exactly this. If it is not set, any issuer is accepted.
    #[arg(long, value_name = "NAME")]
    pub jwt_issuer: Option<Text>,
    /// Claim with the database role. Dots lead into objects, as in `app_metadata.role`; a name with a colon
    /// or a slash, such as `https://example.com/role`, is one claim.
    #[arg(long, value_name = "NAME")]
    pub jwt_role_claim: Option<Text>,
    /// Database role of requests without a token, and of tokens that name no role. If it is not set, such
    /// requests are refused if `jwt-secret` or `jwt-keys` is set; without those, they run as the connection's
    /// own user.
    #[arg(long, value_name = "ROLE")]
    pub anon_role: Option<Text>,
    /// API keys of servers, separated by commas, each as `role=key`: a request with the key as its bearer token, or in the header
    /// `apikey` without a token, runs as that role, such as `service_role=sb_secret_…` of Supabase. A key `sb_publishable_…` needs no
    /// entry: it is a request without a token. A key has at least 24 letters and no dot.
    #[arg(long, value_name = "ROLE=KEY")]
    pub api_keys: Option<Text>,
    /// Parts of a request that SQL can read besides the token's claims, separated by commas: `method`,
    /// `path`, `header:NAME`, `cookie:NAME`. Each is sent with every operation, and appears in PostgreSQL's
    /// log if that logs statements; credentials are refused.
    #[arg(long, value_name = "NAMES")]
    pub request_settings: Option<Text>,
    /// Origins whose pages may call the API from a browser, separated by commas, or `*` for all; `localhost` stands for every port of
    /// this machine.
    #[arg(long, value_name = "ORIGINS")]
    pub cors_origins: Option<Text>,
    /// Careful defaults for a server that strangers can reach: `on` or `off`. It sets `explore` to `off` and
    /// `max-batch` to 1, and the server refuses to start with a plainly unsafe configuration. You can still
    /// set each setting yourself. `dev` ignores it.
    #[arg(long, value_name = "on|off", num_args = 0..=1, default_missing_value = "on")]
    pub production: Option<Text>,
    /// How long running requests may continue after a stop signal before they are dropped.
    #[arg(long, value_name = "DURATION")]
    pub drain_timeout: Option<Text>,
    /// How long the server still accepts requests after SIGTERM or SIGINT, while `/readyz` says that it is
    /// about to stop; or `off`. A load balancer needs some seconds to notice; without them it sends requests
    /// to a closed port.
    #[arg(long, value_name = "DURATION|off")]
    pub shutdown_delay: Option<Text>,
    /// Address and port to serve metrics on, at `/metrics` in Prometheus' format, with `/healthz` and
    /// `/readyz`; or `off`. The metrics show how much the API is used, and by which roles: keep the address
    /// inside your network.
    #[arg(long, value_name = "ADDRESS|off")]
    pub metrics_listen: Option<Text>,
    /// Live queries: every query of the database is also a subscription, which sends a new answer whenever the answer has changed. The
    /// value says how often they check for changes of the database; `off` turns them off. Each check is one small query; after a mutation
    /// through this server they check at once. A client may request another interval, down to a quarter of it. Live queries use at most a
    /// quarter of `pool-size`, but at least one connection; while no client is subscribed, they send nothing to the database.
    #[arg(long, value_name = "DURATION|off", num_args = 0..=1, default_missing_value = "1s")]
    pub live: Option<Text>,
    /// Maximum number of subscriptions. Each takes some kilobytes of memory and its answer, which
    /// subscriptions with the same answer share.
    #[arg(long, value_name = "COUNT")]
    pub max_subscriptions: Option<Text>,
    /// Address of the queue's Redis: `redis://user:password@host:port`, or `rediss://…` for TLS. Put it in a
    /// file or in the environment, out of the list of processes. Several addresses, separated by commas, or
    /// the scheme `redis+cluster://`, mean a Redis Cluster. Parameters follow the address, as in
    /// `redis://host:port?queue=orders&keep=12h`. `queue`: the queue's name, `main` without it; servers and
    /// workers with the same name work together, and each database has its own queues. `memory`: how much of
    /// Redis's memory waiting operations may take, 64MiB without it, in a cluster for each of the queue's
    /// eight parts; one operation counts as at least 4 KiB, and further operations get 503 at once. `keep`:
    /// how long the answers of queued mutations are kept, 24h without it; during this time the same
    /// `Idempotency-Key` gets the same answer. `ca`: a file with the trusted authorities for Redis's
    /// certificate.
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<Text>,
    /// Which operations go through Redis to workers: `off` for none, `mutations`, or `all`. Queued mutations
    /// run once, even if they are sent several times with the same `Idempotency-Key`, and wait in Redis
    /// instead of for a connection; each takes a little longer. With `all`, `serve` needs no `database-url`
    /// and has no connection to the database: workers describe the API to it. A client waits for a queued
    /// operation for three times the `statement-timeout`; if the oldest operation has been waiting for one
    /// `statement-timeout`, new ones get 503.
    #[arg(long, value_name = "off|mutations|all", num_args = 0..=1, default_missing_value = "mutations")]
    pub queue: Option<Text>,
    /// What to log: `error`, `warn`, `info`, `debug`, `trace`, a filter of the `tracing` crate, `access` for
    /// a line for every request and operation, or `sql` for every statement with its parameters, which are
    /// your users' data. With `,json` appended, each line is a JSON object.
    #[arg(long, value_name = "FILTER[,json]")]
    pub log: Option<Text>,
}

/// A value as it was typed. In `glowplug.toml` it may also be a number, a boolean (`on`, `off`) or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Text {
    /// The text of a value in the file, if a setting could have it.
    pub(super) fn of(value: &toml::Value) -> Option<String> {
        value.clone().try_into::<Self>().ok().map(|Self(text)| text)
    }
}

impl FromStr for Text {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Raw {
    /// The set values by name.
    pub(super) fn as_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            // A structure of optional texts always becomes an object.
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
