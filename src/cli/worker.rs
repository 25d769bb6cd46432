//! `glowplug worker`: runs the operations of the queue.

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Profile, duration};
use crate::engine::Extension;
use crate::event::QueueEvent;
use crate::http::{MetricsEndpoint, metrics_listener};
use crate::queue::Worker;
use crate::shutdown::{Shutdown, Signals};

use super::failure::Failure;
use super::server;
use super::settings::Flags;

/// The flags of `glowplug worker`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// When the operations of a silent worker are taken over. For tests, which cannot wait as long as operators can.
    #[arg(long, hide = true)]
    takeover_after: Option<String>,
    /// How many workers may disappear while they run an operation. For tests, too.
    #[arg(long, hide = true)]
    attempts: Option<u32>,
    #[command(flatten)]
    flags: Flags,
}

/// Works until SIGINT or SIGTERM, then finishes the running operations. A second signal ends the process at once.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let mut config = options.flags.settle(Profile::Serve)?.check()?;
    if let Some(text) = &options.takeover_after {
        config.queue.claim_after =
            duration(text).map_err(|error| Failure::Usage(format!("--takeover-after: {error}")))?;
    }
    config.queue.attempts = options.attempts.unwrap_or(config.queue.attempts);
    super::log::start(&config.log);
    super::settings::tell_unknown_variables();
    server::block_on(&config.traces, async {
        // Before the log says that the worker runs: a reader of that line may stop it at once.
        let signals = Signals::new().map_err(Failure::Runtime)?;
        let shutdown = Shutdown::new();
        let listener = metrics_listener(&config.http).await?;
        start(&config, &shutdown, listener)?;
        server::until_signalled(&shutdown, signals, std::future::pending()).await;
        Ok(())
    })
}

/// Starts a worker as a part of the process. If there is a listener, it serves the worker's metrics and health.
pub(super) fn start(
    config: &Config,
    shutdown: &Shutdown,
    listener: Option<TcpListener>,
) -> Result<(), Failure> {
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
    let worker = Worker::new(config, Extension::default())?;
    let engine = worker.engine().clone();
    let (stop, end, http) = (shutdown.token(), CancellationToken::new(), config.http.clone());
    shutdown.spawn(async move {
        let observed = async {
            if let Some(listener) = listener {
                let endpoint = MetricsEndpoint { listener, stop: stop.clone(), end: end.clone() };
                crate::http::observe(worker.clone(), &http, endpoint).await;
            }
        };
        let working = async {
            worker.run(stop.clone()).await;
            end.cancel();
        };
        tokio::join!(working, observed);
    });
    if let Some(interval) = config.database.watch_interval {
        let (watched, stop) = (engine.clone(), shutdown.token());
        shutdown.spawn(async move { watched.watch(interval, stop).await });
    }
    let (told, named, stop) = (engine.clone(), config.clone(), shutdown.token());
    shutdown.spawn(async move {
        stop.run_until_cancelled(told.tell_missing(&named)).await;
        stop.cancelled().await;
    });
    let stop = shutdown.token();
    shutdown.spawn(async move {
        let hangups = async {
            while hangup.recv().await.is_some() {
                // A failure has been logged, and the old schema stays in use.
                let _ = engine.reload().await;
            }
        };
        stop.run_until_cancelled(hangups).await;
    });
    QueueEvent::WorkerStarted { concurrency: config.queue.concurrency }.emit();
    Ok(())
}
