//! An operation on a connection: a scope and its statements, in one round trip and one implicit transaction, by whichever
//! protocol.
//!
//! Never sends a `BEGIN`, and never tries a flight with names a third time. A flight that has failed has done nothing, a
//! write neither: PostgreSQL undoes all that stands before the `Sync` (manual, section 55.2.4).

pub(in crate::db) mod answers;
mod literal;
pub(in crate::db) mod message;
mod parts;
mod placeholder;
pub(in crate::db) mod scope;
mod simple;

use std::time::Instant;

use postgres_protocol::message::backend::Message;

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, first_value};
use crate::db::connection::columns::Columns;
use crate::db::connection::naming::{is_changed, is_name_lost};
use crate::db::connection::protocol::Protocol;
use crate::db::connection::statements::{Key, LONGEST};
use crate::db::error::Error;
use crate::db::operation::answers::{Collected, is_left_out};
use crate::db::operation::message::session;
use crate::db::operation::parts::{MOST_VALUES, Part};
use crate::db::operation::scope::Scope;
use crate::db::wire::{Flight, FlightError, Format};
use crate::event::{Event, Loss};
use crate::sql::Statement;

/// A scope and its statements, ready to be sent.
pub(in crate::db) struct Operation<'a> {
    statements: &'a [Statement],
    form: Form<'a>,
    /// How many bytes the statements' values may have together.
    answer_limit: usize,
}

enum Form<'a> {
    /// One message of the simple protocol.
    Message(String),
    /// One flight of the extended protocol, of the unnamed statement: the scope's part, and those of the statements.
    Unnamed(Vec<Part<'a>>),
    /// The same with names, and the scope, in case that names are of no use.
    Named(Vec<Part<'a>>, &'a Scope),
}

/// Whether the statements of a flight get names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    Unnamed,
    Named,
}

impl<'a> Operation<'a> {
    /// Fails if there is something that cannot be sent.
    pub(in crate::db) fn compose(
        scope: &'a Scope,
        statements: &'a [Statement],
        protocol: Protocol,
    ) -> Result<Self, Error> {
        let has_too_many = statements.iter().any(|statement| statement.parameters.len() > MOST_VALUES);
        let form = match protocol {
            Protocol::Unnamed if !has_too_many => Form::Unnamed(parts(scope, statements, None)?),
            Protocol::Prepared if !has_too_many => {
                Form::Named(parts(scope, statements, scope.role.as_deref())?, scope)
            }
            Protocol::Simple | Protocol::Unnamed | Protocol::Prepared => {
                Form::Message(message::compose(scope, statements)?)
            }
        };
        Ok(Self { statements, form, answer_limit: scope.answer_limit })
    }

    /// A statement within a transaction whose scope holds already, for a value of so many bytes.
    pub(in crate::db) fn within(statement: &'a Statement, answer_limit: usize) -> Result<Self, Error> {
        let form = Form::Message(message::within(statement)?);
        Ok(Self { statements: std::slice::from_ref(statement), form, answer_limit })
    }

    pub(in crate::db) fn statements(&self) -> &'a [Statement] {
        self.statements
    }
}

/// The scope's part and the statements', with texts of their own for a role.
fn parts<'a>(
    scope: &'a Scope,
    statements: &'a [Statement],
    role: Option<&str>,
) -> Result<Vec<Part<'a>>, Error> {
    let session = session(statements);
    let statements = statements.iter().map(|statement| Ok(Part::of_statement(statement)?.for_role(role)));
    std::iter::once(Part::of_scope(scope, session)).chain(statements).collect()
}

impl Connection {
    /// Sends an operation in one flight, and collects each statement's value as it arrives. There is no transaction open.
    ///
    /// `answers` holds those of the statements that ended before an error.
    pub(in crate::db) async fn operate(
        &mut self,
        operation: &Operation<'_>,
        answers: &mut Collected,
    ) -> Result<(), Error> {
        match &operation.form {
            Form::Message(message) => self.exchange_within(message, operation.answer_limit, answers).await,
            Form::Unnamed(parts) => {
                self.fly(parts, (Naming::Unnamed, operation.answer_limit), answers).await.into()
            }
            Form::Named(parts, scope) => {
                self.operate_by_name(scope, operation.statements, parts, answers).await
            }
        }
    }

