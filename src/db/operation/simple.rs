//! An operation as one message of the simple protocol, and the values of its answer.

use postgres_protocol::message::backend::Message;

use crate::db::connection::Connection;
use crate::db::connection::answer::answer;
use crate::db::error::Error;
use crate::db::operation::answers::{Collected, ValueReader};
use crate::db::wire::Pipeline;

impl Connection {
    /// Sends one message and discards its values. The first statement is the scope's.
    pub(in crate::db) async fn exchange(&mut self, message: &str) -> Result<(), Error> {
        self.exchange_within(message, 1, usize::MAX, &mut Collected::default()).await
    }

    /// Sends one message of a scope and statements, and collects each statement's value as it arrives, up to a limit of
    /// bytes for all values together. A value beyond the limit is left out. That is an error, after the whole answer is
    /// read. The first `skipped` results belong to the scope.
    ///
    /// `answers` receives the values of the statements that ended before an error.
    pub(in crate::db) async fn exchange_within(
        &mut self,
        message: &str,
        skipped: usize,
        limit: usize,
        answers: &mut Collected,
    ) -> Result<(), Error> {
        let pipeline = Pipeline::query(message)?.limited_to(limit);
        let mut reader = ValueReader::new(answers, skipped);
        let read = |message: Message| {
            match message {
                Message::DataRow(row) => reader.value(&row)?,
                Message::CommandComplete(_) | Message::EmptyQueryResponse => reader.end_of_result(),
                _ => {}
            }
            Ok(())
        };
        let result = answer(self.wire.exchange(pipeline), read).await;
        let is_in_scope = reader.is_in_scope();
        match result {
            Ok(()) => answers.check(),
            Err(error) if is_in_scope => Err(error.of_scope()),
            Err(error) => Err(error),
        }
    }
}
