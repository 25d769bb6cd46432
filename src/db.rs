//! The connection layer: connections that leave no state behind in a pooled server connection, and their pool.
//!
//! One operation is one round trip: its scope (`select set_config(…, true), …`) and its statements, which PostgreSQL runs as
//! one implicit transaction. There is no `BEGIN` and no setting that outlives the transaction, and named statements only
//! where they are safe. So it works behind any pooler in any pool mode. The only module that names the protocol's crates.
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
pub use self::diesel::{Field, QueryError, Row, TransactionBuilder};
#[cfg(feature = "migrations")]
pub use self::diesel::{MigrateError, migrate, pending, revert_last};
#[cfg(feature = "server")]
pub(crate) use self::error::supavisor_code;
pub use self::error::{DatabaseError, Error, Reason, Unavailable};
pub use self::operation::answers::{Answers, RunError};
pub use self::operation::batch::{AnswerHash, BatchMember, MemberAnswer, MemberResult, Watch};
pub use self::operation::literal::{identifier, literal};
pub use self::operation::message::compose as message;
pub use self::operation::scope::{Access, Reach, Scope, Settings};
pub use self::operation::stored::{Call, Candidate, StoreRequest, StoredStatements};
pub use self::pool::{
    Batch, Database, PoolState, PooledConnection, ReadFrom, ReplicaState, Replicas, Transaction,
};
pub use self::probe::{
    FoundPoolMode, NamedStatements, PoolerFacts, ProbeReport, ProbeResult, Sessions, SettingEffect,
    StartupParameter, UnsupportedServer,
};
pub use self::wire::{Place, cancelled};
