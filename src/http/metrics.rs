//! What operators' tools ask for, on a listener of its own: metrics and health, and nothing of the API.
//!
//! Metrics tell how much a service is used and by which roles, so that they are never on the address of the API.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderName, StatusCode};

use super::{Shared, admin};
use crate::event::metrics::{self, Pool};

/// The paths.
pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/metrics", get(all))
        .route("/healthz", get(admin::alive))
        .route("/readyz", get(admin::ready))
        .fallback(not_found)
        .with_state(shared)
}

/// `/metrics`: all that is counted, as text.
async fn all(State(shared): State<Shared>) -> ([(HeaderName, &'static str); 1], String) {
    let state = shared.way.engine().database().state();
    let pool = Pool {
        maximum: state.maximum,
        in_use: state.connections.saturating_sub(state.idle),
        idle: state.idle,
        waiting: state.waiting,
    };
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::encoded(pool))
}

/// Every other path.
async fn not_found() -> (StatusCode, &'static str) {
    let text = "This address has /metrics, /healthz and /readyz; the API has another one (setting listen).\n";
    (StatusCode::NOT_FOUND, text)
}
