//! A client's socket for hyper: it records the traffic, and closes in a way that lets the last answer arrive.
//!
//! Never looks at a request, and has no timer: the registry decides by the records.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

use super::activity::Activity;

/// The start of an HTTP/2 connection (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// hyper doubles its read size as long as a client fills it. This is the maximum in a connection's buffer, of a body that no
/// handler has taken yet.
const READ_BYTES: u64 = 8 * 1024;

/// How much of an answer the system buffers before the client has it. A client that does not read is noticed after this many
/// bytes. Its answer is not kept in the system's memory instead of ours.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 128 * 1024;

/// How much is read from a client that still sends when its connection is closed. Otherwise the connection is reset, and the
/// client does not see the last answer.
const DISCARD_BYTES: usize = 1 << 20;

/// The size of one such read.
const DISCARD_AT_ONCE: usize = 8 * 1024;

/// When an idle connection gets its first TCP keepalive probe. A proxy that vanished sends no close.
const KEEPALIVE: Duration = Duration::from_mins(1);

/// The client's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// A client's socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// The bytes that were read to detect the protocol.
    begin: Bytes,
    activity: Arc<Activity>,
    closing: Option<Closing>,
}

/// The writing half is closed. The client may still send.
#[derive(Debug, Clone, Copy)]
struct Closing {
    /// Whether the client is in the middle of sending something.
    is_sending: bool,
    discarded: usize,
}

impl Socket {
    /// An option can only fail to be set on a connection that is gone, which shows when it is served.
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        // A response is written at once. Waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        let socket = SockRef::from(&stream);
        let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_notsent_lowat(UNSENT_BYTES);
        Self { stream, begin: Bytes::new(), activity, closing: None }
    }

    /// Reads until the client's protocol is known.
    pub(super) async fn protocol(&mut self) -> io::Result<Protocol> {
        let mut begin = BytesMut::with_capacity(PREFACE.len());
        let protocol = loop {
            let before = begin.len();
            let read = (&mut self.stream).take((PREFACE.len() - before) as u64).read_buf(&mut begin).await?;
            if read == 0 || begin[..] != PREFACE[..begin.len()] {
                break Protocol::Http1;
            }
            self.activity.heard();
            if begin.len() == PREFACE.len() {
                self.activity.speaks_http2();
                break Protocol::Http2;
            }
        };
        if !begin.is_empty() {
            self.activity.heard();
        }
        self.begin = begin.freeze();
        Ok(protocol)
    }

    /// Answers that the head of the request took too long (RFC 9110, section 15.5.9), and closes.
    pub(super) async fn refuse_slow_head(mut self) {
        const ANSWER: &[u8] =
            b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        // If that fails, the client is gone.
        if self.write_all(ANSWER).await.is_ok() {
            let _ = self.shutdown().await;
        }
    }

    fn written(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(bytes)) => self.activity.pace.took(*bytes),
            Poll::Pending => self.activity.pace.waits(),
            Poll::Ready(Err(_)) => {}
        }
        result
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        if socket.begin.has_remaining() {
            let part = socket.begin.split_to(socket.begin.len().min(buffer.remaining()));
            buffer.put_slice(&part);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let mut limited = (&mut socket.stream).take(READ_BYTES);
        ready!(Pin::new(&mut limited).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            socket.activity.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Closes the writing half, and reads on while the client is in the middle of sending something. The registry aborts a
    /// connection that takes too long for that.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = &mut *self;
        let closing = match &mut socket.closing {
            Some(closing) => closing,
            closing => {
                ready!(Pin::new(&mut socket.stream).poll_shutdown(context))?;
                socket.activity.ends();
                closing.insert(Closing { is_sending: socket.activity.is_in_head(), discarded: 0 })
            }
        };
        let mut rest = [0; DISCARD_AT_ONCE];
        while closing.discarded < DISCARD_BYTES {
            let mut rest = ReadBuf::new(&mut rest);
            match Pin::new(&mut socket.stream).poll_read(context, &mut rest) {
                Poll::Ready(Ok(())) if !rest.filled().is_empty() => {
                    closing.is_sending = true;
                    closing.discarded += rest.filled().len();
                }
                Poll::Pending if closing.is_sending => return Poll::Pending,
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
