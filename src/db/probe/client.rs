//! A connection of the probe: pipelines and the first value of each row.

use postgres_protocol::message::backend::Message;

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, first_value};
use crate::db::connector::Connector;
use crate::db::error::{Error, Unavailable};
use crate::db::operation::message::BEFORE_BEGIN;
use crate::db::wire::{Format, Pipeline, TransactionStatus};

/// A connection of the probe's own.
pub(super) struct Client(Connection);

/// The first value of each row, NULL as an empty text.
pub(in crate::db) type Values = Vec<String>;

impl Client {
    pub(in crate::db) async fn open(connector: &Connector) -> Result<Self, Unavailable> {
        connector.connect().await.map(Self)
    }

    /// The process id that came with the cancel key.
    pub(in crate::db) fn key_process(&mut self) -> Option<i32> {
        self.0.wire.get_mut().key_process()
    }

    /// Whether a transaction is open that the client did not begin.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.0.wire.transaction() != TransactionStatus::Idle
    }

    /// One simple-protocol message.
    pub(in crate::db) async fn query(&mut self, text: &str) -> Result<Values, Error> {
        self.send(Pipeline::query(text)?).await
    }

    pub(in crate::db) async fn send(&mut self, pipeline: Pipeline) -> Result<Values, Error> {
        let mut values = Values::new();
        let read = |message| {
            if let Message::DataRow(row) = message {
                values.push(first_value(&row)?.unwrap_or_default());
            }
            Ok(())
        };
        answer(self.0.wire.exchange(pipeline), read).await?;
        Ok(values)
    }

    /// Begins a transaction, and returns the process id of its backend.
    pub(in crate::db) async fn begin(&mut self) -> Result<i32, Error> {
        let begin = format!("{BEFORE_BEGIN}begin read only; select pg_catalog.pg_backend_pid()");
        let values = self.query(&begin).await?;
        process(&values)
    }

    pub(in crate::db) async fn end(&mut self) -> Result<(), Error> {
        self.query("rollback").await.map(|_| ())
    }
}

/// A process id.
pub(in crate::db) fn process(values: &Values) -> Result<i32, Error> {
    let value = values.last().and_then(|value| value.parse().ok());
    value.ok_or_else(|| Error::Protocol(format!("{values:?} where a process id was expected")))
}

/// A statement without parameters, bound and executed within a pipeline.
pub(in crate::db) fn execute(pipeline: &mut Pipeline, name: &str) -> Result<(), Error> {
    pipeline.bind(name, std::iter::empty(), Format::Text)?;
    Ok(pipeline.execute()?)
}
