//! Answers in their serialised form, and the queue's own answers. Never does I/O.

use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use crate::engine::{Outcome, Response};
use crate::error::{Code, GraphqlError};
use crate::event::request_id;
use crate::response;

/// The outcomes that are sent, by name.
const OUTCOMES: [(&str, Outcome); 7] = [
    ("executed", Outcome::Executed),
    ("request-error", Outcome::RequestError),
    ("not-allowed", Outcome::OperationNotAllowed),
    ("text-wanted", Outcome::TextWanted),
    ("forbidden", Outcome::Forbidden),
    ("unavailable", Outcome::Unavailable),
    ("timed-out", Outcome::TimedOut),
];

/// The outcome's name.
pub(super) fn name(outcome: Outcome) -> &'static str {
    OUTCOMES.iter().find(|(_, known)| *known == outcome).map_or("executed", |(name, _)| name)
}

/// An answer that came back.
pub(super) fn response(name: &str, body: impl Into<Bytes>) -> Response {
    let outcome = OUTCOMES.iter().find(|(known, _)| *known == name);
    Response { outcome: outcome.map_or(Outcome::Executed, |(_, outcome)| *outcome), body: body.into() }
}

/// Why the queue has no answer to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The queue has its maximum number of entries.
    Full,
    /// The role has its maximum number of entries.
    ShareTaken,
    /// The messages have their maximum number of bytes.
    BytesTaken,
    /// The waiting operations have waited for too long.
    Old,
    /// Redis cannot be reached.
    Unreachable,
    /// No worker takes operations.
    NoWorker,
    /// The time is over, and the outcome of the mutation is not known.
    LateWrite(Uuid),
    /// The time is over, and the operation only reads.
    LateRead,
    /// A defect.
    Internal,
}

impl Refusal {
    /// The client's message.
    pub(super) fn client_error(self) -> GraphqlError {
        let message = match self {
            Self::Full => "too many operations are waiting; try again later".to_owned(),
            Self::BytesTaken => {
                "the operations that are waiting are too large together; try again later".to_owned()
            }
            Self::ShareTaken => "too many operations of your role are waiting; try again later".to_owned(),
            Self::Old => "operations have been waiting for too long; try again later".to_owned(),
            Self::Unreachable => "the queue cannot be reached; try again later".to_owned(),
            Self::NoWorker => "no worker answers; try again later".to_owned(),
            Self::LateRead => "no answer came in time; try again later".to_owned(),
            Self::LateWrite(id) => format!(
                "no answer came in time; the operation may still take effect: ask for operation(id: \"{id}\"), or send it \
                 again with the header Idempotency-Key: {id}"
            ),
            Self::Internal => return GraphqlError::internal(),
        };
        GraphqlError::new(self.code(), message)
    }

    /// For metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Full => "length",
            Self::BytesTaken => "bytes",
            Self::ShareTaken => "share",
            Self::Old => "age",
            Self::Unreachable => "unreachable",
            Self::NoWorker => "no-worker",
            Self::LateWrite(_) | Self::LateRead => "late",
            Self::Internal => "internal",
        }
    }

    /// The whole answer.
    pub(super) fn response(self) -> Response {
        let outcome = match self.code() {
            Code::Unavailable => Outcome::Unavailable,
            Code::Timeout => Outcome::TimedOut,
            _ => Outcome::RequestError,
        };
        Response { outcome, body: response::refused(&[identified(self.client_error())]).json }
    }

    fn code(self) -> Code {
        match self {
            Self::LateWrite(_) | Self::LateRead => Code::Timeout,
            Self::Internal => Code::Internal,
            Self::Full
            | Self::BytesTaken
            | Self::ShareTaken
            | Self::Old
            | Self::Unreachable
            | Self::NoWorker => Code::Unavailable,
        }
    }
}

/// The time was over before the operation began.
pub(super) fn expired() -> Response {
    let message = "the operation waited for too long, and was not run; try again later";
    refused(Outcome::TimedOut, Code::Timeout, message)
}

/// The operation became a dead letter.
pub(super) fn dead_letter(attempts: u32) -> Response {
    let message =
        format!("the operation was abandoned after {attempts} attempts; an operator can try it again");
    refused(Outcome::RequestError, Code::Internal, &message)
}

/// The id was used for another request.
pub(super) fn conflict() -> Response {
    let message = "this Idempotency-Key was used for another operation; use a new one for each operation";
    refused(Outcome::RequestError, Code::Conflict, message)
}

/// The worker has another tenant for the operation than the server, or none.
pub(super) fn other_tenant() -> Response {
    let message = "the server and its worker differ in the setting tenant; give both the same";
    refused(Outcome::Unavailable, Code::Unavailable, message)
}

/// The operation is in the queue, and the client does not wait for it.
pub(super) fn accepted(id: Uuid) -> Response {
    let body = json!({ "operation": { "id": id, "state": "QUEUED" } }).to_string();
    Response { outcome: Outcome::Accepted(id), body: body.into() }
}

fn refused(outcome: Outcome, code: Code, message: &str) -> Response {
    Response { outcome, body: response::refused(&[identified(GraphqlError::new(code, message))]).json }
}

/// The client of a defect gets the id of the request, under which the log has more.
fn identified(error: GraphqlError) -> GraphqlError {
    let id = request_id().filter(|_| error.code == Code::Internal);
    GraphqlError { request_id: id.map(|id| id.to_string()), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_come_out_as_they_went_in() {
        for (_, outcome) in OUTCOMES {
            assert_eq!(response(name(outcome), Bytes::new()).outcome, outcome);
        }
    }
}
