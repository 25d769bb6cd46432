//! The connections to the database.

use std::time::Duration;

use super::secret::Secret;

/// The connections to the database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The connection string; never printed with its password.
    pub url: Secret,
    /// The connection string for work that needs a session, if it is another one.
    pub direct_url: Option<Secret>,
    /// The read replicas.
    pub replicas: Vec<Replica>,
    /// The maximum number of connections to the pooler or database.
    pub pool_size: u32,
    /// What is between Glowplug and PostgreSQL.
    pub pool_mode: PoolMode,
    /// Whether a `PgDog` with several shards is in front, so that each message names its shard. It is if the setting `tenant`
    /// has the sharding key ([`Tenant::is_sharding_key`](super::Tenant::is_sharding_key)).
    pub is_sharded: bool,
    /// How a message sets the context of its statements; `None` means that a probe finds it out.
    pub context: Option<ContextForm>,
    /// Which statements become functions in the database; `None` means that none is made or called.
    pub stored_operations: Option<StoredOperations>,
    /// How long a request waits for a connection of the pool.
    pub acquire_timeout: Duration,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// `statement_timeout` of every operation.
    pub statement_timeout: Duration,
    /// How often the database is checked for changes; `None` means never (a SIGHUP still reloads).
    pub watch_interval: Option<Duration>,
}

/// A read replica.
#[derive(Debug, Clone)]
pub struct Replica {
    /// The connection string; never printed with its password.
    pub url: Secret,
    /// How far behind it may be to get reads; `None` means no limit.
    pub max_lag: Option<Duration>,
}

impl Database {
    /// The connection string for work that needs a session, such as migrations: past a pooler, if one was given.
    pub fn session_url(&self) -> &Secret {
        self.direct_url.as_ref().unwrap_or(&self.url)
    }
}

/// Which statements become functions in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredOperations {
    /// The maximum number of functions in the database, of all servers together.
    pub limit: usize,
    /// How often a role uses a statement within a minute before it becomes one.
    pub uses: u32,
}

impl Default for StoredOperations {
    fn default() -> Self {
        Self { limit: 500, uses: 20 }
    }
}

/// What is between Glowplug and PostgreSQL, in PgBouncer's terms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PoolMode {
    /// A probe finds it out.
    #[default]
    Auto,
    /// No pooler.
    Direct,
    /// A pooler that lends a server connection for the life of the client connection.
    Session,
    /// A pooler that lends a server connection for one transaction.
    Transaction,
    /// A pooler that lends a server connection for one statement.
    Statement,
}

impl PoolMode {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Transaction, Self::Statement, Self::Session, Self::Direct];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Direct => "direct",
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
        }
    }
}

/// How a message sets the context of its statements: role, claims, time-out, read-only, and the settings that they depend
/// on. In each form, every setting is local to the message's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextForm {
    /// One `select` that calls `set_config(…, true)` for each setting.
    SetConfig,
    /// A `SET LOCAL` for each setting.
    SetLocal,
    /// A `SET LOCAL` for each setting, but `set_config` for those with a caller's data.
    Mixed,
    /// One call of the function `glowplug_operations.enter`, which calls `set_config`. If the function is missing, as
    /// [`Self::SetConfig`].
    Function,
}

impl ContextForm {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::SetConfig, Self::SetLocal, Self::Mixed, Self::Function];

    /// Its name in settings, logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetConfig => "set_config",
            Self::SetLocal => "set_local",
            Self::Mixed => "mixed",
            Self::Function => "function",
        }
    }
}
