//! What `serve` and `dev` have in common: the engine, its HTTP server, and the signals.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::auth::Authenticator;
use crate::config::{self, Config};
use crate::engine::{Extension, Frontend};
use crate::event::{Event, Traces};
use crate::http::{ListenError, Listeners};
use crate::queue::Way;
use crate::shutdown::{Shutdown, Signals};

use super::failure::Failure;

/// A running server.
pub(super) struct Server {
    #[cfg_attr(not(feature = "dev"), expect(dead_code, reason = "only `dev` asks for it"))]
    frontend: Frontend,
    shutdown: Shutdown,
    signals: Signals,
}

impl Server {
    /// Starts to answer requests on the listener. The database need not be there yet: until it is, requests are told
    /// so, and `/readyz` says no.
    pub(super) fn start(config: &Config, listeners: Listeners) -> Result<Self, Failure> {
        // Before anything says that it runs: who hears of it may ask it to stop at once.
        let signals = Signals::new().map_err(Failure::Runtime)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
        let authenticator = Authenticator::new(&config.auth)?;
        let shutdown = Shutdown::new();
        let way = Way::new(config, Extension::default())?;
        let frontend = way.frontend().clone();
        let (http, stop) = (config.http.clone(), shutdown.token());
        let answering = authenticator.clone();
        shutdown.spawn(async move { crate::http::serve(way, answering, listeners, &http, stop).await });
        let (followed, stop) = (authenticator.clone(), shutdown.token());
        shutdown.spawn(async move { followed.follow_keys(stop).await });
        if let Some(interval) = config.database.watch_interval {
            let (watched, stop) = (frontend.clone(), shutdown.token());
            shutdown.spawn(async move { watched.watch(interval, stop).await });
        }
        let (reloaded, stop) = (frontend.clone(), shutdown.token());
        shutdown.spawn(async move {
            let hangups = async {
                reloaded.check_persisted().await;
                while hangup.recv().await.is_some() {
                    authenticator.reload().await;
                    // A failure has been logged, and the old picture stays in use.
                    let _ = reloaded.reload().await;
                    reloaded.reload_persisted().await;
                    reloaded.check_persisted().await;
                }
            };
            stop.run_until_cancelled(hangups).await;
        });
        Ok(Self { frontend, shutdown, signals })
    }

    /// What knows the API.
    #[cfg(feature = "dev")]
    pub(super) fn frontend(&self) -> Frontend {
        self.frontend.clone()
    }
}

/// Runs a server's asynchronous part to its end, and sends its traces if the settings say where.
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

/// Listens on the address that a setting has.
pub(super) async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { setting, address, source })
}

/// Serves, and does `meanwhile`, until it is to stop.
pub(super) async fn until_stopped(server: Server, meanwhile: impl Future<Output = ()>) {
    let Server { shutdown, signals, .. } = server;
    until_signalled(&shutdown, signals, meanwhile).await;
}

/// Lets the parts run, and does `meanwhile`, until SIGINT or SIGTERM; then lets them finish what they have begun. A second
/// signal ends the process at once.
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