    /// Where the server does not know or take a name, all goes once more with new names; and if that is in vain, as
    /// a message.
    async fn operate_by_name(
        &mut self,
        scope: &Scope,
        statements: &[Statement],
        parts: &[Part<'_>],
        answers: &mut Collected,
    ) -> Result<(), Error> {
        for turn in [Turn::First, Turn::Second] {
            let flown = self.fly(parts, (Naming::Named, scope.answer_limit), answers).await;
            self.doubt_names(&flown);
            let Flown::Stale { part, .. } = flown else { return flown.into() };
            answers.clear();
            if turn == Turn::Second {
                self.statements.get_mut().refuse(Key::Part(parts[part].text.clone().into_owned()));
            }
            if self.protocols.get().operations != Protocol::Prepared {
                break;
            }
        }
        let message = message::compose(scope, statements)?;
        self.exchange_within(&message, scope.answer_limit, answers).await
    }

    /// A name that has got lost may mean that the pooler lends otherwise than it did when the protocol was chosen.
    fn doubt_names(&mut self, flown: &Flown) {
        let lost = match flown {
            Flown::Stale { error: Error::Database(error), .. } if is_name_lost(error) => error.to_string(),
            // PgBouncer ends the connection where it cannot find a name of its own list.
            Flown::Failed(Error::Unavailable(error)) if error.message.contains("prepared statement") => {
                error.to_string()
            }
            _ => return,
        };
        if let Some(choice) = self.choice.clone() {
            choice.fall_back(&lost);
            self.follow(&choice);
        }
    }

    async fn fly(
        &mut self,
        parts: &[Part<'_>],
        (naming, answer_limit): (Naming, usize),
        answers: &mut Collected,
    ) -> Flown {
        let names = self.names(parts, naming);
        let flight = match self.flight(parts, &names) {
            Ok(flight) => flight.limited_to(answer_limit),
            Err(error) => return Flown::Failed(error.into()),
        };
        let mut reading = Reading::default();
        let result = answer(self.wire.exchange(flight), |message| reading.read(message, answers)).await;
        let Reading { part, phase, .. } = reading;
        if result.is_err() && part == parts.len() {
            // What is checked at the end of the transaction has failed. In a message, that is an error of its last statement.
            answers.values.pop();
        }
        let is_prepared = |index: usize| index < part || (index == part && phase != Phase::Parse);
        for (index, (part, name)) in parts.iter().zip(&names).enumerate() {
            if let Name::New(name) = name
                && is_prepared(index)
            {
                let key = Key::Part(part.text.clone().into_owned());
                self.statements.get_mut().keep(key, name.clone(), Columns::from(Vec::new()));
            }
        }
        match result {
            Ok(()) => answers.check().map_or_else(Flown::Failed, |()| Flown::Done),
            Err(Error::Database(error))
                if phase != Phase::Execute
                    && names.get(part).is_some_and(Name::is_named)
                    && (is_name_lost(&error) || is_changed(&error)) =>
            {
                // Where one name is gone, so may be the others: none of them is asked for again.
                for part in parts {
                    self.statements.get_mut().forget(&Key::Part(part.text.clone().into_owned()));
                }
                Flown::Stale { part, error: Error::Database(error) }
            }
            Err(error) if part == 0 => Flown::Failed(error.of_scope()),
            Err(error) => Flown::Failed(error),
        }
    }

    /// By which name each part goes.
    fn names(&mut self, parts: &[Part<'_>], naming: Naming) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let same = parts[..index].iter().position(|earlier| earlier.text == part.text);
            let name = match same.map(|same| &names[same]) {
                _ if naming == Naming::Unnamed || part.text.len() > LONGEST => Name::None,
                Some(Name::New(name) | Name::Known(name)) => Name::Known(name.clone()),
                Some(Name::None) => Name::None,
                None => self.name_of_part(&Key::Part(part.text.clone().into_owned())),
            };
            names.push(name);
        }
        names
    }

    fn name_of_part(&mut self, key: &Key) -> Name {
        if self.statements.get_mut().is_refused(key) {
            return Name::None;
        }
        match self.statements.get_mut().get(key) {
            Some(prepared) => Name::Known(prepared.name.clone()),
            None => Name::New(self.statements.get_mut().fresh_name()),
        }
    }

    /// All parts before one `Sync`. What has to be closed is closed in front.
    fn flight(&mut self, parts: &[Part<'_>], names: &[Name]) -> Result<Flight, FlightError> {
        let mut flight = Flight::default();
        for leftover in self.statements.get_mut().take_leftover() {
            flight.close(&leftover)?;
        }
        for (part, name) in parts.iter().zip(names) {
            let (name, is_known) = match name {
                Name::None => ("", false),
                Name::New(name) => (name.as_str(), false),
                Name::Known(name) => (name.as_str(), true),
            };
            if !is_known {
                flight.parse(name, &part.text, std::iter::empty())?;
            }
            let values = part.values.iter().map(|value| value.as_deref().map(str::as_bytes));
            flight.bind(name, values, Format::Text)?;
            flight.execute()?;
        }
        flight.sync();
        Ok(flight)
    }
}

/// One operation and its answers, and what there is to know of it.
pub(in crate::db) async fn operate(
    connection: &mut Connection,
    operation: &Operation<'_>,
    answers: &mut Collected,
) -> Result<(), Error> {
    let begin = Instant::now();
    let result = connection.operate(operation, answers).await;
    answers.fill(operation.statements());
    if let Err(error) = &result
        && error.is_connection_lost()
    {
        Event::ConnectionLost { reason: Loss::InUse, error: &error.to_string() }.emit();
    }
    let error = result.as_ref().err().map(Error::class);
    Event::MessageExchanged { statements: operation.statements(), took: begin.elapsed(), error }.emit();
    result
}

/// By which name a part goes.
enum Name {
    None,
    /// It is prepared in this flight.
    New(String),
    /// It was prepared before.
    Known(String),
}

impl Name {
    fn is_named(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// Which time a flight with names is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Second,
}

/// What came of a flight.
enum Flown {
    Done,
    Failed(Error),
    /// The server does not know or take the name of this part, which was not executed; nothing has taken effect.
    Stale {
        part: usize,
        error: Error,
    },
}

impl From<Flown> for Result<(), Error> {
    fn from(flown: Flown) -> Self {
        match flown {
            Flown::Done => Ok(()),
            Flown::Failed(error) | Flown::Stale { error, .. } => Err(error),
        }
    }
}

/// How far the answer to a flight has come.
#[derive(Default)]
struct Reading {
    /// Which part; the first is the scope's, whose value nobody needs.
    part: usize,
    phase: Phase,
    value: Option<String>,
    /// Whether the value was left out.
    is_left_out: bool,
}

/// What the server is about to do with a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Parse,
    Bind,
    Execute,
}

impl Reading {
    fn read(&mut self, message: Message, answers: &mut Collected) -> Result<(), Error> {
        match message {
            Message::ParseComplete => self.phase = Phase::Bind,
            Message::BindComplete => self.phase = Phase::Execute,
            // Of several rows the first counts.
            Message::DataRow(row) if self.part > 0 && self.value.is_none() => {
                self.is_left_out = is_left_out(&row);
                self.value = first_value(&row)?;
            }
            Message::CommandComplete(_) | Message::EmptyQueryResponse => {
                match self.part {
                    0 => {}
                    _ if self.is_left_out => answers.leave_out(),
                    _ => answers.push(self.value.take()),
                }
                *self = Self { part: self.part + 1, ..Self::default() };
            }
            _ => {}
        }
        Ok(())
    }
}
