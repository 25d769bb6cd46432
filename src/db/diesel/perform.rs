//! A typed query on a connection: the pipeline that each protocol makes of it, and its rows.
//!
//! Never names a statement itself: `connection/extended.rs` does, as for operations.

use std::borrow::Cow;
use std::sync::Arc;

use diesel::connection::InstrumentationEvent;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{DataRowBody, Message};

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, malformed};
use crate::db::connection::columns::Columns;
use crate::db::connection::extended::{ByName, Reader, Sending, Step, StepError};
use crate::db::connection::protocol::{Protocol, Purpose};
use crate::db::connection::statements::Key;
use crate::db::connection::types::{self, Oids, TypeName};
use crate::db::diesel::bind::Query;
use crate::db::diesel::row::Row;
use crate::db::error::Error;
use crate::db::wire::{Format, Sharing};

/// The result that the caller wants from a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum ResultKind {
    Rows,
    /// How many rows it changed.
    Count,
}

/// How a query is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueryOptions {
    pub(in crate::db) wanted: ResultKind,
    pub(in crate::db) sharing: Sharing,
}

/// The result of a query.
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

impl From<StepError> for Failure {
    fn from(failed: StepError) -> Self {
        Self::Database(failed.error)
    }
}

impl Connection {
    pub(super) async fn perform(&self, mut query: Query, asked: QueryOptions) -> Result<Outcome, Failure> {
        if !query.unknown.is_empty() {
            self.learn(&query.unknown, asked.sharing).await?;
            query.resolve(&self.types).map_err(Failure::Query)?;
        }
        let steps = [TypedStep::new(&query)];
        let sending = Sending { purpose: Purpose::Typed, sharing: asked.sharing, row_limit: usize::MAX };
        let mut rows = Rows { connection: self, wanted: asked.wanted, outcome: Outcome::default() };
        let is_named = query.is_cacheable && self.protocols.get().typed == Protocol::Prepared;
        if !is_named || self.send_named(&steps, sending, &mut rows).await? == ByName::NotPossible {
            self.send_unnamed(&steps, sending, &mut rows).await?;
        }
        Ok(rows.outcome)
    }

    /// Looks up the OIDs of types, for all connections of the pool.
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
}

/// A typed query as the only step of a pipeline.
pub(super) struct TypedStep<'a> {
    query: &'a Query,
    key: Key,
}

impl<'a> TypedStep<'a> {
    pub(super) fn new(query: &'a Query) -> Self {
        Self { query, key: Key::Query(Arc::from(&*query.text), Arc::from(&*query.types)) }
    }
}

impl Step for TypedStep<'_> {
    const FORMAT: Format = Format::Binary;
    const IS_DESCRIBED: bool = true;

    fn key(&self) -> &Key {
        &self.key
    }

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.query.text)
    }

    fn text_length(&self) -> usize {
        self.query.text.len()
    }

    fn types(&self) -> &[u32] {
        &self.query.types
    }

    fn values(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.query.values.iter().map(Option::as_deref)
    }
}

/// Collects the rows of a typed query.
struct Rows<'a> {
    connection: &'a Connection,
    wanted: ResultKind,
    outcome: Outcome,
}

impl Reader for Rows<'_> {
    fn prepares(&mut self, text: &str) {
        self.connection.observe(InstrumentationEvent::cache_query(text));
    }

    fn row(&mut self, _step: usize, row: &DataRowBody, columns: Option<&Columns>) -> Result<(), Error> {
        if self.wanted == ResultKind::Rows {
            let columns = columns.ok_or_else(|| Error::Protocol("a row came without columns".to_owned()))?;
            self.outcome.rows.push(Row::new(row, columns).map_err(|error| malformed(&error))?);
        }
        Ok(())
    }

    fn end(&mut self, _step: usize, tag: &str) -> Result<(), Error> {
        self.outcome.affected = affected(tag);
        Ok(())
    }

    fn clear(&mut self) {
        self.outcome = Outcome::default();
    }
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
