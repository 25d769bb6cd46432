//! The servers of the tests: one private PostgreSQL server for the whole binary, a new database for each
//! test, and `PgBouncers` in front of the server.
//!
//! A test binary runs no destructors for its statics, and none at all when it is killed. So the server has a
//! guard (see `glowplug_local`): a small shell whose standard input ends with this process, and which then
//! stops the server and removes its folder. This works after a failed test, an abort, and a `kill -9`.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use glowplug::config::{self, Config, PoolMode, Secret};
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use glowplug_local::{
    Cluster, ClusterOptions, Clustering, Odyssey, OdysseyStatements, PgDog, PgDogOptions, Pgpool, Pooler,
    PoolerMode, PoolerOptions, PostgresProgram, Redis,
};
use serde_json::{Map, Value};
use tokio_postgres::{Client, NoTls};

static CLUSTER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start(ClusterOptions::throwaway()).expect("a private PostgreSQL server"));

static NEWER_CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    let options = ClusterOptions { program: PostgresProgram::Newer, ..ClusterOptions::throwaway() };
    Cluster::start(options).expect("a private PostgreSQL 18 with pgvector")
});

/// Numbers for unique names.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// The server that all tests share. A test that stops or restarts a server starts its own.
pub(crate) fn cluster() -> &'static Cluster {
    &CLUSTER
}

/// PostgreSQL 18 with pgvector, which all tests share that need either.
pub(crate) fn newer_cluster() -> &'static Cluster {
    &NEWER_CLUSTER
}

/// A fresh database (locale C, UTF-8, UTC) on the shared server, with `setup` run in it; returns its name.
pub(crate) async fn database(setup: &str) -> String {
    database_of(cluster(), setup).await
}

/// The same on another server.
pub(crate) async fn database_of(cluster: &Cluster, setup: &str) -> String {
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    connect(&cluster.url("postgres"))
        .await
        .batch_execute(&format!("create database {name}"))
        .await
        .expect("a fresh database");
    if !setup.is_empty() {
        connect(&cluster.url(&name)).await.batch_execute(setup).await.expect("the database's setup runs");
    }
    name
}

/// A fresh database with the starter project in it; returns its name.
///
/// The migrations run once, in a database of which the others are copies.
pub(crate) async fn starter_database() -> String {
    static TEMPLATE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(|| async {
            let name = database("").await;
            let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
            glowplug::db::migrate(&cluster().url(&name), &migrations).await.expect("the migrations run");
            name
        })
        .await;
    copy_of(template).await
}

