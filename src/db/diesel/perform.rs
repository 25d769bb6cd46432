//! A typed query on a connection: the flight that each protocol makes of it, and its rows.
//!
//! Never tries a query a second time, but for a named statement that the server no longer knows or takes, and that once.

use diesel::connection::InstrumentationEvent;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{DataRowBody, Message};

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, malformed};
use crate::db::connection::columns::{Columns, columns};
use crate::db::connection::naming::{Named, is_changed, is_name_lost};
use crate::db::connection::protocol::Protocol;
use crate::db::connection::statements::Key;
use crate::db::connection::types::{self, Oids, TypeName};
use crate::db::diesel::bind::Query;
use crate::db::diesel::row::Row;
use crate::db::error::Error;
use crate::db::wire::{Flight, FlightError, Format, Sharing, TransactionStatus};

/// What is wanted of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Wanted {
    Rows,
    /// How many rows it changed.
    Count,
}

/// How a query is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(in crate::db) wanted: Wanted,
    pub(in crate::db) sharing: Sharing,
}

/// What a query came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(in crate::db) rows: Vec<Row>,
    pub(super) affected: usize,
}

/// Why a query failed.
#[derive(Debug)]
pub(in crate::db) enum Failure {
    /// The server, or the connection to it.
    Database(Error),
    /// The query itself cannot be sent.
    Query(diesel::result::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Connection {
    pub(super) async fn perform(&self, mut query: Query, asked: Asked) -> Result<Outcome, Failure> {
        if !query.unknown.is_empty() {
            self.learn(&query.unknown, asked.sharing).await?;
            query.resolve(&self.types).map_err(Failure::Query)?;
        }
        match self.protocol() {
            Protocol::Prepared if query.is_cacheable => Ok(self.perform_prepared(query, asked).await?),
            Protocol::Simple | Protocol::Unnamed | Protocol::Prepared => {
                Ok(self.perform_unnamed(&query, asked).await?)
            }
        }
    }

    /// Asks for the OIDs of types, for all connections of the pool.
    async fn learn(&self, names: &[TypeName], sharing: Sharing) -> Result<(), Error> {
        let mut found = Vec::with_capacity(names.len());
        let read = |message| {
            if let Message::DataRow(row) = message {
                found.push(oids(&row)?);
            }
            Ok(())
        };
        answer(self.wire.send(types::question(names)?, sharing), read).await?;
        let found = names.iter().cloned().zip(found).filter(|(_, oids)| oids.of_type != 0);
        self.types.learn(found);
        Ok(())
    }

    async fn perform_unnamed(&self, query: &Query, asked: Asked) -> Result<Outcome, Error> {
        let mut flight = Flight::default();
        prepare(&mut flight, "", query)?;
        execute(&mut flight, "", query)?;
        flight.sync();
        let mut reading = Reading::new(asked.wanted, None);
        answer(self.wire.send(flight, asked.sharing), |message| reading.read(message)).await?;
        Ok(reading.outcome)
    }

    async fn perform_prepared(&self, query: Query, asked: Asked) -> Result<Outcome, Error> {
        let key = Key::Query(query.text.clone(), query.types.clone());
        let Some(named) = self.name(&key) else {
            return self.perform_unnamed(&query, asked).await;
        };
        let mut tried = self.try_prepared(named, &key, &query, asked).await;
        self.doubt(&tried);
        // Within a transaction it would fail again. The next one will find the statement prepared anew.
        if matches!(tried, Tried::Stale(_)) && self.is_idle() {
            let named = (self.protocol() == Protocol::Prepared).then(|| self.name(&key)).flatten();
            let Some(named) = named else {
                return self.perform_unnamed(&query, asked).await;
            };
            tried = self.try_prepared(named, &key, &query, asked).await;
        }
        if matches!(tried, Tried::Refused(_)) {
            self.statements.lock().refuse(key);
            if self.is_idle() {
                return self.perform_unnamed(&query, asked).await;
            }
        }
        tried.into()
    }

    fn protocol(&self) -> Protocol {
        self.protocols.get().typed
    }

    fn is_idle(&self) -> bool {
        self.wire.transaction() == TransactionStatus::Idle
    }

    /// A name that has got lost may mean that the pooler lends otherwise than it did when the protocol was chosen.
    fn doubt(&self, tried: &Tried) {
        let Some(choice) = &self.choice else { return };
        let lost = match tried {
            Tried::Stale(Error::Database(error)) if is_name_lost(error) => Some(error.to_string()),
            // PgBouncer ends the connection where it cannot find a name of its own list.
            Tried::Failed(Error::Unavailable(error)) if error.message.contains("prepared statement") => {
                Some(error.to_string())
            }
            _ => None,
        };
        if let Some(lost) = lost {
            choice.fall_back(&lost);
            self.protocols.set(choice.protocols());
        }
    }

    fn name(&self, key: &Key) -> Option<Named<'_>> {
        Named::find(&self.statements, key)
    }

    async fn try_prepared(&self, named: Named<'_>, key: &Key, query: &Query, asked: Asked) -> Tried {
        let flight = match self.compose(&named, query) {
            Ok(flight) => flight,
            Err(error) => return Tried::Failed(error.into()),
        };
        let mut reading = Reading::new(asked.wanted, named.columns());
        let result = answer(self.wire.send(flight, asked.sharing), |message| reading.read(message)).await;
        let known = match named {
            Named::Known(prepared) => Some(prepared.name),
            Named::New(preparing) => {
                preparing.finish(reading.is_parsed, reading.columns.as_ref());
                None
            }
        };
        match result {
            Err(Error::Database(error))
                if !reading.is_bound && (is_name_lost(&error) || is_changed(&error)) =>
            {
                let is_lost = is_name_lost(&error);
                let error = Error::Database(error);
                match known {
                    Some(name) => {
                        self.statements.lock().forget_name(key, &name);
                        Tried::Stale(error)
                    }
                    None if reading.is_parsed => Tried::Refused(error),
                    None if is_lost => Tried::Stale(error),
                    None => Tried::Failed(error),
                }
            }
            Err(error) => Tried::Failed(error),
            Ok(()) => Tried::Done(reading.outcome),
        }
    }

    /// A flight with a named statement. What has to be closed is closed in front.
    fn compose(&self, named: &Named<'_>, query: &Query) -> Result<Flight, FlightError> {
        let mut flight = Flight::default();
        for leftover in self.statements.lock().take_leftover() {
            flight.close(&leftover)?;
        }
        match named {
            Named::Known(prepared) => execute(&mut flight, &prepared.name, query)?,
            Named::New(preparing) => {
                self.observe(InstrumentationEvent::cache_query(&query.text));
                prepare(&mut flight, &preparing.name, query)?;
                execute(&mut flight, &preparing.name, query)?;
            }
        }
        flight.sync();
        Ok(flight)
    }
}

/// What came of a named statement.
enum Tried {
    Done(Outcome),
    Failed(Error),
    /// The server does not know the name, or has it already, or the result would have other columns; nothing was executed.
    Stale(Error),
    /// The same of a name that was just given; nothing was executed. A pooler that tracks statements has one for all clients
    /// with the same text, and when that is stale, it is so under every name.
    Refused(Error),
}

impl From<Tried> for Result<Outcome, Error> {
    fn from(tried: Tried) -> Self {
        match tried {
            Tried::Done(outcome) => Ok(outcome),
            Tried::Failed(error) | Tried::Stale(error) | Tried::Refused(error) => Err(error),
        }
    }
}

pub(in crate::db) fn prepare(flight: &mut Flight, name: &str, query: &Query) -> Result<(), FlightError> {
    flight.parse(name, &query.text, query.types.iter().copied())?;
    flight.describe(name)
}

pub(in crate::db) fn execute(flight: &mut Flight, name: &str, query: &Query) -> Result<(), FlightError> {
    flight.bind(name, query.values.iter().map(Option::as_deref), Format::Binary)?;
    flight.execute()
}

/// The answer to a query, as it comes.
struct Reading {
    wanted: Wanted,
    is_parsed: bool,
    is_bound: bool,
    columns: Option<Columns>,
    outcome: Outcome,
}

impl Reading {
    fn new(wanted: Wanted, columns: Option<Columns>) -> Self {
        Self { wanted, is_parsed: false, is_bound: false, columns, outcome: Outcome::default() }
    }

