//! The messages of the two websocket protocols: parses and writes their texts. Pure.
//!
//! [graphql-transport-ws](https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md) is the current
//! protocol;
//! [graphql-ws](https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md) is the
//! protocol of older clients.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The longest reason that a close frame has room for (RFC 6455, section 5.5).
const LONGEST_REASON: usize = 123;

/// A websocket protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `graphql-transport-ws`.
    Transport,
    /// `graphql-ws`, of the package subscriptions-transport-ws.
    Legacy,
}

/// The subprotocols by name, the preferred one first.
pub(super) const SUBPROTOCOLS: [(&str, Protocol); 2] =
    [("graphql-transport-ws", Protocol::Transport), ("graphql-ws", Protocol::Legacy)];

/// A message of a client.
#[derive(Debug)]
pub(super) enum Incoming<'m> {
    /// `connection_init`, with its payload.
    Init(Option<&'m RawValue>),
    /// `ping`, with its payload.
    Ping(Option<&'m RawValue>),
    /// `pong`.
    Pong,
    /// Starts an operation.
    Subscribe { id: String, request: &'m RawValue },
    /// Ends an operation.
    Complete { id: String },
    /// Ends the connection.
    Terminate,
}

/// A message to a client.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outgoing<'m> {
    /// `connection_ack`.
    Ack,
    /// The answer to its ping.
    Pong(Option<&'m RawValue>),
    /// A keep-alive.
    KeepAlive,
    /// An answer: its whole JSON text.
    Next { id: &'m str, body: &'m [u8] },
    /// The operation has ended: the JSON text of an answer with errors.
    Error { id: &'m str, body: &'m [u8] },
    /// There will be no more answers.
    Complete { id: &'m str },
}

/// The code and reason with which the server closes a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    pub(super) fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > LONGEST_REASON {
            let end = reason.floor_char_boundary(LONGEST_REASON);
            reason = reason[..end].to_owned().into();
        }
        Self { code, reason }
    }
}

#[derive(Deserialize)]
struct Envelope<'m> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'m, str>,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'m RawValue>,
}

impl Protocol {
    /// Parses a text; the error says why it is not a message.
    pub(super) fn read(self, text: &str) -> Result<Incoming<'_>, Close> {
        let invalid = |what: String| Close::new(4400, what);
        let message: Envelope<'_> =
            serde_json::from_str(text).map_err(|error| invalid(format!("not a message: {error}")))?;
        let Envelope { kind, id, payload } = message;
        let payload = payload.filter(|payload| payload.get() != "null");
        let id = || id.filter(|id| !id.is_empty()).ok_or_else(|| invalid(format!("{kind} needs an id")));
        Ok(match (self, &*kind) {
            (_, "connection_init") => Incoming::Init(payload),
            (Self::Transport, "ping") => Incoming::Ping(payload),
            (Self::Transport, "pong") => Incoming::Pong,
            (Self::Transport, "subscribe") | (Self::Legacy, "start") => {
                let request = payload.ok_or_else(|| invalid(format!("{kind} needs a payload")))?;
                Incoming::Subscribe { id: id()?, request }
            }
            (Self::Transport, "complete") | (Self::Legacy, "stop") => Incoming::Complete { id: id()? },
            (Self::Legacy, "connection_terminate") => Incoming::Terminate,
            _ => return Err(invalid(format!("no message of this protocol has the type {kind:?}"))),
        })
    }

    /// The text of a message; `None` if the protocol does not have this message.
    pub(super) fn write(self, message: Outgoing<'_>) -> Option<Vec<u8>> {
        let named = |modern, legacy| if self == Self::Transport { modern } else { legacy };
        Some(match message {
            Outgoing::Ack => simple("connection_ack"),
            Outgoing::Pong(None) => simple("pong"),
            Outgoing::Pong(Some(payload)) => json!({"type": "pong", "payload": payload}).to_string().into(),
            Outgoing::KeepAlive if self == Self::Legacy => simple("ka"),
            Outgoing::KeepAlive => return None,
            Outgoing::Next { id, body } => with_payload(id, named("next", "data"), body),
            Outgoing::Error { id, body } => with_payload(id, "error", errors(body).get().as_bytes()),
            Outgoing::Complete { id } => json!({"id": id, "type": "complete"}).to_string().into(),
        })
    }
}

/// A message with only a type.
fn simple(kind: &str) -> Vec<u8> {
    format!("{{\"type\":\"{kind}\"}}").into()
}

/// A message with a payload, which is copied unchanged.
fn with_payload(id: &str, kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("{{\"id\":{},\"type\":\"{kind}\",\"payload\":", Value::from(id));
    [head.as_bytes(), payload, b"}"].concat()
}

/// The errors of an answer, a list.
fn errors(body: &[u8]) -> Box<RawValue> {
    #[derive(Deserialize)]
    struct Refused {
        errors: Box<RawValue>,
    }
    serde_json::from_slice::<Refused>(body).map_or_else(|_| RawValue::NULL.to_owned(), |found| found.errors)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn written(protocol: Protocol, message: Outgoing<'_>) -> String {
        String::from_utf8(protocol.write(message).unwrap()).unwrap()
    }

    #[test]
    fn each_protocol_has_its_own_words() {
        let subscribe =
            |kind| format!("{{\"id\":\"1\",\"type\":\"{kind}\",\"payload\":{{\"query\":\"x\"}}}}");
        let is_subscribe = |protocol: Protocol, kind| {
            let text = subscribe(kind);
            let read = protocol.read(&text);
            matches!(read, Ok(Incoming::Subscribe { id, request }) if id == "1" && request.get() == "{\"query\":\"x\"}")
        };
        assert!(is_subscribe(Protocol::Transport, "subscribe") && is_subscribe(Protocol::Legacy, "start"));
        assert!(!is_subscribe(Protocol::Transport, "start") && !is_subscribe(Protocol::Legacy, "subscribe"));
        let next = Outgoing::Next { id: "a\"b", body: b"{\"data\":{}}" };
        assert_eq!(
            written(Protocol::Transport, next),
            r#"{"id":"a\"b","type":"next","payload":{"data":{}}}"#
        );
        assert_eq!(written(Protocol::Legacy, next), r#"{"id":"a\"b","type":"data","payload":{"data":{}}}"#);
        assert!(Protocol::Transport.write(Outgoing::KeepAlive).is_none());
    }

    #[test]
    fn malformed_messages_close_with_4400() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"type\":1}",
            "{\"type\":\"nonsense\"}",
            "{\"type\":\"subscribe\",\"payload\":{}}",
            "{\"type\":\"subscribe\",\"id\":\"\",\"payload\":{}}",
            "{\"type\":\"subscribe\",\"id\":1,\"payload\":{}}",
            "{\"type\":\"subscribe\",\"id\":\"1\"}",
            "{\"type\":\"complete\"}",
        ] {
            let close = Protocol::Transport.read(text).unwrap_err();
            assert_eq!(close.code, 4400, "{text}");
            assert!(close.reason.len() <= LONGEST_REASON, "{text}");
        }
    }

    #[test]
    fn an_error_has_the_errors_of_the_answer() {
        let error = Outgoing::Error { id: "1", body: b"{\"errors\":[{\"message\":\"m\"}]}" };
        let text = r#"{"id":"1","type":"error","payload":[{"message":"m"}]}"#;
        assert_eq!(written(Protocol::Transport, error), text);
    }

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let close = Close::new(4400, "ü".repeat(100));
        assert_eq!(close.reason, "ü".repeat(61));
    }
}
