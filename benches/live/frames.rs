//! As much of a websocket's client as a load generator needs: text out, and whole messages in. By hand, because thousands of them share
//! the processors with what is measured.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A frame's kind (RFC 6455, section 5.2).
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A websocket that speaks `graphql-transport-ws`.
pub(crate) struct Websocket {
    stream: TcpStream,
    /// What has come, from `read` on.
    buffer: Vec<u8>,
    read: usize,
}

/// A frame in the buffer.
struct Frame {
    kind: u8,
    begin: usize,
    end: usize,
}

impl Websocket {
    /// Connects to a server at `host:port`, and waits for its `101`.
    pub(crate) async fn connect(address: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /graphql HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::new();
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        if !buffer.starts_with(b"HTTP/1.1 101 ") {
            return Err(io::Error::other(String::from_utf8_lossy(&buffer).into_owned()));
        }
        Ok(Self { stream, buffer, read: end })
    }

    /// Sends a text.
    pub(crate) async fn send(&mut self, text: &str) -> io::Result<()> {
        let frame = frame(TEXT, text.as_bytes());
        self.stream.write_all(&frame).await
    }

    /// The next text. Answers pings meanwhile. Nothing is lost where the future is dropped, except a ping's answer.
    pub(crate) async fn next(&mut self) -> io::Result<String> {
        loop {
            while let Some(Frame { kind, begin, end }) = self.frame() {
                self.read = end;
                let payload = &self.buffer[begin..end];
                match kind {
                    TEXT => return Ok(String::from_utf8_lossy(payload).into_owned()),
                    PING => {
                        let pong = frame(PONG, payload);
                        self.stream.write_all(&pong).await?;
                    }
                    CLOSE => {
                        let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
                        return Err(io::Error::other(format!("closed: {reason}")));
                    }
                    _ => {}
                }
            }
            self.buffer.drain(..self.read);
            self.read = 0;
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The first frame in the buffer, if all of it is there. A server's frames are neither masked nor, of this one, in parts.
    fn frame(&self) -> Option<Frame> {
        let bytes = &self.buffer[self.read..];
        let (kind, short) = (bytes.first()? & 15, bytes.get(1)? & 127);
        let (head, length) = match short {
            126 => (4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into()),
            127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
            short => (2, short.into()),
        };
        let begin = self.read + head;
        let end = begin + usize::try_from(length).ok()?;
        (end <= self.buffer.len()).then_some(Frame { kind, begin, end })
    }
}

/// A client's frame. The mask, which a client has to have, is zero, so that the text stays as it is.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![128 | kind];
    match payload.len() {
        length @ ..126 => frame.push(128 | u8::try_from(length).unwrap_or_default()),
        length => {
            frame.push(0xfe);
            let length = u16::try_from(length).expect("a client sends short messages");
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
