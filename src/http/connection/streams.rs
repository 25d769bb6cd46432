//! The streams of HTTP/2 connections. hyper runs each as a task. A stream that its client holds back is aborted alone.
//!
//! Such a client reads from the connection, so that neither the socket nor its other streams show it. Behind a proxy, those
//! streams belong to other users.

use std::sync::Arc;
use std::time::Duration;

use hyper::rt::Executor;

use super::pace::Pace;
use crate::event::{Ending, Event};

tokio::task_local! {
    /// The pace of the stream that the task serves.
    static PACE: Arc<Pace>;
}

/// Runs streams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams {
    pub(super) write_timeout: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let (pace, timeout) = (Arc::new(Pace::default()), self.write_timeout);
        tokio::spawn(async move {
            let stalled = Arc::clone(&pace);
            tokio::select! {
                () = PACE.scope(pace, stream) => {}
                () = stalled.stalled(timeout) => Event::HttpConnectionEnded { ending: Ending::NotReading }.emit(),
            }
        });
    }
}

/// The pace of the stream that this task serves, if it serves one.
pub(super) fn pace() -> Option<Arc<Pace>> {
    PACE.try_with(Arc::clone).ok()
}
