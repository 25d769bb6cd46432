//! One connection to the pooler or the database, and one message of a scope and statements on it.
//!
//! Never sets anything for the session. How Diesel sees it is in `typed.rs`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use diesel::connection::DynInstrumentation;
use diesel_async::AnsiTransactionManager;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{DataRowBody, Message};

use super::answer::{Collected, answer, malformed};
use super::choice::Choice;
use super::lock::Lock;
use super::statements::Statements;
use super::types::Types;
use super::wire::{Flight, Pipeline};
use super::{Error, Protocols};

/// A connection that leaves nothing in the server connection it is lent.
///
/// Any Diesel query runs on it by `diesel_async::RunQueryDsl`, transactions and migrations too. Each query is one
/// flight, of the unnamed statement unless [`Protocol::Prepared`](super::Protocol::Prepared) is asked for, so that it is
/// safe behind a transaction-mode pooler. Enums, domains, composite types and those of extensions can be sent and loaded; their OIDs are
/// asked for once, by a query of the unnamed statement.
///
/// Rows are read to the end before the first is handed out. No query is given a time limit here;
/// `set local statement_timeout` in a transaction does that. A future that is dropped before its end leaves the
/// connection unusable; what runs is cancelled when the connection is dropped.
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
    pub(super) wire: Pipeline,
    /// Shared with the other connections of the pool.
    pub(super) types: Arc<Types>,
    /// How queries travel.
    pub(super) protocols: Lock<Protocols>,
    /// Who chose the protocol, if it is found out, and wants to hear of names that the server does not know.
    pub(super) choice: Option<Arc<Choice>>,
    pub(super) statements: Lock<Statements>,
    pub(super) transaction: AnsiTransactionManager,
    /// Whether a conflict was met that only the end of the whole transaction resolves, and Diesel does not know it yet.
    pub(super) has_conflict: AtomicBool,
    pub(super) instrumentation: Lock<DynInstrumentation>,
    /// What the last query that failed was told, in full.
    pub(super) last_failure: Lock<Option<Error>>,
}

impl Connection {
    pub(super) fn new(wire: Pipeline, types: Arc<Types>, protocols: Protocols) -> Self {
        Self {
            wire,
            types,
            protocols: Lock::new(protocols),
            choice: None,
            statements: Lock::default(),
            transaction: AnsiTransactionManager::default(),
            has_conflict: AtomicBool::new(false),
            instrumentation: Lock::new(DynInstrumentation::default_instrumentation()),
            last_failure: Lock::default(),
        }
    }

    /// Whether the connection can take a message. It asks the system whether the other side has closed it, without a
    /// round trip and without waiting.
    pub fn is_usable(&mut self) -> bool {
        self.wire.get_mut().look()
    }

    /// Takes the protocol that is safe as far as is known now.
    pub(super) fn follow(&mut self, choice: &Arc<Choice>) {
        *self.protocols.get_mut() = choice.protocols();
        self.choice = Some(Arc::clone(choice));
    }

    /// A round trip with nothing in it, for which a pooler needs a server connection.
    pub async fn ask(&mut self) -> Result<(), Error> {
        answer(self.wire.exchange(Flight::query("select 1")?), |_| Ok(())).await
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.wire.is_encrypted()
    }

    /// What the server, or the pooler, reported of one of its settings: `server_version`, `TimeZone`.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.wire.parameter(name)
    }

    /// Sends one message whose values nobody needs. The first statement is a scope's.
    pub(super) async fn exchange(&mut self, message: &str) -> Result<(), Error> {
        self.exchange_within(message, usize::MAX, &mut Collected::default()).await
    }

    /// Sends one message of a scope and statements, and collects each statement's value as it arrives, as long as they have
    /// no more than so many bytes together. What is left out is an error, after all has been read.
    ///
    /// `answers` holds those of the statements that ended before an error.
    pub(super) async fn exchange_within(
        &mut self,
        message: &str,
        limit: usize,
        answers: &mut Collected,
    ) -> Result<(), Error> {
        let mut reading = Reading::Scope;
        let flight = Flight::query(message)?.limited_to(limit);
        let result = answer(self.wire.exchange(flight), |message| reading.read(message, answers)).await;
        match (result, reading) {
            (Ok(()), _) => answers.check(),
            (Err(error), Reading::Scope) => Err(error.of_scope()),
            (Err(error), _) => Err(error),
        }
    }
}

/// Whose result is being read.
enum Reading {
    /// The scope's, which nobody needs.
    Scope,
    /// A statement's, of which no row has come yet.
    Statement,
    /// A statement's whose first row has come; `None` is NULL.
    Row(Option<String>),
    /// A statement's whose first row was left out.
    LeftOut,
}

impl Reading {
    fn read(&mut self, message: Message, answers: &mut Collected) -> Result<(), Error> {
        match message {
            Message::DataRow(row) if matches!(self, Self::Statement) => {
                *self = if is_left_out(&row) { Self::LeftOut } else { Self::Row(first_value(&row)?) };
            }
            Message::CommandComplete(_) | Message::EmptyQueryResponse => {
                match std::mem::replace(self, Self::Statement) {
                    Self::Scope => {}
                    Self::Statement => answers.push(None),
                    Self::Row(value) => answers.push(value),
                    Self::LeftOut => answers.leave_out(),
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether the row stands for one that was longer than its flight allows. Every statement returns a column.
pub(super) fn is_left_out(row: &DataRowBody) -> bool {
    matches!(row.ranges().next(), Ok(None))
}

/// The first value of a row, as text.
pub(super) fn first_value(row: &DataRowBody) -> Result<Option<String>, Error> {
    let range = row.ranges().next().map_err(|error| malformed(&error))?.flatten();
    let text = range.map(|range| String::from_utf8(row.buffer()[range].to_vec()));
    text.transpose().map_err(|error| Error::Protocol(format!("an answer is no text: {error}")))
}
