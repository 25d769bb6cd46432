//! The poolers between a client and PostgreSQL, and one protocol through each.

use std::sync::Mutex;
use std::time::Duration;

use glowplug::config::{ContextForm, PoolMode};
use glowplug::db::{Connection, Connector, Protocol, Protocols};
use glowplug_local::{
    Clustering, Odyssey, OdysseyStatements, PgDog, PgDogOptions, Pgpool, Pooler, PoolerMode, PoolerOptions,
    PoolerProgram,
};

use crate::place::Place;
use crate::{db::types, harness};

/// A pooler, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Direct,
    Session,
    Transaction,
    Statement,
    /// A PgBouncer that gives statements its own names.
    Tracking,
    /// The same PgBouncer with this feature turned off.
    NotTracking,
    /// The newest PgBouncer, which gives statements its own names.
    Newest,
    /// Odyssey, which gives its own names to all statements, including unnamed ones.
    Odyssey,
    Pgpool,
    RawPgpool,
    /// One that runs elsewhere.
    Elsewhere(PoolMode),
    PgDog,
    SessionPgDog,
}

impl Stand {
    /// In the words of the documentation.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Direct => "no pooler",
            Self::Session => "PgBouncer, session mode",
            Self::Transaction => "PgBouncer before 1.21, transaction mode",
            Self::Statement => "PgBouncer, statement mode",
            Self::Tracking => "PgBouncer since 1.21, transaction mode, `max_prepared_statements` above 0",
            Self::NotTracking => "PgBouncer since 1.21, transaction mode, `max_prepared_statements = 0`",
            Self::Newest => "PgBouncer 1.26, transaction mode, as it comes",
            Self::Odyssey => "Odyssey 1.5, transaction mode, as it comes",
            Self::Pgpool => "pgpool-II, `streaming_replication`",
            Self::RawPgpool => "pgpool-II, `raw`",
            Self::Elsewhere(_) => "a pooler elsewhere",
            Self::PgDog => "PgDog 0.1.54 with one shard, transaction mode",
            Self::SessionPgDog => "PgDog 0.1.54 with one shard, session mode",
        }
    }

    /// Whether operations may use the protocol. pgpool-II chooses a server for each statement of a pipeline,
    /// and in raw mode does not keep the scope for later statements: users would see each other's rows.
    pub(super) fn takes_operations(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Simple => true,
            // No pool mode of the engine uses it.
            Protocol::Unnamed => false,
            Protocol::Prepared => !matches!(self, Self::Pgpool | Self::RawPgpool),
        }
    }

    /// Whether a message may set its context in this form. PgDog refuses a `SET` with other statements behind it.
    pub(super) fn takes_context(self, context: ContextForm) -> bool {
        self != Self::PgDog || !matches!(context, ContextForm::SetLocal | ContextForm::Mixed)
    }

    pub(super) fn pool_mode(self) -> PoolMode {
        match self {
            Self::Direct => PoolMode::Direct,
            Self::Session | Self::Pgpool | Self::RawPgpool | Self::SessionPgDog => PoolMode::Session,
            Self::Transaction
            | Self::Tracking
            | Self::NotTracking
            | Self::Newest
            | Self::Odyssey
            | Self::PgDog => PoolMode::Transaction,
            Self::Statement => PoolMode::Statement,
            Self::Elsewhere(pool_mode) => pool_mode,
        }
    }
}

/// The pooler, which stops when it is dropped.
pub(super) enum Server {
    None,
    PgBouncer(Pooler),
    Odyssey(Odyssey),
    Pgpool(Pgpool),
    Elsewhere(Place),
    /// It has to know its databases when it starts, so there is one for each.
    PgDog(PoolerMode, Mutex<Vec<PgDog>>),
}

impl Server {
    pub(super) fn start(stand: Stand) -> Self {
        let (program, most) = match stand {
            Stand::Direct | Stand::Elsewhere(_) => return Self::None,
            // A cancel request takes a child process, too.
            Stand::Pgpool => return Self::Pgpool(harness::pgpool(4)),
            Stand::Odyssey => return Self::Odyssey(harness::odyssey(OdysseyStatements::Tracked, 2)),
            Stand::PgDog | Stand::SessionPgDog => {
                return Self::PgDog(harness::pooler_mode(stand.pool_mode()), Mutex::default());
            }
            Stand::RawPgpool => return Self::Pgpool(harness::pgpool_with(Clustering::Raw, 4)),
            Stand::Session | Stand::Transaction | Stand::Statement => (PoolerProgram::Installed, None),
            Stand::Newest => (PoolerProgram::Newest, None),
            Stand::Tracking => (PoolerProgram::TracksStatements, Some("200")),
            Stand::NotTracking => (PoolerProgram::TracksStatements, Some("0")),
        };
        let most = most.map(|most| ("max_prepared_statements".to_owned(), most.to_owned()));
        let extra = most.into_iter().collect();
        let pool_mode = harness::pooler_mode(stand.pool_mode());
        let options = PoolerOptions { program, pool_mode, pool_size: 2, extra, ..PoolerOptions::default() };
        Self::PgBouncer(harness::pooler_with(options))
    }

    /// The connection string of a fresh database.
    async fn database(&self, setup: &str) -> String {
        if let Self::Elsewhere(place) = self {
            return place.database(setup).await;
        }
        let database = harness::database(setup).await;
        match self {
            Self::None | Self::Elsewhere(_) => harness::cluster().url(&database),
            Self::PgBouncer(pooler) => pooler.url(&database),
            Self::Odyssey(odyssey) => odyssey.url(&database),
            Self::Pgpool(pgpool) => pgpool.url(&database),
            Self::PgDog(pool_mode, started) => {
                let databases = vec![(database.clone(), vec![database.clone()])];
                let options = PgDogOptions { pool_mode: *pool_mode, ..PgDogOptions::of_databases(databases) };
                let pgdog = harness::pgdog(&options);
                let url = pgdog.url(&database);
                started.lock().expect("no test has failed").push(pgdog);
                url
            }
        }
    }
}

/// One protocol through one stand, with a separate database, so its server connections are separate, too.
pub(super) struct Cell {
    pub(super) stand: Stand,
    pub(super) protocol: Protocol,
    pub(super) url: String,
    /// A connection string of the same server, by which its sessions can be seen.
    pub(super) server: String,
    connector: Connector,
}

impl Cell {
    pub(super) async fn new(stand: Stand, server: &Server, protocol: Protocol) -> Self {
        let setup = format!("{}; {}", types::SETUP, include_str!("setup.sql"));
        let url = server.database(&setup).await;
        let seen = match server {
            Server::Elsewhere(_) => url.clone(),
            _ => harness::cluster().url("postgres"),
        };
        let connector = Connector::new(&url).unwrap().protocol(protocol).timeout(Duration::from_secs(30));
        Self { stand, protocol, url, server: seen, connector }
    }

    /// The pool mode in which an engine's operations use the protocol.
    pub(super) fn operations(&self) -> PoolMode {
        let pool_mode = match self.protocol {
            Protocol::Prepared => PoolMode::Direct,
            Protocol::Simple | Protocol::Unnamed => PoolMode::Transaction,
        };
        assert_eq!(Protocols::of(pool_mode).operations, self.protocol);
        pool_mode
    }

    pub(super) async fn connect(&self) -> Connection {
        self.connector.connect().await.unwrap_or_else(|error| panic!("{}: {error}", self.label()))
    }

    /// The name of the cell, for failed assertions.
    pub(super) fn label(&self) -> String {
        format!("{}, {:?}", self.stand.name(), self.protocol)
    }
}
