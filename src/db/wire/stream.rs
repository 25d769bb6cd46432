//! Sockets: TCP, Unix, and TLS on TCP, as one type.
//!
//! Never speaks the protocol; `startup` and `exchange` do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

/// An open socket.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// The socket was moved elsewhere.
    Closed,
}

/// The address of a socket, with names resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(SocketAddr),
    /// The file of the socket.
    Unix(PathBuf),
}

/// How an idle or stuck connection is watched (`tcp(7)`). Only for TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keepalive {
    /// No probes at all.
    pub(super) is_off: bool,
    /// The idle time before the first probe.
    pub(super) idle: Duration,
    /// Time between probes; the system's default if not given.
    pub(super) interval: Option<Duration>,
    /// How many probes without an answer end the connection.
    pub(super) count: Option<u32>,
    /// How long bytes may stay unacknowledged.
    pub(super) user_timeout: Option<Duration>,
}

impl Default for Keepalive {
    /// A pooled connection may be idle for minutes. A firewall that forgets it should be noticed before it is used.
    fn default() -> Self {
        Self { is_off: false, idle: Duration::from_mins(1), interval: None, count: None, user_timeout: None }
    }
}

impl Stream {
    pub(super) async fn connect(address: &Address, watchfulness: &Keepalive) -> io::Result<Self> {
        match address {
            Address::Unix(path) => Ok(Self::Unix(UnixStream::connect(path).await?)),
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                watchfulness.apply(&SockRef::from(&stream))?;
                Ok(Self::Tcp(stream))
            }
        }
    }
}

impl Keepalive {
    fn apply(&self, socket: &SockRef<'_>) -> io::Result<()> {
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        socket.set_tcp_user_timeout(self.user_timeout)?;
        if self.is_off {
            return Ok(());
        }
        let mut keepalive = TcpKeepalive::new().with_time(self.idle);
        if let Some(interval) = self.interval {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(count) = self.count {
            keepalive = keepalive.with_retries(count);
        }
        socket.set_tcp_keepalive(&keepalive)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Closed => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Tcp(_) | Self::Unix(_) | Self::Closed => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Closed => Poll::Ready(Ok(())),
        }
    }
}
