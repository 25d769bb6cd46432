//! What only a development server has: the sample people with their tokens, a diagram of tables and privileges, and the example
//! front end.
//!
//! Never part of `serve`: a token is a password, and these are given to every page that asks.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, X_CONTENT_TYPE_OPTIONS};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower_http::services::ServeDir;

use super::Shared;
use crate::auth::{role_of, sign};
use crate::config::{DevPages, Jwt};
use crate::diagram::Diagram;
use crate::engine::SamplePerson;

/// The front end loads its own files only, and talks to this server only.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; object-src 'none'";

/// How long the database has for the diagram.
const DIAGRAM_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the tokens are valid.
const VALID: Duration = Duration::from_hours(30 * 24);

/// The state of the handlers of people.
#[derive(Clone)]
struct Signer {
    shared: Shared,
    jwt: Jwt,
}

/// What a page asks a token for.
#[derive(Deserialize)]
struct Wanted {
    claims: Map<String, Value>,
}

/// `/dev/people`, `/dev/token` and `/dev/diagram`, and `/board` if the front end is built.
pub(super) fn router(pages: &DevPages, shared: Shared) -> Router {
    let people = match &pages.jwt {
        Some(jwt) => Router::new()
            .route("/dev/people", get(people_page))
            .route("/dev/token", post(token_page))
            .with_state(Signer { shared: shared.clone(), jwt: jwt.clone() }),
        None => Router::new().route("/dev/people", get(|| async { Json(json!({"people": []})) })),
    };
    let schemas = pages.schemas.clone();
    let diagram = Router::new().route("/dev/diagram", get(diagram_page)).with_state((shared, schemas));
    let pages_of_all = people.merge(diagram);
    match &pages.board {
        Some(folder) => pages_of_all.merge(board(folder)),
        None => pages_of_all,
    }
}

/// The tables and privileges as they are now. The page itself says that it has no scripts.
async fn diagram_page(
    State((shared, schemas)): State<(Shared, Vec<String>)>,
    headers: HeaderMap,
) -> Response {
    if !is_called_by_address(&headers) {
        return refuse();
    }
    let unavailable = |error: String| (StatusCode::SERVICE_UNAVAILABLE, error + "\n").into_response();
    let Some(engine) = shared.backend.engine() else {
        return unavailable("This server has no database of its own.".to_owned());
    };
    match Diagram::of(engine.database(), (&schemas, &[]), DIAGRAM_TIMEOUT).await {
        Ok(diagram) => {
            let headers = [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, Html(diagram.page())).into_response()
        }
        Err(error) => unavailable(error.to_string()),
    }
}

/// The people that the database names now, each with a token, unless the page that asks may be a stranger's.
async fn people_page(State(signer): State<Signer>, headers: HeaderMap) -> Response {
    if !is_called_by_address(&headers) {
        return refuse();
    }
    let people = match signer.people().await {
        Ok(people) => people,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    let people = people.into_iter().map(|SamplePerson { who, claims }| {
        let token = sign(&signer.jwt, claims.clone(), VALID)?;
        Ok(json!({"name": who, "claims": claims, "token": token}))
    });
    match people.collect::<Result<Vec<_>, String>>() {
        Ok(people) => json_page(&json!({ "people": people })),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// A token with the claims in the body. Their role has to be that of a sample person: any other one may see more than all of them.
async fn token_page(
    State(signer): State<Signer>,
    headers: HeaderMap,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Response {
    if !is_called_by_address(&headers) {
        return refuse();
    }
    let bad = |message: String| (StatusCode::BAD_REQUEST, message + "\n").into_response();
    let claims = match wanted {
        Ok(Json(Wanted { claims })) => claims,
        Err(rejection) => return bad(rejection.body_text()),
    };
    let people = signer.people().await.unwrap_or_default();
    let roles: Vec<_> = people.iter().filter_map(|person| role_of(&signer.jwt, &person.claims)).collect();
    let role_claim = signer.jwt.role_claim.join(".");
    match role_of(&signer.jwt, &claims) {
        Some(role) if roles.contains(&role) => match sign(&signer.jwt, claims, VALID) {
            Ok(token) => json_page(&json!({ "token": token })),
            Err(error) => bad(error),
        },
        Some(role) => bad(format!(
            "Only tokens for the roles of the sample people are made here. For others: glowplug token --role {role}"
        )),
        None => bad(format!("The claims need a role: {role_claim} is missing")),
    }
}

impl Signer {
    async fn people(&self) -> Result<Vec<SamplePerson>, String> {
        let Some(engine) = self.shared.backend.engine() else { return Ok(Vec::new()) };
        engine.sample_people().await.map_err(|error| error.to_string())
    }
}

fn refuse() -> Response {
    let text =
        "This is for people at this machine. To read it, call this server localhost or by its IP address.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

fn json_page(value: &Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(value)).into_response()
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
