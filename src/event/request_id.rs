//! The id of the current request, for everything that logs on the way. Never creates an id.
//!
//! A span is made only where a log line is written or an application's code runs, not for each request: an open span costs
//! more than reading a small request.

use std::sync::Arc;

use tracing::{Instrument as _, Span, field};

tokio::task_local! {
    static REQUEST: Identified;
}

/// A request's identity in the log.
#[derive(Debug)]
struct Identified {
    id: Arc<str>,
    trace_id: Option<String>,
}

/// Runs `work` for the request with this id, in the given trace if there is one.
pub async fn with_request_id<F: Future>(
    id: impl Into<Arc<str>>,
    trace_id: Option<String>,
    work: F,
) -> F::Output {
    REQUEST.scope(Identified { id: id.into(), trace_id }, work).await
}

/// The id of the request that this task works for, if there is one.
pub fn request_id() -> Option<Arc<str>> {
    REQUEST.try_with(|request| Arc::clone(&request.id)).ok()
}

/// Runs `work` in the span of the request, so that its own log lines have the request's id.
pub async fn in_request_span<F: Future>(work: F) -> F::Output {
    work.instrument(span()).await
}

/// The span of this task's request. Its level lets the id appear in every line that is logged at all.
pub(super) fn span() -> Span {
    let span = REQUEST.try_with(|Identified { id, trace_id }| {
        let span = tracing::error_span!("request", id = &**id, trace_id = field::Empty);
        if let Some(trace_id) = trace_id {
            span.record("trace_id", &**trace_id);
        }
        span
    });
    span.unwrap_or(Span::none())
}
