//! A Glowplug of the test's own: the real engine and the real HTTP server, on a free port, in this process.

use std::net::SocketAddr;

use glowplug::auth::Authenticator;
use glowplug::config::{Config, Profile, Raw, Settled};
use glowplug::engine::Extension;
use glowplug::http;
use glowplug::queue::Way;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Stops when it is dropped; [`Server::stop`] also waits.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Server {
    /// Serves a database, with the configuration changed by `change`.
    pub(crate) async fn start(database_url: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = configuration(database_url);
        change(&mut config);
        let way = Way::new(&config, Extension::default()).expect("the configuration can be used");
        let authenticator = Authenticator::new(&config.auth).expect("the keys can be used");
        let listener = TcpListener::bind(config.http.listen).await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let serving = tokio::spawn(async move {
            http::serve(way, authenticator, listener, &config.http, stopping).await;
        });
        // The HTTP client asks for a provider, though nothing here is encrypted; a second one is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { address, client: Client::new(), stop, serving }
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

/// The configuration that `dev` has, but on a free port, and with nothing that watches the database.
pub(crate) fn configuration(database_url: &str) -> Config {
    let mut settled = Settled::gather(&Raw::default(), |_| None, None, Profile::Dev).expect("the defaults");
    settled.set_database_url(database_url);
    let mut config = settled.check().expect("the defaults are valid");
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.database.watch_interval = None;
    config
}
