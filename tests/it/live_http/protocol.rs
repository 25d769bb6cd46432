//! The websocket protocols: the answer to each message, and the close code of each mistake.

use std::time::{Duration, SystemTime};

use glowplug::config::Auth;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::websocket::{PROTOCOL, Socket};
use super::{LIVE, Table};
use crate::auth::{jwt, token};
use crate::soak::sha256;

#[tokio::test]
async fn a_subscription_is_answered_at_once_and_again_until_it_is_completed() {
    let table = Table::served(|_| {}).await;
    for path in ["/graphql", "/graphql/v1"] {
        table.reset().await;
        let mut socket = Socket::open(&table.server, path, &[PROTOCOL]).await.unwrap();
        socket.init(Value::Null).await;
        socket.subscribe("a", LIVE).await;
        assert_eq!(socket.next().await, next("a", &["Task 1"]));
        table.execute("insert into task values (2, 'Task 2')").await;
        assert_eq!(socket.next().await, next("a", &["Task 1", "Task 2"]));
        socket.send(json!({"id": "a", "type": "complete"})).await;
        // The same id may be used again.
        socket.subscribe("a", LIVE).await;
        assert_eq!(socket.next().await, next("a", &["Task 1", "Task 2"]));
        socket.send(json!({"type": "ping", "payload": {"n": 1}})).await;
        assert_eq!(socket.next().await, json!({"type": "pong", "payload": {"n": 1}}));
    }
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let table = Table::served(|_| {}).await;
    let mut socket = Socket::initialised(&table.server).await;
    let mutation =
        "mutation { insertIntoTaskCollection(objects: [{id: 5, title: \"five\"}]) { affectedCount } }";
    let data = json!({"data": {"insertIntoTaskCollection": {"affectedCount": 1}}});
    socket.subscribe("m", mutation).await;
    assert_eq!(socket.next().await, json!({"id": "m", "type": "next", "payload": data}));
    assert_eq!(socket.next().await, json!({"id": "m", "type": "complete"}));
    socket.subscribe("q", "{ taskByPk(id: 5) { title } }").await;
    let data = json!({"data": {"taskByPk": {"title": "five"}}});
    assert_eq!(socket.next().await, json!({"id": "q", "type": "next", "payload": data}));
    assert_eq!(socket.next().await, json!({"id": "q", "type": "complete"}));
    for (wrong, complaint) in [
        ("subscription { nothing }", "nothing"),
        ("{ nothing }", "nothing"),
        ("subscription { a: taskByPk(id: 1) { id } b: taskByPk(id: 1) { id } }", "one top level field"),
    ] {
        socket.subscribe("w", wrong).await;
        let answer = socket.next().await;
        assert_eq!((&answer["id"], &answer["type"]), (&json!("w"), &json!("error")), "{answer}");
        assert!(answer["payload"][0]["message"].as_str().unwrap().contains(complaint), "{answer}");
    }
    let payload = json!({"query": LIVE, "extensions": {"live": {"interval": "fast"}}});
    socket.send(json!({"id": "w", "type": "subscribe", "payload": payload})).await;
    let answer = socket.next().await;
    assert!(
        answer["payload"][0]["message"].as_str().unwrap().contains("extensions.live.interval"),
        "{answer}"
    );
}

