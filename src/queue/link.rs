//! Connections to Redis: one that many tasks share, and separate ones for readers that wait.
//!
//! The next user of a broken shared connection replaces it. Never waits for a Redis that cannot be reached: all requests
//! within a moment after a failed attempt get its error.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo, Pipeline, RedisFuture, TlsCertificates, Value,
};
use tokio::sync::Mutex;

use super::Error;
use super::outage::{Outage, OutageReporter};
use crate::config;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer to a command that does not block may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// For this long after a failed connection attempt, no further attempt is made.
const RESPITE: Duration = Duration::from_millis(100);

/// How many times Redis Cluster is asked again when it has moved a key.
const REDIRECTIONS: u32 = 4;

/// How long to wait before asking again, in milliseconds. The last pause is for a cluster that is down, which clients should
/// learn soon.
const BETWEEN_REDIRECTIONS: (u64, u64) = (10, 100);

/// The connection to Redis. Cheap to clone.
#[derive(Clone)]
pub(super) struct Redis {
    addresses: Arc<Addresses>,
    shared: Arc<Mutex<Shared>>,
    outage: Outage,
}

/// The address of Redis.
enum Addresses {
    Single(Client),
    Cluster { urls: Vec<String>, certificates: Option<TlsCertificates> },
}

#[derive(Default)]
struct Shared {
    link: Option<Link>,
    /// The last attempt, if it failed.
    failure: Option<(Instant, Error)>,
}

/// A connection. Clones share it.
#[derive(Clone)]
pub(super) enum Link {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Redis {
    /// Needs no Redis yet.
    pub(super) fn new(config: &config::Redis) -> Result<Self, Error> {
        let certificates = config.authority.as_deref().map(read_certificates).transpose()?;
        let urls: Vec<String> = config.urls.iter().map(|url| url.expose().to_owned()).collect();
        let addresses = if config.is_cluster {
            Addresses::Cluster { urls, certificates }
        } else {
            let url = urls.first().map(String::as_str).unwrap_or_default();
            Addresses::Single(match certificates {
                Some(certificates) => Client::build_with_tls(url, certificates),
                None => Client::open(url),
            }?)
        };
        Ok(Self { addresses: Arc::new(addresses), shared: Arc::default(), outage: Outage::default() })
    }

    /// The shared connection, for all commands that do not block.
    pub(super) async fn link(&self) -> Result<Link, Error> {
        let mut shared = self.shared.lock().await;
        if let Some(link) = &shared.link {
            return Ok(link.clone());
        }
        if let Some((time, failure)) = &shared.failure
            && time.elapsed() < RESPITE
        {
            return Err(failure.clone());
        }
        match self.addresses.connect(RESPONSE_TIMEOUT).await {
            Ok(link) => {
                *shared = Shared { link: Some(link.clone()), failure: None };
                Ok(link)
            }
            Err(error) => {
                shared.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// A connection for a reader that waits up to `wait` for each answer.
    pub(super) async fn link_that_waits(&self, wait: Duration) -> Result<Link, Error> {
        self.addresses.connect(wait + RESPONSE_TIMEOUT).await
    }

    /// For a task that uses Redis all the time, and so notices an outage.
    pub(super) fn reporter(&self) -> OutageReporter {
        self.outage.reporter()
    }

    /// Runs a command on the shared connection, which is replaced if it turns out to be broken.
    pub(super) async fn run<T>(
        &self,
        work: impl AsyncFnOnce(&mut Link) -> Result<T, redis::RedisError>,
    ) -> Result<T, Error> {
        let mut link = self.link().await?;
        match work(&mut link).await {
            Ok(value) => Ok(value),
            Err(error) => {
                if ends_connection(&error) {
                    self.shared.lock().await.link = None;
                }
                Err(error.into())
            }
        }
    }

    /// Whether Redis answers. If it does not, returns an error.
    pub(super) async fn answers(&self) -> Result<(), String> {
        let pong: Result<(), Error> = self.run(async |link| redis::cmd("PING").query_async(link).await).await;
        pong.map_err(|_| "the queue cannot be reached".to_owned())
    }
}

impl Addresses {
    async fn connect(&self, response_timeout: Duration) -> Result<Link, Error> {
        let connecting = async {
            match self {
                Self::Single(client) => {
                    let config = AsyncConnectionConfig::new()
                        .set_connection_timeout(Some(CONNECT_TIMEOUT))
                        .set_response_timeout(Some(response_timeout));
                    client.get_multiplexed_async_connection_with_config(&config).await.map(Link::Single)
                }
                Self::Cluster { urls, certificates } => {
                    let mut builder = ClusterClient::builder(urls.iter().map(String::as_str))
                        .retries(REDIRECTIONS)
                        .min_retry_wait(BETWEEN_REDIRECTIONS.0)
                        .max_retry_wait(BETWEEN_REDIRECTIONS.1)
                        .connection_timeout(CONNECT_TIMEOUT)
                        .response_timeout(response_timeout);
                    if let Some(certificates) = certificates {
                        builder = builder.certs(certificates.clone());
                    }
                    builder.build()?.get_async_connection().await.map(Link::Cluster)
                }
            }
        };
        let connected = match tokio::time::timeout(CONNECT_TIMEOUT * 2, connecting).await {
            Ok(connected) => connected.map_err(Error::from),
            Err(_) => {
                Err(Error::Unavailable(format!("no connection to Redis within {:?}", CONNECT_TIMEOUT * 2)))
            }
        };
        connected.map_err(|error| error.at(&self.names()))
    }

    /// Hosts and ports, without users and passwords.
    fn names(&self) -> String {
        match self {
            Self::Single(client) => client.get_connection_info().addr().to_string(),
            Self::Cluster { urls, .. } => {
                let nodes = urls.iter().filter_map(|url| url.as_str().into_connection_info().ok());
                nodes.map(|node| node.addr().to_string()).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

fn read_certificates(path: &Path) -> Result<TlsCertificates, Error> {
    let read = std::fs::read(path);
    let root_cert =
        read.map_err(|error| Error::Refused(format!("cannot read {}: {error}", path.display())))?;
    Ok(TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
}

/// Whether the connection cannot be used after the error.
pub(super) fn ends_connection(error: &redis::RedisError) -> bool {
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_timeout()
        || error.is_unrecoverable_error()
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(link) => link.req_packed_command(command),
            Self::Cluster(link) => link.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(link) => link.req_packed_commands(pipeline, offset, count),
            Self::Cluster(link) => link.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(link) => link.get_db(),
            Self::Cluster(link) => link.get_db(),
        }
    }
}
