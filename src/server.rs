//! Glowplug in a Rust program of one's own: the API of the database, with fields that the program answers.
//!
//! Never decides what an operation means: it hands the fields to the engine, and the engine to the HTTP server.
#![doc = ""]
#![doc = include_str!("../docs/library.md")]

mod builder;

use tokio_util::sync::CancellationToken;

use crate::auth::Authenticator;
use crate::config::Config;
use crate::engine::Engine;
use crate::http::{ListenError, Listeners};
use crate::queue::Way;
use crate::shutdown::Shutdown;

pub use builder::{BuildError, Builder};

/// A GraphQL server, ready to run.
#[derive(Clone)]
pub struct Server {
    way: Way,
    authenticator: Authenticator,
    config: Config,
}

impl Server {
    /// Begins to say what the server is to be.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The engine, for programs that answer GraphQL by other means than HTTP, or that want the same connections; `None` where
    /// all operations are queued, and so run elsewhere.
    pub fn engine(&self) -> Option<&Engine> {
        self.way.engine()
    }

    /// What answers requests, wherever they run. What is queued is only answered while the server runs.
    pub fn way(&self) -> &Way {
        &self.way
    }

    /// What tells who asks, for such programs: the value of an `Authorization` header -> role and claims.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// The settings that hold.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers HTTP on the listener until `stop` is cancelled, and follows changes of the database if the settings say so.
    ///
    /// Returns when the requests that run have finished, or the drain timeout is over. Metrics are served where the settings
    /// say (`metrics-listen`), or on a listener that [`Listeners`] has; an error says that this address cannot be had.
    pub async fn run(
        &self,
        listeners: impl Into<Listeners>,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let listeners = listeners.into().with_metrics(&self.config.http).await?;
        let parts = Shutdown::new();
        let asked = parts.clone();
        let (way, http, token) = (self.way.clone(), self.config.http.clone(), parts.token());
        let (authenticator, followed, end) =
            (self.authenticator.clone(), self.authenticator.clone(), parts.token());
        parts.spawn(async move { crate::http::serve(way, authenticator, listeners, &http, token).await });
        parts.spawn(async move { followed.follow_keys(end).await });
        if let Some(interval) = self.config.database.watch_interval {
            let (frontend, token) = (self.way.frontend().clone(), parts.token());
            parts.spawn(async move { frontend.watch(interval, token).await });
        }
        let (frontend, token) = (self.way.frontend().clone(), parts.token());
        parts.spawn(async move {
            frontend.check_persisted().await;
            token.cancelled().await;
        });
        tokio::select! {
            () = stop.cancelled() => asked.ask(),
            () = parts.token().cancelled_owned() => {}
        }
        parts.stopped().await;
        Ok(())
    }
}
