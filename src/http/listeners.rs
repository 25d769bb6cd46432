//! Where connections come in, and what becomes of them at the stop.
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

/// Where requests come in.
#[derive(Debug)]
pub struct Listeners {
    /// For the API.
    pub api: TcpListener,
    /// For metrics and health, if they are wanted (setting `metrics-listen`).
    pub metrics: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(api: TcpListener) -> Self {
        Self { api, metrics: None }
    }
}

/// The address of a setting cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: {source}; is something else listening there? Choose another (setting {setting})"
)]
pub struct ListenError {
    /// The setting that has the address.
    pub setting: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

impl Listeners {
    /// The same, with one for metrics if the settings say where and there is none yet.
    pub async fn with_metrics(self, http: &config::Http) -> Result<Self, ListenError> {
        match self.metrics {
            Some(_) => Ok(self),
            None => Ok(Self { metrics: metrics_listener(http).await?, ..self }),
        }
    }
}

/// Listens for metrics, if the settings say where.
pub async fn metrics_listener(http: &config::Http) -> Result<Option<TcpListener>, ListenError> {
    let Some(address) = http.metrics_listen else { return Ok(None) };
    let failed = |source| ListenError { setting: "metrics-listen", address, source };
    let metrics = TcpListener::bind(address).await.map_err(failed)?;
    Event::MetricsListening { address: metrics.local_addr().map_err(failed)? }.emit();
    Ok(Some(metrics))
}

/// Serves what comes in until `close` is cancelled, and finishes what runs then within `drain_timeout`.
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
            // A token of its own: a token is locked whenever its connection wakes, and a shared lock would be contended.
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

/// The next connection that there is room for, or `None` at the stop.
async fn next(
    listener: &TcpListener,
    connections: &Connections,
    stop: &CancellationToken,
) -> Option<(TcpStream, Place)> {
    let stream = accept(listener, connections, stop).await?;
    let place = stop.run_until_cancelled(connections.admit()).await?;
    Some((stream, place))
}

/// The next connection, whether there is room for it or not; `None` at the stop.
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
            // Typically EMFILE. The connection stays in the queue, so without a pause this would be a busy loop
            // until another connection closes and frees its descriptor; the one that has been idle for longest does.
            Err(error) => {
                Event::AcceptFailed { error: &error.to_string() }.emit();
                connections.displace();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the error says something about one connection only, not about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
