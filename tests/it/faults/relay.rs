//! A small TCP relay in front of a server, which can pass on bytes in small pieces, or stop to pass on
//! anything without closing.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// A relay; it stops, and its connections are closed, when it is dropped.
pub(super) struct Relay {
    port: u16,
    ice: Arc<Ice>,
    _tasks: JoinSet<()>,
}

/// Counts the freezes. A freeze affects the connections that exist at that moment, not later ones.
#[derive(Default)]
struct Ice {
    times: AtomicU64,
    frozen: Notify,
}

impl Relay {
    /// `piece` is the number of bytes that are passed on at once.
    pub(super) async fn start(target: u16, piece: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let ice = Arc::new(Ice::default());
        let mut tasks = JoinSet::new();
        let of_connections = Arc::clone(&ice);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                connections.spawn(connect(client, target, piece, Arc::clone(&of_connections)));
            }
        });
        Self { port, ice, _tasks: tasks }
    }

    /// The connection string with the relay's port in place of the target's.
    pub(super) fn url(&self, url: &str, target: u16) -> String {
        url.replace(&format!(":{target}/"), &format!(":{}/", self.port))
    }

    /// From now on, nothing passes on the existing connections; both sides believe that they are open.
    pub(super) fn freeze(&self) {
        self.ice.times.fetch_add(1, Ordering::SeqCst);
        self.ice.frozen.notify_waiters();
    }
}

async fn connect(client: TcpStream, target: u16, piece: usize, ice: Arc<Ice>) {
    let made = ice.times.load(Ordering::SeqCst);
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
    client.set_nodelay(true).expect("a socket");
    server.set_nodelay(true).expect("a socket");
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut ways = JoinSet::new();
    ways.spawn(pass(from_client, to_server, usize::MAX, Arc::clone(&ice), made));
    ways.spawn(pass(from_server, to_client, piece, ice, made));
    ways.join_all().await;
}

/// Passes on bytes until one side closes, and then closes the other; stops for good when it is frozen.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, piece: usize, ice: Arc<Ice>, made: u64) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let frozen = ice.frozen.notified();
        if ice.times.load(Ordering::SeqCst) > made {
            std::future::pending::<()>().await;
        }
        let count = tokio::select! {
            biased;
            () = frozen => continue,
            read = from.read(&mut buffer) => read.unwrap_or(0),
        };
        if count == 0 {
            return;
        }
        for piece in buffer[..count].chunks(piece) {
            if ice.times.load(Ordering::SeqCst) > made {
                break;
            }
            if to.write_all(piece).await.is_err() {
                return;
            }
            // Then the other side mostly gets each piece separately.
            if piece.len() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
