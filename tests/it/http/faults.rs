//! Bad requests: each is answered, quickly and clearly, and the server goes on.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::tasks;
use crate::server::{Server, json};
use crate::ways::Route;

/// The time limit for a refusal. It takes milliseconds; the rest is for a busy machine and an unoptimised
/// build.
const QUICKLY: Duration = Duration::from_secs(5);

/// Sends a document, and expects a request error with one of the words.
async fn refused(server: &Server, document: &str, words: &str) {
    let began = Instant::now();
    let request = server.query(document).header("accept", "application/graphql-response+json");
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = json(response).await;
    let shown: String = document.chars().take(60).collect();
    let message = body["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{shown}: {body}"));
    assert!(message.to_lowercase().contains(words), "{shown}: {message}");
    assert!(message.len() < 1000, "{shown}: the message has {} bytes", message.len());
    assert!(status.is_client_error(), "{shown}: {status}");
    assert_eq!(body.get("data"), None);
    assert!(began.elapsed() < QUICKLY, "{shown}: took {:?}", began.elapsed());
    let after = server.query("{ __typename }").send().await.unwrap();
    assert_eq!(json(after).await, json!({"data": {"__typename": "Query"}}));
}

#[tokio::test]
async fn documents_out_of_all_proportion_are_refused() {
    let server = tasks(Route::Direct).await;
    let fields = " taskCollection { edges { node { id } } }".repeat(20_000);
    let aliases: Vec<String> = (0..10_000).map(|number| format!("a{number}: __typename")).collect();
    let deep = format!("{}{}", "{ a ".repeat(500), "}".repeat(500));
    let listed = format!(
        "{{ taskCollection(filter: {}{}) {{ edges {{ node {{ id }} }} }} }}",
        "{and: [".repeat(5_000),
        "]}".repeat(5_000)
    );
    let spread: String = (0..40)
        .map(|number| format!("fragment F{number} on Query {{ ...F{0} ...F{0} }} ", number + 1))
        .chain(["fragment F40 on Query { __typename } ".into()])
        .collect();
    refused(&server, &format!("{{{fields}}}"), "token").await;
    refused(&server, &format!("{{ {} }}", aliases.join(" ")), "").await;
    refused(&server, &deep, "").await;
    refused(&server, &listed, "").await;
    refused(&server, &format!("{{ ...F0 }} {spread}"), "").await;
    refused(&server, &"{".repeat(100_000), "").await;
    refused(&server, &"\u{feff}\u{0}".repeat(1_000), "").await;
}

#[tokio::test]
async fn a_query_of_a_megabyte_is_refused_by_its_size() {
    let server = tasks(Route::Direct).await;
    let began = Instant::now();
    let document = format!("{{ __typename }} #{}", "x".repeat(3_000_000));
    let response = server.query(&document).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let message = json(response).await["errors"][0]["message"].to_string();
    assert!(message.contains("longer than") && message.contains("bytes"), "{message}");
    assert!(began.elapsed() < QUICKLY);
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused() {
    let server = tasks(Route::Direct).await;
    let by =
        |filter: &str| format!("{{ taskCollection(filter: {{{filter}}}) {{ edges {{ node {{ id }} }} }} }}");
    refused(&server, &by("id: {eq: \"one\"}"), "int").await;
    refused(&server, &by("id: {eq: 2147483648}"), "int").await;
    refused(&server, &by("nothing: {eq: 1}"), "nothing").await;
    refused(&server, "{ nothing }", "nothing").await;
}

/// By the specification, this is an error of the field: the request itself is valid.
#[tokio::test]
async fn a_cursor_that_was_tampered_with_is_an_error_of_its_field() {
    let server = tasks(Route::Direct).await;
    let document = "{ taskCollection(after: \"!!!\") { edges { node { id } } } }";
    let response = server.query(document).header("accept", "application/graphql-response+json").send().await;
    let answer = json(response.unwrap()).await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(message.contains("cursor"), "{message}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(answer["data"], json!(null));
}

#[tokio::test]
async fn a_nul_byte_in_a_value_is_refused() {
    let server = tasks(Route::Direct).await;
    let body = r#"{"query": "query($title: String) { taskCollection(filter: {title: {eq: $title}}) { edges { node { id } } } }", "variables": {"title": "a\u0000b"}}"#;
    let answer = json(server.post(body).send().await.unwrap()).await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(message.contains("U+0000"), "{message}");
}

#[tokio::test]
async fn bodies_that_are_no_request_are_refused() {
    let server = tasks(Route::Direct).await;
    let cases: [(&[u8], &str); 6] = [
        (b"", "empty"),
        (b"{\"query\": \"{ __typename }\"", "not valid JSON"),
        (b"{\"query\": \"\xf0\x28\x8c\x28\"}", "not valid UTF-8"),
        (b"{\"query\": 1}", "`query` must be a string"),
        (b"{\"query\": \"{ __typename }\", \"variables\": \"{}\"}", "`variables` must be an object"),
        (b"\"{ __typename }\"", "must be a JSON object"),
    ];
    for (body, words) in cases {
        let response = server.post(body.to_vec()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{words}");
        let body = json(response).await;
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn only_json_is_taken_and_given() {
    let server = tasks(Route::Direct).await;
    let body = r#"{"query": "{ __typename }"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
    ] {
        let request = server.client.post(server.url("/graphql")).header("content-type", content_type);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
        let message = json(response).await["errors"][0]["message"].to_string();
        assert!(message.contains(content_type), "{message}");
    }
    let none = server.client.post(server.url("/graphql")).body(body).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let packed = server.post(body).header("content-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let html = server.post(body).header("accept", "text/html").send().await.unwrap();
    assert_eq!(html.status(), StatusCode::NOT_ACCEPTABLE);
    assert!(json(html).await["errors"][0]["message"].as_str().unwrap().contains("Accept"));
}

#[tokio::test]
async fn a_body_that_only_turns_out_to_be_too_long_is_refused() {
    let server = tasks(Route::Direct).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..100 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn without_its_database_the_server_says_so_and_when_to_come_back() {
    // This port was free a moment ago, so nothing answers there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(&format!("postgres://postgres@{nobody}/postgres"), |_| {}).await;
    let request = server.query("{ __typename }").header("accept", "application/graphql-response+json");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(json(response).await["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    for (path, status) in [
        ("/healthz", StatusCode::OK),
        ("/", StatusCode::OK),
        ("/readyz", StatusCode::SERVICE_UNAVAILABLE),
        ("/schema.graphql", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        assert_eq!(server.get(path).send().await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_end_their_own_connection_only() {
    let server = tasks(Route::Direct).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
    let after = server.query("{ __typename }").send().await.unwrap();
    assert_eq!(after.status(), StatusCode::OK);
}
