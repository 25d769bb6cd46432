//! Subscriptions by server-sent events and by Apollo's multipart, byte for byte.

use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::json;
use tokio::time::timeout;

use super::{LIVE, Table};
use crate::server::Server;

const EVENTS: &str = "text/event-stream";

const MULTIPART: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json";

/// Reads the body until it has this text.
async fn read_until(response: &mut Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let chunk = timeout(Duration::from_secs(20), response.chunk()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("{text:?} does not come; there is {read:?}"));
        match chunk.unwrap() {
            Some(chunk) => read.push_str(std::str::from_utf8(&chunk).unwrap()),
            None => panic!("the stream has ended: {read:?}"),
        }
    }
    read
}

async fn opened(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers().get("content-encoding"), None, "what is compressed waits");
    response
}

fn data(titles: &[&str]) -> String {
    let edges: Vec<_> = titles.iter().map(|title| json!({"node": {"title": title}})).collect();
    json!({"data": {"taskCollection": {"edges": edges}}}).to_string().replace(": ", ":")
}

#[tokio::test]
async fn events_come_by_post_and_by_get() {
    let table = Table::served(|_| {}).await;
    let by_post = table.server.query(LIVE).header("accept", EVENTS).header("accept-encoding", "gzip, br");
    let path = format!("/graphql?query={LIVE}").replace(' ', "%20");
    let by_get = table.server.get(&path).header("accept", EVENTS);
    for request in [by_post, by_get] {
        table.reset().await;
        let mut response = opened(request).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let first = read_until(&mut response, "Task 1").await;
        assert!(first.ends_with(&format!("event: next\ndata: {}\n\n", data(&["Task 1"]))), "{first}");
        table.execute("insert into task values (2, 'Task 2')").await;
        let second = read_until(&mut response, "Task 2").await;
        assert!(
            second.ends_with(&format!("event: next\ndata: {}\n\n", data(&["Task 1", "Task 2"]))),
            "{second}"
        );
    }
}

#[tokio::test]
async fn a_query_by_events_is_one_event() {
    let table = Table::served(|_| {}).await;
    let response = opened(table.server.query("{ __typename }").header("accept", EVENTS)).await;
    let text = response.text().await.unwrap();
    let expected =
        ":\n\nevent: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n";
    assert_eq!(text, expected);
    let wrong = opened(table.server.query("subscription { nothing }").header("accept", EVENTS)).await;
    let text = wrong.text().await.unwrap();
    assert!(
        text.contains("event: next\ndata: {\"errors\":[") && text.ends_with("event: complete\ndata:\n\n"),
        "{text}"
    );
}

#[tokio::test]
async fn clients_that_take_streams_get_one_answer_to_a_query() {
    let table = Table::served(|_| {}).await;
    for accept in [MULTIPART, "application/json, text/event-stream, multipart/mixed"] {
        let response = opened(table.server.query("{ __typename }").header("accept", accept)).await;
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    }
    let batch = json!([{"query": "{ __typename }"}]).to_string();
    let refused = table.server.post(batch).header("accept", EVENTS).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let refused = table.server.query(LIVE).header("accept", "text/html").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn multipart_has_parts_that_end_at_once() {
    let table = Table::served(|_| {}).await;
    let mut response = opened(table.server.query(LIVE).header("accept", MULTIPART)).await;
    let content_type = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";
    assert_eq!(response.headers()["content-type"], content_type);
    let part = |titles: &[&str]| {
        format!("\r\ncontent-type: application/json\r\n\r\n{{\"payload\":{}}}\r\n--graphql", data(titles))
    };
    let first = read_until(&mut response, "}\r\n--graphql").await;
    assert_eq!(first, format!("\r\n--graphql{}", part(&["Task 1"])));
    table.execute("insert into task values (2, 'Task 2')").await;
    assert_eq!(read_until(&mut response, "}\r\n--graphql").await, part(&["Task 1", "Task 2"]));
}

#[tokio::test]
async fn streams_show_a_sign_of_life_over_either_version_of_http() {
    let short = Duration::from_millis(300);
    let table = Table::served(|config| {
        config.http.sockets.heartbeat = short;
        config.http.sockets.write_timeout = short;
        config.http.sockets.idle_timeout = short;
    })
    .await;
    let http2 = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for client in [&table.server.client, &http2] {
        for (accept, sign) in [(EVENTS, ":\n\n"), (MULTIPART, "\r\n{}\r\n--graphql")] {
            table.reset().await;
            let request = client.post(table.server.url("/graphql")).header("accept", accept);
            let request = request.header("content-type", "application/json");
            let mut response = opened(request.body(json!({"query": LIVE}).to_string())).await;
            read_until(&mut response, "Task 1").await;
            for _ in 0..8 {
                read_until(&mut response, sign).await;
            }
            table.execute("insert into task values (2, 'Task 2')").await;
            read_until(&mut response, "Task 2").await;
        }
    }
}

#[tokio::test]
async fn a_stop_breaks_events_off_and_tells_multipart() {
    let table = Table::served(|_| {}).await;
    let mut events = opened(table.server.query(LIVE).header("accept", EVENTS)).await;
    read_until(&mut events, "Task 1").await;
    let mut parts = opened(table.server.query(LIVE).header("accept", MULTIPART)).await;
    read_until(&mut parts, "Task 1").await;
    Server::stop(table.server).await;
    let rest = events.text().await.unwrap();
    assert!(!rest.contains("complete"), "the client is to come back: {rest}");
    let rest = parts.text().await.unwrap();
    assert!(rest.contains("{\"payload\":null,\"errors\":[") && rest.ends_with("--graphql--\r\n"), "{rest}");
}
