//! The connection layer: connections that leave nothing in a pooled server connection, and the pool of them.
//!
//! One operation is one round trip: its scope (`select set_config(…, true), …`) and its statements, which PostgreSQL runs as
//! one implicit transaction. No `BEGIN`, no setting that outlives it, and named statements only where they are safe; so that
//! any pool mode of any pooler will do. The only module that names the protocol's crates.
#![doc = ""]
#![doc = include_str!("../docs/connection.md")]

mod connection;
mod connector;
mod diesel;
mod error;
mod lock;
mod operation;
mod pool;
mod probe;
mod wire;

pub use self::connection::Connection;
pub use self::connection::protocol::{Protocol, Protocols, RoutingHint};
pub use self::connector::Connector;
pub use self::diesel::{
    Field, MigrateError, QueryError, Row, TransactionBuilder, migrate, pending, revert_last,
};
pub use self::error::{DatabaseError, Error, Reason, Unavailable};
pub use self::operation::answers::{Answers, RunError};
pub use self::operation::batch::{AnswerHash, BatchMember, MemberAnswer, MemberResult, Watch};
pub use self::operation::literal::{identifier, literal};
pub use self::operation::message::compose as message;
pub use self::operation::scope::{Access, Scope, Settings};
pub use self::operation::stored::{Call, Candidate, StoreRequest, StoredStatements};
pub use self::pool::{
    Batch, Database, PoolState, PooledConnection, ReadFrom, ReplicaState, Replicas, Transaction,
};
pub use self::probe::{
    FoundPoolMode, NamedStatements, PoolerFacts, ProbeReport, ProbeResult, Sessions, SettingEffect,
    StartupParameter,
};
pub use self::wire::{Place, cancelled};
