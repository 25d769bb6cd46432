//! Settings -> a connection: tries the hosts in order and each of their addresses, then encrypts and authenticates.
//!
//! Gives up at once where another host would answer the same: a wrong password is wrong everywhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::authentication::Credentials;
use super::parameters::{Host, SslMode};
use super::passfile::{self, Login};
use super::settings::{Place, Settings};
use super::stream::{Address, Stream};
use super::target::Target;
use super::tls::{Encryption, Tls};
use super::{Failure, SharedWire, Wire};
use crate::config::Secret;

/// How many cancel requests of one [`Connect`] may run at once. Each is one more client of the pooler, and stays for as long
/// as the other side keeps it.
const MOST_REQUESTS: usize = 16;

/// Makes the connections of one connection string.
pub(in crate::db) struct Connect {
    settings: Settings,
    tls: Tls,
    /// A permit for each cancel request that may run.
    cancel_requests: Arc<Semaphore>,
}

/// The address of a connection, and how to reach the same server again: a cancel request has to go there.
#[derive(Clone)]
pub(super) struct Route {
    address: Address,
    /// The name that the server's certificate must have.
    name: String,
    encryption: Encryption,
    connect: Arc<Connect>,
}

impl Connect {
    /// Reads the files in the settings.
    pub(in crate::db) fn new(settings: Settings) -> Result<Self, String> {
        Ok(Self {
            tls: Tls::new(&settings.tls)?,
            settings,
            cancel_requests: Arc::new(Semaphore::new(MOST_REQUESTS)),
        })
    }

    /// The address of the connections.
    pub(in crate::db) fn place(&self) -> Place {
        self.settings.place()
    }

    /// The same server with another database.
    pub(in crate::db) fn to_database(&self, database: &str) -> Self {
        self.with(Settings { database: database.to_owned(), ..self.settings.clone() })
    }

    /// The same server with one more startup parameter.
    pub(in crate::db) fn with_trial(&self, trial: (&'static str, &'static str)) -> Self {
        // A server accepts `options` only once.
        let options = self.settings.options.clone().filter(|_| trial.0 != "options");
        self.with(Settings { trial: Some(trial), options, ..self.settings.clone() })
    }

    /// The same server, encrypted.
    pub(in crate::db) fn encrypted(&self) -> Self {
        let mut settings = self.settings.clone();
        settings.tls.mode = settings.tls.mode.max(SslMode::Require);
        self.with(settings)
    }

    fn with(&self, settings: Settings) -> Self {
        Self { settings, tls: self.tls.clone(), cancel_requests: Arc::clone(&self.cancel_requests) }
    }

    /// Whether the connection string sets settings by `options`.
    pub(in crate::db) fn has_options(&self) -> bool {
        self.settings.options.is_some()
    }

    /// Makes a connection. Each address has the time `limit`, or the connection string's `connect_timeout`.
    pub(in crate::db) async fn open(self: &Arc<Self>, limit: Duration) -> Result<SharedWire, Failure> {
        let limit = self.settings.connect_timeout.unwrap_or(limit);
        let mut last = Failure::Closed;
        for target in self.settings.target.passes() {
            for host in &self.settings.hosts {
                match self.open_host(host, target, limit).await {
                    Ok(wire) => return Ok(wire),
                    Err(failure) if is_final(&failure) => return Err(failure),
                    Err(failure) => last = failure,
                }
            }
        }
        Err(last)
    }

    async fn open_host(
        self: &Arc<Self>,
        host: &Host,
        target: Target,
        limit: Duration,
    ) -> Result<SharedWire, Failure> {
        let addresses = within(limit, resolve(host)).await?;
        let mut last = Failure::Closed;
        for address in addresses {
            for encryption in self.encryptions() {
                let route = Route {
                    address: address.clone(),
                    name: host.name.clone(),
                    encryption,
                    connect: Arc::clone(self),
                };
                match within(limit, route.start(host, target)).await {
                    Ok(wire) => return Ok(wire),
                    Err(failure) => last = failure,
                }
                if !matches!(last, Failure::Reported(_)) {
                    break;
                }
            }
            if is_final(&last) {
                break;
            }
        }
        Err(last)
    }

    /// The encryption of the first attempt, and of a second one if the server refuses the first.
    fn encryptions(&self) -> Vec<Encryption> {
        match self.settings.tls.mode {
            SslMode::Disable => vec![Encryption::Never],
            SslMode::Allow => vec![Encryption::Never, Encryption::Always],
            SslMode::Prefer => vec![Encryption::IfOffered],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => vec![Encryption::Always],
        }
    }

    /// From the connection string, or from the password file. There, a socket's folder counts as `localhost`.
    async fn password(self: &Arc<Self>, host: &Host) -> Option<Secret> {
        let settings = &self.settings;
        if settings.password.is_some() || settings.passfile.is_none() {
            return settings.password.clone();
        }
        let name = if host.is_unix() { "localhost".to_owned() } else { host.name.clone() };
        let (connect, port) = (Arc::clone(self), host.port);
        // The home folder may be on a file server that does not answer.
        let reading = tokio::task::spawn_blocking(move || {
            let Settings { passfile, database, user, .. } = &connect.settings;
            passfile::find(passfile.as_deref()?, Login { host: &name, port, database, user })
        });
        reading.await.ok().flatten().map(Secret::new)
    }
}

impl Route {
    /// Waits until one more cancel request may run.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.connect.cancel_requests).acquire_owned().await.ok()
    }

    /// A socket to the server, encrypted if it is to be.
    pub(super) async fn open(&self) -> Result<Stream, Failure> {
        let watchfulness = &self.connect.settings.watchfulness;
        let stream = Stream::connect(&self.address, watchfulness)
            .await
            .map_err(|error| Failure::io("connecting failed", error))?;
        self.connect.tls.encrypt(stream, &self.name, self.encryption).await
    }

    async fn start(mut self, host: &Host, target: Target) -> Result<SharedWire, Failure> {
        let settings = &self.connect.settings;
        let credentials = Credentials {
            user: &settings.user,
            password: self.connect.password(host).await,
            channel_binding: settings.channel_binding,
        };
        let stream = self.open().await?;
        let is_encrypted = stream.is_encrypted();
        let mut wire = SharedWire::new(Wire::start(stream, settings, &credentials).await?);
        wire.check(target).await?;
        // The negotiated encryption holds for a cancel request too: it is never less safe than the connection.
        self.encryption = if is_encrypted { Encryption::Always } else { Encryption::Never };
        wire.get_mut().route = Some(self);
        Ok(wire)
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(Failure::TimedOut(limit)))
}

async fn resolve(host: &Host) -> Result<Vec<Address>, Failure> {
    if host.is_unix() {
        let path = format!("{}/.s.PGSQL.{}", host.name, host.port);
        return Ok(vec![Address::Unix(path.into())]);
    }
    if let Some(address) = host.address {
        return Ok(vec![Address::Tcp((address, host.port).into())]);
    }
    let failed = |error: io::Error| Failure::Resolve { name: host.name.clone(), error: Arc::new(error) };
    let found = tokio::net::lookup_host((&*host.name, host.port)).await.map_err(failed)?;
    let addresses: Vec<Address> = found.map(Address::Tcp).collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::other("it has no address")));
    }
    Ok(addresses)
}

/// Whether no other address or host has to be tried: the server answered, and refused.
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Authentication(_) => true,
        Failure::Reported(report) => report.error.sqlstate.starts_with("28"),
        _ => false,
    }
}