#[tokio::test]
async fn persisted_operations_may_be_subscriptions() {
    let table = Table::served(|_| {}).await;
    let hash = sha256(LIVE);
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let mut socket = Socket::initialised(&table.server).await;
    let mut send = async |payload: Value| {
        socket.send(json!({"id": "a", "type": "subscribe", "payload": payload})).await;
        let answer = socket.next().await;
        socket.send(json!({"id": "a", "type": "complete"})).await;
        answer
    };
    let unknown = send(json!({"extensions": extensions})).await;
    assert_eq!(unknown["payload"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND", "{unknown}");
    for payload in [
        json!({"query": LIVE, "extensions": extensions}),
        json!({"extensions": extensions}),
        json!({"documentId": format!("sha256:{hash}")}),
    ] {
        assert_eq!(send(payload).await, next("a", &["Task 1"]));
    }
}

#[tokio::test]
async fn each_mistake_has_its_close_code() {
    let table = Table::served(|config| config.http.sockets.init_timeout = Duration::from_secs(1)).await;
    let server = &table.server;
    let mut socket = Socket::open(server, "/graphql", &[]).await.unwrap();
    assert_eq!(socket.closed().await.0, 4406);
    let mut socket = Socket::of(server).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".to_owned()));

    let mut socket = Socket::of(server).await;
    socket.subscribe("a", LIVE).await;
    assert_eq!(socket.closed().await.0, 4401);
    let mut socket = Socket::initialised(server).await;
    socket.send(json!({"type": "connection_init"})).await;
    assert_eq!(socket.closed().await.0, 4429);
    let mut socket = Socket::initialised(server).await;
    socket.subscribe("a", LIVE).await;
    socket.subscribe("a", LIVE).await;
    assert_eq!(socket.closed().await, (4409, "Subscriber for a already exists".to_owned()));
    for frame in [Message::text("{"), Message::text("{\"type\":\"start\"}"), Message::binary(b"{}".to_vec())]
    {
        let mut socket = Socket::initialised(server).await;
        socket.send_frame(frame).await;
        assert_eq!(socket.closed().await.0, 4400);
    }
    let mut socket = Socket::initialised(server).await;
    socket.send(json!({"type": "ping", "payload": "x".repeat(100_000)})).await;
    assert_eq!(socket.closed().await.0, 1009);
}

#[tokio::test]
async fn a_message_is_no_longer_than_a_body_may_be() {
    let table = Table::served(|config| config.limits.body_bytes = 2000).await;
    let mut socket = Socket::initialised(&table.server).await;
    socket.subscribe("a", &format!("{{ __typename }} # {}", "x".repeat(1500))).await;
    assert_eq!(socket.next().await["payload"], json!({"data": {"__typename": "Query"}}));
    socket.subscribe("b", &format!("{{ __typename }} # {}", "x".repeat(2000))).await;
    let (code, reason) = socket.closed().await;
    assert!(code == 1009 && reason.contains("2000 bytes"), "{code} {reason}");
}

#[tokio::test]
async fn the_older_protocol_is_spoken_as_well() {
    let table = Table::served(|config| config.http.sockets.heartbeat = Duration::from_millis(300)).await;
    let legacy = [("sec-websocket-protocol", "graphql-ws")];
    let mut socket = Socket::open(&table.server, "/graphql", &legacy).await.unwrap();
    socket.init(json!({})).await;
    assert_eq!(socket.next().await, json!({"type": "ka"}));
    socket.send(json!({"id": "1", "type": "start", "payload": {"query": LIVE}})).await;
    let answer = loop {
        let message = socket.next().await;
        if message["type"] != "ka" {
            break message;
        }
    };
    assert_eq!(answer, json!({"id": "1", "type": "data", "payload": next("", &["Task 1"])["payload"]}));
    socket.send(json!({"id": "1", "type": "stop"})).await;
    socket.send(json!({"type": "connection_terminate"})).await;
    assert_eq!(socket.closed().await.0, 1000);
}

#[tokio::test]
async fn a_token_is_taken_from_the_payload_or_from_the_upgrade() {
    let table =
        Table::served(|config| config.auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() })
            .await;
    let server = &table.server;
    let token = format!("Bearer {}", token(&json!({"role": "postgres"})));
    for payload in [json!({"authorization": token}), json!({"headers": {"Authorization": token}})] {
        Socket::of(server).await.init(payload).await;
    }
    let mut socket = Socket::open(server, "/graphql", &[PROTOCOL, ("authorization", &token)]).await.unwrap();
    socket.init(json!({})).await;
    for payload in [json!({}), json!({"authorization": "Bearer x"})] {
        let mut socket = Socket::of(server).await;
        socket.send(json!({"type": "connection_init", "payload": payload})).await;
        let (code, reason) = socket.closed().await;
        assert!(code == 4403 && reason.starts_with("Forbidden"), "{code} {reason}");
    }
    let refused = Socket::open(server, "/graphql", &[PROTOCOL, ("authorization", "Bearer x")]).await;
    assert_eq!(refused.err(), Some(401), "a wrong token in the head is refused before the upgrade");
}

#[tokio::test]
async fn a_token_that_expires_ends_its_subscriptions_and_its_client_may_come_back() {
    let mut keys = jwt();
    keys.clock_skew = Duration::ZERO;
    let table =
        Table::served(|config| config.auth = Auth { jwt: Some(keys), anon_role: None, ..Auth::default() })
            .await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let token =
        |seconds: u64| format!("Bearer {}", token(&json!({"role": "postgres", "exp": now + seconds})));
    let mut socket = Socket::of(&table.server).await;
    socket.init(json!({"authorization": token(4)})).await;
    socket.subscribe("a", LIVE).await;
    assert_eq!(socket.next().await, next("a", &["Task 1"]));
    let (code, reason) = socket.closed().await;
    assert!(code == 4403 && reason.starts_with("UNAUTHENTICATED"), "{code} {reason}");
    let mut socket = Socket::of(&table.server).await;
    socket.init(json!({"authorization": token(3600)})).await;
    socket.subscribe("a", LIVE).await;
    assert_eq!(socket.next().await, next("a", &["Task 1"]));
}

#[tokio::test]
async fn pages_of_other_origins_may_not_open_a_websocket_unless_they_are_named() {
    let table =
        Table::served(|config| config.http.cors_origins = vec!["https://app.example".to_owned()]).await;
    let own = table.server.url("");
    let open = async |origin: &str| {
        Socket::open(&table.server, "/graphql", &[PROTOCOL, ("origin", origin)]).await.err()
    };
    assert_eq!(open("https://app.example").await, None);
    assert_eq!(open(&own).await, None);
    assert_eq!(open("https://evil.example").await, Some(403));
    assert_eq!(open("null").await, Some(403));
}

/// The message with an answer of these titles.
pub(super) fn next(id: &str, titles: &[&str]) -> Value {
    let edges: Vec<Value> = titles.iter().map(|title| json!({"node": {"title": title}})).collect();
    json!({"id": id, "type": "next", "payload": {"data": {"taskCollection": {"edges": edges}}}})
}
