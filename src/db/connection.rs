//! One connection to the pooler or the database, and the parts that every use of one needs.
//!
//! Never sets anything for the session. How Diesel sees it is in `diesel/`, how operations travel in `operation/`.

pub(in crate::db) mod answer;
pub(in crate::db) mod choice;
mod classify;
pub(in crate::db) mod columns;
pub(in crate::db) mod extended;
mod naming;
pub(in crate::db) mod protocol;
pub(in crate::db) mod statements;
pub(in crate::db) mod types;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use diesel::connection::DynInstrumentation;
use diesel_async::AnsiTransactionManager;

use crate::db::connection::answer::answer;
use crate::db::connection::choice::ProtocolChoice;
use crate::db::connection::protocol::{AtomicProtocols, Protocols};
use crate::db::connection::statements::Statements;
use crate::db::connection::types::Types;
use crate::db::error::Error;
use crate::db::lock::Lock;
use crate::db::wire::{Pipeline, SharedWire};

/// A connection that leaves no state behind in the server connection that a pooler lends it.
///
/// Any Diesel query runs on it by `diesel_async::RunQueryDsl`; so do transactions and migrations. Each query is one pipeline
/// of the unnamed statement, which is safe behind a transaction-mode pooler.
/// [`Protocol::Prepared`](super::Protocol::Prepared) has to be asked for. You can send and load enums, domains, composite
/// types and those of extensions; their OIDs are looked up once, by a query of the unnamed statement.
///
/// All rows are read before you get the first. Queries have no time limit here; `set local statement_timeout` in a
/// transaction sets one. A future that is dropped before its end leaves the connection unusable. The running statement is
/// cancelled when the connection is dropped.
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel_async::{AsyncConnection, RunQueryDsl};
/// use glowplug::db::Connection;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut connection = Connection::establish("postgres://app@pooler:6432/app").await?;
/// let sum: i32 = diesel::select(1.into_sql::<diesel::sql_types::Integer>() + 1).get_result(&mut connection).await?;
/// assert_eq!(sum, 2);
/// # Ok(())
/// # }
/// ```
pub struct Connection {
    pub(in crate::db) wire: SharedWire,
    /// Shared with the other connections of the pool.
    pub(in crate::db) types: Arc<Types>,
    /// How queries travel.
    pub(in crate::db) protocols: AtomicProtocols,
    /// The choice of the protocol in pool mode `auto`, which has to learn of names that the server does not know.
    pub(in crate::db) choice: Option<Arc<ProtocolChoice>>,
    pub(in crate::db) statements: Lock<Statements>,
    pub(in crate::db) transaction: AnsiTransactionManager,
    /// Whether there was a conflict that Diesel does not know of yet, and that only the end of the whole transaction
    /// resolves.
    pub(in crate::db) has_conflict: AtomicBool,
    pub(in crate::db) instrumentation: Lock<DynInstrumentation>,
    /// The full error of the last query that failed.
    pub(in crate::db) last_failure: Lock<Option<Error>>,
}

impl Connection {
    pub(in crate::db) fn new(wire: SharedWire, types: Arc<Types>, protocols: Protocols) -> Self {
        Self {
            wire,
            types,
            protocols: AtomicProtocols::new(protocols),
            choice: None,
            statements: Lock::default(),
            transaction: AnsiTransactionManager::default(),
            has_conflict: AtomicBool::new(false),
            instrumentation: Lock::new(DynInstrumentation::default_instrumentation()),
            last_failure: Lock::default(),
        }
    }

    /// Whether the connection can take a message. Asks the system whether the peer has closed it, without a round trip and
    /// without waiting.
    pub fn is_usable(&mut self) -> bool {
        self.wire.get_mut().look()
    }

    /// Switches to the protocol that is known to be safe now.
    pub(in crate::db) fn follow(&mut self, choice: &Arc<ProtocolChoice>) {
        self.protocols.set(choice.protocols());
        self.choice = Some(Arc::clone(choice));
    }

    /// An empty round trip, for which a pooler needs a server connection.
    pub async fn ask(&mut self) -> Result<(), Error> {
        answer(self.wire.exchange(Pipeline::query("select 1")?), |_| Ok(())).await
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.wire.is_encrypted()
    }

    /// The last value of one of the settings that the server or the pooler reports: `server_version`, `TimeZone`.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.wire.parameter(name)
    }
}
