//! `glowplug worker`: runs the operations of the queue.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, Profile};
use crate::engine::Extension;
use crate::event::QueueEvent;
use crate::queue::Worker;
use crate::shutdown::{Shutdown, Signals};

use super::failure::Failure;
use super::server;
use super::settings::Flags;

/// The flags of `glowplug worker`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    flags: Flags,
}

/// Works until SIGINT or SIGTERM, then finishes what it has begun; a second signal ends the process at once.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::Serve)?.check()?;
    super::log::start(&config.log);
    super::block_on(async {
        // Before anything says that it runs: who hears of it may ask it to stop at once.
        let signals = Signals::new().map_err(Failure::Runtime)?;
        let shutdown = Shutdown::new();
        start(&config, &shutdown)?;
        server::until_signalled(&shutdown, signals, std::future::pending()).await;
        Ok(())
    })
}

/// Starts a worker as a part of the process.
pub(super) fn start(config: &Config, shutdown: &Shutdown) -> Result<(), Failure> {
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
    let worker = Worker::new(config, Extension::default())?;
    let engine = worker.engine().clone();
    let stop = shutdown.token();
    shutdown.spawn(async move { worker.run(stop).await });
    if let Some(interval) = config.database.watch_interval {
        let (watched, stop) = (engine.clone(), shutdown.token());
        shutdown.spawn(async move { watched.watch(interval, stop).await });
    }
    let stop = shutdown.token();
    shutdown.spawn(async move {
        let hangups = async {
            while hangup.recv().await.is_some() {
                // A failure has been logged, and the old picture stays in use.
                let _ = engine.reload().await;
            }
        };
        stop.run_until_cancelled(hangups).await;
    });
    QueueEvent::WorkerStarted { concurrency: config.queue.concurrency }.emit();
    Ok(())
}
