//! A batch: several operations in one request. Together they use no more memory than one operation may.
//!
//! They run one after another, so that the values and statements of one are freed when the next begins. Their answers share
//! `max-answer`.

use serde_json::json;

use super::sender::Sender;
use crate::dispatch::Backend;
use crate::engine::{Outcome, Request, Response};

/// The answers of all operations, in their order.
pub(super) async fn answer(backend: &Backend, requests: Vec<Request>, sender: &Sender<'_>) -> Vec<Response> {
    let limit = backend.planning().limits(sender.identity).answer_bytes;
    let mut room = Some(limit);
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let answer = match room {
            Some(left) => {
                let answer = backend.respond(request, sender.identity, sender.handling).await;
                room = left.checked_sub(answer.body.len());
                if room.is_some() {
                    answer
                } else {
                    left_out(limit, "the operation has run, without its answer")
                }
            }
            None => left_out(limit, "the operation has not run"),
        };
        answers.push(sender.hold(answer));
    }
    answers
}

/// Stands in for an answer beyond the limit.
fn left_out(limit: usize, what: &str) -> Response {
    let message = format!(
        "the answers of the batch together are longer than {limit} bytes (setting max-answer): {what}; send fewer \
         operations in one request, or ask for less"
    );
    let error = json!({ "message": message, "extensions": { "code": "BAD_USER_INPUT" } });
    Response { outcome: Outcome::RequestError, body: json!({ "errors": [error] }).to_string().into() }
}
