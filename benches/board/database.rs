//! PostgreSQL with a full task board, and the API that `serve` makes of it.

use std::path::Path;
use std::sync::Arc;

use glowplug::catalog::{Catalog, INTROSPECT};
use glowplug::config::{Config, Profile, Raw, Settled};
use glowplug::db::{Access, Database, Reach, Scope};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::{Statement, array_literal};
use glowplug_local::{Cluster, ClusterOptions};
use tokio_postgres::{Client, NoTls};

/// The name of the database.
pub(crate) const DATABASE: &str = "board";

/// Starts the server and fills the database.
pub(crate) async fn start() -> Cluster {
    let mut options = ClusterOptions::throwaway();
    // The data is in memory, as in production it should be, and no flush falls into a run.
    options.settings = [
        ("shared_buffers", "512MB"),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "1h"),
        ("autovacuum", "off"),
        ("track_activity_query_size", "16384"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let cluster = Cluster::start(options).expect("a private PostgreSQL server");
    fill(&cluster).await;
    cluster
}

async fn fill(cluster: &Cluster) {
    let server = connect(&cluster.url("postgres")).await;
    server.batch_execute(&format!("create database {DATABASE}")).await.expect("a database");
    let url = cluster.url(DATABASE);
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    glowplug::db::migrate(&url, &migrations).await.expect("the starter's schema");
    let board = connect(&url).await;
    board.batch_execute(include_str!("fill.sql")).await.expect("the rows");
    board.batch_execute("vacuum (analyze, freeze)").await.expect("statistics");
    board.batch_execute("checkpoint").await.expect("a checkpoint");
}

/// A plain connection.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// What `serve` makes of its defaults.
pub(crate) fn configuration(url: &str) -> Config {
    let mut settled = Settled::gather(&Raw::default(), |_| None, None, Profile::Serve).expect("the defaults");
    settled.set_database_url(url);
    settled.check().expect("the defaults are valid")
}

/// The API that `serve` makes of the database.
pub(crate) async fn api(config: &Config) -> (Schema, Rendered) {
    let database = Database::new(&config.database).expect("the settings");
    let scope = Scope {
        access: Access::ReadOnly,
        role: None,
        settings: [].into(),
        statement_timeout: config.database.statement_timeout,
        answer_limit: usize::MAX,
        reach: Reach::Server,
    };
    let schemas = array_literal(config.api.schemas.iter().map(|name| Some(name.as_str())));
    let statement = Statement::new(INTROSPECT, vec![Some(schemas)]);
    let answers = database.run(&scope, &[statement]).await.expect("a picture of the database");
    let picture = answers.into_iter().flatten().next().expect("one row");
    let catalog = Catalog::from_json(&picture).expect("a catalogue");
    let options = Options {
        total_count: config.api.total_count,
        aggregate: config.api.aggregate,
        partitions: config.api.partitions,
        semantic_non_null: config.api.semantic_non_null,
        subscriptions: config.api.subscriptions,
        federation: config.api.federation,
    };
    let schema = Schema::new(Arc::new(catalog), options);
    let rendered = Rendered::new(&schema).expect("a valid schema");
    (schema, rendered)
}
