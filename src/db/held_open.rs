//! A socket, or a TLS session on it, whose shutting down means to wait until the other side closes it.
//!
//! libpq ends a cancel request like that. A pooler has to pass the request on, which PgBouncer does only as long as
//! the socket that it came on is open.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::TryFutureExt as _;
use futures_util::future::MapOk;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// A stream that is closed by the other side only.
pub(super) struct HeldOpen<S>(pub(super) S);

impl<S: AsyncRead + Unpin> AsyncRead for HeldOpen<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for HeldOpen<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    /// Reads until the other side has closed the stream; that it was cut off will do as well.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut bytes = [0; 64];
            let mut buffer = ReadBuf::new(&mut bytes);
            let result = ready!(Pin::new(&mut self.0).poll_read(context, &mut buffer));
            if result.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: TlsStream + Unpin> TlsStream for HeldOpen<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}

/// Makes TLS sessions that are held open.
pub(super) struct HoldOpen<C>(pub(super) C);

impl<S, C: TlsConnect<S>> TlsConnect<S> for HoldOpen<C> {
    type Stream = HeldOpen<C::Stream>;
    type Error = C::Error;
    type Future = MapOk<C::Future, fn(C::Stream) -> HeldOpen<C::Stream>>;

    fn connect(self, stream: S) -> Self::Future {
        self.0.connect(stream).map_ok(HeldOpen)
    }
}
