//! Every stage's errors -> the code, the client's message and the log's message. Exhaustive, and never logs by itself.

mod operation;
mod sqlstate;
mod value;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::db;
use crate::persisted::PersistedError;
use crate::plan::{PlanError, PlanFault};
use crate::request::{Message, PathSegment, RequestError};
use crate::schema::rendered::RenderError;
use crate::sql::{AT_MOST_MARK, MISSING_ROWS_MARK, OTHER_TENANT_MARK};

pub use operation::of_operation;
pub use sqlstate::Violated;
pub(crate) use sqlstate::{is_of_statement, is_schema_change};
pub use value::{of_further_values, of_value};

/// `extensions.code` of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request is wrong. Do not send it again.
    BadUserInput,
    /// The request needs an identity.
    Unauthenticated,
    /// The role may not do that.
    Forbidden,
    /// The state of the data does not allow it.
    Conflict,
    /// It exceeded its time limit.
    Timeout,
    /// The database cannot be reached now.
    Unavailable,
    /// The persisted operation is not known. Apollo's clients then send its text.
    PersistedQueryNotFound,
    /// Persisted operations are not supported by hash. Apollo's clients send texts from then on.
    PersistedQueryNotSupported,
    /// The database contains a value that its own catalog, or the type in the API, excludes.
    InvalidData,
    /// A defect, here or in the database.
    Internal,
}

impl Code {
    /// Its text in the answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::Conflict => "CONFLICT",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::InvalidData => "INVALID_DATA",
            Self::Internal => "INTERNAL",
        }
    }

    /// Whether the same request may succeed later, unchanged.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::Unavailable)
    }
}

/// An error in the client's answer (GraphQL specification, 7.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphqlError {
    /// What went wrong and what to do.
    pub message: String,
    /// Lines and columns in the document, from 1.
    pub locations: Vec<(usize, usize)>,
    /// The path from the root to the field that failed. Empty for errors of the whole request.
    pub path: Vec<PathSegment>,
    /// The class of the error.
    pub code: Code,
    /// The SQLSTATE, where the database raised it.
    pub sqlstate: Option<String>,
    /// What the values violate, by the name that the database has for it, so that a form can mark a field.
    pub violated: Option<Violated>,
    /// The request id to look for in the log. Set if the client gets only a general message.
    pub request_id: Option<String>,
}

