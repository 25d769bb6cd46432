//! Connection string -> connections, and what they share: files read once, types looked up once.
//!
//! A connection starts with `client_encoding` and `application_name` alone, which every pooler tracks, and sends
//! nothing else: no `SET`, and no `options` unless the connection string has them, for PgBouncer refuses them.

mod outage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use futures_util::{FutureExt as _, TryFutureExt as _};

use crate::config::PoolMode;
use crate::db::connection::Connection;
use crate::db::connection::protocol::{Protocol, Protocols};
use crate::db::connection::types::Types;
use crate::db::connector::outage::Outage;
use crate::db::error::{Error, Unavailable};
use crate::db::wire::{Connect, Place, Settings};
use crate::event::Event;

/// How long each address is given, where nothing else is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes connections, all by one connection string. Cheap to clone.
///
/// What its connections share is read or asked once: certificates, and the types that PostgreSQL does not have built in.
/// So a pool should have one, see [`Connector::manager`].
#[derive(Clone)]
pub struct Connector {
    connect: Arc<Connect>,
    types: Arc<Types>,
    outage: Arc<Outage>,
    timeout: Duration,
    pub(in crate::db) protocols: Protocols,
}

impl Connector {
    /// Reads the connection string, a URL or libpq's `key=value` pairs, and the environment variables of libpq
    /// (`PGHOST`, `PGPASSWORD`, …) for what it does not say. Reads the certificates that it names. Makes no connection.
    ///
    /// [`Protocol::Unnamed`] is what its connections speak, which is safe behind every pooler.
    pub fn new(url: &str) -> Result<Self, Error> {
        let connect = Settings::new(url, |name| std::env::var(name).ok())
            .and_then(Connect::new)
            .map_err(Error::Configuration)?;
        Ok(Self {
            connect: Arc::new(connect),
            types: Arc::default(),
            outage: Arc::default(),
            timeout: CONNECT_TIMEOUT,
            protocols: Protocols::of(PoolMode::Transaction),
        })
    }

    /// How typed queries travel.
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocols: Protocols { typed: protocol, ..self.protocols }, ..self }
    }

    /// How typed queries and operations travel.
    pub(in crate::db) fn protocols(self, protocols: Protocols) -> Self {
        Self { protocols, ..self }
    }

    /// How long each address of each host is given; 10 seconds if not said. `connect_timeout` in the connection string
    /// can make it shorter.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Where its connections lead to.
    pub fn place(&self) -> Place {
        self.connect.place()
    }

    /// The same way to another database, of which nothing is known.
    pub(in crate::db) fn to_database(&self, database: &str) -> Self {
        let connect = Arc::new(self.connect.to_database(database));
        Self { connect, types: Arc::default(), outage: Arc::default(), ..self.clone() }
    }

    /// The same way, but never without TLS.
    #[must_use]
    pub fn encrypted(&self) -> Self {
        Self { connect: Arc::new(self.connect.encrypted()), ..self.clone() }
    }

    /// The same way with a further parameter at the start, to see whether it passes.
    pub(in crate::db) fn with_trial(&self, name: &'static str, value: &'static str) -> Self {
        Self { connect: Arc::new(self.connect.with_trial((name, value))), ..self.clone() }
    }

    /// Whether the connection string asks for settings of the session by `options`.
    pub fn has_options(&self) -> bool {
        self.connect.has_options()
    }

    /// Makes a connection, authentication and all.
    pub async fn connect(&self) -> Result<Connection, Unavailable> {
        let begin = Instant::now();
        let opened = self.connect.open(self.timeout).await;
        let result = opened.map_err(|failure| Unavailable::while_connecting(&failure));
        self.outage.note(result.as_ref().err());
        match &result {
            Ok(_) => Event::ConnectionMade { took: begin.elapsed() }.emit(),
            Err(error) => {
                Event::ConnectionFailed { reason: error.reason.name(), error: &error.to_string() }.emit();
            }
        }
        result.map(|wire| Connection::new(wire, Arc::clone(&self.types), self.protocols))
    }

    /// What a pool of diesel-async makes connections with: bb8, deadpool or mobc.
    ///
    /// A connection is tested without a round trip when it is taken from the pool, if the pool tests at all.
    pub fn manager(&self) -> AsyncDieselConnectionManager<Connection> {
        let connector = self.clone();
        manager_of(move || {
            let connector = connector.clone();
            async move { connector.connect().await }
        })
    }
}

/// A manager of connections that `connect` makes.
pub(in crate::db) fn manager_of<F>(
    connect: impl Fn() -> F + Send + Sync + 'static,
) -> AsyncDieselConnectionManager<Connection>
where
    F: Future<Output = Result<Connection, Unavailable>> + Send + 'static,
{
    let mut config = ManagerConfig::<Connection>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_url| {
        let made = connect();
        made.map_err(|failure| ConnectionError::BadConnection(failure.to_string())).boxed()
    });
    // Whoever connects knows the connection string; this copy would only be one more place to leak it from.
    AsyncDieselConnectionManager::new_with_config("", config)
}
