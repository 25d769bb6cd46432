//! Everything around a request: its id, its trace, its line in the log, and the answer if a handler panics.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use uuid::Uuid;

use super::refusal::Refusal;
use super::service::REQUEST_ID;
use crate::event::{Event, Parent, Trace, with_request_id};

/// The longest id that is accepted from a client.
const LONGEST_ID: usize = 128;

/// Lets `respond` answer one request within its trace, and returns its id in the `x-request-id` header.
pub(super) async fn answer<R>(request: Request, respond: impl FnOnce(Request) -> R) -> Response
where
    R: Future<Output = Response>,
{
    let id = request_id(request.headers().get(REQUEST_ID));
    let trace = Trace::of_request(
        method_name(request.method()),
        route(request.uri().path()),
        parent(request.headers()),
    );
    // An id consists of visible ASCII in both cases of `request_id`.
    let name = id.to_str().unwrap_or_default();
    // The futures around it are moved. On the heap, this large one stays where it is.
    let work = with_request_id(name, trace.id(), Box::pin(handled(request, respond)));
    let mut response = trace.around(work).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Lets `respond` answer, and emits the events.
async fn handled<R>(request: Request, respond: impl FnOnce(Request) -> R) -> Response
where
    R: Future<Output = Response>,
{
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let running = Running::begin(route(uri.path()));
    let response = match AssertUnwindSafe(respond(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            Event::RequestPanicked { message: message(&*panic) }.emit();
            Refusal::Panicked.into_response()
        }
    };
    running.answered(method.as_str(), uri.path(), response.status());
    response
}

/// A request that is being answered. If it is dropped before that, its client has gone away.
struct Running {
    route: &'static str,
    began: Instant,
    is_open: bool,
}

impl Running {
    fn begin(route: &'static str) -> Self {
        Event::RequestReceived.emit();
        Self { route, began: Instant::now(), is_open: true }
    }

    fn answered(mut self, method: &str, path: &str, status: StatusCode) {
        self.is_open = false;
        let (route, status, took) = (self.route, status.as_u16(), self.began.elapsed());
        Event::RequestAnswered { method, path, route, status, took }.emit();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_open {
            Event::RequestAbandoned { route: self.route }.emit();
        }
    }
}

/// The name of the path in metrics and traces, where the number of names is bounded.
fn route(path: &str) -> &'static str {
    match path {
        "/" => "/",
        "/graphql" => "/graphql",
        "/graphql/v1" => "/graphql/v1",
        "/schema.graphql" => "/schema.graphql",
        "/mcp" => "/mcp",
        "/healthz" => "/healthz",
        "/readyz" => "/readyz",
        "/metrics" => "/metrics",
        path if path.starts_with("/assets/") => "/assets/",
        _ => "other",
    }
}

/// The same for the method (semantic conventions for HTTP: an unknown one is `_OTHER`).
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "_OTHER",
    }
}

/// The trace of the request, by its headers.
fn parent(headers: &HeaderMap) -> Parent<'_> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Parent { traceparent: text("traceparent"), tracestate: text("tracestate") }
}

/// The client's id, if it is safe to log and to send on; otherwise a new one.
fn request_id(sent: Option<&HeaderValue>) -> HeaderValue {
    match sent {
        Some(id) if is_sane(id.as_bytes()) => id.clone(),
        _ => {
            let mut buffer = Uuid::encode_buffer();
            let text = Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
            HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
        }
    }
}

/// Whether an id is short and has no character that could confuse the reader of a log.
fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
}

/// The message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_kept() {
        let id = HeaderValue::from_static("0af7651916cd43dd8448eb211c80319c:1/2");
        assert_eq!(request_id(Some(&id)), id);
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_or_fill_the_log_is_replaced() {
        let long = "a".repeat(LONGEST_ID + 1);
        for sent in ["", "a b", "a\"b", "a\tb", &long] {
            let id = request_id(Some(&HeaderValue::from_str(sent).unwrap()));
            assert_ne!(id.as_bytes(), sent.as_bytes());
            assert!(Uuid::try_parse_ascii(id.as_bytes()).is_ok(), "{id:?} is a UUID");
        }
    }
}