/// What can go wrong before or while an operation runs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is refused before anything runs.
    #[error("{0:?}")]
    Request(RequestError),
    /// An argument is wrong.
    #[error("{0:?}")]
    Plan(PlanError),
    /// The request has no document that may run.
    #[error(transparent)]
    Persisted(#[from] PersistedError),
    /// The list of persisted operations cannot be used.
    #[error("the persisted operations in {} cannot be used: {reason}", file.display())]
    PersistedOperations {
        /// The file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The request has no identity, and none is set for such requests.
    #[error("the request has no identity, and no role is set for requests without one")]
    IdentityMissing,
    /// This method of HTTP may not run the operation.
    #[error("a mutation was sent by a method that must not change anything")]
    NotAllowed,
    /// A subscription, over a transport with only one answer.
    #[error("a subscription was sent over a transport with only one answer")]
    StreamNeeded,
    /// Not a subscription, over a transport only for subscriptions.
    #[error("an operation that is not a subscription was sent over a transport for subscriptions")]
    NoSubscription,
    /// The maximum number of subscriptions is reached.
    #[error("there are {allowed} subscriptions of {of:?}, which is the maximum")]
    TooManySubscriptions {
        /// Which maximum.
        of: SubscriptionsOf,
        /// The maximum.
        allowed: usize,
    },
    /// The subscription's token has expired.
    #[error("the token has expired")]
    TokenExpired,
    /// The server stops.
    #[error("the server stops")]
    ShuttingDown,
    /// The database failed.
    #[error(transparent)]
    Database(db::Error),
    /// The request names no tenant, although each has a schema of its own: what would name it.
    #[error("the request names no tenant")]
    TenantMissing(String),
    /// The request may not run as its role, or for its tenant. Nothing of it ran.
    #[error(transparent)]
    RoleRefused(db::Error),
    /// The role ran its maximum number of operations for the whole acquire timeout.
    #[error("the maximum number of operations of the role was running for {0:?}")]
    RoleBusy(Duration),
    /// The database may have changed since the schema was read. A mutation has had no effect.
    #[error("the database has changed: {error}")]
    SchemaChanged {
        /// PostgreSQL's error.
        error: db::Error,
        /// The client's error if the database has not changed.
        client_error: Box<GraphqlError>,
    },
    /// A mutation reached a server that accepts no writes: a standby, or one with read-only transactions. Nothing has taken
    /// effect.
    #[error("the database takes no writes: {0}")]
    ReadOnly(db::Error),
    /// A worker could not provide the catalog JSON: the error for the client.
    #[error("the API was not described: {}", .0.message)]
    NotDescribed(Box<GraphqlError>),
    /// The catalog JSON of the database cannot be parsed.
    #[error("the catalog cannot be read: {0}")]
    CatalogUnreadable(#[from] serde_json::Error),
    /// The database does not give a valid API.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The task that makes the API did not finish.
    #[error("the API could not be made: {0}")]
    NotMade(String),
}

/// The scopes in which subscriptions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionsOf {
    /// All of the server.
    Server,
    /// Those of one role.
    Role,
    /// Those of one connection of a client.
    Connection,
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::Plan(error)
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::ScopeRefused(_) | db::Error::TenantRefused(_) => Self::RoleRefused(error),
            error => Self::Database(error),
        }
    }
}

impl Error {
    /// Whether the same request may succeed if it is sent again a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::ReadOnly(_) => true,
            _ => false,
        }
    }

    /// Whether the request may not run as its role.
    pub fn is_role_refused(&self) -> bool {
        matches!(self, Self::RoleRefused(_))
    }

    /// What the client reads.
    pub fn for_client(&self) -> Vec<GraphqlError> {
        match self {
            Self::Request(error) => of_request(error),
            Self::Plan(error) => vec![of_plan(error)],
            Self::Persisted(error) => vec![of_persisted(*error)],
            Self::IdentityMissing => vec![GraphqlError::new(
                Code::Unauthenticated,
                "this request needs a token; send it in the header `Authorization: Bearer <token>`",
            )],
            Self::TenantMissing(source) => {
                let message = format!("the request names no tenant: send {source}");
                vec![GraphqlError::new(Code::BadUserInput, message)]
            }
            Self::NotAllowed => {
                vec![GraphqlError::new(Code::BadUserInput, "mutations must be sent by POST")]
            }
            Self::StreamNeeded => vec![GraphqlError::new(
                Code::BadUserInput,
                "a subscription needs a transport that carries many answers: a websocket (graphql-transport-ws), or a request \
                 with `Accept: text/event-stream` or `Accept: multipart/mixed;subscriptionSpec=1.0`",
            )],
            Self::NoSubscription => {
                vec![GraphqlError::new(
                    Code::BadUserInput,
                    "the operation is no subscription: send it by itself",
                )]
            }
            Self::TooManySubscriptions { of, allowed } => vec![of_subscriptions(*of, *allowed)],
            Self::TokenExpired => vec![GraphqlError::new(
                Code::Unauthenticated,
                "the token has expired; subscribe again with a new one",
            )],
            Self::ShuttingDown => {
                vec![GraphqlError::new(Code::Unavailable, "the server is stopping; subscribe again")]
            }
            Self::Database(error) | Self::RoleRefused(error) => vec![of_database(error)],
            Self::RoleBusy(waited) => vec![GraphqlError::new(
                Code::Unavailable,
                format!(
                    "the maximum number of operations of this role (setting max-concurrency) was running for \
                    {waited:?}; try again later"
                ),
            )],
            Self::NotDescribed(client_error) => vec![GraphqlError::clone(client_error)],
            Self::ReadOnly(_) => vec![GraphqlError::new(
                Code::Unavailable,
                "the database takes no writes at the moment; nothing was changed: try again later",
            )],
            Self::SchemaChanged { .. } => vec![GraphqlError::new(
                Code::Unavailable,
                "the database has just changed, and its new schema is not known yet; try again",
            )],
            Self::CatalogUnreadable(_)
            | Self::Render(_)
            | Self::NotMade(_)
            | Self::PersistedOperations { .. } => {
                vec![GraphqlError::internal()]
            }
        }
    }
}

