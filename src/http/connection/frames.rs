//! An answer's body in frames that are small enough for hyper's own bounds to hold.
//!
//! Given whole, an answer would be taken whole, however little of it the client has read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::activity::Exchange;
use super::pace::Pace;

/// The largest frame. HTTP/2 has a bound of its own, which is the same.
const FRAME_BYTES: usize = 16 * 1024;

/// A body, and the exchange that ends with it.
pub(in crate::http) struct Frames<B> {
    body: B,
    /// What is left of the body's last frame.
    rest: Bytes,
    /// Of an HTTP/2 stream, which its client can hold back although it reads from the connection.
    stream: Option<Arc<Pace>>,
    _exchange: Exchange,
}

impl<B> Frames<B> {
    pub(super) fn new(body: B, exchange: Exchange, stream: Option<Arc<Pace>>) -> Self {
        Self { body, rest: Bytes::new(), stream, _exchange: exchange }
    }

    /// The next part of what is left. The last one is a copy, so that it does not keep the whole answer in memory while it waits
    /// to be written.
    fn part(&mut self) -> Bytes {
        let part = self.rest.split_to(self.rest.len().min(FRAME_BYTES));
        if let Some(pace) = &self.stream {
            pace.took(part.len());
            pace.waits();
        }
        let is_last = self.rest.is_empty() && part.len() < FRAME_BYTES;
        if is_last { Bytes::copy_from_slice(&part) } else { part }
    }
}

impl<B> Body for Frames<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)).transpose()? {
                None => return Poll::Ready(None),
                Some(frame) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.part()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl<B> Drop for Frames<B> {
    fn drop(&mut self) {
        if let Some(pace) = &self.stream {
            // Not that the last part was taken, but that there is nothing behind it.
            pace.took(0);
        }
    }
}
