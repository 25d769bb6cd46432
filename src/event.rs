//! Everything observable as one enum, and the only place that turns it into log lines, metrics and traces.
//!
//! Call sites say what happened (`Event::… .emit()`), never how it reads. All events of one operation together cost about
//! 1.5 microseconds, half of it for reading the clock: `benches/events.rs` measures it. Events contain no token, claim or
//! client's value, except [`Event::StatementsSent`] and [`Event::ServerNotice`], which are written only if you enable them.

mod http;
mod live;
mod log;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(not(feature = "server"))]
#[path = "event/without_metrics.rs"]
mod metrics;
mod queue;
mod replica;
mod request_id;
#[cfg(feature = "server")]
mod roles;
mod stopwatch;
mod stored;
mod tool;
#[cfg(feature = "otel")]
mod traces;
#[cfg(not(feature = "otel"))]
#[path = "event/without_traces.rs"]
mod traces;
#[cfg(all(test, feature = "otel"))]
#[allow(
    clippy::unused_self,
    dead_code,
    unreachable_pub,
    reason = "the file of builds without the feature, whose text every build tests"
)]
mod without_traces;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

pub use self::http::Ending;
pub use self::live::{LiveEvent, LiveResult};
pub use self::queue::QueueEvent;
pub use self::replica::ReplicaEvent;
pub use self::request_id::{in_request_span, request_id, with_request_id};
pub use self::stopwatch::Stopwatch;
pub use self::stored::StoredEvent;
pub use self::tool::{ToolEvent, ToolOutcome};
pub use self::traces::{Parent, Trace, Traces, TracesError};
use crate::statement::Statement;

