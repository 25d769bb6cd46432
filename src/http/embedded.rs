//! The API for a program that has an HTTP server of its own: routers to nest into the program's router.
//!
//! Never limits a client's connection: how many there are, and how long each may take, is the business of the server that has
//! accepted it.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;

use super::service::{accepted_codings, cors, encoded};
use super::{Shared, admin, api, health, metrics, trace};
use crate::auth::Authenticator;
use crate::config;
use crate::dispatch::Backend;
use crate::live::Live;

/// The API, health and metrics, each as a router. Cheap to clone.
#[derive(Clone)]
pub struct Embedded {
    shared: Shared,
    cors_origins: Vec<String>,
}

impl Embedded {
    /// Nothing runs yet.
    pub fn new(
        backend: Backend,
        live: Option<Live>,
        authenticator: Authenticator,
        config: &config::Http,
    ) -> Self {
        let tokens = (CancellationToken::new(), CancellationToken::new());
        // The sample people have pages that only `dev` has.
        let shared = Shared { is_dev: false, ..Shared::new((backend, live), authenticator, config, tokens) };
        Self { shared, cors_origins: config.cors_origins.clone() }
    }

    /// `/graphql` with all its transports, and `/`, `/assets/…` and `/schema.graphql` as the settings say.
    ///
    /// It has no fallback, so that it can be merged into a router with one.
    pub fn api(&self) -> Router {
        let paths = api(&self.shared).method_not_allowed_fallback(admin::method_not_allowed);
        let paths = paths.with_state(self.shared.clone());
        paths.layer(option_layer(cors(&self.cors_origins))).layer(from_fn(around))
    }

    /// `/healthz` and `/readyz`.
    pub fn health(&self) -> Router {
        health().with_state(self.shared.clone())
    }

    /// `/metrics`.
    pub fn metrics(&self) -> Router {
        metrics::path().with_state(self.shared.clone())
    }

    /// From now on `/readyz` says that the server is stopping, and subscriptions end. Requests are still answered.
    pub fn close(&self) {
        self.shared.stop.cancel();
        self.shared.close.cancel();
    }

    /// Runs live queries until [`Embedded::close`], and receives answers of the queue until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let Shared { backend, live, close, .. } = self.shared;
        let polled = async {
            if let Some(live) = live {
                Box::pin(live.run(close)).await;
            }
        };
        tokio::join!(polled, backend.run(stop));
    }
}

/// What a connection of our own does around each request: its id, its trace, its line in the log, the compression of its answer.
async fn around(request: Request, next: Next) -> Response {
    let respond = async |request: Request| {
        let accepted = accepted_codings(&request);
        encoded(next.run(request).await, accepted).await
    };
    trace::answer(request, respond).await
}
