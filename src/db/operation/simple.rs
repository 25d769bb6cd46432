//! An operation as one message of the simple protocol, and the values in its answer.

use postgres_protocol::message::backend::Message;

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, first_value};
use crate::db::error::Error;
use crate::db::operation::answers::{Collected, is_left_out};
use crate::db::wire::Flight;

impl Connection {
    /// Sends one message whose values nobody needs. The first statement is a scope's.
    pub(in crate::db) async fn exchange(&mut self, message: &str) -> Result<(), Error> {
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
