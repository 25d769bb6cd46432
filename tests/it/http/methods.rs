//! Requests by other methods than `POST`: which `GET`s are taken where any page or link could send them, `QUERY`, and a person's browser.

use glowplug::config::GetRequests;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::{TASKS, tasks};
use crate::server::{self, Server};
use crate::ways::Route;
use crate::{harness, node};

const QUERY: &str = "{ taskByPk(id: 7) { title } }";

/// A server as with `--production`: without GraphiQL, and queries by `GET` only where no page could send them.
async fn careful() -> Server {
    let name = harness::database(TASKS).await;
    Server::start(&harness::cluster().url(&name), |config| {
        config.http.get_requests = GetRequests::Persisted;
        config.http.graphiql = false;
    })
    .await
}

#[tokio::test]
async fn a_get_that_no_link_can_send_is_taken_in_production() {
    let server = careful().await;
    for (name, value, is_taken) in [
        ("apollo-require-preflight", "true", true),
        ("graphql-require-preflight", "1", true),
        ("x-apollo-operation-name", "Task", true),
        ("content-type", "application/json", true),
        ("apollo-require-preflight", "", false),
        ("content-type", "text/plain", false),
        ("accept", "application/json", false),
        ("authorization", "Basic dXNlcjpwYXNz", false),
    ] {
        let response =
            server.get("/graphql").query(&[("query", QUERY)]).header(name, value).send().await.unwrap();
        let status = response.status();
        let answer = server::json(response).await;
        if is_taken {
            assert_eq!(status, StatusCode::OK, "{name}: {value}: {answer}");
            assert_eq!(answer["data"]["taskByPk"]["title"], "Task 7", "{name}: {value}");
        } else {
            assert!(status.is_client_error(), "{name}: {value}: {answer}");
        }
    }
    // By such a GET, too, nothing is changed.
    let mutation = "mutation { deleteFromTaskCollection(filter: {id: {eq: 7}}) { affectedCount } }";
    let request =
        server.get("/graphql").query(&[("query", mutation)]).header("apollo-require-preflight", "true");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    let bare = server.get("/graphql").query(&[("query", QUERY)]).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::METHOD_NOT_ALLOWED);
    let message = server::json(bare).await["errors"][0]["message"].to_string();
    assert!(message.contains("apollo-require-preflight"), "{message}");
}

#[tokio::test]
async fn urql_asks_a_server_in_production() {
    let server = careful().await;
    let script = node::folder().join("urql.mjs");
    let ask = async |headers: Value| -> Value {
        let arguments = [&*server.url("/graphql"), &*headers.to_string(), QUERY];
        serde_json::from_str(&node::run(&script, &arguments, &node::folder()).await).unwrap()
    };
    let found = ask(json!({"apollo-require-preflight": "true"})).await;
    assert_eq!(found["sent"], json!([{"method": "GET", "status": 200}]), "{found}");
    assert_eq!(found["data"]["taskByPk"]["title"], "Task 7", "{found}");
    let found = ask(json!({})).await;
    assert_eq!(found["sent"], json!([{"method": "GET", "status": 405}]), "{found}");
}

#[tokio::test]
async fn query_has_a_body_and_only_reads() {
    let server = tasks(Route::Direct).await;
    let method = Method::from_bytes(b"QUERY").unwrap();
    let ask = async |path: &str, body: Value| {
        let request = server.client.request(method.clone(), server.url(path));
        let response =
            request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
        (response.status(), server::json(response).await)
    };
    for path in ["/graphql", "/graphql/v1", "/graphql/", "/graphql/v1/"] {
        let (status, answer) = ask(path, json!({"query": QUERY})).await;
        assert_eq!(
            (status, &answer["data"]["taskByPk"]["title"]),
            (StatusCode::OK, &json!("Task 7")),
            "{path}"
        );
    }
    let mutation = "mutation { deleteFromTaskCollection(filter: {id: {eq: 7}}) { affectedCount } }";
    let (status, answer) = ask("/graphql", json!({"query": mutation})).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{answer}");
    let (_, answer) = ask("/graphql", json!([{"query": mutation}, {"query": QUERY}])).await;
    assert_eq!(answer[1]["data"]["taskByPk"]["title"], "Task 7", "the row is still there: {answer}");
    assert!(answer[0]["data"].is_null(), "{answer}");
}

#[tokio::test]
async fn the_path_may_end_with_a_slash() {
    let server = tasks(Route::Direct).await;
    for path in ["/graphql/", "/graphql/v1/"] {
        let posted = server.client.post(server.url(path)).header("content-type", "application/json");
        let posted = posted.body(json!({"query": QUERY}).to_string()).send().await.unwrap();
        assert_eq!(server::json(posted).await["data"]["taskByPk"]["title"], "Task 7", "{path}");
        let got = server.get(path).query(&[("query", QUERY)]).send().await.unwrap();
        assert_eq!(server::json(got).await["data"]["taskByPk"]["title"], "Task 7", "{path}");
    }
}

#[tokio::test]
async fn a_browser_at_the_api_s_path_comes_to_graphiql() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let server = tasks(Route::Direct).await;
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let get = async |path: &str, accept: &str| {
        client.get(server.url(path)).header("accept", accept).send().await.unwrap()
    };
    for path in ["/graphql", "/graphql/", "/graphql/v1", "/graphql/v1/"] {
        let response = get(path, BROWSER).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        let place = response.headers()["location"].to_str().unwrap().to_owned();
        let page = reqwest::Url::parse(&server.url(path)).unwrap().join(&place).unwrap();
        assert_eq!(page.path(), "/", "{path} leads to {place}");
        let page = server.get(path).header("accept", BROWSER).send().await.unwrap();
        assert!(page.text().await.unwrap().contains("GraphiQL"), "{path}");
    }
    // A query is answered, and what asks for an answer gets one.
    let response = get(&format!("/graphql?query={QUERY}").replace(' ', "%20"), BROWSER).await;
    assert_eq!(server::json(response).await["data"]["taskByPk"]["title"], "Task 7");
    for accept in ["application/json, text/html", "*/*", "application/graphql-response+json"] {
        assert!(get("/graphql", accept).await.status().is_client_error(), "{accept}");
    }
    let careful = careful().await;
    let response = client.get(careful.url("/graphql")).header("accept", BROWSER).send().await.unwrap();
    assert!(response.status().is_client_error(), "there is no page to lead to");
}

#[tokio::test]
async fn pages_of_this_machine_may_ask_where_the_setting_says_localhost() {
    let name = harness::database(TASKS).await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    let preflight = async |origin: &str| {
        let request = server.client.request(Method::OPTIONS, server.url("/graphql")).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let response =
            request.header("access-control-request-headers", "authorization").send().await.unwrap();
        response
            .headers()
            .get("access-control-allow-origin")
            .map(|allowed| allowed.to_str().unwrap().to_owned())
    };
    // That is the default of `dev`, which this configuration has.
    for origin in ["http://localhost:5173", "http://127.0.0.1:3000", "https://localhost"] {
        assert_eq!(preflight(origin).await.as_deref(), Some(origin));
    }
    for origin in ["https://evil.example", "http://localhost.evil.example", "null"] {
        assert_eq!(preflight(origin).await, None, "{origin}");
    }
}
