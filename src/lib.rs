//! Glowplug: a GraphQL server for a PostgreSQL database behind a transaction-mode connection pooler.
//!
//! One GraphQL operation is compiled to SQL that returns its JSON and sent as one message, so that no prepared
//! statement and no session state is left in a pooled connection. ARCHITECTURE.md has the details.
//!
//! The modules in reading order. Those from [`catalog`] to [`sql`] are pure: no I/O, no clock, no tokio.
//!
//! | module | what it makes |
//! | --- | --- |
//! | [`cli`] | the commands: one file each |
//! | [`server`] | the whole as a part of a Rust program, with fields written in Rust |
//! | [`config`] | flags, environment and file -> checked, ready values |
//! | [`auth`] | `Authorization` header -> the caller: role and claims |
//! | [`http`] | bytes <-> [`engine`]; the only module that names axum |
//! | [`engine`] | `respond`: request -> plan -> SQL -> database -> response |
//! | [`persisted`] | the id of a document -> its text |
//! | [`dispatch`] | one request -> the engine here, or a worker through the queue |
//! | [`live`] | operations that are answered again whenever their answers change |
//! | [`queue`] | operations through Redis to workers; the only module that names Redis |
//! | [`catalog`] | the database as a role sees it |
//! | [`schema`] | catalog -> the API as plain data |
//! | [`mcp`] | operations and the schema as tools for agents |
//! | [`request`] | GraphQL text and variables -> a validated operation |
//! | [`plan`] | operation -> what to read |
//! | [`sql`] | plan -> SQL statements |
//! | [`statement`] | a statement: its text, its values, and what its answer depends on |
//! | [`db`] | the wire protocol, connections, pool, one message per operation; Diesel's connection for every pooler |
//! | [`stored`] | statements that are used often as functions of the database |
//! | [`changes`] | the log of tables that transactions have written to |
//! | [`diagram`] | the tables as a picture, and who may do what with them |
//! | [`response`] | rows and errors -> response body |
//! | [`error`] | every stage's errors -> code, client message, log message |
//! | [`event`] | everything observable -> logs |
//! | [`shutdown`] | ask to stop, wait until stopped |

#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod catalog;
#[cfg(feature = "server")]
pub mod changes;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(not(feature = "server"))]
#[path = "config/of_connections.rs"]
pub mod config;
pub mod db;
#[cfg(feature = "server")]
pub mod diagram;
#[cfg(feature = "server")]
pub mod dispatch;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "server")]
pub mod error;
pub mod event;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod live;
#[cfg(feature = "server")]
pub mod mcp;
#[cfg(feature = "server")]
pub mod persisted;
#[cfg(feature = "server")]
pub mod plan;
#[cfg(feature = "queue")]
pub mod queue;
#[cfg(all(feature = "server", not(feature = "queue")))]
#[path = "queue/without_redis.rs"]
pub mod queue;
#[cfg(feature = "server")]
pub mod request;
#[cfg(feature = "server")]
pub mod response;
#[cfg(feature = "server")]
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod shutdown;
#[cfg(feature = "server")]
pub mod sql;
pub mod statement;
#[cfg(feature = "server")]
pub mod stored;
#[cfg(all(test, feature = "queue"))]
#[path = "queue/without_redis.rs"]
#[allow(
    clippy::duplicate_mod,
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the file of builds without the feature, whose text every build tests"
)]
mod without_redis;

#[cfg(feature = "server")]
pub use engine::{FieldConnection, FieldContext, FieldError};
#[cfg(feature = "server")]
pub use server::Server;
