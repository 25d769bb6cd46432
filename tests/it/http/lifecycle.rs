//! What ends with a connection or with the server. The test locks a table to make a statement wait.

use std::time::Duration;

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
        let server = Server::start(&url, |config| config.http.drain_timeout = drain_timeout).await;
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
        let mut stream = TcpStream::connect(self.server.address).await.unwrap();
        let body = serde_json::json!({"query": DOCUMENT}).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
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
    let stream = locked.request().await;
    locked.waiting(1).await;
    drop(stream);
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