impl GraphqlError {
    /// An error of the whole request.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            code,
            sqlstate: None,
            violated: None,
            request_id: None,
        }
    }

    /// A defect. The client gets no details.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "internal error; the server's log has the details under this request's id")
    }

    /// Whether an operator should see it in the log: a defect, something that is unavailable, or a problem that the client
    /// cannot solve.
    pub(crate) fn concerns_operators(&self) -> bool {
        let state = self.sqlstate.as_deref();
        self.code == Code::Internal
            || self.code.is_retryable()
            || state.is_some_and(sqlstate::concerns_operators)
    }

    fn at(code: Code, message: &Message) -> Self {
        Self { locations: message.locations.clone(), ..Self::new(code, message.text.clone()) }
    }
}

fn of_plan(error: &PlanError) -> GraphqlError {
    let client_error = match error.fault {
        PlanFault::Request => GraphqlError::new(Code::BadUserInput, error.message.clone()),
        PlanFault::Defect => GraphqlError::internal(),
    };
    let path = error.path.iter().cloned().map(PathSegment::Key).collect();
    GraphqlError { path, locations: error.location.into_iter().collect(), ..client_error }
}

/// Messages and codes that Apollo's clients look for are Apollo's. The others are for people.
fn of_persisted(error: PersistedError) -> GraphqlError {
    let (code, message) = match error {
        PersistedError::UnknownHash => (Code::PersistedQueryNotFound, "PersistedQueryNotFound"),
        PersistedError::NotSupported => (Code::PersistedQueryNotSupported, "PersistedQueryNotSupported"),
        PersistedError::UnknownId => (
            Code::PersistedQueryNotFound,
            "no persisted operation has that id; is it in the server's list (setting persisted-operations)?",
        ),
        PersistedError::HashMismatch => (
            Code::BadUserInput,
            "sha256Hash is not the SHA-256 of `query` in lower-case hexadecimal; send the hash of exactly this text",
        ),
        PersistedError::NotInList => (
            Code::Forbidden,
            "only persisted operations may run here, and this document is not one of them; send the id of one, or exactly its text",
        ),
    };
    GraphqlError::new(code, message)
}

fn of_subscriptions(of: SubscriptionsOf, allowed: usize) -> GraphqlError {
    let (code, message) = match of {
        SubscriptionsOf::Server => (
            Code::Unavailable,
            format!("the server has {allowed} subscriptions (setting max-subscriptions); try again later"),
        ),
        SubscriptionsOf::Role => (
            Code::Unavailable,
            format!("this role has {allowed} subscriptions (setting max-subscriptions); try again later"),
        ),
        SubscriptionsOf::Connection => (
            Code::BadUserInput,
            format!("this connection has {allowed} subscriptions, which is the maximum; end some first"),
        ),
    };
    GraphqlError::new(code, message)
}

fn of_request(error: &RequestError) -> Vec<GraphqlError> {
    match error {
        RequestError::Invalid(messages) => {
            messages.iter().map(|message| GraphqlError::at(Code::BadUserInput, message)).collect()
        }
        RequestError::NoOperation(message)
        | RequestError::Variables(message)
        | RequestError::NoIntrospection(message) => vec![GraphqlError::at(Code::BadUserInput, message)],
        RequestError::TooLarge { limit, found, allowed } => {
            let found = found.map_or_else(String::new, |found| format!(" of {found}"));
            let counted = match *limit {
                "values" => "; variables count wherever they are used, and rows have the columns of all",
                "answer" => " bytes; ask for fewer fields",
                "message" => " bytes, four times that of a body; values count wherever they are used",
                _ => "",
            };
            let setting = match *limit {
                "root-fields" | "fields" | "aliases" | "directives" => "tokens",
                "message" => "body",
                limit => limit,
            };
            let message = format!(
                "the operation's {limit}{found} exceeds the limit of {allowed}{counted} (setting max-{setting})"
            );
            vec![GraphqlError::new(Code::BadUserInput, message)]
        }
    }
}

