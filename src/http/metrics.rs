//! Metrics and health for operators' tools, on a separate listener. Nothing of the API is there.
//!
//! Metrics reveal how much a service is used and by which roles, so they are never on the API's address.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderName, StatusCode};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connection::Connections;
use super::service::Service;
use super::{Shared, admin, health, listeners};
use crate::config;
use crate::event::metrics::{self, Readings};
use crate::queue::Worker;

/// A worker and the address of its metrics.
pub struct MetricsEndpoint {
    /// The listener for metrics and health.
    pub listener: TcpListener,
    /// Cancelled when the worker is asked to stop.
    pub stop: CancellationToken,
    /// Cancelled when it has stopped.
    pub end: CancellationToken,
}

#[derive(Clone)]
struct Observed {
    worker: Worker,
    stop: CancellationToken,
}

/// The paths.
pub(super) fn router(shared: Shared) -> Router {
    path().merge(health()).fallback(not_found).with_state(shared)
}

/// The path of the metrics.
pub(super) fn path() -> Router<Shared> {
    Router::new().route("/metrics", get(of_server))
}

/// Serves a worker's metrics and health, until the worker has stopped.
pub async fn observe(worker: Worker, config: &config::Http, endpoint: MetricsEndpoint) {
    let MetricsEndpoint { listener, stop, end } = endpoint;
    let router = Router::new()
        .route("/metrics", get(of_worker))
        .route("/healthz", get(admin::alive))
        .route("/readyz", get(worker_ready))
        .fallback(worker_not_found)
        .with_state(Observed { worker, stop });
    let connections = Connections::of_metrics(config);
    let service = Service::of_paths(router);
    listeners::serve(listener, service, connections, &end, config.drain_timeout).await;
}

type Text = ([(HeaderName, &'static str); 1], String);

/// `/metrics`: all metrics, as text.
async fn of_server(State(shared): State<Shared>) -> Text {
    text(shared.backend.readings().await).await
}

async fn of_worker(State(observed): State<Observed>) -> Text {
    text(observed.worker.readings().await).await
}

/// The system's numbers about the process are in files, as many as there are connections.
async fn text(readings: Readings) -> Text {
    let encoded = tokio::task::spawn_blocking(move || metrics::encoded(readings)).await;
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], encoded.unwrap_or_default())
}

/// `/readyz`: operations can be taken and run, and the worker is not stopping.
async fn worker_ready(State(Observed { worker, stop }): State<Observed>) -> (StatusCode, String) {
    match admin::readiness("worker", &stop, worker.ready()).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => admin::not_ready(&reason),
    }
}

/// Every other path.
async fn not_found() -> (StatusCode, &'static str) {
    let text = "This address has /metrics, /healthz and /readyz; the API has another one (setting listen).\n";
    (StatusCode::NOT_FOUND, text)
}

async fn worker_not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "This is a worker; it has /metrics, /healthz and /readyz.\n")
}
