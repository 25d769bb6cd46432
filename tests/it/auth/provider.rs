//! The tests' own identity provider: a real HTTP server that gives the answers that a test sets, and counts
//! requests.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Stops when it is dropped.
pub(super) struct Provider {
    pub(super) address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

struct State {
    /// The whole response, head and body.
    response: Mutex<String>,
    asked: AtomicUsize,
    /// One permit lets one answer go.
    gate: Semaphore,
}

impl Provider {
    pub(super) async fn start(body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(State {
            response: Mutex::new(ok(body)),
            asked: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                // A client that disconnects is not an error of the test.
                tokio::spawn(async move { answer(stream, &state).await.ok() });
            }
        });
        Self { address, state, serving }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.address)
    }

    /// From now on, the answer has this body.
    pub(super) fn set(&self, body: &str) {
        self.set_response(&ok(body));
    }

    /// From now on, this is the whole answer.
    pub(super) fn set_response(&self, response: &str) {
        response.clone_into(&mut self.state.response.lock().expect("no panic before"));
    }

    /// From now on, answers wait for a permit.
    pub(super) fn hold(&self) {
        self.state.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(super) fn let_go(&self) {
        self.state.gate.add_permits(1_000);
    }

    /// The number of requests so far.
    pub(super) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn answer(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    state.asked.fetch_add(1, Ordering::SeqCst);
    let response = state.response.lock().expect("no panic before").clone();
    let permit = state.gate.acquire().await.expect("it is never closed");
    stream.write_all(response.as_bytes()).await?;
    drop(permit);
    stream.shutdown().await
}
