//! The options of a [`Cluster`](crate::Cluster) and a [`Pooler`](crate::Pooler). Only data.

use std::path::PathBuf;
use std::time::Duration;

/// How a PostgreSQL server is set up.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Which PostgreSQL.
    pub program: PostgresProgram,
    /// The folder of its data, log and socket. It is created if it does not exist.
    pub folder: PathBuf,
    /// What happens to the data.
    pub durability: Durability,
    /// Which users may connect.
    pub authentication: Authentication,
    /// The server's `max_connections`.
    pub max_connections: u32,
    /// Other settings of postgresql.conf: name and value.
    pub settings: Vec<(String, String)>,
    /// Called with the version before PostgreSQL is downloaded, which takes a while. Does nothing by default.
    pub on_download: fn(&str),
}

impl ClusterOptions {
    /// A server whose data is kept, for development.
    pub fn kept_in(folder: impl Into<PathBuf>) -> Self {
        Self {
            program: PostgresProgram::Installed,
            folder: folder.into(),
            durability: Durability::Kept,
            authentication: Authentication::Password,
            max_connections: 100,
            settings: Vec::new(),
            on_download: |_| {},
        }
    }

    /// A fast server in a temporary folder, for tests and benchmarks.
    pub fn throwaway() -> Self {
        let name = format!("glowplug-{}", uuid::Uuid::new_v4().simple());
        Self {
            program: PostgresProgram::Installed,
            folder: std::env::temp_dir().join(name),
            durability: Durability::Throwaway,
            authentication: Authentication::Trust,
            max_connections: 400,
            settings: Vec::new(),
            on_download: |_| {},
        }
    }
}

/// Which PostgreSQL of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostgresProgram {
    /// The installed one, or one that is downloaded if there is none.
    Installed,
    /// PostgreSQL 18 with pgvector, which `scripts/newer-postgresql` has downloaded.
    Newer,
}

/// What happens to a server's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is flushed to the disk and stays when the server stops. The locale of texts is `C.UTF-8` if that exists.
    Kept,
    /// It is never flushed (`fsync=off`), and the folder is removed with the server. The locale is `C`, so that the sort
    /// order is the same on every machine.
    Throwaway,
}

/// Which users may connect to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Users with a random password, which is kept beside the data. A superuser's connection runs programs as the server's
    /// account, so trusting the loopback address would give that account to every user of the machine.
    Password,
    /// Every user of this machine. For tests, where hashing the password would cost more than the query.
    Trust,
}

/// When a PgBouncer takes a server connection back from a client (`pool_mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolerMode {
    /// When the client disconnects.
    Session,
    /// When the client's transaction ends.
    Transaction,
    /// After each statement; a transaction of several statements is refused.
    Statement,
}

/// Which PgBouncer of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolerProgram {
    /// The installed one.
    Installed,
    /// One that tracks prepared statements (1.21 or later): the installed one if it does, otherwise the one that
    /// `scripts/newer-poolers` has downloaded.
    TracksStatements,
    /// The newest one, which `scripts/newer-poolers` has downloaded.
    Newest,
}

/// How an Odyssey treats named statements (`pool_reserve_prepared_statement`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OdysseyStatements {
    /// It tracks the statements of each client, and prepares them on every server connection that the client gets. Its
    /// default.
    Tracked,
    /// It passes them on.
    AsGiven,
}

/// The replication mode of a pgpool-II, even with a single server behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clustering {
    /// The servers replicate by themselves. The usual configuration of pgpool-II.
    StreamingReplication,
    /// None. A write by the extended protocol then opens a transaction that it does not commit (version 4.3).
    Raw,
}

/// How a PgBouncer is set up.
#[derive(Debug, Clone)]
pub struct PoolerOptions {
    /// Which program.
    pub program: PoolerProgram,
    /// The name of its folder inside the cluster's; two poolers of one cluster need different ones.
    pub name: String,
    /// When a server connection goes back to the pool.
    pub pool_mode: PoolerMode,
    /// Server connections per database and user (`default_pool_size`).
    pub pool_size: u32,
    /// The maximum number of client connections.
    pub max_client_conn: u32,
    /// How long a client waits for a server connection; zero means forever.
    pub query_wait_timeout: Duration,
    /// Users besides the superuser that may connect through it: name and password.
    pub users: Vec<(String, String)>,
    /// Other settings of pgbouncer.ini: name and value.
    pub extra: Vec<(String, String)>,
}

impl Default for PoolerOptions {
    fn default() -> Self {
        Self {
            program: PoolerProgram::Installed,
            name: "pgbouncer".to_owned(),
            pool_mode: PoolerMode::Transaction,
            pool_size: 20,
            max_client_conn: 1000,
            query_wait_timeout: Duration::from_mins(2),
            users: Vec::new(),
            extra: Vec::new(),
        }
    }
}

/// How to start a `PgDog`.
#[derive(Debug, Clone)]
pub struct PgDogOptions {
    /// When it takes a server connection back from a client.
    pub pool_mode: PoolerMode,
    /// The number of its server connections for each database and user.
    pub pool_size: u32,
    /// Its databases: the name of each, and the databases of the cluster that are its shards.
    pub databases: Vec<(String, Vec<String>)>,
    /// The ports of standbys of the cluster.
    pub replicas: Vec<u16>,
    /// Further lines of the section `general` in its settings.
    pub general: String,
    /// The sections that say how tables are sharded.
    pub sharding: String,
}

impl PgDogOptions {
    /// A `PgDog` in transaction mode without replicas.
    pub fn of_databases(databases: Vec<(String, Vec<String>)>) -> Self {
        let (general, sharding) = (String::new(), String::new());
        let pool_mode = PoolerMode::Transaction;
        Self { pool_mode, pool_size: 2, databases, replicas: Vec::new(), general, sharding }
    }
}
