//! What ends with a connection or with the server. The test locks a table to make a statement wait.

use std::time::Duration;

use glowplug::config::Mcp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::{TASKS, tasks};
use crate::harness::{self, ask};
use crate::server::Server;
use crate::ways::Route;

/// Far more than anything here takes; only a defect takes longer.
const LONG: Duration = Duration::from_secs(20);

const DOCUMENT: &str = "{ taskCollection { edges { node { id } } } }";

/// A server whose table is locked until the client is dropped.
struct Locked {
    server: Server,
    lock: Client,
    observer: Client,
    database: String,
}

impl Locked {
    async fn start(drain_timeout: Duration) -> Self {
        let database = harness::database(TASKS).await;
        let url = harness::cluster().url(&database);
        let server = Server::start(&url, |config| {
            config.http.drain_timeout = drain_timeout;
            config.http.mcp = Mcp::Explore;
        })
        .await;
        let lock = harness::connect(&url).await;
        lock.batch_execute("begin; lock table task in access exclusive mode").await.unwrap();
        let observer = harness::connect(&harness::cluster().url("postgres")).await;
        Self { server, lock, observer, database }
    }

    /// Waits until this number of statements wait for the lock.
    async fn waiting(&self, count: usize) {
        let statement = format!(
            "select count(*) from pg_stat_activity where datname = '{}' and wait_event_type = 'Lock'",
            self.database
        );
        let reached = async {
            while ask(&self.observer, &statement).await != Some(count.to_string()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LONG, reached).await.unwrap_or_else(|_| panic!("{count} statements wait"));
    }

    /// Sends a request over a separate connection.
    async fn request(&self) -> TcpStream {
        self.post("/graphql", &json!({"query": DOCUMENT})).await
    }

    /// The same as a call of an agent's tool.
    async fn call(&self) -> TcpStream {
        let params = json!({"name": "query", "arguments": {"document": DOCUMENT}});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        self.post("/mcp", &message).await
    }

    async fn post(&self, path: &str, body: &Value) -> TcpStream {
        let mut stream = TcpStream::connect(self.server.address).await.unwrap();
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}

/// Everything until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    // A dropped connection may end by a reset; only the bytes before it count.
    let _ = timeout(LONG, stream.read_to_string(&mut text)).await.expect("the server closes the connection");
    text
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_statement_with_it() {
    let locked = Locked::start(LONG).await;
    let operation = locked.request().await;
    locked.waiting(1).await;
    drop(operation);
    locked.waiting(0).await;
    let call = locked.call().await;
    locked.waiting(1).await;
    drop(call);
    locked.waiting(0).await;
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish() {
    let locked = Locked::start(LONG).await;
    let stream = locked.request().await;
    locked.waiting(1).await;
    locked.server.stop.cancel();
    locked.server.stop.cancel();
    // The listener closes before the server waits for anything, so that a load balancer notices at once.
    let refused = async {
        while TcpStream::connect(locked.server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, refused).await.expect("nothing new is accepted");
    locked.lock.batch_execute("rollback").await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"edges\""), "{answer}");
    timeout(LONG, locked.server.stopped()).await.expect("the server stops");
}

#[tokio::test]
async fn answers_while_stopping_tell_the_client_to_connect_anew() {
    let url = harness::cluster().url(&harness::database(TASKS).await);
    let server = Server::start(&url, |config| config.http.shutdown_delay = LONG).await;
    let document = [("query", "{ taskCollection(first: 1) { edges { node { id } } } }")];
    let requests = || [server.post(json!({"query": document[0].1}).to_string()), server.get("/healthz")];
    let closes = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers().get("connection").is_some_and(|value| value == "close")
    };
    for request in requests() {
        assert!(!closes(request).await, "a running server keeps connections");
    }
    server.stop.cancel();
    for index in 0..requests().len() {
        // The stop is noticed a moment after it was asked for.
        let told = async { while !closes(requests().into_iter().nth(index).unwrap()).await {} };
        timeout(LONG, told).await.expect("`Connection: close`, and an answer as before");
    }
}

#[tokio::test]
async fn a_stop_drops_what_takes_longer_than_the_drain_timeout() {
    let locked = Locked::start(Duration::from_millis(100)).await;
    let stream = locked.request().await;
    locked.waiting(1).await;
    locked.server.stop.cancel();
    assert_eq!(rest(stream).await, "");
    locked.waiting(0).await;
    timeout(LONG, locked.server.stopped()).await.expect("the server stops");
}

#[tokio::test]
async fn a_stop_closes_idle_connections_at_once() {
    let server = tasks(Route::Direct).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    timeout(LONG, server.stop()).await.expect("nothing keeps the server");
}
