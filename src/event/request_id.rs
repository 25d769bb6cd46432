//! The request that is being answered, for whatever tells of it on the way. Never makes an id up.
//!
//! Its span is made where a line of the log is written or an application's code runs, not for each request: an open span costs
//! more than reading a small request does.

use std::sync::Arc;

use tracing::{Instrument as _, Span, field};

tokio::task_local! {
    static REQUEST: Identified;
}

/// How a request is known in the log.
#[derive(Debug)]
struct Identified {
    id: Arc<str>,
    trace_id: Option<String>,
}

/// Does some work for the request with this id, in the trace with that one if there is one.
pub async fn with_request_id<F: Future>(
    id: impl Into<Arc<str>>,
    trace_id: Option<String>,
    work: F,
) -> F::Output {
    REQUEST.scope(Identified { id: id.into(), trace_id }, work).await
}

/// The id of the request that this task works for, if it works for one.
pub fn request_id() -> Option<Arc<str>> {
    REQUEST.try_with(|request| Arc::clone(&request.id)).ok()
}

/// Does some work in the span of the request, so that what it logs itself has the request's id.
pub async fn in_request_span<F: Future>(work: F) -> F::Output {
    work.instrument(span()).await
}

/// The span of the request that this task works for. Its level lets the id stand beside every line that is logged at all.
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
