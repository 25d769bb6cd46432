//! From the values in effect to checked ones. Reports all problems at once.

mod auth;
mod database;
mod own_parameter;
mod queue;
mod redis;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::problem::{Problem, Problems};
use super::settled::{COLLECTOR, Settled};
use super::tenants::Tenants;
use super::units;
use super::{
    Api, Config, Database, DocumentPolicy, Documents, GetRequests, Http, Introspection, Limits, Live, Log,
    LogFormat, Mcp, RequestSettings, SchemaPerTenant, Sockets, TenantSource, Traces,
};

/// The words that `expose` accepts.
const EXPOSABLE: [&str; 5] = ["total-count", "aggregate", "partitions", "semantic-non-null", "federation"];

/// How many times the bytes of a request's body its values may have in the SQL message. Escapes and values that are used several
/// times make it longer.
const MESSAGE_OF_BODY: usize = 4;

/// How often live queries check for changes, if the setting is only `on`.
const LIVE_INTERVAL: Duration = Duration::from_secs(1);

const COUNTS: RangeInclusive<usize> = 1..=1_000_000_000;
const TIMES: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_hours(24);

impl Settled {
    /// Checks every value. Returns all problems if there are any.
    pub fn check(&self) -> Result<Config, Problems> {
        let mut reader = Reader { settled: self, problems: Vec::new() };
        let (mut database, explore) = (database::database(&mut reader), explore(&mut reader));
        let live_interval = live_interval(&mut reader);
        let api = api(&mut reader, explore, live_interval.is_some());
        if api.tenant.as_ref().is_some_and(|tenant| tenant.is_sharding_key) {
            // Each shard would need the functions.
            (database.is_sharded, database.stored_operations) = (true, None);
        }
        let config = Config {
            api,
            limits: limits(&mut reader, explore.errors),
            role_limits: role_limits(&mut reader, explore.errors),
            documents: documents(&mut reader),
            auth: auth::auth(&mut reader),
            http: http(&mut reader, explore, descriptors(&database)),
            live: live(&mut reader, &database, live_interval),
            queue: queue::queue(&mut reader, &database),
            database,
            log: log(&mut reader),
            traces: traces(&mut reader),
        };
        if let Some(tenants) = &config.api.schema_per_tenant {
            refuse_unknown(&mut reader, tenants, &config);
        }
        if config.database.is_sharded {
            refuse_with_shards(&mut reader, &config);
        }
        if reader.switch("production") {
            refuse_unsafe(&mut reader, &config);
        }
        if reader.problems.is_empty() { Ok(config) } else { Err(self.problems(reader.problems)) }
    }
}

/// A template that the API does not have, and a header that SQL cannot read.
fn refuse_unknown(reader: &mut Reader<'_>, tenants: &SchemaPerTenant, config: &Config) {
    let SchemaPerTenant { template, named_by } = tenants;
    if template == "public" {
        let advice =
            "`public` is no tenant's: extensions are there; keep the template in a schema of its own";
        reader.refuse("tenant", advice);
    } else if !config.api.schemas.contains(template) {
        let advice = format!("`{template}` is not among the schemas; add it to the setting schemas");
        reader.refuse("tenant", &advice);
    }
    if let TenantSource::Header(name) = named_by
        && !config.http.request_settings.headers.contains(name)
    {
        let advice = format!("`header:{name}` is not allowed; add it to the setting request-settings");
        reader.refuse("tenant", &advice);
    }
}

/// What has one place in a database, and would have one in each shard.
fn refuse_with_shards(reader: &mut Reader<'_>, config: &Config) {
    let database = &config.database;
    for (setting, is_set) in
        [("replica-url", !database.replicas.is_empty()), ("redis-url", config.queue.redis.is_some())]
    {
        if is_set {
            reader.refuse(
                setting,
                "it cannot be used with several shards behind PgDog; leave it out, or take `pgdog:` out of the setting tenant",
            );
        }
    }
}

/// Problems that no careful default can solve, because a setting explicitly asks for them.
fn refuse_unsafe(reader: &mut Reader<'_>, config: &Config) {
    if config.http.cors_origins.iter().any(|origin| origin == "*") {
        reader.refuse(
            "cors-origins",
            "with production on, `*` would let pages of all origins call the API; name your own origins, such as \
             https://app.example",
        );
    }
    if config.auth.is_open() && !config.http.listen.ip().is_loopback() {
        reader.refuse(
            "listen",
            "with production on, every client that reaches this address would be the connection's own user; \
            set jwt-secret or jwt-keys to authenticate clients, or anon-role for anonymous ones, or listen \
            on 127.0.0.1",
        );
    }
}

