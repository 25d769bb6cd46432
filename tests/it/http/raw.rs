//! HTTP/1 by hand: bytes that a broken or hostile client might send.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far more than anything here takes; only a defect takes longer.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// A request of an operation.
pub(super) fn request(document: &str) -> String {
    let body = json!({ "query": document }).to_string();
    format!("{}{body}", head(body.len()))
}

/// The head of a request whose body has this length.
pub(super) fn head(length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// A connection, with these bytes sent.
pub(super) async fn send(address: SocketAddr, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may have answered and closed before it has read everything.
    let _ = timeout(LONG, stream.write_all(bytes.as_ref())).await.expect("the server reads");
    stream
}

/// One response with a length: its status and its body.
pub(super) async fn response(stream: &mut TcpStream) -> (u16, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = timeout(LONG, stream.read_u8()).await.expect("an answer");
        head.push(byte.unwrap_or_else(|error| panic!("{error} after {}", String::from_utf8_lossy(&head))));
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    timeout(LONG, stream.read_exact(&mut body)).await.expect("the body").unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// The last response, after which the server closes the connection.
pub(super) async fn last_response(stream: &mut TcpStream) -> u16 {
    let (status, _) = response(stream).await;
    assert_eq!(rest(stream).await, 0, "nothing follows the last answer");
    status
}

/// The number of bytes until the server closes the connection in any way.
pub(super) async fn rest(stream: &mut TcpStream) -> usize {
    let mut bytes = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("the server closes the connection");
    bytes.len()
}
