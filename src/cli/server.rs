//! The common parts of `serve` and `dev`: the server, and the signals.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::config;
use crate::event::{Event, Traces};
use crate::http::{ListenError, Listeners};
use crate::server::Server;
use crate::shutdown::{Shutdown, Signals};

use super::failure::Failure;

/// A running server.
pub(super) struct Running {
    parts: Shutdown,
    signals: Signals,
}

impl Running {
    /// Starts to answer requests on the listener. SIGHUP reloads. The database need not be available yet: until it is,
    /// requests get an error that says so, and `/readyz` is negative.
    pub(super) fn start(server: Server, listeners: Listeners) -> Result<Self, Failure> {
        // Before the log says that the server runs: a reader of that line may stop it at once.
        let signals = Signals::new().map_err(Failure::Runtime)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
        let parts = Shutdown::new();
        server.start(listeners, &parts);
        let stop = parts.token();
        parts.spawn(async move {
            let hangups = async {
                while hangup.recv().await.is_some() {
                    server.reload().await;
                }
            };
            stop.run_until_cancelled(hangups).await;
        });
        Ok(Self { parts, signals })
    }
}

/// Runs a server's asynchronous part to its end, and sends its traces if that is configured.
pub(super) fn block_on(
    traces: &config::Traces,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let traces = traces.endpoint.as_deref().map(Traces::start).transpose()?;
    crate::http::raise_limit();
    let result = super::block_on(work);
    if let Some(traces) = traces {
        traces.stop();
    }
    result
}

/// Listens on a setting's address.
pub(super) async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { setting, address, source })
}

/// Serves, and runs `meanwhile`, until the server has to stop.
pub(super) async fn until_stopped(running: Running, meanwhile: impl Future<Output = ()>) {
    until_signalled(&running.parts, running.signals, meanwhile).await;
}

/// Runs the parts and `meanwhile` until SIGINT or SIGTERM. Then lets the parts finish their work. A second signal ends the
/// process at once.
pub(super) async fn until_signalled(
    shutdown: &Shutdown,
    mut signals: Signals,
    meanwhile: impl Future<Output = ()>,
) {
    let stop = shutdown.token();
    let name = tokio::select! {
        name = signals.next() => name,
        () = stop.cancelled() => "the end of a part",
        () = meanwhile => "the end of a part",
    };
    Event::Stopping { reason: name }.emit();
    shutdown.ask();
    tokio::select! {
        () = shutdown.stopped() => {}
        _ = signals.next() => {
            eprintln!("stopped at the second signal");
            std::process::exit(130)
        }
    }
}
