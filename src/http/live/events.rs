//! Server-sent events, in the distinct connections mode of the protocol of `graphql-sse`: one request, one operation.
//!
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>

use bytes::Bytes;

use super::operation::{Step, Why};

pub(super) const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

/// A comment, which clients ignore.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

const COMPLETE: &str = "event: complete\ndata:\n\n";

/// The beginning of the stream, before the answers.
pub(super) const START: Bytes = HEARTBEAT;

/// A step as events. When the server stops, the stream breaks off, so that clients reconnect.
pub(super) fn write(step: &Step) -> Bytes {
    match step {
        Step::Answer(body) => next(body).into(),
        Step::Ended(Why::Stopping, _) => Bytes::new(),
        Step::Ended(Why::Refused | Why::TokenExpired, body) => (next(body) + COMPLETE).into(),
        Step::Complete => Bytes::from_static(COMPLETE.as_bytes()),
    }
}

/// In the JSON of an answer, line breaks are only between tokens, where blanks can replace them.
fn next(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ").into() } else { text };
    format!("event: next\ndata: {line}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_event_whatever_blanks_are_in_it() {
        let step = Step::Answer(Bytes::from_static(b"{\"data\":\r\n {\"a\":\n1}}"));
        assert_eq!(write(&step), "event: next\ndata: {\"data\":   {\"a\": 1}}\n\n");
    }

    #[test]
    fn the_end_is_said_unless_the_client_is_to_come_back() {
        let body = Bytes::from_static(b"{}");
        assert_eq!(
            write(&Step::Ended(Why::Refused, body.clone())),
            "event: next\ndata: {}\n\nevent: complete\ndata:\n\n"
        );
        assert_eq!(write(&Step::Ended(Why::Stopping, body)), "");
        assert_eq!(write(&Step::Complete), "event: complete\ndata:\n\n");
    }
}
