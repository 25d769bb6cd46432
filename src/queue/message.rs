//! The content of a stream entry: the sender, the request, the deadline, and where the answer goes. Pure.
//!
//! The client's token is never in a message; its verified claims are. The version is a separate field of the entry, so that
//! a worker can skip a message of another version without reading it. A message that an older worker understands keeps its
//! version, so that old and new workers can run together during an update.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::config::Api;
use crate::engine::{AllowedOperations, CatalogRequest, Identity, ReadFrom, Request};

/// The versions of messages that this worker understands. The first had only mutations, and the second no tenants: an older worker
/// would run the operation in the schema that stands for those of all tenants. Up to the third, the catalog had another form.
const VERSIONS: [&str; 4] = ["1", "2", "3", "4"];

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
pub(super) type Milliseconds = u64;

/// The content of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// Identifies the operation: the client's `Idempotency-Key`, or a new id.
    pub(super) id: Uuid,
    /// The sender.
    pub(super) sender: Sender,
    /// The request.
    pub(super) ask: Ask,
    pub(super) enqueued_at: Milliseconds,
    /// It must not run after this.
    pub(super) deadline: Milliseconds,
    /// Where the answer goes; `None` if no client waits for it.
    pub(super) reply_to: Option<ReplyTo>,
    /// Whether the client knows the id, so that it may query the operation's state.
    pub(super) is_named: bool,
    /// The id of the HTTP request, for logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
}

/// The sender: the verified content of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sender {
    pub(super) role: Option<String>,
    pub(super) settings: Vec<(String, String)>,
    /// The schema of its tenant, if each has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tenant: Option<String>,
}

/// The request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Ask {
    /// A mutation.
    Write(Operation),
    /// A query, which may run more than once.
    Read { operation: Operation, from: ReadFrom },
    /// A question about the database's catalog. The settings that shape the API must be the same on the server and on the
    /// worker.
    Describe { question: CatalogRequest, extent: Api },
}

/// A GraphQL operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    pub(super) query: String,
    #[serde(rename = "operationName")]
    pub(super) name: Option<String>,
    pub(super) variables: Map<String, Value>,
}

impl Operation {
    /// A request's operation. `query` is the document's text, even if the request named the document by an id or a hash.
    pub(crate) fn new(query: String, request: Request) -> Self {
        Self { query, name: request.operation_name, variables: request.variables }
    }
}

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReplyTo {
    /// The answer stream of the process that waits.
    pub(super) stream: String,
    /// Which of its waiting requests. Several requests may wait for the same operation.
    pub(super) ticket: u64,
}

impl Message {
    /// Its text in the entry.
    pub(super) fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// From an entry of our own version.
    pub(super) fn decode(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The first version of messages that has its kind and its sender's tenant.
    pub(super) fn version(&self) -> &'static str {
        let of_sender = if self.sender.tenant.is_some() { "3" } else { "1" };
        of_sender.max(self.ask.version())
    }

    /// The role that it counts for. The connection's own user has an empty name.
    pub(super) fn counted_for(&self) -> &str {
        self.sender.role.as_deref().unwrap_or_default()
    }
}

impl Ask {
    /// The operation's document.
    pub(super) fn document(&self) -> &str {
        match self {
            Self::Write(operation) | Self::Read { operation, .. } => &operation.query,
            Self::Describe { .. } => "",
        }
    }

    /// The first version of messages that has this kind.
    fn version(&self) -> &'static str {
        match self {
            Self::Write(_) => "1",
            Self::Read { .. } => "2",
            Self::Describe { .. } => "4",
        }
    }

    /// Whether it only reads, so that it can be skipped if no client waits for it.
    pub(super) fn only_reads(&self) -> bool {
        !matches!(self, Self::Write(_))
    }
}

/// Whether this worker understands messages of a version.
pub(super) fn is_known(version: &str) -> bool {
    VERSIONS.contains(&version)
}

impl Sender {
    /// The user of a request, and the schema of its tenant.
    pub(crate) fn new(identity: &Identity, tenant: Option<&str>) -> Self {
        let settings = identity
            .settings
            .iter()
            .map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned()));
        let tenant = tenant.map(str::to_owned);
        Self { role: identity.role.as_deref().map(str::to_owned), settings: settings.collect(), tenant }
    }
}

impl From<&Sender> for Identity {
    fn from(sender: &Sender) -> Self {
        let settings =
            sender.settings.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into()));
        Self { role: sender.role.as_deref().map(Into::into), settings: settings.collect(), expires_at: None }
    }
}

impl Operation {
    /// In the engine's form.
    pub(super) fn request(&self, allowed: AllowedOperations, read_from: ReadFrom) -> Request {
        Request {
            document: self.query.clone().into(),
            operation_name: self.name.clone(),
            variables: self.variables.clone(),
            extensions: Map::new(),
            allowed,
            read_from,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use crate::config::Introspection;

    fn operation() -> Operation {
        Operation {
            query: "mutation { a }".to_owned(),
            name: None,
            variables: serde_json::from_str(r#"{"z": 0.1, "a": 12345678901234567890}"#).unwrap(),
        }
    }

    fn message(ask: Ask) -> Message {
        Message {
            id: Uuid::new_v4(),
            sender: Sender {
                role: Some("anon".to_owned()),
                settings: vec![("a.b".into(), "\u{0}\"".into())],
                tenant: None,
            },
            ask,
            enqueued_at: 1,
            deadline: 2,
            reply_to: Some(ReplyTo { stream: "replies".to_owned(), ticket: u64::MAX }),
            is_named: true,
            request_id: None,
        }
    }

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let extent = Api {
            schemas: vec!["public".to_owned()],
            introspection: Introspection::Directive,
            total_count: true,
            aggregate: false,
            partitions: false,
            semantic_non_null: false,
            subscriptions: true,
            federation: false,
            tenant: None,
            schema_per_tenant: None,
        };
        let question = CatalogRequest::Versions(vec![None, Some("anon".to_owned())]);
        for ask in [
            Ask::Write(operation()),
            Ask::Read { operation: operation(), from: ReadFrom::Primary },
            Ask::Describe { question, extent },
        ] {
            let message = message(ask);
            assert!(is_known(message.version()));
            assert_eq!(Message::decode(&message.encode().unwrap()).unwrap(), message);
        }
        let text = message(Ask::Write(operation())).encode().unwrap();
        assert!(text.contains(r#"{"z":0.1,"a":12345678901234567890}"#), "order and digits stay: {text}");
    }

    /// A worker of that version must still understand it.
    #[test]
    fn a_mutation_has_the_form_that_the_first_version_had() {
        let ask = serde_json::to_string(&Ask::Write(operation())).unwrap();
        let first = r#"{"write":{"query":"mutation { a }","operationName":null,"variables":"#;
        assert!(ask.starts_with(first), "{ask}");
        assert_eq!(message(Ask::Write(operation())).version(), "1");
    }

    #[test]
    fn a_worker_that_knows_no_tenants_does_not_read_their_messages() {
        let mut message = message(Ask::Write(operation()));
        message.sender.tenant = Some("acme".to_owned());
        assert_eq!(message.version(), "3");
        assert_eq!(Message::decode(&message.encode().unwrap()).unwrap(), message);
    }
}