fn api(reader: &mut Reader<'_>, explore: Explore, subscriptions: bool) -> Api {
    let exposed = reader.read("expose", |text| match list(text) {
        names if names.iter().all(|name| EXPOSABLE.contains(&name.as_str())) => Ok(names),
        _ => Err(format!("`{text}` has other words than {}", EXPOSABLE.join(", "))),
    });
    let is_exposed = |name: &str| exposed.iter().any(|exposed| exposed == name);
    let (tenant, schema_per_tenant) = match reader.optional("tenant", Tenants::parse) {
        Some(Tenants::ByColumn(tenant)) => (Some(tenant), None),
        Some(Tenants::BySchema(tenants)) => (None, Some(tenants)),
        None => (None, None),
    };
    Api {
        schemas: reader.read("schemas", |text| match list(text) {
            names if names.is_empty() => Err("names no schema; write for example public,api".to_owned()),
            names => Ok(names),
        }),
        introspection: explore.introspection,
        total_count: is_exposed("total-count"),
        aggregate: is_exposed("aggregate"),
        partitions: is_exposed("partitions"),
        semantic_non_null: is_exposed("semantic-non-null"),
        subscriptions,
        federation: is_exposed("federation"),
        tenant,
        schema_per_tenant,
    }
}

fn limits(reader: &mut Reader<'_>, errors: usize) -> Limits {
    let tokens = reader.count("max-tokens", COUNTS);
    // A document that reaches all limits on its form at once has about as many tokens as its limit on tokens.
    let body_bytes = reader.size("max-body", "no request would be accepted");
    let of_tokens = |count: usize, each: usize| (tokens * count / each).max(1);
    Limits {
        depth: reader.count("max-depth", COUNTS),
        complexity: reader.count_or_off("max-complexity").unwrap_or(usize::MAX),
        aliases: of_tokens(1, 100),
        root_fields: of_tokens(3, 1000),
        fields: of_tokens(1, 10),
        values: reader.count("max-values", COUNTS),
        message_bytes: body_bytes.saturating_mul(MESSAGE_OF_BODY),
        answer_bytes: reader.size("max-answer", "nothing could be answered"),
        directives: of_tokens(1, 200),
        tokens,
        batch: reader.count("max-batch", COUNTS),
        errors,
        body_bytes,
        page_size: reader.count_or_off("max-page-size"),
        concurrency: reader.count_or_off("max-concurrency"),
        subscriptions: reader.count("max-subscriptions", COUNTS),
    }
}

fn role_limits(reader: &mut Reader<'_>, errors: usize) -> HashMap<String, Limits> {
    let mut by_role = HashMap::new();
    for role in reader.settled.roles() {
        let settled = reader.settled.of_role(role);
        let mut of_role = Reader { settled: &settled, problems: Vec::new() };
        by_role.insert(role.clone(), limits(&mut of_role, errors));
        // Problems that concern all roles are already reported.
        of_role.problems.retain(|problem| !reader.problems.contains(problem));
        reader.problems.extend(of_role.problems);
    }
    by_role
}

/// The interval of live queries; `None` turns them off.
fn live_interval(reader: &mut Reader<'_>) -> Option<Duration> {
    reader.read("live", |text| match text {
        "on" => Ok(Some(LIVE_INTERVAL)),
        text => unless_off(text, duration),
    })
}

fn live(reader: &mut Reader<'_>, database: &Database, interval: Option<Duration>) -> Live {
    // The others are for requests.
    let quarter = usize::try_from(database.pool_size / 4).unwrap_or(usize::MAX);
    Live {
        interval: interval.unwrap_or(LIVE_INTERVAL),
        connections: quarter.max(1),
        subscriptions: reader.count("max-subscriptions", COUNTS),
    }
}

fn documents(reader: &mut Reader<'_>) -> Documents {
    let list = reader.read("persisted-operations", |text| {
        Ok(Some(text).filter(|text| !text.is_empty()).map(PathBuf::from))
    });
    let policy = reader.choice(
        "documents",
        &[
            ("automatic", DocumentPolicy::Automatic),
            ("any", DocumentPolicy::Any),
            ("listed", DocumentPolicy::ListOnly),
        ],
    );
    if policy == DocumentPolicy::ListOnly && list.is_none() {
        reader.refuse("documents", "no document could run; name the file with --persisted-operations FILE");
    }
    Documents { list, policy }
}

fn http(reader: &mut Reader<'_>, explore: Explore, reserved: usize) -> Http {
    Http {
        listen: reader.read("listen", |text| address(text).map(Parsed)).0,
        get_requests: explore.get_requests,
        request_settings: reader
            .read("request-settings", |text| RequestSettings::parse(list(text).iter().map(String::as_str))),
        cors_origins: reader.read("cors-origins", origins),
        mcp: reader.choice("mcp", &[("off", Mcp::Off), ("tools", Mcp::Tools), ("explore", Mcp::Explore)]),
        sdl: explore.shows_all,
        graphiql: explore.shows_all,
        dev: None,
        drain_timeout: reader.duration("drain-timeout"),
        shutdown_delay: reader.read("shutdown-delay", |text| unless_off(text, duration)).unwrap_or_default(),
        metrics_listen: reader.read("metrics-listen", |text| unless_off(text, address)),
        sockets: Sockets { reserved, ..Sockets::default() },
    }
}

/// The descriptors that a server needs for everything but clients: for each place in the pools, a connection and a cancel
/// request, and other open files.
fn descriptors(database: &Database) -> usize {
    let pools = 1 + database.replicas.len();
    2 * pools * database.pool_size as usize + Sockets::default().reserved
}