    fn read(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::ParseComplete => self.is_parsed = true,
            Message::BindComplete => self.is_bound = true,
            Message::RowDescription(body) => {
                self.columns = Some(columns(&body).map_err(|error| malformed(&error))?);
            }
            Message::NoData => self.columns = Some(Columns::from(Vec::new())),
            Message::DataRow(row) if self.wanted == Wanted::Rows => {
                let columns = self.columns.as_ref().ok_or_else(|| unexpected("a row without columns"))?;
                self.outcome.rows.push(Row::new(&row, columns).map_err(|error| malformed(&error))?);
            }
            Message::CommandComplete(body) => {
                self.outcome.affected = affected(body.tag().map_err(|error| malformed(&error))?);
            }
            Message::CloseComplete
            | Message::ParameterDescription(_)
            | Message::DataRow(_)
            | Message::EmptyQueryResponse => {}
            _ => return Err(unexpected("a message that has no place in the answer to a query")),
        }
        Ok(())
    }
}

fn unexpected(what: &str) -> Error {
    Error::Protocol(format!("the answer has {what}"))
}

/// `INSERT 0 5`, `UPDATE 5`, `SELECT 5`; other commands name no number.
pub(super) fn affected(tag: &str) -> usize {
    tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn oids(row: &DataRowBody) -> Result<Oids, Error> {
    let mut numbers = row.ranges().map(|range| {
        let text = range.and_then(|range| std::str::from_utf8(&row.buffer()[range]).ok());
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    });
    let mut next = || numbers.next().map(Option::unwrap_or_default).map_err(|error| malformed(&error));
    Ok(Oids { of_type: next()?, of_array: next()? })
}
