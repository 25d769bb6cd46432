//! One connection to the pooler or the database, and one exchange on it.
//!
//! Never names a statement, never sets anything for the session. How Diesel sees it is in `typed.rs`.

use std::pin::pin;

use diesel::connection::DynInstrumentation;
use diesel_async::AnsiTransactionManager;
use futures_util::StreamExt as _;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::cancel::Canceller;
use super::{Answers, Error};

/// A connection that leaves nothing in the server connection it is lent.
///
/// Any Diesel query runs on it by `diesel_async::RunQueryDsl`, transactions and migrations too. Each query is one
/// flight of the unnamed statement, so that it is safe behind a transaction-mode pooler.
///
/// A column whose type is not built into PostgreSQL (an enum, a domain of none, `citext`) cannot be loaded as it is:
/// the driver looks its type up by a named statement. Such a result is refused when it has rows, and the connection is
/// closed, so that the name ends with it where the pooler closes the server connection too, but a transaction-mode
/// pooler does not: cast the column in the query (`::text`). Rows are read to the end before the first is handed out.
/// No query is given a time limit here; `set local statement_timeout` in a transaction does that.
pub struct Connection {
    pub(super) client: Client,
    pub(super) transaction: AnsiTransactionManager,
    pub(super) instrumentation: DynInstrumentation,
    pub(super) state: State,
    /// What the last query that failed was told, in full.
    pub(super) last_failure: Option<Error>,
    /// Taken when the connection is dropped in the middle of an exchange.
    canceller: Option<Canceller>,
}

/// Whether the connection can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The last answer has been read to its end.
    Ready,
    /// A message was sent, and its answer has not been read to its end.
    Busy,
    /// The connection ended, or must not be used again.
    Finished,
}

impl Connection {
    pub(super) fn new(client: Client, canceller: Canceller) -> Self {
        Self {
            client,
            transaction: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::default_instrumentation(),
            state: State::Ready,
            last_failure: None,
            canceller: Some(canceller),
        }
    }

    /// Whether the connection can take a message; known without a round trip.
    pub(super) fn is_usable(&self) -> bool {
        self.state == State::Ready && !self.client.is_closed()
    }

    /// Sends one message of a scope and statements, and collects each statement's value as it arrives.
    ///
    /// `answers` holds those of the statements that ended before an error. If the future is dropped, the connection
    /// is cancelled and closed when it is dropped.
    pub(super) async fn exchange(&mut self, message: &str, answers: &mut Answers) -> Result<(), Error> {
        let stream = self.client.simple_query_raw(message).await.map_err(Error::before_sending)?;
        self.state = State::Busy;
        let mut stream = pin!(stream);
        let mut reading = Reading::Scope;
        let mut failure = None;
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => reading = reading.read(&item, answers)?,
                // The rest is read even after an error: only then is the connection ready for the next message.
                Err(error) if failure.is_none() && error.as_db_error().is_some() => {
                    let error = Error::while_running(error);
                    failure = Some(match reading {
                        Reading::Scope => error.of_scope(),
                        Reading::Statement | Reading::Row(_) => error,
                    });
                }
                Err(error) => {
                    self.state = State::Finished;
                    return Err(failure.unwrap_or_else(|| Error::while_running(error)));
                }
            }
        }
        self.state = State::Ready;
        failure.map_or(Ok(()), Err)
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
}

impl Reading {
    fn read(self, item: &SimpleQueryMessage, answers: &mut Answers) -> Result<Self, Error> {
        match (self, item) {
            (Self::Statement, SimpleQueryMessage::Row(row)) => {
                let value = row.try_get(0).map_err(Error::while_running)?;
                Ok(Self::Row(value.map(str::to_owned)))
            }
            (Self::Scope, SimpleQueryMessage::CommandComplete(_)) => Ok(Self::Statement),
            (Self::Statement, SimpleQueryMessage::CommandComplete(_)) => {
                answers.push(None);
                Ok(Self::Statement)
            }
            (Self::Row(value), SimpleQueryMessage::CommandComplete(_)) => {
                answers.push(value);
                Ok(Self::Statement)
            }
            (reading, _) => Ok(reading),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.state != State::Busy || self.client.is_closed() {
            return;
        }
        if let Some(canceller) = self.canceller.take() {
            canceller.abandon(self.client.cancel_token());
        }
    }
}
