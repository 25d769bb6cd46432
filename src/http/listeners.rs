//! Accepts connections, and ends them at the stop.
//!
//! Never looks at a request.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Connections, Place};
use super::service::Service;
use crate::config;
use crate::event::Event;

/// How long to wait before accepting again when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The listeners.
#[derive(Debug)]
pub struct Listeners {
    /// For the API.
    pub api: TcpListener,
    /// For metrics and health, if configured (setting `metrics-listen`).
    pub metrics: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(api: TcpListener) -> Self {
        Self { api, metrics: None }
    }
}

/// It is not possible to listen on a setting's address.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: {source}; is something else listening there? Choose another (setting {setting})"
)]
pub struct ListenError {
    /// The setting with the address.
    pub setting: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// The system's error.
    pub source: io::Error,
}

impl Listeners {
    /// The same with a listener for metrics, if the settings have its address and there is none yet.
    pub async fn with_metrics(self, http: &config::Http) -> Result<Self, ListenError> {
        match self.metrics {
            Some(_) => Ok(self),
            None => Ok(Self { metrics: metrics_listener(http).await?, ..self }),
        }
    }
}

/// Listens for metrics, if the settings have the address.
pub async fn metrics_listener(http: &config::Http) -> Result<Option<TcpListener>, ListenError> {
    let Some(address) = http.metrics_listen else { return Ok(None) };
    let failed = |source| ListenError { setting: "metrics-listen", address, source };
    let metrics = TcpListener::bind(address).await.map_err(failed)?;
    Event::MetricsListening { address: metrics.local_addr().map_err(failed)? }.emit();
    Ok(Some(metrics))
}

/// Accepts connections until `close` is cancelled. Then finishes the running requests within `drain_timeout`.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    connections: Connections,
    close: &CancellationToken,
    drain_timeout: Duration,
) {
    let tasks = TaskTracker::new();
    let (abandon, end) = (CancellationToken::new(), CancellationToken::new());
    let accepting = async {
        while let Some((stream, place)) = next(&listener, &connections, close).await {
            // Each connection has its own token: a token is locked whenever its connection wakes, and a shared lock would be
            // contended.
            let close = close.child_token();
            tasks.spawn(connection::serve(stream, service.clone(), place, close, abandon.clone()));
        }
        drop(listener);
        tasks.close();
        if tokio::time::timeout(drain_timeout, tasks.wait()).await.is_err() {
            Event::ConnectionsDropped { connections: tasks.len() }.emit();
            abandon.cancel();
            tasks.wait().await;
        }
        end.cancel();
    };
    tokio::join!(accepting, connections.watch(&end));
}

/// The next connection for which there is a place, or `None` at the stop.
async fn next(
    listener: &TcpListener,
    connections: &Connections,
    stop: &CancellationToken,
) -> Option<(TcpStream, Place)> {
    let stream = accept(listener, connections, stop).await?;
    let place = stop.run_until_cancelled(connections.admit()).await?;
    Some((stream, place))
}

/// The next connection, whether or not there is a place for it; `None` at the stop.
async fn accept(
    listener: &TcpListener,
    connections: &Connections,
    stop: &CancellationToken,
) -> Option<TcpStream> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => return Some(stream),
            // The client gave up while its connection waited to be accepted.
            Err(error) if is_of_one_connection(&error) => {}
            // Typically EMFILE. The connection stays in the queue. Without a pause, this would be a busy loop until another
            // connection closes and frees its descriptor. So the one that has been idle for longest is closed.
            Err(error) => {
                Event::AcceptFailed { error: &error.to_string() }.emit();
                connections.displace();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the error concerns only one connection, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
