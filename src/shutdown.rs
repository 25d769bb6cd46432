//! Ask to stop, and wait until stopped.
//!
//! Imports nothing else of the crate, and decides nothing: each part gets a [`CancellationToken`] from outside. This type
//! holds the token and waits for the parts.

use std::future::Future;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The long-running parts of a process; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    stop: CancellationToken,
    parts: TaskTracker,
}

impl Shutdown {
    /// Nothing runs yet, and nothing has been asked to stop.
    pub fn new() -> Self {
        Self::default()
    }

    /// The signal at which a part stops.
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a part. When it ends, for any reason, the others are asked to stop as well.
    pub fn spawn<F>(&self, part: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // The guard also asks when the part panics.
        let guard = self.stop.clone().drop_guard();
        self.parts.spawn(async move {
            let _guard = guard;
            part.await;
        });
    }

    /// Asks every part to stop. Asking again changes nothing.
    pub fn ask(&self) {
        self.stop.cancel();
    }

    /// Waits until every part has stopped. Several callers may wait, also repeatedly.
    pub async fn stopped(&self) {
        self.parts.close();
        self.parts.wait().await;
    }
}

/// SIGINT and SIGTERM. From the moment it is made, neither ends the process by itself.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes over the signals. An error means that the process may not handle them.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal, or returns an earlier one at once. Returns its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn parts_are_stopped_and_waited_for() {
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        shutdown.spawn(async move { token.cancelled().await });
        shutdown.ask();
        shutdown.ask();
        shutdown.stopped().await;
        shutdown.stopped().await;
    }

    #[tokio::test]
    async fn a_part_that_ends_stops_the_others() {
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        shutdown.spawn(async move { token.cancelled().await });
        shutdown.spawn(async {});
        shutdown.stopped().await;
        assert!(shutdown.token().is_cancelled());
    }
}
