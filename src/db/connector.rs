//! Connection string -> connections, and what they share: files read once, types looked up once.
//!
//! A connection starts with only `client_encoding` and `application_name`, which every pooler tracks. It sends no `SET`, and
//! no `options` unless the connection string has them, because PgBouncer refuses them.

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

/// The default time limit for each address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes connections, all by one connection string. Cheap to clone.
///
/// Its connections share certificates, which are read once, and the OIDs of types that PostgreSQL does not have built in,
/// which are looked up once. So a pool should use one connector: see [`Connector::manager`].
#[derive(Clone)]
pub struct Connector {
    connect: Arc<Connect>,
    types: Arc<Types>,
    outage: Arc<Outage>,
    timeout: Duration,
    pub(in crate::db) protocols: Protocols,
}

impl Connector {
    /// Reads the connection string: a URL, or libpq's `key=value` pairs. The environment variables of libpq (`PGHOST`,
    /// `PGPASSWORD`, …) fill in what it does not name. Also reads the certificates that it names. Makes no connection.
    ///
    /// Its connections speak [`Protocol::Unnamed`], which is safe behind every pooler.
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

    /// The time limit for each address of each host; 10 seconds by default. `connect_timeout` in the connection string can
    /// make it shorter.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The address of its connections.
    pub fn place(&self) -> Place {
        self.connect.place()
    }

    /// The same server with another database, of which nothing is known yet.
    pub(in crate::db) fn to_database(&self, database: &str) -> Self {
        let connect = Arc::new(self.connect.to_database(database));
        Self { connect, types: Arc::default(), outage: Arc::default(), ..self.clone() }
    }

    /// The same server, but never without TLS.
    #[must_use]
    pub fn encrypted(&self) -> Self {
        Self { connect: Arc::new(self.connect.encrypted()), outage: Arc::default(), ..self.clone() }
    }

    /// The same server with one more startup parameter, to see whether it passes.
    pub(in crate::db) fn with_trial(&self, name: &'static str, value: &'static str) -> Self {
        let connect = Arc::new(self.connect.with_trial((name, value)));
        Self { connect, outage: Arc::default(), ..self.clone() }
    }

    /// Whether the connection string sets session settings by `options`.
    pub fn has_options(&self) -> bool {
        self.connect.has_options()
    }

    /// Makes an authenticated connection.
    ///
    /// Where the login was refused, it fails with the same refusal for a second, without another attempt, and after each further
    /// one for twice as long, up to a minute: poolers block clients after some wrong passwords.
    pub async fn connect(&self) -> Result<Connection, Unavailable> {
        let _first = self.outage.begin().await?;
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

    /// The manager for the pools that diesel-async supports: bb8, deadpool or mobc.
    ///
    /// If the pool tests a connection when it lends it, the test needs no round trip.
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
    // A caller that connects knows the connection string. This copy would only be one more place to leak it from.
    AsyncDieselConnectionManager::new_with_config("", config)
}
