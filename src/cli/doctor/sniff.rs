//! What listens at a port where PostgreSQL's protocol failed: nothing, something silent, PostgreSQL or a pooler after all,
//! or another service.
//!
//! Sends PostgreSQL's request for TLS, which is eight bytes. If there is no answer, sends a small HTTP request and Redis'
//! `PING`. No credentials.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::db::Place;

/// What listens at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    /// The port was not checked.
    Unchecked,
    /// Nothing can be reached.
    Unreachable,
    /// The connection is accepted, and nothing arrives.
    Silent,
    /// PostgreSQL, or a pooler that speaks its protocol.
    Postgresql(Tls),
    /// Another service, by its name.
    Other(&'static str),
    /// An unknown service, or one that closes the connection.
    Unknown,
}

/// Whether TLS is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    Offered,
    NotOffered,
}

const PATIENCE: Duration = Duration::from_millis(500);

/// PostgreSQL's request for TLS (manual, section 55.2.11).
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Finds out what listens. A Unix socket counts as PostgreSQL's.
pub(super) async fn listen(place: &Place) -> Listener {
    if place.host.starts_with('/') {
        return Listener::Unchecked;
    }
    let first = ask(place, &TLS_REQUEST).await;
    let known = recognise(&first);
    if !matches!(known, Listener::Silent | Listener::Unknown) {
        return known;
    }
    // Redis closes the connection when it sees an HTTP header.
    let web = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", place.host);
    for question in [web.as_bytes(), b"PING\r\n"] {
        if let Listener::Other(name) = recognise(&ask(place, question).await) {
            return Listener::Other(name);
        }
    }
    known
}

/// The result of a request.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    NoConnection,
    Nothing,
    Bytes(Vec<u8>),
}

async fn ask(place: &Place, question: &[u8]) -> Answer {
    let opening = TcpStream::connect((&*place.host, place.port));
    let Ok(Ok(mut stream)) = timeout(PATIENCE, opening).await else { return Answer::NoConnection };
    if stream.write_all(question).await.is_err() {
        return Answer::Bytes(Vec::new());
    }
    let mut bytes = vec![0; 16];
    match timeout(PATIENCE, stream.read(&mut bytes)).await {
        Ok(read) => {
            bytes.truncate(read.unwrap_or(0));
            Answer::Bytes(bytes)
        }
        Err(_) => Answer::Nothing,
    }
}

/// The service, by the first bytes that arrive.
fn recognise(answer: &Answer) -> Listener {
    let bytes = match answer {
        Answer::NoConnection => return Listener::Unreachable,
        Answer::Nothing => return Listener::Silent,
        Answer::Bytes(bytes) => bytes,
    };
    match bytes.as_slice() {
        b"S" => Listener::Postgresql(Tls::Offered),
        b"N" | [b'E', 0, ..] => Listener::Postgresql(Tls::NotOffered),
        [b'S', b'S', b'H', b'-', ..] => Listener::Other("SSH"),
        [b'H', b'T', b'T', b'P', b'/', ..] => Listener::Other("HTTP"),
        [b'+', b'P', b'O', b'N', b'G', ..]
        | [b'-', b'E', b'R', b'R', ..]
        | [b'-', b'N', b'O', b'A', ..]
        | [b'-', b'D', b'E', b'N', ..] => Listener::Other("Redis' protocol"),
        // The packet's length in three bytes, its number, and the version of the protocol.
        [_, _, 0, 0, 10, ..] => Listener::Other("MySQL's protocol"),
        _ => Listener::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_by_how_they_begin() {
        for (bytes, listener) in [
            (&b"S"[..], Listener::Postgresql(Tls::Offered)),
            (b"N", Listener::Postgresql(Tls::NotOffered)),
            (b"E\0\0\0\x20SFATAL", Listener::Postgresql(Tls::NotOffered)),
            (b"SSH-2.0-OpenSSH", Listener::Other("SSH")),
            (b"HTTP/1.1 400", Listener::Other("HTTP")),
            (b"+PONG\r\n", Listener::Other("Redis' protocol")),
            (b"-ERR unknown", Listener::Other("Redis' protocol")),
            (b"-NOAUTH Auth", Listener::Other("Redis' protocol")),
            (b"\x4a\0\0\0\x0a8.0.36", Listener::Other("MySQL's protocol")),
            (b"220 mail", Listener::Unknown),
            (b"", Listener::Unknown),
        ] {
            assert_eq!(recognise(&Answer::Bytes(bytes.to_vec())), listener, "{bytes:?}");
        }
    }
}
