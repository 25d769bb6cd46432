//! The pooler in between: none, or a PgBouncer. The probe says which protocols are safe there.

use std::time::Duration;

use glowplug::config::{self, PoolMode, StoredOperations};
use glowplug::db::{Connector, Database, Protocol, Protocols};
use glowplug::stored;
use glowplug_local::{Cluster, Pooler, PoolerMode, PoolerOptions, PoolerProgram};

use crate::database::{DATABASE, configuration};
use crate::load::{CLIENTS, Work};

/// How operations travel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// By this protocol.
    Protocol(Protocol),
    /// As messages that call functions.
    Stored,
}

/// A pooler, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Direct,
    PgBouncer(PoolerMode),
    /// One that tracks named statements, in transaction mode.
    Tracking,
}

pub(crate) const STANDS: [Kind; 5] = [
    Kind::Direct,
    Kind::PgBouncer(PoolerMode::Session),
    Kind::PgBouncer(PoolerMode::Transaction),
    Kind::PgBouncer(PoolerMode::Statement),
    Kind::Tracking,
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Direct => "no pooler",
            Self::PgBouncer(PoolerMode::Session) => "PgBouncer, session mode",
            Self::PgBouncer(PoolerMode::Statement) => "PgBouncer, statement mode",
            Self::PgBouncer(_) => "PgBouncer, transaction mode",
            Self::Tracking => "PgBouncer since 1.21 with `max_prepared_statements`, transaction mode",
        }
    }

    fn start(self, cluster: &Cluster) -> Option<Pooler> {
        let (program, pool_mode) = match self {
            Self::Direct => return None,
            Self::PgBouncer(pool_mode) => (PoolerProgram::Installed, pool_mode),
            Self::Tracking => (PoolerProgram::TracksStatements, PoolerMode::Transaction),
        };
        let extra = match self {
            Self::Tracking => vec![("max_prepared_statements".to_owned(), "200".to_owned())],
            Self::Direct | Self::PgBouncer(_) => Vec::new(),
        };
        // In session mode each client needs one; there is one pool for each protocol, and the probe.
        let pool_size = if pool_mode == PoolerMode::Session { CLIENTS * 3 + 3 } else { 8 };
        let name = format!("protocols-{self:?}").replace(['(', ')'], "-");
        let options =
            PoolerOptions { program, name, pool_mode, pool_size, extra, ..PoolerOptions::default() };
        Some(Pooler::start(cluster, &options).expect("a PgBouncer; see scripts/newer-poolers"))
    }
}

/// A way to the database.
pub(crate) struct Stand {
    pub(crate) name: &'static str,
    /// The fastest protocol that is safe there.
    pub(crate) fastest: Protocol,
    config: config::Database,
    _pooler: Option<Pooler>,
}

impl Stand {
    pub(crate) async fn start(cluster: &Cluster, kind: Kind) -> Self {
        let pooler = kind.start(cluster);
        let url = pooler.as_ref().map_or_else(|| cluster.url(DATABASE), |pooler| pooler.url(DATABASE));
        let config = config::Database { pool_size: CLIENTS, ..configuration(&url).database };
        let connector = Connector::new(&url).expect("a connection string");
        let findings = connector.probe(Duration::from_secs(5)).await.expect("a connection");
        let fastest = findings.protocols().operations;
        Self { name: kind.name(), fastest, config, _pooler: pooler }
    }

    /// A pool whose operations travel by this way. By functions, all statements are some.
    pub(crate) async fn connect(&self, way: Way, work: &Work) -> Database {
        let Way::Protocol(operations) = way else { return self.store(work).await };
        let protocols = Protocols { operations, ..Protocols::of(PoolMode::Transaction) };
        Database::speaking(&self.config, protocols).expect("a pool")
    }

    async fn store(&self, work: &Work) -> Database {
        let config =
            config::Database { stored_operations: Some(StoredOperations::default()), ..self.config.clone() };
        let protocols = Protocols::of(PoolMode::Transaction);
        let database = Database::speaking(&config, protocols).expect("a pool");
        stored::set_up(&database, &[]).await.expect("the schema of stored operations");
        tokio::spawn(stored::keep(database.clone(), Some(StoredOperations::default().limit)));
        for statement in &work.statements {
            assert!(database.stored().store(&work.scope, statement).await, "the statement is a function");
        }
        database
    }
}

impl Way {
    pub(crate) const SIMPLE: Self = Self::Protocol(Protocol::Simple);
    pub(crate) const UNNAMED: Self = Self::Protocol(Protocol::Unnamed);
    pub(crate) const PREPARED: Self = Self::Protocol(Protocol::Prepared);

    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Protocol(protocol) => protocol.name(),
            Self::Stored => "stored",
        }
    }
}
