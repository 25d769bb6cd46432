//! What only a development server has: the sample people with their tokens, and the example front end.
//!
//! Never part of `serve`: a token is a password, and these are given to every page that asks.

use std::net::IpAddr;
use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, X_CONTENT_TYPE_OPTIONS};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use tower_http::services::ServeDir;

use crate::config::DevPages;

/// The front end loads its own files only, and talks to this server only.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; object-src 'none'";

/// `/dev/people`, and `/board` if the front end is built.
pub(super) fn router(pages: &DevPages) -> Router {
    let people = people_json(pages);
    let people = get(async move |headers: HeaderMap| people_page(&headers, people));
    let paths = Router::new().route("/dev/people", people);
    match &pages.board {
        Some(folder) => paths.merge(board(folder)),
        None => paths,
    }
}

fn people_json(pages: &DevPages) -> Value {
    let person = |person: &crate::config::SamplePerson| json!({"name": person.name, "claims": person.claims, "token": person.token.expose()});
    json!({"people": pages.people.iter().map(person).collect::<Vec<_>>()})
}

/// The people, unless the page that asks may be a stranger's.
fn people_page(headers: &HeaderMap, people: Value) -> Response {
    if !is_called_by_address(headers) {
        let text = "These are tokens. To read them, call this server localhost or by its IP address.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    ([(CACHE_CONTROL, "no-store")], Json(people)).into_response()
}

/// Whether the client calls this server `localhost` or by an IP address.
///
/// A stranger's page can have its own name lead to this machine (DNS rebinding), and then reads what it likes; but the name is
/// in the request.
fn is_called_by_address(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else { return true };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

/// The built files. A build puts a hash into the name of each but the page itself, so the browser asks again each time.
fn board(folder: &Path) -> Router {
    let with_headers = async |request: Request, next: Next| {
        let mut response = next.run(request).await;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    };
    Router::new().nest_service("/board", ServeDir::new(folder)).layer(from_fn(with_headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_for_pages_that_call_the_server_by_its_address() {
        let called = |host: &'static str| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            is_called_by_address(&headers)
        };
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "192.168.1.20", "[::1]:8080", "[::1]"] {
            assert!(called(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "", "a b"] {
            assert!(!called(host), "{host}");
        }
        assert!(
            is_called_by_address(&HeaderMap::new()),
            "HTTP/2 has no such header; no browser speaks it unencrypted"
        );
    }
}
