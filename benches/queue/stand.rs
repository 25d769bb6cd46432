//! What is measured: PostgreSQL, a transaction-mode PgBouncer, Redis with its log on, and the real `glowplug`, all on free ports.

use glowplug_local::{
    Cluster, ClusterOptions, Persistence, Pooler, PoolerMode, PoolerOptions, Redis, RedisOptions,
};
use tokio_postgres::{Client, NoTls};

use crate::program::Program;

/// The name of the database.
const DATABASE: &str = "entries";

/// The table has no constraint that would hide a second effect.
const SETUP: &str =
    "create table entry (id bigint generated always as identity primary key, mark uuid not null)";

/// What all share; dropping it stops everything.
pub(crate) struct Stand {
    redis: Redis,
    cluster: Cluster,
}

/// A server, with a pooler of its own and, where mutations are queued, a worker.
pub(crate) struct Site {
    pub(crate) way: &'static str,
    pub(crate) endpoint: String,
    database: Client,
    _serve: Program,
    _worker: Option<Program>,
    _pooler: Pooler,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        let mut options = ClusterOptions::throwaway();
        // No flush of a checkpoint falls into a run.
        options.settings =
            [("shared_buffers", "256MB"), ("max_wal_size", "8GB"), ("checkpoint_timeout", "1h")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let cluster = Cluster::start(options).expect("a private PostgreSQL server");
        let server = connect(&cluster.url("postgres")).await;
        server.batch_execute(&format!("create database {DATABASE}")).await.expect("a database");
        connect(&cluster.url(DATABASE)).await.batch_execute(SETUP).await.expect("the table");
        let options = RedisOptions { persistence: Persistence::EverySecond, ..RedisOptions::default() };
        Self { redis: Redis::start(&options).expect("a Redis"), cluster }
    }

    /// A server that writes directly or through the queue, by so many connections to the database.
    pub(crate) async fn site(&self, way: &'static str, connections: u32) -> Site {
        let name = format!("{way}-{connections}");
        let options = PoolerOptions {
            name: name.clone(),
            pool_mode: PoolerMode::Transaction,
            pool_size: connections,
            ..PoolerOptions::default()
        };
        let pooler = Pooler::start(&self.cluster, &options).expect("a PgBouncer");
        let (url, count) = (pooler.url(DATABASE), connections.to_string());
        let redis = format!("{}?queue={name}", self.redis.url());
        let environment = [("DATABASE_URL", &*url), ("GLOWPLUG_REDIS_URL", &*redis)];
        let queue = if way == "queued" { "mutations" } else { "off" };
        let serve = ["serve", "--listen", "127.0.0.1:0", "--pool-size", &count, "--queue", queue];
        let serve = Program::start(&serve, &environment, "address=");
        let worker = (way == "queued")
            .then(|| Program::start(&["worker", "--pool-size", &count], &environment, "concurrency="));
        let database = connect(&self.cluster.url(DATABASE)).await;
        let endpoint = format!("http://{}/graphql", serve.word);
        Site { way, endpoint, database, _serve: serve, _worker: worker, _pooler: pooler }
    }
}

impl Site {
    /// How many mutations have taken effect.
    pub(crate) async fn rows(&self) -> u64 {
        let row = self.database.query_one("select count(*) from entry", &[]).await.expect("a count");
        u64::try_from(row.get::<_, i64>(0)).expect("a count")
    }
}

/// A plain connection.
async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}
