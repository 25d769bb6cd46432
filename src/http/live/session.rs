//! The session of one websocket: handles each message, and has the running operations. Does no I/O on the
//! socket.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::stream::{AbortHandle, SelectAll, abortable};
use futures_util::{Stream, StreamExt as _};
use http::request::Parts;
use serde_json::Value;
use serde_json::value::RawValue;

use super::message::{Close, Incoming, Outgoing, Protocol};
use super::operation::{Operation, Step, Why, error};
use crate::engine::Identity;
use crate::event::request_id;
use crate::http::Shared;
use crate::http::identity::identify_as;
use crate::http::parameters::{self, Requests};
use crate::live::Connection;

/// The maximum number of operations that one connection may run at once.
const MOST_OPERATIONS: usize = 250;

/// The steps of one operation, with its id.
type Steps = Pin<Box<dyn Stream<Item = (Arc<str>, Step)> + Send>>;

/// A session.
pub(super) struct Session {
    shared: Shared,
    protocol: Protocol,
    /// The upgrade request, until the client has sent `connection_init`.
    head: Option<Box<Parts>>,
    identity: Option<Identity>,
    connection: Connection,
    request_id: Option<Arc<str>>,
    running: HashMap<Arc<str>, AbortHandle>,
    steps: SelectAll<Steps>,
    is_stopping: bool,
}

/// A message to send, if there is one.
type Reply = Result<Option<Vec<u8>>, Close>;

impl Session {
    /// Begins while the upgrade request is answered.
    pub(super) fn new(shared: Shared, protocol: Protocol, head: Parts) -> Self {
        Self {
            shared,
            protocol,
            head: Some(Box::new(head)),
            identity: None,
            connection: Connection::default(),
            request_id: request_id(),
            running: HashMap::new(),
            steps: SelectAll::new(),
            is_stopping: false,
        }
    }

    /// Whether the client has been authenticated, and `connection_ack` was sent.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.identity.is_some()
    }

    /// A keep-alive, if the protocol has one.
    pub(super) fn keep_alive(&self) -> Option<Vec<u8>> {
        self.protocol.write(Outgoing::KeepAlive)
    }

    /// Handles a message of the client.
    pub(super) async fn receive(&mut self, text: &str) -> Reply {
        match self.protocol.read(text)? {
            Incoming::Init(payload) => self.init(payload).await,
            Incoming::Ping(payload) => Ok(self.protocol.write(Outgoing::Pong(payload))),
            Incoming::Pong => Ok(None),
            Incoming::Subscribe { id, request } => self.subscribe(id, request),
            Incoming::Complete { id } => {
                if let Some(running) = self.running.remove(&*id) {
                    running.abort();
                }
                Ok(None)
            }
            Incoming::Terminate => Err(Close::new(1000, "")),
        }
    }

    async fn init(&mut self, payload: Option<&RawValue>) -> Reply {
        let Some(head) = self.head.take() else {
            return Err(Close::new(4429, "Too many initialisation requests"));
        };
        let authorization = payload.and_then(authorization);
        match identify_as(&self.shared, &head, authorization.as_deref()).await {
            Ok(identity) => self.identity = Some(identity),
            Err(refusal) => return Err(Close::new(4403, format!("Forbidden: {}", refusal.message()))),
        }
        Ok(self.protocol.write(Outgoing::Ack))
    }

    fn subscribe(&mut self, id: String, request: &RawValue) -> Reply {
        let Some(identity) = self.identity.clone() else {
            return Err(Close::new(4401, "Unauthorized: connection_init comes first"));
        };
        if identity.expires_at.is_some_and(|end| end <= SystemTime::now()) {
            return Err(expired());
        }
        if self.running.contains_key(&*id) {
            return Err(Close::new(4409, format!("Subscriber for {id} already exists")));
        }
        if self.is_stopping {
            return Ok(None);
        }
        let refused = |message: &str| {
            let body = error(message);
            Ok(self.protocol.write(Outgoing::Error { id: &id, body: &body }))
        };
        if self.running.len() >= MOST_OPERATIONS {
            return refused(&format!(
                "this connection already runs {MOST_OPERATIONS} operations; complete some, or open another connection"
            ));
        }
        let limits = self.shared.backend.planning().limits(&identity);
        let request = match parameters::from_json(request.get().as_bytes(), limits) {
            Ok(Requests::Single(request)) => request,
            Ok(Requests::Batch(_)) => return refused("a message holds one operation; send each by itself"),
            Err(refusal) => return refused(&refusal.message()),
        };
        let (shared, connection) = (self.shared.clone(), Some(self.connection.clone()));
        let request_id = self.request_id.clone();
        self.run(id.into(), Operation { shared, request, identity, connection, request_id });
        Ok(None)
    }

    fn run(&mut self, id: Arc<str>, operation: Operation) {
        let named = Arc::clone(&id);
        let steps = operation.steps().map(move |step| (Arc::clone(&named), step));
        let (steps, handle) = abortable(steps);
        self.running.insert(id, handle);
        self.steps.push(Box::pin(steps));
    }

    /// The next message of a running operation.
    pub(super) async fn next(&mut self) -> Reply {
        let Some((id, step)) = self.steps.next().await else { return std::future::pending().await };
        let id = &*id;
        let message = match &step {
            Step::Answer(body) => Outgoing::Next { id, body },
            Step::Complete => Outgoing::Complete { id },
            Step::Ended(Why::Refused, body) => Outgoing::Error { id, body },
            Step::Ended(Why::TokenExpired, _) => return Err(expired()),
            Step::Ended(Why::Stopping, _) => {
                self.running.remove(id);
                return self.stop().map(|()| None);
            }
        };
        if !matches!(step, Step::Answer(_)) {
            self.running.remove(id);
        }
        let reply = self.protocol.write(message);
        Ok(reply)
    }

    /// An error if the server stops and no operation with a single answer is running: then the client should
    /// reconnect to another server.
    pub(super) fn check_stop(&self) -> Result<(), Close> {
        if self.is_stopping && self.running.is_empty() {
            return Err(Close::new(1001, "the server stops; connect again"));
        }
        Ok(())
    }

    /// The server stops: running operations may finish, and no new ones start.
    pub(super) fn stop(&mut self) -> Result<(), Close> {
        self.is_stopping = true;
        self.check_stop()
    }
}

/// A client that reconnects with a new token can continue.
fn expired() -> Close {
    Close::new(4403, "UNAUTHENTICATED: the token has expired; connect again with a new one")
}

/// The token in a payload: `{"authorization": …}`, or the same under `headers`; header names are
/// case-insensitive.
fn authorization(payload: &RawValue) -> Option<String> {
    let payload: Value = serde_json::from_str(payload.get()).ok()?;
    let found = |object: &Value| {
        let (_, value) =
            object.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
        value.as_str().map(str::to_owned)
    };
    found(&payload).or_else(|| found(payload.get("headers")?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_by_either_name() {
        let of = |json: &str| authorization(&RawValue::from_string(json.to_owned()).unwrap());
        let token = Some("Bearer t".to_owned());
        assert_eq!(of(r#"{"authorization":"Bearer t"}"#), token);
        assert_eq!(of(r#"{"Authorization":"Bearer t","headers":{}}"#), token);
        assert_eq!(of(r#"{"headers":{"AUTHORIZATION":"Bearer t"}}"#), token);
        assert_eq!(of(r#"{"headers":{"x":"y"}}"#), None);
        assert_eq!(of("[]"), None);
    }
}
