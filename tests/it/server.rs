//! A Glowplug for a test: the real engine and the real HTTP server, on a free port, in this process.

use std::net::SocketAddr;

use glowplug::auth::Authenticator;
use glowplug::config::{Config, Profile, Raw, Secret, Settled};
use glowplug::dispatch::Backend;
use glowplug::engine::Extension;
use glowplug::http;
use glowplug::live::Live;
use glowplug::queue::Worker;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::ways::{Route, until_there_is_a_worker};

/// Stops when it is dropped; [`Server::stop`] also waits.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) stop: CancellationToken,
    /// The live queries, if there are any.
    pub(crate) live: Option<Live>,
    serving: JoinHandle<()>,
    /// The worker, if there is one.
    _beside: JoinSet<()>,
}

impl Server {
    /// Serves a database, with the configuration changed by `change`.
    pub(crate) async fn start(database_url: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(Route::Direct, database_url, change).await
    }

    /// Serves a database with operations on that route.
    pub(crate) async fn start_on(route: Route, database_url: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = configuration(database_url);
        change(&mut config);
        let (config, worker) = route.divide(&config);
        Self::of(config, Extension::default(), worker).await
    }

    /// Serves with fields of an application.
    pub(crate) async fn start_extended(
        database_url: &str,
        change: impl FnOnce(&mut Config),
        extension: Extension,
    ) -> Self {
        let mut config = configuration(database_url);
        change(&mut config);
        Self::of(config, extension, None).await
    }

    async fn of(config: Config, extension: Extension, worker: Option<Worker>) -> Self {
        let backend = Backend::new(&config, extension).expect("the configuration can be used");
        let authenticator = Authenticator::new(&config.auth).expect("the keys can be used");
        let listener = TcpListener::bind(config.http.listen).await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let asked = backend.clone();
        let mut beside = JoinSet::new();
        let is_queued = worker.is_some();
        if let Some(worker) = worker {
            beside.spawn(async move { worker.run(CancellationToken::new()).await });
        }
        let engine = backend.engine().filter(|_| config.api.subscriptions);
        let live = engine.map(|engine| Live::new(engine.clone(), &config.live));
        let answered = live.clone();
        let serving = tokio::spawn(async move {
            http::serve(backend, answered, authenticator, listener, &config.http, stopping).await;
        });
        // The HTTP client needs a TLS provider, although nothing is encrypted here; a second one is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if is_queued {
            until_there_is_a_worker(&asked).await;
        }
        Self { address, client: Client::new(), stop, live, serving, _beside: beside }
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A `GET` of a path.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    /// A `POST` of JSON to `/graphql`.
    pub(crate) fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(self.url("/graphql")).header("content-type", "application/json").body(body)
    }

    /// A `POST` of a document without variables.
    pub(crate) fn query(&self, document: &str) -> RequestBuilder {
        self.post(serde_json::json!({"query": document}).to_string())
    }

    /// Asks to stop and waits until stopped.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.stopped().await;
    }

    /// Waits until stopped.
    pub(crate) async fn stopped(self) {
        self.serving.await.expect("the server ends without a panic");
    }
}

/// The whole response body as JSON.
pub(crate) async fn json(response: Response) -> Value {
    let text = response.text().await.expect("the whole body");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The configuration of `dev`, but on a free port, and without the watch of the database.
pub(crate) fn configuration(database_url: &str) -> Config {
    let mut settled = Settled::gather(&Raw::default(), |_| None, None, Profile::Dev).expect("the defaults");
    settled.set_database_url(if database_url.is_empty() { "postgres://nowhere/" } else { database_url });
    let mut config = settled.check().expect("the defaults are valid");
    config.database.url = Secret::new(database_url);
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.database.watch_interval = None;
    config
}
