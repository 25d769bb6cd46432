//! An answer's body in frames that are small enough for hyper's own limits to work.
//!
//! hyper would take a single large frame as a whole, even if the client has read little of it.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::activity::Exchange;
use super::pace::Pace;

/// The largest frame. HTTP/2 has its own limit, which is the same.
const FRAME_BYTES: usize = 16 * 1024;

/// A body, and the exchange that ends with it.
pub(in crate::http) struct Frames<B> {
    body: B,
    /// The rest of the body's last frame.
    rest: Bytes,
    /// Whether it is a part of that frame.
    is_cut: bool,
    /// Whether this is an HTTP/2 stream. Its client can hold it back while it reads from the connection.
    stream: Option<Arc<Pace>>,
    _exchange: Exchange,
}

impl<B> Frames<B> {
    pub(super) fn new(body: B, exchange: Exchange, stream: Option<Arc<Pace>>) -> Self {
        Self { body, rest: Bytes::new(), is_cut: false, stream, _exchange: exchange }
    }

    /// The next part of the rest. The last of several parts is a copy, so that it does not keep the whole answer in memory
    /// while it waits to be written.
    /// it waits to be written.
    fn part(&mut self) -> Bytes {
        let is_last = self.rest.len() <= FRAME_BYTES;
        let part = if is_last { mem::take(&mut self.rest) } else { self.rest.split_to(FRAME_BYTES) };
        if let Some(pace) = &self.stream {
            pace.took(part.len());
            pace.waits();
        }
        let was_cut = mem::replace(&mut self.is_cut, !is_last);
        if is_last && was_cut { Bytes::copy_from_slice(&part) } else { part }
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
            let polled = Pin::new(&mut self.body).poll_frame(context);
            if let (Poll::Pending, Some(pace)) = (&polled, &self.stream) {
                // The connection has room for more, and the client makes it wait.
                pace.took(0);
            }
            match ready!(polled).transpose()? {
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
            // This does not mean that the last part was taken, only that nothing follows it.
            pace.took(0);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use http_body_util::{BodyExt as _, Full};

    use super::super::activity::Activity;
    use super::*;

    #[tokio::test]
    async fn a_long_answer_comes_in_small_parts_of_which_the_last_does_not_keep_it() {
        let activity = Arc::new(Activity::new(Arc::default()));
        let text = vec![b'x'; 3 * FRAME_BYTES + 5];
        let body = Full::new(activity.hold(Bytes::from(text.clone())));
        let mut frames = Frames::new(body, activity.begin(), None);
        assert_eq!(frames.size_hint().exact(), Some(text.len() as u64));
        let mut parts = Vec::new();
        while let Some(frame) = frames.frame().await {
            parts.push(frame.unwrap().into_data().unwrap());
        }
        assert!(frames.is_end_stream() && !activity.is_idle());
        drop(frames);
        assert!(activity.is_idle());
        assert_eq!(
            parts.iter().map(Bytes::len).collect::<Vec<_>>(),
            [FRAME_BYTES, FRAME_BYTES, FRAME_BYTES, 5]
        );
        let last = parts.pop().unwrap();
        drop(parts);
        assert_eq!((activity.held(), last.len()), (0, 5));
    }
}
