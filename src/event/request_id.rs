//! The id of the request that is being answered, for whatever tells of it on the way. Never makes one up.

use std::sync::Arc;

tokio::task_local! {
    static REQUEST_ID: Arc<str>;
}

/// Does some work for the request with this id.
pub async fn with_request_id<F: Future>(id: impl Into<Arc<str>>, work: F) -> F::Output {
    REQUEST_ID.scope(id.into(), work).await
}

/// The id of the request that this task works for, if it works for one.
pub fn request_id() -> Option<Arc<str>> {
    REQUEST_ID.try_with(Arc::clone).ok()
}