fn log(reader: &mut Reader<'_>) -> Log {
    reader.read("log", |text| {
        let (json, words): (Vec<&str>, Vec<&str>) =
            text.split(',').map(str::trim).partition(|word| *word == "json");
        let filter = if words.is_empty() { "info".to_owned() } else { words.join(",") };
        tracing_subscriber::EnvFilter::try_new(&filter).map_err(|error| {
            format!("`{text}` is no filter ({error}); write for example info, debug, sql or info,json")
        })?;
        let format = if json.is_empty() { LogFormat::Text } else { LogFormat::Json };
        Ok(Log { filter, format })
    })
}

/// OpenTelemetry's own variables configure traces completely, so there is no setting.
fn traces(reader: &mut Reader<'_>) -> Traces {
    let address = reader.settled.collector().unwrap_or("off");
    let endpoint = unless_off(address, collector).unwrap_or_else(|message| {
        reader.problems.push(Problem::new(COLLECTOR, message));
        None
    });
    Traces { endpoint }
}

/// How much the API shows of its schema.
#[derive(Clone, Copy)]
struct Explore {
    introspection: Introspection,
    /// Whether the SDL and GraphiQL are served.
    shows_all: bool,
    get_requests: GetRequests,
    /// The number of errors in the answer to an invalid document.
    errors: usize,
}

fn explore(reader: &mut Reader<'_>) -> Explore {
    let introspection = reader.choice(
        "explore",
        &[("on", Introspection::On), ("off", Introspection::Off), ("directive", Introspection::Directive)],
    );
    let shows_all = introspection != Introspection::Off;
    let get_requests = if shows_all { GetRequests::On } else { GetRequests::Persisted };
    let errors = if introspection == Introspection::On { 20 } else { 5 };
    Explore { introspection, shows_all, get_requests, errors }
}

/// Reads values one by one, and collects their problems.
struct Reader<'a> {
    settled: &'a Settled,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The value that `parse` returns. After a problem, a default value, which is never used.
    fn read<T: Default>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        let text = self.settled.value(name).map(str::trim).unwrap_or_default();
        parse(text).unwrap_or_else(|message| {
            self.problems.push(Problem { setting: self.settled.label(name), message });
            T::default()
        })
    }

    /// Adds the problem that a value contradicts others.
    fn refuse(&mut self, name: &str, message: &str) {
        self.problems.push(Problem { setting: self.settled.label(name), message: message.to_owned() });
    }

    /// The value of an optional setting. Setting it to nothing is a mistake.
    fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.settled.value(name)?;
        self.read(name, |text| match text {
            "" => Err("is set, but empty; remove it, or say what it is to be".to_owned()),
            text => parse(text).map(Some),
        })
    }

    fn count(&mut self, name: &str, range: RangeInclusive<usize>) -> usize {
        self.read(name, |text| count(text, range))
    }

    fn count_or_off(&mut self, name: &str) -> Option<usize> {
        match self.settled.value(name).map(str::trim) {
            Some("off") => None,
            _ => Some(self.count(name, COUNTS)),
        }
    }

    /// A number of bytes. `without` says what 0 would mean.
    fn size(&mut self, name: &str, without: &str) -> usize {
        self.read(name, |text| match units::size(text)? {
            0 => Err(format!("is 0; {without}")),
            bytes => Ok(bytes),
        })
    }

    fn duration(&mut self, name: &str) -> Duration {
        self.read(name, duration)
    }

    fn switch(&mut self, name: &str) -> bool {
        self.choice(name, &[("off", false), ("on", true)])
    }

    /// One of the named values. After a problem, the first of them.
    fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let index = self.read(name, |text| {
            choices.iter().position(|(word, _)| *word == text).ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                format!("`{text}` is none of {}", words.join(", "))
            })
        });
        choices[index].1
    }
}

/// An address. The type has no default value of its own.
struct Parsed(SocketAddr);

impl Default for Parsed {
    fn default() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

/// What the text says, or nothing if that is what it says.
fn unless_off<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text == "off" { Ok(None) } else { parse(text).map(Some) }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address with a port; write for example 127.0.0.1:8080"))
}

fn collector(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    if host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', ':'])) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no address of a collector; write for example http://localhost:4318"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let value = units::duration(text)?;
    if TIMES.contains(&value) {
        return Ok(value);
    }
    Err(format!("`{text}` is out of range; it may be from 1ms to 24h"))
}

fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins = list(text);
    for origin in origins.iter().filter(|origin| *origin != "*" && *origin != "localhost") {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
            return Err(format!(
                "`{origin}` is no origin; write scheme, host and port only, for example https://example.com"
            ));
        }
    }
    if origins.len() > 1 && origins.iter().any(|origin| origin == "*") {
        return Err("`*` stands for all origins; leave the others out, or it".to_owned());
    }
    Ok(origins)
}

fn count(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let (low, high) = (*range.start(), *range.end());
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("`{text}` is no whole number from {low} to {high}"))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
