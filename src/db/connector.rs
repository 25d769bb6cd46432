//! Connection string -> connections.
//!
//! A connection starts with `client_encoding` and `application_name` alone, which every pooler tracks, and sends
//! nothing else: no `SET`, and no `options`, which PgBouncer refuses.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::cancel::Canceller;
use super::classify::describe;
use super::{Connection, Error, Unavailable, tls};
use crate::config;
use crate::event::Event;

/// How a connection is made, read from the connection string once.
#[derive(Clone)]
pub(super) struct Connector {
    config: Arc<tokio_postgres::Config>,
    tls: MakeRustlsConnect,
    timeout: Duration,
}

impl Connector {
    /// Reads the connection string: a URL or libpq's `key=value` pairs.
    pub(super) fn new(url: &config::Secret, timeout: Duration) -> Result<Self, Error> {
        let mut config = tokio_postgres::Config::from_str(url.expose())
            .map_err(|error| Error::Configuration(describe(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(Error::Configuration("it names no host".to_owned()));
        }
        if config.get_application_name().is_none() {
            config.application_name("glowplug");
        }
        // TLS is not spoken over Unix sockets, so that asking for it would be a wasted round trip.
        if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
            && !config.get_hosts().is_empty()
        {
            config.ssl_mode(SslMode::Disable);
        }
        // A pooled connection may idle for minutes; a firewall that forgets it should be noticed before it is used.
        if config.get_keepalives_idle() == DRIVER_KEEPALIVES_IDLE {
            config.keepalives_idle(KEEPALIVES_IDLE);
        }
        Ok(Self { config: Arc::new(config), tls: tls::connector()?, timeout })
    }

    /// Makes a connection, authentication and all, within the connect timeout.
    pub(super) async fn connect(&self) -> Result<Connection, Unavailable> {
        let begin = Instant::now();
        let result = match tokio::time::timeout(self.timeout, self.config.connect(self.tls.clone())).await {
            Ok(Ok((client, driver))) => {
                let driver = tokio::spawn(drive(driver));
                let canceller = Canceller::new(Arc::clone(&self.config), self.tls.clone(), driver);
                Ok(Connection::new(client, canceller))
            }
            Ok(Err(error)) => Err(Unavailable::while_connecting(error)),
            Err(_) => Err(Unavailable::timed_out(self.timeout)),
        };
        match &result {
            Ok(_) => Event::ConnectionMade { took: begin.elapsed() }.emit(),
            Err(error) => Event::ConnectionFailed { error: &error.to_string() }.emit(),
        }
        result
    }
}

/// The driver's own default, which stands for "not given".
const DRIVER_KEEPALIVES_IDLE: Duration = Duration::from_hours(2);
const KEEPALIVES_IDLE: Duration = Duration::from_mins(1);

/// Moves bytes between the socket and the client until either is gone.
async fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if let Err(error) = connection.await {
        Event::ConnectionLost { error: &describe(&error) }.emit();
    }
}
