//! The paths besides GraphQL: health, the schema as a file, and the answer on unknown paths.
//!
//! Never shows why the database is unavailable; that is in the log.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::identity::identify;
use super::refusal::Refusal;
use crate::engine::{Engine, ReplicaState};

/// The time limit of a readiness check, whatever the other timeouts are.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// `/healthz`: the process is alive. Does not depend on the database, so that an outage of it does not cause a restart of
/// Glowplug.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `/readyz`: the database is available and the server is not stopping, so that load balancers may send requests here.
pub(super) async fn ready(State(shared): State<Shared>) -> (StatusCode, String) {
    let engine = shared.backend.engine();
    let replicas = || engine.map(|engine| replicas(engine.replicas())).unwrap_or_default();
    let can_read = || engine.is_some_and(Engine::can_read_without_primary);
    match readiness("server", &shared.stop, shared.backend.ready()).await {
        Ok(()) => (StatusCode::OK, format!("ready\n{}", replicas())),
        Err(reason) if !shared.stop.is_cancelled() && can_read() => {
            (StatusCode::OK, format!("ready for queries only: {reason}\n{}", replicas()))
        }
        Err(reason) => not_ready(&reason),
    }
}

/// The result of a check within its time limit. A stopping server is not ready.
pub(super) async fn readiness(
    who: &str,
    stop: &CancellationToken,
    check: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    if stop.is_cancelled() {
        return Err(format!("the {who} is stopping"));
    }
    let late = |_| Err(format!("there was no answer within {READY_TIMEOUT:?}"));
    tokio::time::timeout(READY_TIMEOUT, check).await.unwrap_or_else(late)
}

pub(super) fn not_ready(why: &str) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n"))
}

/// A line about them, if there are any.
fn replicas(state: ReplicaState) -> String {
    match state {
        ReplicaState { all: 0, .. } => String::new(),
        ReplicaState { all, in_use } => format!("{in_use} of {all} replicas get reads\n"),
    }
}

fn unavailable() -> (StatusCode, &'static str) {
    (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database cannot be reached\n")
}

fn forbidden() -> (StatusCode, &'static str) {
    (StatusCode::FORBIDDEN, "the request's role cannot be used here\n")
}

/// `/schema.graphql`: the schema in GraphQL's definition language, for code generators.
pub(super) async fn schema(State(shared): State<Shared>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let identity = match identify(&shared, &request).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.into_response(),
    };
    let sdl = match shared.backend.planning().sdl(&identity).await {
        Ok(sdl) => sdl,
        Err(error) if error.is_role_refused() => return forbidden().into_response(),
        Err(_) => return unavailable().into_response(),
    };
    let mut hasher = DefaultHasher::new();
    sdl.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let is_known = is_known(&request.headers, &tag);
    let mut response =
        Response::new(if is_known { Body::empty() } else { Body::from(Bytes::from_owner(Sdl(sdl))) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // It may be cached, but has to be revalidated each time: the schema changes with the database.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("authorization"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// The text, which all answers share, however many clients read it slowly.
struct Sdl(Arc<str>);

impl AsRef<[u8]> for Sdl {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Whether the client already has the version with this entity tag (RFC 9110, section 13.1.2, weak comparison).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || strong(known) == strong(tag))
}

/// Every unknown path.
pub(super) async fn not_found(State(shared): State<Shared>, uri: Uri) -> (StatusCode, String) {
    let graphiql = if shared.graphiql { "\n  /                GraphiQL" } else { "" };
    let sdl =
        if shared.sdl { "\n  /schema.graphql  the schema in GraphQL's definition language" } else { "" };
    let text = format!(
        "There is nothing at {}. This is Glowplug, a GraphQL server; it has:\n{graphiql}
  /graphql         GraphQL{sdl}
  /healthz         whether the server is alive
  /readyz          whether requests may be sent here\n",
        uri.path()
    );
    (StatusCode::NOT_FOUND, text)
}

/// A known path with an unknown method.
pub(super) async fn method_not_allowed() -> Response {
    Refusal::MethodNotAllowed(None).into_response()
}