/// The part of a failure between Glowplug and PostgreSQL that the client may see.
pub fn of_database(error: &db::Error) -> GraphqlError {
    match error {
        db::Error::Database(raised) => {
            let (code, message) = match refused_by_cast(raised) {
                Some(text) => (Code::BadUserInput, text),
                None => sqlstate::meaning(raised),
            };
            GraphqlError { sqlstate: Some(raised.sqlstate.clone()), ..GraphqlError::new(code, message) }
        }
        // The server ended the session. What the transaction had done is undone.
        db::Error::Unavailable(lost) if lost.sqlstate.as_deref() == Some("25P04") => GraphqlError::new(
            Code::Timeout,
            "the operation took longer than the transaction timeout of the database allows; nothing was changed",
        ),
        db::Error::Unavailable(_) if error.safe_to_retry() => {
            GraphqlError::new(Code::Unavailable, "the database cannot be reached; try again later")
        }
        db::Error::Unavailable(_) => GraphqlError::new(
            Code::Unavailable,
            "the connection to the database was lost before the answer came; a mutation may have been carried out",
        ),
        db::Error::CallMissed(_) => GraphqlError::new(
            Code::Unavailable,
            "a stored operation has changed; nothing was done, try again",
        ),
        db::Error::PoolTimeout(waited) => GraphqlError::new(
            Code::Unavailable,
            format!("all connections to the database were in use for {waited:?}; try again later"),
        ),
        // The same error for a role that does not exist and for one that may not be set: even the SQLSTATE would tell them
        // apart.
        db::Error::ScopeRefused(_) => {
            GraphqlError::new(Code::Forbidden, "the request's role cannot be used here")
        }
        // The same for a schema that is not there and for one that the role may not use.
        db::Error::TenantRefused(_) => {
            GraphqlError::new(Code::Forbidden, "the request's tenant cannot be used here")
        }
        db::Error::DeadlineExceeded(limit) => GraphqlError::new(
            Code::Timeout,
            format!("the database gave no answer within {limit:?}; a mutation may have been carried out"),
        ),
        db::Error::AnswerTooLong => GraphqlError::new(
            Code::BadUserInput,
            "the answer is longer than allowed (setting max-answer); ask for less: smaller pages, fewer fields, shorter aliases",
        ),
        db::Error::NulByte => GraphqlError::new(
            Code::BadUserInput,
            "a string contains the character U+0000, which PostgreSQL cannot store; remove it",
        ),
        db::Error::Configuration(_) | db::Error::Protocol(_) => GraphqlError::internal(),
    }
}

/// The refusal of a mutation by a statement of ours, out of the message of the cast that made it fail.
fn refused_by_cast(raised: &db::DatabaseError) -> Option<String> {
    const ADVICE: [(&str, &str); 3] = [
        (AT_MOST_MARK, "narrow the filter, or raise atMost"),
        (
            MISSING_ROWS_MARK,
            "the rows that reference them cannot be assigned: give onConflict updateColumns, and make sure that no trigger skips rows",
        ),
        (OTHER_TENANT_MARK, "give the column the tenant that the token names"),
    ];
    let message = Some(&raised.message).filter(|_| raised.sqlstate == "22P02")?;
    ADVICE.iter().find_map(|(mark, advice)| {
        let text = message[message.find(mark)?..].split('"').next()?;
        Some(format!("{text}; nothing was changed: {advice}"))
    })
}
