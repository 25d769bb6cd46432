//! A whole server: authentication, engine or queue, HTTP, and the tasks that keep them up to date. The command line uses it
//! to serve, and so does a Rust program that adds its own fields.
//!
//! Never decides what an operation means: it hands the fields to the engine, and the engine to the HTTP server.
#![doc = ""]
#![doc = include_str!("../docs/library.md")]

mod builder;
mod embedded;

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::auth::Authenticator;
use crate::config::{Config, Mcp};
use crate::dispatch::Backend;
use crate::engine::{Engine, Planning};
use crate::event::ToolEvent;
use crate::http::{ListenError, Listeners};
use crate::live::Live;
use crate::queue::Commits;
use crate::shutdown::Shutdown;

pub use builder::{BuildError, Builder};
use embedded::Running;

/// A GraphQL server, ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    backend: Backend,
    live: Option<Live>,
    /// Notices of commits between processes, if there is a Redis.
    commits: Option<Arc<Commits>>,
    authenticator: Authenticator,
    config: Config,
    /// What runs in a program that has an HTTP server of its own, once it has asked for a router.
    embedded: Arc<OnceLock<Running>>,
}

impl Server {
    /// Begins to configure a server.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The engine, for programs that answer GraphQL by other means than HTTP, or that use the same connections. `None` if
    /// all operations are queued, and so run elsewhere.
    pub fn engine(&self) -> Option<&Engine> {
        self.backend.engine()
    }

    /// The backend that answers requests, wherever they run. Queued operations are answered only while the server runs.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The live queries, for programs that answer by other means than HTTP. `None` if they are off, or if all operations are
    /// queued. They are answered only while the server runs.
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }

    /// Reads the value of an `Authorization` header as a role and claims, for programs that answer by other means than HTTP.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// The settings in effect.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Reads the keys of tokens, the catalog and the list of persisted operations again, as `glowplug serve` does at a
    /// SIGHUP. If one of them cannot be read, that is logged, and the old one stays.
    pub async fn reload(&self) {
        self.authenticator.reload().await;
        let planning = self.backend.planning();
        // The failure has been logged.
        let _ = planning.reload().await;
        planning.reload_persisted().await;
        check_documents(planning, self.config.http.mcp).await;
    }

    /// Answers HTTP on the listener until `stop` is cancelled, and follows changes of the database if the settings ask for
    /// that.
    ///
    /// Returns when the running requests have finished, or the drain timeout is over. Metrics are served at the setting's
    /// address (`metrics-listen`), or on a listener in [`Listeners`]. Fails if it cannot listen on that address.
    pub async fn run(
        &self,
        listeners: impl Into<Listeners>,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let listeners = listeners.into().with_metrics(&self.config.http).await?;
        let parts = Shutdown::new();
        self.start(listeners, &parts);
        tokio::select! {
            () = stop.cancelled() => parts.ask(),
            () = parts.token().cancelled_owned() => {}
        }
        parts.stopped().await;
        Ok(())
    }

    /// Starts the parts of the server. Metrics are served if there is a listener for them.
    pub(crate) fn start(&self, listeners: Listeners, parts: &Shutdown) {
        self.follow(parts);
        let Self { backend, live, authenticator, config, .. } = self.clone();
        let stop = parts.token();
        let http = async move {
            crate::http::serve(backend, live, authenticator, listeners, &config.http, stop).await;
        };
        parts.spawn(http);
    }

    /// Starts the parts that follow changes elsewhere: commits of other processes, keys of tokens, the catalog.
    fn follow(&self, parts: &Shutdown) {
        let Self { backend, live, commits, authenticator, config, .. } = self.clone();
        if let (Some(commits), Some(engine)) = (commits, backend.engine()) {
            let (told, stop) = (engine.commits(), parts.token());
            parts.spawn(async move { follow_commits(&commits, told, live.as_ref(), &stop).await });
        }
        let stop = parts.token();
        parts.spawn(async move { authenticator.follow_keys(stop).await });
        let planning = backend.planning().clone();
        if let Some(interval) = config.database.watch_interval {
            let (planning, stop) = (planning.clone(), parts.token());
            parts.spawn(async move { planning.watch(interval, stop).await });
        }
        let (stop, mcp) = (parts.token(), config.http.mcp);
        parts.spawn(async move {
            check_documents(&planning, mcp).await;
            stop.cancelled().await;
        });
    }
}

/// Logs what is wrong with the persisted operations.
async fn check_documents(planning: &Planning, mcp: Mcp) {
    planning.check_persisted().await;
    // Where agents may explore, there are other tools.
    if mcp != Mcp::Off && !planning.check_tools() && mcp == Mcp::Tools {
        ToolEvent::Missing.emit();
    }
}

/// Tells other processes of this one's commits, and lets live queries check what the commits of others may have changed.
async fn follow_commits(
    commits: &Commits,
    own: watch::Receiver<u64>,
    live: Option<&Live>,
    stop: &CancellationToken,
) {
    let heard = async {
        match live {
            Some(live) => commits.hear(|| live.wake(), stop).await,
            None => stop.cancelled().await,
        }
    };
    tokio::join!(commits.tell(own, stop), heard);
}
