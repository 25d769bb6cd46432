//! A small TCP relay that withholds a server's answers until the client has sent a number of pipelines. A
//! client that waits for an answer before it sends the next pipeline does not get past it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The relay, for one connection; it stops when it is dropped.
pub(super) struct Gate {
    port: u16,
    lock: Arc<Lock>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Lock {
    /// The number of pipelines until answers pass.
    missing: AtomicUsize,
    opened: Notify,
}

impl Gate {
    pub(super) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let lock = Arc::new(Lock::default());
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&lock);
        tasks.spawn(async move {
            let (client, _) = listener.accept().await.expect("a connection");
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await.expect("the server");
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::join!(
                questions(from_client, to_server, &shared),
                answers(from_server, to_client, &shared)
            );
        });
        Self { port, lock, _tasks: tasks }
    }

    /// The connection string with the relay's port in place of the target's.
    pub(super) fn url(&self, url: &str, target: u16) -> String {
        url.replace(&format!(":{target}/"), &format!(":{}/", self.port))
    }

    /// Withholds answers until this number of pipelines has come. The connection must be idle.
    pub(super) fn hold(&self, pipelines: usize) {
        self.lock.missing.store(pipelines, Ordering::SeqCst);
    }
}

async fn questions(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lock: &Lock) {
    let mut buffer = vec![0; 64 * 1024];
    let mut unread = Vec::new();
    loop {
        let count = from.read(&mut buffer).await.unwrap_or(0);
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        if lock.missing.load(Ordering::SeqCst) == 0 {
            continue;
        }
        unread.extend_from_slice(&buffer[..count]);
        let missing = lock.missing.load(Ordering::SeqCst);
        let missing = missing.saturating_sub(take_flights(&mut unread));
        lock.missing.store(missing, Ordering::SeqCst);
        if missing == 0 {
            unread.clear();
            lock.opened.notify_one();
        }
    }
}

/// Removes all complete messages, and returns how many of them are `Sync` or `Query`.
fn take_flights(unread: &mut Vec<u8>) -> usize {
    let mut pipelines = 0;
    while let Some(length) = unread.get(1..5) {
        let length =
            usize::try_from(u32::from_be_bytes(length.try_into().expect("four bytes"))).expect("a length");
        if unread.len() <= length {
            break;
        }
        pipelines += usize::from(matches!(unread[0], b'S' | b'Q'));
        unread.drain(..=length);
    }
    pipelines
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lock: &Lock) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or(0);
        while lock.missing.load(Ordering::SeqCst) > 0 {
            lock.opened.notified().await;
        }
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
