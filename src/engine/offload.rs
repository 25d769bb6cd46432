//! Moves long computations away from the threads that answer requests.
//!
//! An ordinary request is validated and planned in some tens of microseconds, on its own thread. A document
//! of 10,000 tokens, a filter of 50,000 values or the introspection of a thousand tables takes milliseconds:
//! these run on separate threads, at most one for each processor at once. Never runs an operation.

use std::sync::Arc;
use std::thread;

use memchr::memmem;
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::request::{JsonMap, Values};

/// A longer text can take more than a millisecond to validate, if it consists of short tokens.
const LONG_TEXT: usize = 8 << 10;

/// The same limit for the number of values in variables, and for the bytes of their texts.
const MANY_VALUES: usize = 2_000;
const LONG_VALUES: usize = 64 << 10;

/// Where a computation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the thread that answers the request.
    Here,
    /// On a thread that no request waits for.
    Offload,
}

impl Place {
    /// Where to validate and plan a request. `is_known` says that its document is cached.
    pub(super) fn of(text: &str, is_known: bool, variables: &JsonMap) -> Self {
        let is_long_text = !is_known && text.len() > LONG_TEXT;
        if is_long_text || asks_introspection(text) || Values::exceed(variables, MANY_VALUES, LONG_VALUES) {
            Self::Offload
        } else {
            Self::Here
        }
    }
}

/// Whether a document may select introspection fields, except `__typename`, which needs no work, or a
/// subgraph's SDL.
fn asks_introspection(text: &str) -> bool {
    let is_of_service = memmem::find(text.as_bytes(), b"_service").is_some();
    let mut places = memmem::find_iter(text.as_bytes(), "__");
    is_of_service
        || places.any(|start| {
            let name = &text[start..];
            name.starts_with("__schema") || name.starts_with("__type") && !name.starts_with("__typename")
        })
}

/// The threads for long computations.
pub(super) struct Offload(Arc<Semaphore>);

impl Offload {
    pub(super) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(processors)))
    }

    /// Runs a computation on a separate thread. If the client disconnects while the request waits for its
    /// turn, nothing runs.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        // The semaphore is never closed.
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let working = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        working.await.map_err(|error| Error::NotMade(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::json_map;

    fn variables(value: serde_json::Value) -> JsonMap {
        json_map([("v".to_owned(), value)].into_iter().collect())
    }

    #[test]
    fn ordinary_requests_stay_where_they_are() {
        let few = variables(json!({"id": {"in": [1, 2, 3]}}));
        assert_eq!(Place::of("{ __typename a { b } }", false, &few), Place::Here);
        assert_eq!(Place::of(&"a ".repeat(5_000), true, &few), Place::Here);
        assert_eq!(Place::of(&"a ".repeat(5_000), false, &few), Place::Offload);
        assert_eq!(Place::of("{ __schema { types { name } } }", true, &few), Place::Offload);
        assert_eq!(Place::of("{ __typename __type(name: \"A\") { name } }", true, &few), Place::Offload);
        for many in [json!(vec![1; 3_000]), json!("x".repeat(70_000)), json!([{"a": vec![json!({}); 2_000]}])]
        {
            assert_eq!(Place::of("{ a }", true, &variables(many)), Place::Offload);
        }
    }
}