/// Something that an operator may want to know.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum Event<'a> {
    /// A message is about to be sent; logged if you ask for the SQL. Values are never spliced in.
    StatementsSent { statements: &'a [Statement] },
    /// This machine has no PostgreSQL for `dev` to start; one is downloaded.
    PostgresDownloading { version: &'a str },
    /// The server accepts requests.
    Listening { address: SocketAddr },
    /// Metrics are available.
    MetricsListening { address: SocketAddr },
    /// The server accepts no more requests, and finishes the running ones.
    Stopping { reason: &'a str },
    /// A connection to the pooler or the database was made.
    ConnectionMade { took: Duration },
    /// A connection could not be made; the reason is one of a few words.
    ConnectionFailed { reason: &'static str, error: &'a str },
    /// No connection can be made any more, or the reason has changed.
    DatabaseUnavailable { error: &'a str },
    /// A connection could be made again.
    DatabaseAvailable,
    /// A connection ended unexpectedly.
    ConnectionLost { reason: ConnectionLoss, error: &'a str },
    /// The server sent a notice.
    ServerNotice { message: &'a str },
    /// The password file is ignored.
    PasswordFileIgnored { path: &'a Path, problem: &'a str },
    /// All connections of the pool were in use for the whole acquire timeout.
    PoolExhausted,
    /// A pipeline of messages is about to be sent to the database, for any purpose.
    PipelineSent,
    /// Bytes of the protocol were written to the database, before encryption.
    BytesWritten { bytes: usize },
    /// Bytes of the protocol were read from the database, after decryption.
    BytesRead { bytes: usize },
    /// A message was answered, or failed: its content, and the class of the error, which is a SQLSTATE or one of a few
    /// words.
    MessageExchanged { statements: &'a [Statement], took: Duration, error: Option<&'a str> },
    /// A statement's answer is not awaited any more. The statement is cancelled, and its connection closed.
    StatementAbandoned,
    /// A cancel request could not be sent; the statement ends by `statement_timeout`.
    CancelFailed { error: &'a str },
    /// A probe has found out what is between here and the server, and which protocols typed queries and operations use from
    /// now on.
    ProtocolChosen { chosen: &'a str, evidence: &'a str },
    /// A named statement was lost. Queries are sent without names from now on, and a new probe follows later.
    ProtocolFellBack { error: &'a str, again_in: Duration },
    /// A read's connection turned out to be lost. It is sent again on a fresh one.
    ReadRetried { error: &'a str },
    /// An operation conflicted with another transaction. Nothing of it was done, and it is sent again after a pause.
    ConflictRetried { conflict: Conflict, error: &'a str, pause: Duration },
    /// Something happened to the stored operations.
    Stored(StoredEvent<'a>),
    /// Something happened to the tools for agents.
    Tool(ToolEvent<'a>),
    /// Something happened at a read replica.
    Replica(ReplicaEvent<'a>),
    /// Something happened at live queries.
    Live(LiveEvent<'a>),
    /// A stage of an operation is done.
    StageDone { stage: Stage, took: Duration },
    /// A document had been validated before.
    DocumentHit,
    /// A document had to be parsed and validated.
    DocumentParsed,
    /// An operation had been compiled before; only the values of its variables differ.
    OperationHit,
    /// An operation was planned, and its SQL printed.
    OperationCompiled,
    /// A request holds several operations.
    BatchReceived { operations: usize },
    /// An operation was answered. The name is the one in the document, and is only there if the document is valid.
    OperationAnswered {
        kind: OperationKind,
        name: Option<&'a str>,
        role: Option<&'a str>,
        outcome: &'static str,
        took: Duration,
    },
    /// The client went away before its operation was answered.
    OperationAbandoned { kind: OperationKind, role: Option<&'a str> },
    /// A request, or a field of it, could not be answered, and the client does not get the full reason. The statement has
    /// placeholders in place of values.
    RequestFailed { error: &'a str, id: &'a str, field: Option<&'a str>, statement: Option<&'a str> },
    /// A request was refused, because the database does not let it have its role.
    RoleRefused { error: &'a str },
    /// A new catalog JSON of the database is in use; `role` is the first that has it, or the connection's own user.
    CatalogLoaded { role: Option<&'a str>, tables: usize, took: Duration },
    /// The catalog could not be read again; the old schema stays in use.
    CatalogFailed { error: &'a str },
    /// The list of persisted operations is in use.
    PersistedOperationsLoaded { documents: usize },
    /// The list of persisted operations could not be read again; the old one stays in use.
    PersistedOperationsFailed { error: &'a str },
    /// A persisted operation is none that the API accepts.
    PersistedOperationInvalid { id: &'a str, error: &'a str },
    /// A setting names something that the database does not have.
    SettingUnmet { name: &'a str, what: Missing<'a> },
    /// A variable of the environment looks like a setting, and is none.
    VariableUnknown { name: &'a str, nearest: &'a str },
    /// The role of requests without a token; `None` if they are refused.
    WithoutToken { role: Option<&'a str> },
    /// No policy holds for the role of requests without a token.
    PoliciesIgnored { role: &'a str, reason: &'a str },
    /// All clients that can reach the address use the API as the connection's own user.
    Unprotected { address: SocketAddr },
    /// The identity provider's keys are in use.
    KeysFetched { keys: usize, url: &'a str },
    /// Keys could not be read. `has_others`: there are earlier ones, which stay in use.
    KeysFailed { source: &'a str, error: &'a str, has_others: bool },
    /// Something happened at the queue.
    Queue(QueueEvent<'a>),
    /// An HTTP request came in.
    RequestReceived,
    /// A request was answered. Its query string is left out, because it may contain variables.
    RequestAnswered { method: &'a str, path: &'a str, route: &'static str, status: u16, took: Duration },
    /// The client went away before its request was answered.
    RequestAbandoned { route: &'static str },
    /// A handler panicked, which is a defect; the client got status 500.
    RequestPanicked { message: &'a str },
    /// A client's connection was accepted.
    HttpConnectionOpened,
    /// A client's connection is closed.
    HttpConnectionClosed,
    /// The server ends a client's connection, or a stream of it, of its own accord.
    HttpConnectionEnded { ending: Ending },
    /// A request was refused because other requests' bodies use all the memory for bodies.
    BodiesTooLarge,
    /// The allowed number of clients cannot connect, because there are too few descriptors.
    DescriptorsTooFew { maximum: usize, descriptors: usize },
    /// No connection can be accepted at the moment.
    AcceptFailed { error: &'a str },
    /// Requests still ran when the drain timeout was over; they were dropped.
    ConnectionsDropped { connections: usize },
}

/// What the database does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing<'a> {
    /// A schema of that name.
    Schema,
    /// A role of that name.
    Role,
    /// A grant of the role of that name to the connection's user, with the statement that makes it.
    Membership {
        /// The statement.
        grant: &'a str,
    },
}

/// The stages of an operation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Text and variables -> a valid operation.
    Validate,
    /// The operation -> what to read or write.
    Plan,
    /// The plan -> SQL.
    Sql,
    /// Waiting for a connection of the pool.
    Acquire,
    /// The message to the database, until its answer has been read.
    Database,
    /// The answer's text.
    Response,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Validate, Self::Plan, Self::Sql, Self::Acquire, Self::Database, Self::Response];

    /// Its name in metrics and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Plan => "plan",
            Self::Sql => "sql",
            Self::Acquire => "acquire",
            Self::Database => "database",
            Self::Response => "response",
        }
    }
}

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// A query for data.
    Query,
    /// A mutation.
    Mutation,
    /// A query for nothing but `__schema`, `__type` and `__typename`.
    Introspection,
    /// The document is not valid, or could not be read so far.
    Unknown,
}

impl OperationKind {
    /// Its name in metrics and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Introspection => "introspection",
            Self::Unknown => "unknown",
        }
    }
}

/// How transactions conflicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// No serial order of them has the same outcome.
    SerializationFailure,
    /// Each waited for the other.
    Deadlock,
    /// A cancel request that was meant for another client's statement.
    StrayCancel,
}

impl Conflict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SerializationFailure, Self::Deadlock, Self::StrayCancel];

    /// PostgreSQL's code for it, which is also its name in metrics.
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::SerializationFailure => "40001",
            Self::Deadlock => "40P01",
            Self::StrayCancel => "57014",
        }
    }
}

/// How a connection was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionLoss {
    /// The pooler or the server ended it while it was idle, and said why.
    Ended,
    /// The peer closed it while it was idle, without a message.
    Closed,
    /// It broke while it was idle.
    Broken,
    /// It was lost while an answer was awaited.
    InUse,
}

impl ConnectionLoss {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ended, Self::Closed, Self::Broken, Self::InUse];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::InUse => "in_use",
        }
    }
}

/// The target of all log lines that have none of their own.
const TARGET: &str = "glowplug";

/// The outcome of an operation without errors. Other outcomes are error codes.
pub const SUCCESS: &str = "ok";

impl Event<'_> {
    /// Counts the event, writes it to the log, and adds it to the current trace.
    pub fn emit(&self) {
        metrics::count(self);
        traces::record(self);
        log::write(self);
    }
}
