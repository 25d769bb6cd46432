//! What a caller may choose about a [`Cluster`](crate::Cluster) and a [`Pooler`](crate::Pooler). Only data.

use std::path::PathBuf;
use std::time::Duration;

/// How a PostgreSQL server is set up.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The folder that holds its data, log and socket; made if it is not there.
    pub folder: PathBuf,
    /// What happens to the data.
    pub durability: Durability,
    /// Who may connect.
    pub authentication: Authentication,
    /// The server's `max_connections`.
    pub max_connections: u32,
    /// Further settings of postgresql.conf: name and value.
    pub settings: Vec<(String, String)>,
    /// Called with the version before PostgreSQL is downloaded, which takes a while; the default does nothing.
    pub on_download: fn(&str),
}

impl ClusterOptions {
    /// A server whose data is kept, for developing with.
    pub fn kept_in(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            durability: Durability::Kept,
            authentication: Authentication::Password,
            max_connections: 100,
            settings: Vec::new(),
            on_download: |_| {},
        }
    }

    /// A server in a temporary folder, fast and gone afterwards, for tests and benchmarks.
    pub fn throwaway() -> Self {
        let name = format!("glowplug-{}", uuid::Uuid::new_v4().simple());
        Self {
            folder: std::env::temp_dir().join(name),
            durability: Durability::Throwaway,
            authentication: Authentication::Trust,
            max_connections: 400,
            settings: Vec::new(),
            on_download: |_| {},
        }
    }
}

/// What happens to a server's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is flushed to the disk and stays when the server stops. Texts are in the locale `C.UTF-8` if there is one.
    Kept,
    /// It is never flushed (`fsync=off`), and the folder is removed with the server. The locale is `C`, so that sorting
    /// is the same on every machine.
    Throwaway,
}

/// Who may connect to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Who knows a random password, which is kept beside the data: a superuser's connection runs programs as the
    /// server's account, so that trusting the loopback address would hand that account to everybody on the machine.
    Password,
    /// Everybody on this machine. For tests, where the password's rounds of hashing would cost more than the query.
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
    /// The one that is installed.
    Installed,
    /// One that tracks prepared statements (1.21 or later): the installed one if it does, else that which
    /// `scripts/newer-poolers` has fetched.
    TracksStatements,
    /// The newest one, which `scripts/newer-poolers` has fetched.
    Newest,
}

/// What an Odyssey makes of statements with names (`pool_reserve_prepared_statement`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OdysseyStatements {
    /// It knows which client has prepared what, and prepares it wherever that client comes. Its default.
    Tracked,
    /// It passes them on.
    AsGiven,
}

/// What a pgpool-II takes the servers behind it for, though it be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clustering {
    /// They replicate by themselves. As pgpool-II is set up mostly.
    StreamingReplication,
    /// It does not care. A write by the extended protocol then opens a transaction that it does not commit (version 4.3).
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
    /// Client connections at the most.
    pub max_client_conn: u32,
    /// How long a client waits for a server connection; zero waits for ever.
    pub query_wait_timeout: Duration,
    /// Users besides the superuser that may connect through it: name and password.
    pub users: Vec<(String, String)>,
    /// Further settings of pgbouncer.ini: name and value.
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
