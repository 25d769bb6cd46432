//! An operation on a connection: a scope and its statements, in one round trip and one implicit transaction, by any of the
//! protocols.
//!
//! Never sends a `BEGIN` around them. A failed pipeline has done nothing, even if it had writes: PostgreSQL undoes
//! everything before the `Sync` (manual, section 55.2.4).

pub(in crate::db) mod answers;
pub(in crate::db) mod batch;
mod context;
pub(in crate::db) mod literal;
pub(in crate::db) mod message;
pub(in crate::db) mod parts;
mod placeholder;
pub(in crate::db) mod scope;
mod simple;
pub(in crate::db) mod stored;

use std::time::Instant;

use crate::config::ContextForm;
use crate::db::connection::Connection;
use crate::db::connection::extended::{ByName, Sending, StepError};
use crate::db::connection::protocol::{Protocol, Protocols, Purpose, RoutingHint};
use crate::db::error::Error;
use crate::db::operation::answers::{Collected, ValueReader};
use crate::db::operation::message::{Message, session};
use crate::db::operation::parts::{MOST_VALUES, Part};
use crate::db::operation::scope::Scope;
use crate::db::operation::stored::Calls;
use crate::db::wire::Sharing;
use crate::event::{ConnectionLoss, Event};
use crate::statement::Statement;

/// A scope and its statements, ready to be sent.
pub(in crate::db) struct Operation<'a> {
    statements: &'a [Statement],
    form: Form<'a>,
    /// The maximum number of bytes of all the statements' values together.
    answer_limit: usize,
}

enum Form<'a> {
    /// One message of the simple protocol.
    Message(Message),
    /// One pipeline of the extended protocol with the unnamed statement: the scope's part, then those of the statements.
    Unnamed(Vec<Part<'a>>),
    /// The same with named statements. The scope is kept with its form as a message, in case that names cannot be used.
    Named(Vec<Part<'a>>, &'a Scope, ContextForm),
}

impl<'a> Operation<'a> {
    /// Fails if a value or text cannot be sent.
    pub(in crate::db) fn compose(
        scope: &'a Scope,
        statements: &'a [Statement],
        protocols: Protocols,
    ) -> Result<Self, Error> {
        Self::compose_with(scope, statements, &Calls::default(), protocols)
    }

    /// The same, with functions in place of some statements, if it is one message.
    pub(in crate::db) fn compose_with(
        scope: &'a Scope,
        statements: &'a [Statement],
        calls: &Calls,
        Protocols { operations: protocol, context, hint, .. }: Protocols,
    ) -> Result<Self, Error> {
        let has_too_many = statements.iter().any(|statement| statement.parameters.len() > MOST_VALUES);
        let form = match protocol {
            Protocol::Unnamed if !has_too_many => Form::Unnamed(parts(scope, statements, Protocol::Unnamed)?),
            Protocol::Prepared if !has_too_many => {
                Form::Named(parts(scope, statements, Protocol::Prepared)?, scope, context)
            }
            Protocol::Simple | Protocol::Unnamed | Protocol::Prepared => {
                let message = message::compose_in(context, scope, statements, calls)?;
                Form::Message(message.with_hint(hint, scope))
            }
        };
        Ok(Self { statements, form, answer_limit: scope.answer_limit })
    }

    /// The same as one message, for a session whose transactions are read-only although the settings of the database and of
    /// the role allow writes.
    pub(in crate::db) fn compose_writable(
        scope: &'a Scope,
        statements: &'a [Statement],
        hint: RoutingHint,
    ) -> Result<Self, Error> {
        let message = message::compose_writable(scope, statements)?;
        let form = Form::Message(message.with_hint(hint, scope));
        Ok(Self { statements, form, answer_limit: scope.answer_limit })
    }

    /// A statement, or its function, within a transaction that has its scope already. Its value may have this many bytes.
    pub(in crate::db) fn within(
        statement: &'a Statement,
        calls: &Calls,
        answer_limit: usize,
    ) -> Result<Self, Error> {
        let form = Form::Message(message::within(statement, calls)?);
        Ok(Self { statements: std::slice::from_ref(statement), form, answer_limit })
    }
}

/// The scope's part and the statements' parts. Statements that are prepared have a text of their own for each role.
fn parts<'a>(
    scope: &'a Scope,
    statements: &'a [Statement],
    protocol: Protocol,
) -> Result<Vec<Part<'a>>, Error> {
    let role = scope.role.as_ref().filter(|_| protocol == Protocol::Prepared);
    let mut parts = Vec::with_capacity(statements.len() + 1);
    parts.push(Part::of_scope(scope, session(statements))?);
    for statement in statements {
        parts.push(Part::of_statement(statement, role)?);
    }
    Ok(parts)
}

impl Connection {
    /// Sends an operation, and collects each statement's value as it arrives. No transaction is open.
    ///
    /// `answers` receives the values of the statements that ended before an error.
    pub(in crate::db) async fn operate(
        &mut self,
        operation: &Operation<'_>,
        answers: &mut Collected,
    ) -> Result<(), Error> {
        let begin = Instant::now();
        let result = self.send_operation(operation, answers).await;
        answers.fill(operation.statements);
        if let Err(error) = &result
            && error.is_connection_lost()
        {
            Event::ConnectionLost { reason: ConnectionLoss::InUse, error: &error.to_string() }.emit();
        }
        let error = result.as_ref().err().map(Error::class);
        Event::MessageExchanged { statements: operation.statements, took: begin.elapsed(), error }.emit();
        result
    }

    async fn send_operation(
        &mut self,
        operation: &Operation<'_>,
        answers: &mut Collected,
    ) -> Result<(), Error> {
        let limit = operation.answer_limit;
        match &operation.form {
            Form::Message(message) => {
                self.exchange_within(&message.text, message.results_of_scope, limit, answers).await
            }
            Form::Unnamed(parts) => {
                let mut reader = ValueReader::new(answers, 1);
                let sent = self.send_unnamed(parts, sending(limit), &mut reader).await;
                finished(sent.map(|()| ByName::Done), parts.len(), answers).map(|_| ())
            }
            Form::Named(parts, scope, context) => {
                let mut reader = ValueReader::new(answers, 1);
                let sent = self.send_named(parts, sending(limit), &mut reader).await;
                match finished(sent, parts.len(), answers)? {
                    ByName::Done => Ok(()),
                    ByName::NotPossible => {
                        let message =
                            message::compose_in(*context, scope, operation.statements, &Calls::default())?;
                        self.exchange_within(&message.text, message.results_of_scope, limit, answers).await
                    }
                }
            }
        }
    }
}

fn sending(row_limit: usize) -> Sending {
    Sending { purpose: Purpose::Operation, sharing: Sharing::Alone, row_limit }
}

/// The result of a pipeline of this many steps. The first step is the scope's.
fn finished(sent: Result<ByName, StepError>, steps: usize, answers: &mut Collected) -> Result<ByName, Error> {
    match sent {
        Ok(by_name) => answers.check().map(|()| by_name),
        Err(StepError { step: 0, error }) => Err(error.of_scope()),
        Err(StepError { step, error }) => {
            if step == steps {
                // A check at the end of the transaction has failed. In a message, that is an error of its last statement.
                answers.values.pop();
            }
            Err(error)
        }
    }
}
