//! The messages themselves: versions, origins, methods, and everything that is no message.

use glowplug::config::Mcp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FIND, call, list, message, notes, post, result};
use crate::server::{Server, json as body};
use crate::ways::Route;

async fn serve() -> Server {
    let folder = list(&[FIND]);
    notes(Route::Direct, Mcp::Tools, folder.path(), |config| {
        config.http.cors_origins = vec!["https://app.example".to_owned()];
        config.limits.body_bytes = 10_000;
    })
    .await
}

#[tokio::test]
async fn versions_are_negotiated_and_there_are_no_sessions() {
    let server = serve().await;
    for (asked, agreed) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-01-01", "2025-11-25"),
    ] {
        let client = json!({"name": "tests", "version": "1"});
        let hello = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": client});
        let response = post(&server, message("initialize", &hello)).send().await.unwrap();
        assert!(response.headers().get("mcp-session-id").is_none());
        assert_eq!(response.headers()["content-type"], "application/json");
        let hello = result(response).await;
        assert_eq!(hello["protocolVersion"], agreed, "{asked}");
        assert_eq!(hello["serverInfo"]["name"], "glowplug");
        assert_eq!(hello["capabilities"], json!({"tools": {}}));
    }
    // Any server can answer any request: none needs the one that agreed on a version.
    let request = post(&server, call("FindNotes", &json!({"part": "milk"})));
    let answer = result(request.header("mcp-protocol-version", "2025-06-18").send().await.unwrap()).await;
    assert_eq!(answer["structuredContent"]["noteCollection"]["edges"][0]["node"]["title"], "milk");
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    assert_eq!(post(&server, notification).send().await.unwrap().status(), StatusCode::ACCEPTED);
}

/// The version without a handshake, in which each request says everything.
#[tokio::test]
async fn the_newest_version_needs_no_handshake() {
    const VERSION: &str = "2026-07-28";
    let server = serve().await;
    let about = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let ask = async |method: &str, name: Option<&str>, mut params: Value| {
        params["_meta"] = about.clone();
        let request = post(&server, message(method, &params))
            .header("mcp-protocol-version", VERSION)
            .header("mcp-method", method);
        let request = name.iter().fold(request, |request, name| request.header("mcp-name", *name));
        result(request.send().await.unwrap()).await
    };
    let found = ask("server/discover", None, json!({})).await;
    assert!(found["supportedVersions"].as_array().unwrap().contains(&json!(VERSION)), "{found}");
    assert_eq!(super::names(&ask("tools/list", None, json!({})).await), ["FindNotes"]);
    let call = json!({"name": "FindNotes", "arguments": {"part": "milk"}});
    let answer = ask("tools/call", Some("FindNotes"), call).await;
    assert_eq!(answer["structuredContent"]["noteCollection"]["edges"][0]["node"]["id"], 1, "{answer}");
}

#[tokio::test]
async fn pages_need_an_origin_that_the_settings_name() {
    let server = serve().await;
    let own = server.url("").trim_end_matches('/').to_owned();
    for (origin, status) in [
        ("https://app.example", StatusCode::OK),
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        (own.as_str(), StatusCode::FORBIDDEN),
    ] {
        let request = post(&server, message("ping", &json!({}))).header("origin", origin);
        assert_eq!(request.send().await.unwrap().status(), status, "{origin}");
    }
}

#[tokio::test]
async fn malformed_messages_are_refused_and_the_server_goes_on() {
    let server = serve().await;
    for (sent, status) in [
        ("{".to_owned(), 400),
        (String::new(), 400),
        ("[]".to_owned(), 400),
        ("null".to_owned(), 400),
        (format!("{}1{}", "[".repeat(5_000), "]".repeat(4_000)), 400),
        (json!({"jsonrpc": "1.0", "id": 1, "method": "ping"}).to_string(), 400),
        (json!({"jsonrpc": "2.0", "id": {}, "method": "ping"}).to_string(), 400),
        (json!({"jsonrpc": "2.0", "id": 1, "result": {}}).to_string(), 400),
        (message("tools/call", &json!({"arguments": {"a": "a".repeat(20_000)}})), 413),
    ] {
        let response = post(&server, sent.clone()).send().await.unwrap();
        let (found, text) = (response.status().as_u16(), response.text().await.unwrap());
        let shown: String = sent.chars().take(60).collect();
        assert!(found == status || (status == 400 && found == 415), "{shown}: {found} {text}");
    }
    for (sent, code) in [
        (message("tools/none", &json!({})), -32601),
        (message("resources/list", &json!({})), -32601),
        (message("prompts/get", &json!({"name": "x"})), -32601),
        (message("tools/list", &json!({"cursor": "x"})), -32602),
        (call("Nothing", &json!({})), -32602),
    ] {
        let answer = body(post(&server, sent).send().await.unwrap()).await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    let pong = result(post(&server, message("ping", &json!({}))).send().await.unwrap()).await;
    assert_eq!(pong, json!({}));
}

#[tokio::test]
async fn headers_and_methods_of_the_transport_are_checked() {
    let server = serve().await;
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let request = server.client.request(method.clone(), server.url("/mcp"));
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(response.headers()["allow"], "POST");
    }
    let ping = message("ping", &json!({}));
    for (name, value, status) in [
        ("accept", "application/json", StatusCode::NOT_ACCEPTABLE),
        ("content-type", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("mcp-protocol-version", "1999-01-01", StatusCode::BAD_REQUEST),
    ] {
        let mut request = post(&server, ping.clone()).build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(server.client.execute(request).await.unwrap().status(), status, "{name}");
    }
    let off = notes(Route::Direct, Mcp::Off, list(&[FIND]).path(), |_| {}).await;
    assert_eq!(post(&off, ping).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
