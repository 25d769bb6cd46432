//! Who listens at a port, where it was not PostgreSQL's protocol that came back: nobody, somebody who says nothing, or
//! a web server.
//!
//! Sends one small HTTP request at the most, and no credentials.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::db::Place;

/// Who listens at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    /// Nobody can be reached.
    Nobody,
    /// The connection is taken, and nothing comes.
    Silent,
    /// A web server.
    Http,
    /// Something else, or something that was not asked.
    Other,
}

const PATIENCE: Duration = Duration::from_millis(500);

/// Listens what comes back to an HTTP request, to which PostgreSQL and poolers answer by closing the connection.
pub(super) async fn listen(place: &Place) -> Listener {
    let opening = TcpStream::connect((&*place.host, place.port));
    let Ok(Ok(mut stream)) = timeout(PATIENCE, opening).await else { return Listener::Nobody };
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", place.host);
    if stream.write_all(request.as_bytes()).await.is_err() {
        return Listener::Other;
    }
    let mut answer = [0; 5];
    match timeout(PATIENCE, stream.read_exact(&mut answer)).await {
        Ok(Ok(_)) if &answer == b"HTTP/" => Listener::Http,
        Ok(_) => Listener::Other,
        Err(_) => Listener::Silent,
    }
}