/// A copy of a database without connections; returns its name.
pub(crate) async fn copy_of(template: &str) -> String {
    let name = format!("copy_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    connect(&cluster().url("postgres"))
        .await
        .batch_execute(&format!("create database {name} template {template}"))
        .await
        .expect("a copy of the database");
    name
}

/// A PgBouncer in front of the shared server; it stops when it is dropped.
pub(crate) fn pooler(pool_mode: PoolMode, pool_size: u32) -> Pooler {
    pooler_with(PoolerOptions { pool_mode: pooler_mode(pool_mode), pool_size, ..PoolerOptions::default() })
}

/// The PgBouncer for a pool mode.
pub(crate) fn pooler_mode(pool_mode: PoolMode) -> PoolerMode {
    match pool_mode {
        PoolMode::Direct | PoolMode::Session => PoolerMode::Session,
        PoolMode::Auto | PoolMode::Transaction => PoolerMode::Transaction,
        PoolMode::Statement => PoolerMode::Statement,
    }
}

/// A PgBouncer with these options; the name is made unique.
pub(crate) fn pooler_with(options: PoolerOptions) -> Pooler {
    let name = format!("{}-{}", options.name, NUMBER.fetch_add(1, Ordering::Relaxed));
    Pooler::start(cluster(), &PoolerOptions { name, ..options }).expect("a PgBouncer")
}

/// A pgpool-II in front of the shared server; it stops when it is dropped.
pub(crate) fn pgpool(children: u32) -> Pgpool {
    pgpool_with(Clustering::StreamingReplication, children)
}

/// A pgpool-II with this clustering mode.
pub(crate) fn pgpool_with(clustering: Clustering, children: u32) -> Pgpool {
    let name = format!("pgpool-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    Pgpool::start(cluster(), &name, clustering, children).expect("a pgpool-II")
}

/// An Odyssey in transaction mode in front of the shared server; it stops when it is dropped.
pub(crate) fn odyssey(statements: OdysseyStatements, pool_size: u32) -> Odyssey {
    let name = format!("odyssey-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    Odyssey::start(cluster(), &name, PoolerMode::Transaction, statements, pool_size).expect("an Odyssey")
}

/// A PgDog in front of the shared server, of which only tests need one that are run by hand; it stops when it is dropped.
pub(crate) fn pgdog(options: &PgDogOptions) -> PgDog {
    let name = format!("pgdog-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    PgDog::start(cluster(), &name, options).expect("a PgDog")
}

/// A command from words, as in `redis-cli`.
pub(crate) fn redis_command(command: &str) -> redis::Cmd {
    let mut words = command.split(' ');
    let mut sent = redis::cmd(words.next().expect("a command"));
    words.for_each(|word| {
        sent.arg(word);
    });
    sent
}

/// A Redis' answer to a command, on a separate connection.
pub(crate) fn ask_redis<T: redis::FromRedisValue>(redis: &Redis, command: &str) -> T {
    let client = redis::Client::open(redis.url()).expect("its address");
    let mut link = client.get_connection().expect("a connection");
    redis_command(command).query(&mut link).expect("Redis answers")
}

/// A plain connection for queries; it closes when it is dropped.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// The first column of the only row that a statement returns, by the simple protocol.
pub(crate) async fn ask(client: &Client, statement: &str) -> Option<String> {
    let messages = client.simple_query(statement).await.expect("the statement runs");
    messages.into_iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
        _ => None,
    })?
}

/// A configuration with small pools and sensible limits; tests change the settings that they test.
pub(crate) fn config(url: &str, pool_mode: PoolMode) -> Config {
    Config {
        database: config::Database {
            url: Secret::new(url),
            direct_url: None,
            replicas: Vec::new(),
            pool_size: 4,
            pool_mode,
            is_sharded: false,
            context: None,
            stored_operations: None,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            watch_interval: None,
        },
        api: config::Api {
            schemas: vec!["public".to_owned()],
            introspection: config::Introspection::On,
            total_count: false,
            aggregate: false,
            partitions: false,
            semantic_non_null: false,
            subscriptions: true,
            federation: false,
            tenant: None,
            schema_per_tenant: None,
        },
        limits: config::Limits {
            depth: 20,
            complexity: 1_000_000,
            aliases: 100,
            root_fields: 30,
            fields: 1_000,
            values: 50_000,
            message_bytes: 4 << 20,
            answer_bytes: 16 << 20,
            directives: 50,
            tokens: 10_000,
            batch: 10,
            errors: 20,
            body_bytes: 1 << 20,
            page_size: None,
            concurrency: None,
            subscriptions: 1000,
        },
        role_limits: std::collections::HashMap::new(),
        documents: config::Documents { list: None, policy: config::DocumentPolicy::Automatic },
        auth: config::Auth::default(),
        http: config::Http {
            listen: "127.0.0.1:0".parse().expect("an address"),
            get_requests: config::GetRequests::On,
            request_settings: config::RequestSettings::default(),
            cors_origins: Vec::new(),
            mcp: config::Mcp::Off,
            sdl: true,
            graphiql: true,
            dev: None,
            drain_timeout: Duration::from_secs(5),
            shutdown_delay: Duration::ZERO,
            metrics_listen: None,
            sockets: config::Sockets::default(),
        },
        live: config::Live { interval: Duration::from_millis(200), connections: 2, subscriptions: 1000 },
        queue: queue(),
        log: config::Log { filter: "info".to_owned(), format: config::LogFormat::Text },
        traces: config::Traces { endpoint: None },
    }
}

/// Settings of a queue that does not exist, with the bounds that tests need.
pub(crate) fn queue() -> config::Queue {
    config::Queue {
        redis: None,
        queued: config::Queued::Nothing,
        name: "test".to_owned(),
        shards: 1,
        length: 1000,
        bytes: 64 << 20,
        age: Duration::from_secs(30),
        share_percent: 100,
        operation_timeout: Duration::from_secs(20),
        background_timeout: Duration::from_mins(1),
        concurrency: 4,
        claim_after: Duration::from_millis(600),
        attempts: 3,
        keep_results: Duration::from_hours(1),
    }
}

/// A request for a document with variables.
pub(crate) fn request(document: &str, variables: &Value) -> Request {
    Request {
        document: document.into(),
        operation_name: None,
        variables: variables.as_object().cloned().unwrap_or_default(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    }
}

/// The answer to a document with variables, straight from the engine.
pub(crate) async fn graphql(engine: &Engine, query: &str, variables: Value) -> Value {
    graphql_as(engine, &Identity::default(), query, variables).await
}

/// The same for a role.
pub(crate) async fn graphql_as(engine: &Engine, identity: &Identity, query: &str, variables: Value) -> Value {
    let response = engine.respond(request(query, &variables), identity).await;
    serde_json::from_slice(&response.body).expect("the answer is JSON")
}
