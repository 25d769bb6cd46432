//! The API within a program that has an HTTP server of its own: nested under a path, beside other routes, behind the program's
//! middleware.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, routing};
use glowplug::config::{Auth, Config, Mcp};
use glowplug::engine::Identity;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::{jwt, token};
use crate::harness;
use crate::live_http::websocket::{PROTOCOL, Socket};
use crate::server::{configuration, json};

const PROJECTS: &str = "{ projectCollection(first: 100) { totalCount } }";

/// A program with its own server.
pub(crate) struct Program {
    address: SocketAddr,
    server: glowplug::Server,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Program {
    /// Serves what `app` makes of a Glowplug on the database.
    pub(crate) async fn start(
        database: &str,
        change: impl FnOnce(&mut Config),
        app: impl FnOnce(&glowplug::Server) -> Router,
    ) -> Self {
        // The HTTP client needs a TLS provider, although nothing is encrypted here; a second one is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = configuration(&harness::cluster().url(database));
        change(&mut config);
        let server = glowplug::Server::builder().config(config).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, app, stop) = (listener.local_addr().unwrap(), app(&server), CancellationToken::new());
        let (asked, closing) = (stop.clone(), server.clone());
        let serving = tokio::spawn(async move {
            let until = async move {
                asked.cancelled().await;
                closing.close();
            };
            axum::serve(listener, app).with_graceful_shutdown(until).await.unwrap();
        });
        Self { address, server, stop, serving }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(self.url(path)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// How many projects a caller with these headers sees.
    async fn projects(&self, headers: &[(&str, &str)]) -> Value {
        let mut request = reqwest::Client::new().post(self.url("/api/graphql"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = json(request.json(&json!({"query": PROJECTS})).send().await.unwrap()).await;
        answer.pointer("/data/projectCollection/totalCount").cloned().unwrap_or(answer)
    }

    /// Stops, and waits until everything has stopped.
    async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
        self.server.stop().await;
        self.server.stop().await;
    }
}

/// The API under `/api`, beside a route and a fallback of the program's own.
fn nested(server: &glowplug::Server) -> Router {
    Router::new()
        .route("/", routing::get(async || "the program's own page"))
        .nest("/api", server.router())
        .merge(server.health())
        .nest("/internal", server.metrics())
        .fallback(async || (StatusCode::NOT_FOUND, "the program's own 404"))
}

/// The claims of a member of all projects in the starter's database.
async fn member(database: &str) -> Value {
    let client = harness::connect(&harness::cluster().url(database)).await;
    let claims = "select claims from glowplug.sample_token where who like 'Bjorn%'";
    serde_json::from_str(&harness::ask(&client, claims).await.unwrap()).unwrap()
}

fn with_tokens(config: &mut Config) {
    config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_router_serves_beside_routes_of_the_program() {
    let database = harness::starter_database().await;
    let program = Program::start(&database, with_tokens, nested).await;
    assert_eq!(program.get("/").await, (200, "the program's own page".to_owned()));
    assert_eq!(program.get("/elsewhere").await, (404, "the program's own 404".to_owned()));
    assert_eq!(program.get("/api/elsewhere").await, (404, "the program's own 404".to_owned()));
    assert_eq!(program.get("/healthz").await.0, 200);
    assert!(program.get("/readyz").await.1.starts_with("ready"));
    assert!(program.get("/internal/metrics").await.1.contains("glowplug_"));
    assert!(program.get("/api/schema.graphql").await.1.contains("type Query"));

    let bearer = format!("Bearer {}", token(&member(&database).await));
    assert_eq!(program.projects(&[]).await, 3);
    assert_eq!(program.projects(&[("authorization", &bearer)]).await, 6);
    let refused = program.projects(&[("authorization", "Bearer none")]).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");

    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let asked = client.get(program.url("/api/graphql")).header("accept", "text/html").send().await.unwrap();
    assert_eq!((asked.status().as_u16(), &asked.headers()["location"]), (303, &"../api".parse().unwrap()));
    assert!(asked.headers().contains_key("x-request-id"));
    let wrong = client.delete(program.url("/api/graphql")).send().await.unwrap();
    assert_eq!(wrong.status().as_u16(), 405);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_of_agents_are_in_the_nested_router() {
    let database = harness::starter_database().await;
    let with_tools = |config: &mut Config| {
        with_tokens(config);
        config.http.mcp = Mcp::Explore;
    };
    let program = Program::start(&database, with_tools, nested).await;
    let bearer = format!("Bearer {}", token(&member(&database).await));
    for (header, projects) in [(None, 3), (Some(bearer), 6)] {
        let params = json!({"name": "query", "arguments": {"document": PROJECTS}});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let request = reqwest::Client::new().post(program.url("/api/mcp")).json(&call);
        let request = request.header("accept", "application/json, text/event-stream");
        let request = match header {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        };
        let answer = json(request.send().await.unwrap()).await;
        let found = answer.pointer("/result/structuredContent/projectCollection/totalCount");
        assert_eq!(found, Some(&json!(projects)), "{answer}");
    }
    assert_eq!(program.get("/mcp").await.0, 404, "it is below the path alone");
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_of_the_programs_middleware_counts_in_place_of_a_token() {
    let database = harness::starter_database().await;
    let claims = member(&database).await;
    let by_header = move |mut request: Request, next: Next| {
        let claims = claims.clone();
        async move {
            let role = match request.headers().get("x-person").map(axum::http::HeaderValue::as_bytes) {
                Some(b"member") => "authenticated",
                Some(b"visitor") => "anon",
                Some(_) => return (StatusCode::UNAUTHORIZED, "who is it?").into_response(),
                None => return next.run(request).await,
            };
            let claims = claims.as_object().unwrap().clone();
            request.extensions_mut().insert(Identity::of_role(role, claims));
            let response: Response = next.run(request).await;
            response
        }
    };
    let app = |server: &glowplug::Server| nested(server).layer(from_fn(by_header));
    let required = |config: &mut Config| {
        config.auth = Auth { jwt: Some(jwt()), ..Auth::default() };
    };
    let program = Program::start(&database, required, app).await;
    assert_eq!(program.projects(&[("x-person", "member")]).await, 6);
    assert_eq!(program.projects(&[("x-person", "visitor")]).await, 3);
    let with_wrong_token = [("x-person", "visitor"), ("authorization", "Bearer none")];
    assert_eq!(program.projects(&with_wrong_token).await, 3, "the program has decided who it is");
    let without = program.projects(&[]).await;
    assert_eq!(without["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{without}");

    let headers = [PROTOCOL, ("x-person", "visitor")];
    let mut socket = Socket::open_at(&program.url("/api/graphql"), &headers).await.unwrap();
    // What the client says of itself does not count.
    socket.init(json!({"authorization": "Bearer none"})).await;
    socket.subscribe("1", PROJECTS).await;
    assert_eq!(socket.next().await["payload"]["data"]["projectCollection"]["totalCount"], 3);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_queries_run_through_the_nested_router_until_the_program_stops() {
    let database = harness::database(
        "create table note (id int primary key, text text not null); insert into note values (1, 'one');
         comment on schema public is '@graphql({\"inflect_names\": true})';",
    )
    .await;
    let quickly = |config: &mut Config| config.live.interval = std::time::Duration::from_millis(100);
    let program = Program::start(&database, quickly, nested).await;
    let mut socket = Socket::open_at(&program.url("/api/graphql"), &[PROTOCOL]).await.unwrap();
    socket.init(json!({})).await;
    socket.subscribe("1", "subscription { noteByPk(id: 1) { text } }").await;
    let text = |message: Value| message["payload"]["data"]["noteByPk"]["text"].clone();
    assert_eq!(text(socket.next().await), "one");
    let client = harness::connect(&harness::cluster().url(&database)).await;
    client.batch_execute("update note set text = 'two'").await.unwrap();
    assert_eq!(text(socket.next().await), "two");

    let events =
        reqwest::Client::new().post(program.url("/api/graphql")).header("accept", "text/event-stream");
    let document = json!({"query": "subscription { noteByPk(id: 1) { text } }"});
    let events = events.json(&document).send().await.unwrap();
    assert_eq!(events.status().as_u16(), 200);
    // The stream of events would hold up the program's end, if it did not end itself.
    let (ended, ()) = tokio::join!(events.text(), program.stop());
    assert!(ended.unwrap().contains("two"));
    assert_eq!(socket.closed().await.0, 1001);
}
