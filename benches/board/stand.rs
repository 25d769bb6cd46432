//! What is measured: PostgreSQL with a full task board, PgBouncer, and the real `glowplug serve`, all on free ports.

use glowplug::config::Config;
use glowplug::db::Database;
use glowplug::schema::Schema;
use glowplug::schema::rendered::Rendered;
use glowplug_local::{Cluster, Pooler, PoolerMode, PoolerOptions};
use tokio_postgres::Client;

use crate::contender::{Contender, other_build};
use crate::database::{self, api, configuration, connect};
use crate::endpoint;
use crate::operation::Operation;
use crate::processor::Programs;
use crate::server::Server;

/// The database and its pooler; dropping it stops both.
pub(crate) struct Stand {
    /// Whether clients connect to the database itself, and prepare their statements there.
    pub(crate) is_direct: bool,
    pub(crate) pooler: Pooler,
    /// Last, because the other depends on it.
    pub(crate) cluster: Cluster,
}

impl Stand {
    /// Starts both and fills the task board.
    pub(crate) async fn start(is_direct: bool) -> Self {
        let cluster = database::start().await;
        let pooler =
            PoolerOptions { pool_mode: PoolerMode::Transaction, pool_size: 8, ..PoolerOptions::default() };
        let pooler = Pooler::start(&cluster, &pooler).expect("a PgBouncer");
        Self { is_direct, pooler, cluster }
    }

    /// The connection string by which clients reach a database.
    fn url(&self, database: &str) -> String {
        if self.is_direct { self.cluster.url(database) } else { self.pooler.url(database) }
    }
}

/// One of the databases and what serves it.
pub(crate) struct Site<'a> {
    pub(crate) stand: &'a Stand,
    pub(crate) database: &'static str,
    pub(crate) operations: &'static [Operation],
    /// The one that sends texts, or prepares them.
    pub(crate) server: Server,
    /// The one that calls functions.
    pub(crate) stored: Option<Server>,
    /// The endpoints that were written by hand.
    pub(crate) endpoint: Server,
    /// The other build, if one was named.
    pub(crate) other: Option<Server>,
    pub(crate) config: Config,
    pub(crate) api: (Schema, Rendered),
}

impl<'a> Site<'a> {
    /// Starts the servers of a database.
    pub(crate) async fn open(
        stand: &'a Stand,
        database: &'static str,
        operations: &'static [Operation],
    ) -> Self {
        let url = stand.url(database);
        let config = configuration(&url);
        let api = api(&config).await;
        let owner = Database::new(&configuration(&stand.cluster.url(database)).database).expect("a pool");
        glowplug::stored::set_up(&owner, &[]).await.expect("the schema of stored operations");
        let server = Server::start(&url, &["--stored-operations", "off"]);
        let stored = (!stand.is_direct).then(|| Server::start(&url, &["--stored-operations", "auto"]));
        let endpoint = endpoint::start(database, &url, stand.is_direct);
        let other = other_build().map(|program| Server::of(program.as_os_str(), &url, &[]));
        Self { stand, database, operations, server, stored, endpoint, other, config, api }
    }

    /// The server that a contender is, if it is one that is there.
    pub(crate) fn server(&self, contender: Contender) -> Option<&Server> {
        match contender {
            Contender::OtherBuild => self.other.as_ref(),
            Contender::Stored => self.stored.as_ref(),
            Contender::Endpoint => Some(&self.endpoint),
            Contender::Glowplug | Contender::Message | Contender::ByHand => Some(&self.server),
        }
    }

    /// Where a server answers an operation.
    pub(crate) fn path(&self, contender: Contender, operation: &Operation) -> String {
        let index = self.operations.iter().position(|known| std::ptr::eq(known, operation));
        match contender {
            Contender::Endpoint => format!("/{}", index.expect("it is one of the site's")),
            _ => "/graphql".to_owned(),
        }
    }

    /// The processes whose time is measured where a contender runs.
    pub(crate) fn programs(&self, contender: Contender) -> Programs {
        let server = self.server(contender).unwrap_or(&self.server);
        Programs {
            glowplug: server.pid(),
            pgbouncer: self.stand.pooler.pid(),
            postgresql: self.stand.cluster.pid(),
        }
    }

    /// The connection string by which clients reach the database.
    pub(crate) fn url(&self) -> String {
        self.stand.url(self.database)
    }

    /// A connection to the database that goes around the pooler.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.stand.cluster.url(self.database)).await
    }
}
