//! `/mcp`: tools for agents, by the Model Context Protocol over streamable HTTP.
//!
//! The protocol's crate reads and writes the messages, without sessions: each request is complete, so that any server behind a
//! load balancer can answer it. Everything else is as for `/graphql`: who calls, the limits of bodies, and where operations
//! run. The crate answers in tasks of its own, so it only asks for the work (`protocol`), and the request's own future does it
//! (`calls`): when the client goes away, that future is dropped, and the statement is cancelled.

mod calls;
mod protocol;
mod result;

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::mpsc;
use tower::Service as _;

use self::protocol::{Asking, Protocol};
use super::Shared;
use super::accept::MediaType;
use super::body::{self, Received};
use super::connection::Activity;
use super::identity::identify;
use super::origin::is_listed;
use super::refusal::Refusal;
use crate::engine::Identity;

/// Headers that the protocol does not need: the protocol's crate might log them.
const CREDENTIALS: [HeaderName; 3] = [AUTHORIZATION, COOKIE, HeaderName::from_static("apikey")];

/// The path.
pub(super) fn router() -> Router<Shared> {
    let protocol = protocol::new();
    let answer =
        async move |State(shared): State<Shared>, request: Request| answer(&shared, protocol, request).await;
    Router::new().route("/mcp", post(answer.clone())).route("/mcp/", post(answer))
}

async fn answer(shared: &Shared, protocol: Protocol, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    match accept(shared, &head, &mut body).await {
        Ok((identity, received)) => respond(shared, protocol, &identity, head, received).await,
        Err(refusal) => refusal.respond(MediaType::Json),
    }
}

/// The caller, and the whole body.
async fn accept(shared: &Shared, head: &Parts, body: &mut Body) -> Result<(Identity, Received), Refusal> {
    if !is_allowed(&head.headers, &shared.origins) {
        return Err(Refusal::OriginRefused);
    }
    let identity = match identify(shared, head).await {
        Ok(identity) => identity,
        Err(refusal) => {
            // May be cut off if it takes too long: then the client does not see the answer.
            let _ = tokio::time::timeout(shared.body_timeout, body::discard(body)).await;
            return Err(refusal);
        }
    };
    let limit = shared.backend.planning().limits(&identity).body_bytes;
    let reading = tokio::time::timeout(shared.body_timeout, body::read(body, limit, &shared.room));
    let received = reading.await.unwrap_or(Err(Refusal::TooSlow))?;
    Ok((identity, received))
}

/// Whether the request comes from a program, or from a page that CORS allows.
///
/// The page's own origin is not enough: a stranger's name may lead to this machine (DNS rebinding), and then its page has the
/// same origin as this server.
fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    origin.to_str().is_ok_and(|origin| allowed.iter().any(|entry| is_listed(entry, origin)))
}

/// Lets the protocol answer, and does the work that it asks for meanwhile.
async fn respond(
    shared: &Shared,
    mut protocol: Protocol,
    identity: &Identity,
    mut head: Parts,
    Received { bytes, room: _room }: Received,
) -> Response {
    let activity = head.extensions.get::<Arc<Activity>>().cloned();
    for name in CREDENTIALS {
        head.headers.remove(name);
    }
    let (asking, mut asked) = mpsc::channel(1);
    head.extensions.insert(Asking(asking));
    let mut answering = pin!(protocol.call(Request::from_parts(head, Full::new(bytes))));
    let response = loop {
        tokio::select! {
            Ok(response) = &mut answering => break response,
            Some(question) = asked.recv() => calls::answer(shared, identity, question).await,
        }
    };
    let (head, body) = response.into_parts();
    let Ok(collected) = body.collect().await;
    let bytes = collected.to_bytes();
    let bytes = activity.map_or_else(|| bytes.clone(), |activity| activity.hold(bytes.clone()));
    Response::from_parts(head, Body::from(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use http::HeaderValue;
    use http::header::HOST;

    use super::*;

    #[test]
    fn pages_need_an_origin_that_is_listed_even_if_it_is_the_servers_own() {
        let allowed = |origin: Option<&str>, listed: &[&str]| {
            let mut headers =
                HeaderMap::from_iter([(HOST, HeaderValue::from_static("rebound.example:8080"))]);
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            let listed: Vec<String> = listed.iter().map(|origin| (*origin).to_owned()).collect();
            is_allowed(&headers, &listed)
        };
        assert!(allowed(None, &[]));
        assert!(!allowed(Some("http://rebound.example:8080"), &[]));
        assert!(!allowed(Some("http://rebound.example:8080"), &["localhost"]));
        assert!(!allowed(Some("null"), &["localhost"]));
        assert!(allowed(Some("http://localhost:5173"), &["localhost"]));
        assert!(allowed(Some("https://app.example"), &["https://app.example"]));
    }
}
