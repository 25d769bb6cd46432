//! Everything observable as one enum, and the only place that turns it into log lines, metrics and traces.
//!
//! Call sites say what happened (`Event::… .emit()`), never how it reads. All events of one operation together cost about
//! 1.5 microseconds, half of it for looking at the clock: `benches/events.rs` measures it. No event has a token, a claim or
//! a client's value in it, except [`Event::StatementsSent`] and [`Event::ServerNotice`], which are written only for those who
//! ask for them.

mod http;
mod live;
mod log;
pub mod metrics;
mod queue;
mod replica;
mod request_id;
mod roles;
mod stopwatch;
mod stored;
mod traces;

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
pub use self::traces::{Parent, Trace, Traces, TracesError};
use crate::sql::Statement;

/// Something that an operator may want to know.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants say what their fields are")]
pub enum Event<'a> {
    /// A message is about to be sent; for those who want to see the SQL. Values are never spliced in.
    StatementsSent { statements: &'a [Statement] },
    /// There is no PostgreSQL on this machine for `dev` to start; one is fetched.
    PostgresDownloading { version: &'a str },
    /// The server takes requests.
    Listening { address: SocketAddr },
    /// Metrics can be had.
    MetricsListening { address: SocketAddr },
    /// The server takes no more requests, and finishes those that run.
    Stopping { reason: &'a str },
    /// A connection to the pooler or the database was made.
    ConnectionMade { took: Duration },
    /// A connection could not be made; the reason is one of few words.
    ConnectionFailed { reason: &'static str, error: &'a str },
    /// No connection can be made, or for another reason than before.
    DatabaseUnavailable { error: &'a str },
    /// A connection could be made again.
    DatabaseAvailable,
    /// A connection ended that nobody meant to end.
    ConnectionLost { reason: ConnectionLoss, error: &'a str },
    /// The server says something that is no error.
    ServerNotice { message: &'a str },
    /// The password file is passed over.
    PasswordFileIgnored { path: &'a Path, problem: &'a str },
    /// All connections of the pool were in use for the whole acquire timeout.
    PoolExhausted,
    /// A pipeline of messages is about to be sent to the database, whatever it is for.
    PipelineSent,
    /// Bytes of the protocol were written to the database, before encryption.
    BytesWritten { bytes: usize },
    /// Bytes of the protocol were read from the database, after decryption.
    BytesRead { bytes: usize },
    /// A message was answered, or failed: what it was made of, and the class of the error, which is a SQLSTATE or
    /// one of few words.
    MessageExchanged { statements: &'a [Statement], took: Duration, error: Option<&'a str> },
    /// Nobody waits for a statement's answer any more; it is cancelled, and its connection closed.
    StatementAbandoned,
    /// A cancel request could not be sent; the statement ends by `statement_timeout`.
    CancelFailed { error: &'a str },
    /// It was found out what stands between here and the server, and how typed queries and operations travel from now on.
    ProtocolChosen { chosen: &'a str, evidence: &'a str },
    /// A named statement got lost; queries travel without names from now on, and it is looked again later.
    ProtocolFellBack { error: &'a str, again_in: Duration },
    /// A read's connection turned out to be gone; it is sent once more on a fresh one.
    ReadRetried { error: &'a str },
    /// Another transaction was in the way of an operation, of which nothing was done; it is sent again after a pause.
    ConflictRetried { conflict: Conflict, error: &'a str, pause: Duration },
    /// Something happened to the stored operations.
    Stored(StoredEvent<'a>),
    /// Something happened at a read replica.
    Replica(ReplicaEvent<'a>),
    /// Something happened at live queries.
    Live(LiveEvent<'a>),
    /// A part of an operation's work is done.
    StageDone { stage: Stage, took: Duration },
    /// A document had been validated before.
    DocumentRemembered,
    /// A document had to be parsed and validated.
    DocumentParsed,
    /// An operation had been compiled before, for variables that differ in values alone.
    OperationRemembered,
    /// An operation was planned, and its SQL printed.
    OperationCompiled,
    /// A request holds several operations.
    BatchReceived { operations: usize },
    /// An operation was answered. The name is the document's own, and there only if the document is valid.
    OperationAnswered {
        kind: OperationKind,
        name: Option<&'a str>,
        role: Option<&'a str>,
        outcome: &'static str,
        took: Duration,
    },
    /// The client went away before its operation was answered.
    OperationAbandoned { kind: OperationKind, role: Option<&'a str> },
    /// A request, or a field of it, could not be answered, for a reason that its client is not told in full. The statement has
    /// placeholders in place of values.
    RequestFailed { error: &'a str, id: &'a str, field: Option<&'a str>, statement: Option<&'a str> },
    /// A request was refused, because the database does not let it have its role.
    RoleRefused { error: &'a str },
    /// A new picture of the database is in use; `role` is the first that sees it so, or the connection's own user.
    CatalogLoaded { role: Option<&'a str>, tables: usize, took: Duration },
    /// The database could not be read again; the old picture stays in use.
    CatalogFailed { error: &'a str },
    /// The list of persisted operations is in use.
    PersistedOperationsLoaded { documents: usize },
    /// The list of persisted operations could not be read again; the old one stays in use.
    PersistedOperationsFailed { error: &'a str },
    /// A persisted operation is none that the API accepts.
    PersistedOperationInvalid { id: &'a str, error: &'a str },
    /// Anybody who reaches the address uses the API as the connection's own user.
    Unprotected { address: SocketAddr },
    /// The identity provider's keys are in use.
    KeysFetched { keys: usize, url: &'a str },
    /// Keys could not be read again; the old ones stay in use.
    KeysFailed { source: &'a str, error: &'a str },
    /// Something happened at the queue.
    Queue(QueueEvent<'a>),
    /// An HTTP request came in.
    RequestReceived,
    /// A request was answered. Its query string is left out, for variables may stand in it.
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
    /// A request was refused because other requests' bodies fill the memory there is for them.
    BodiesTooLarge,
    /// So many clients as are allowed cannot be connected, for want of descriptors.
    DescriptorsTooFew { maximum: usize, descriptors: usize },
    /// No connection can be accepted at the moment.
    AcceptFailed { error: &'a str },
    /// Requests still ran when the drain timeout was over; they were dropped.
    ConnectionsDropped { connections: usize },
}

/// The parts of an operation's work, in their order.
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

    /// As it is called in metrics and traces.
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

/// What sort of operation was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// A query of data.
    Query,
    /// A mutation.
    Mutation,
    /// A query of nothing but `__schema`, `__type` and `__typename`.
    Introspection,
    /// The document is not valid, or it could not be read so far.
    Unknown,
}

impl OperationKind {
    /// As it is called in metrics and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Introspection => "introspection",
            Self::Unknown => "unknown",
        }
    }
}

/// How transactions were in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// They could not have run one after the other with the same outcome.
    SerializationFailure,
    /// Each waited for the other.
    Deadlock,
}

impl Conflict {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SerializationFailure, Self::Deadlock];

    /// PostgreSQL's code for it, which it is called by in metrics, too.
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::SerializationFailure => "40001",
            Self::Deadlock => "40P01",
        }
    }
}

/// How a connection was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionLoss {
    /// The pooler or the server ended it at rest, and said why.
    Ended,
    /// The other side closed it at rest without a word.
    Closed,
    /// It broke off at rest.
    Broken,
    /// It went away while an answer was awaited.
    InUse,
}

impl ConnectionLoss {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ended, Self::Closed, Self::Broken, Self::InUse];

    /// As it is called in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::InUse => "in_use",
        }
    }
}

/// The outcome of an operation without errors; the others are the codes of errors.
pub const SUCCESS: &str = "ok";

impl Event<'_> {
    /// Counts it, writes it to the log, and adds it to the trace of what runs.
    pub fn emit(&self) {
        metrics::count(self);
        traces::record(self);
        log::write(self);
    }
}
