//! What is measured: PostgreSQL with a full task board, PgBouncer, and the real `glowplug serve`, all on free ports.

use glowplug::config::{Config, PoolMode};
use glowplug::local::{Cluster, Pooler, PoolerOptions};
use glowplug::schema::Schema;
use glowplug::schema::rendered::Rendered;
use tokio_postgres::Client;

use crate::database::{self, DATABASE, api, configuration, connect};
use crate::processor::Programs;
use crate::server::Server;

/// Everything that runs; dropping it stops everything.
pub(crate) struct Stand {
    pub(crate) server: Server,
    pub(crate) pooler: Pooler,
    pub(crate) config: Config,
    pub(crate) api: (Schema, Rendered),
    /// The last of all, because the others depend on it.
    pub(crate) cluster: Cluster,
}

impl Stand {
    /// Starts everything and fills the database.
    pub(crate) async fn start() -> Self {
        let cluster = database::start().await;
        let pooler =
            PoolerOptions { pool_mode: PoolMode::Transaction, pool_size: 8, ..PoolerOptions::default() };
        let pooler = Pooler::start(&cluster, &pooler).expect("a PgBouncer");
        let config = configuration(&pooler.url(DATABASE));
        let api = api(&config).await;
        let server = Server::start(&pooler.url(DATABASE));
        Self { server, pooler, config, api, cluster }
    }

    /// The processes whose time is measured.
    pub(crate) fn programs(&self) -> Programs {
        Programs { glowplug: self.server.pid(), pgbouncer: self.pooler.pid(), postgresql: self.cluster.pid() }
    }

    /// The connection string of the board through the pooler.
    pub(crate) fn url(&self) -> String {
        self.pooler.url(DATABASE)
    }

    /// A connection to the board that goes around the pooler.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.cluster.url(DATABASE)).await
    }
}
