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
//! | [`db`] | the wire protocol, connections, pool, one message per operation; Diesel's connection for every pooler |
//! | [`stored`] | statements that are used often as functions of the database |
//! | [`changes`] | the log of tables that transactions have written to |
//! | [`response`] | rows and errors -> response body |
//! | [`error`] | every stage's errors -> code, client message, log message |
//! | [`event`] | everything observable -> logs |
//! | [`shutdown`] | ask to stop, wait until stopped |

pub mod auth;
pub mod catalog;
pub mod changes;
pub mod cli;
pub mod config;
pub mod db;
pub mod dispatch;
pub mod engine;
pub mod error;
pub mod event;
pub mod http;
pub mod live;
pub mod mcp;
pub mod persisted;
pub mod plan;
pub mod queue;
pub mod request;
pub mod response;
pub mod schema;
pub mod server;
pub mod shutdown;
pub mod sql;
pub mod stored;

pub use engine::{FieldConnection, FieldContext, FieldError};
pub use server::Server;
