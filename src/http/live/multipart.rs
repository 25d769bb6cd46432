//! Apollo's multipart protocol for subscriptions.
//!
//! <https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>

use bytes::Bytes;

use super::operation::{Step, Why};

pub(super) const CONTENT_TYPE: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";

/// The first boundary. Each part ends with the next one, so that clients need not wait for another part to see its end.
pub(super) const START: Bytes = Bytes::from_static(b"\r\n--graphql");

/// An empty part.
pub(super) const HEARTBEAT: Bytes =
    Bytes::from_static(b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql");

/// Turns the last boundary into the closing one.
const CLOSE: &[u8] = b"--\r\n";

/// A step as parts. If a subscription is ended from outside, that is an error of the transport, so that
/// clients can distinguish it from errors of an answer.
pub(super) fn write(step: &Step) -> Bytes {
    match step {
        Step::Answer(body) => part(&[b"{\"payload\":", body, b"}"]).into(),
        Step::Complete => Bytes::from_static(CLOSE),
        Step::Ended(Why::Refused, body) => {
            [part(&[b"{\"payload\":", body, b"}"]), CLOSE.into()].concat().into()
        }
        Step::Ended(Why::TokenExpired | Why::Stopping, body) => {
            // `{"errors": …}` becomes `{"payload":null,"errors": …}`.
            let errors = body.strip_prefix(b"{").unwrap_or(b"}");
            [part(&[b"{\"payload\":null,", errors]), CLOSE.into()].concat().into()
        }
    }
}

fn part(json: &[&[u8]]) -> Vec<u8> {
    let json = json.concat();
    [b"\r\ncontent-type: application/json\r\n\r\n", json.as_slice(), b"\r\n--graphql"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_parts_and_a_closing_boundary() {
        let steps = [Step::Answer(Bytes::from_static(b"{\"data\":{}}")), Step::Complete];
        let text: Vec<Bytes> = [START, HEARTBEAT].into_iter().chain(steps.iter().map(write)).collect();
        let expected = "\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql\r\n\
            content-type: application/json\r\n\r\n{\"payload\":{\"data\":{}}}\r\n--graphql--\r\n";
        assert_eq!(String::from_utf8_lossy(&text.concat()), expected);
    }

    #[test]
    fn an_end_from_outside_is_an_error_of_the_transport() {
        let text = write(&Step::Ended(Why::Stopping, Bytes::from_static(b"{\"errors\":[1]}")));
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains("{\"payload\":null,\"errors\":[1]}\r\n--graphql--\r\n"), "{text}");
    }
}
