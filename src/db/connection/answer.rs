//! Reads an exchange to its end: its messages one by one, and the server's error behind them.
//!
//! Never leaves an answer half read, unless an error ends the session.

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{DataRowBody, Message};

use crate::db::error::{DatabaseError, Error};
use crate::db::wire::{Exchange, Failure, PipelineError, Report};

/// Hands each message to `read`. The rest is read even after an error: only then is the connection ready again. If the connection ends
/// behind an error, the error counts: it says what the statement failed by.
pub(in crate::db) async fn answer(
    mut exchange: Exchange<'_>,
    mut read: impl FnMut(Message) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut said: Option<Report> = None;
    let mut is_copy = false;
    loop {
        match exchange.next().await {
            Ok(Some(Message::ErrorResponse(body))) => {
                let report = Report::read(body.fields()).map_err(|error| malformed(&error))?;
                match said {
                    _ if !report.is_fatal => said = said.or(Some(report)),
                    None => return Err(Error::ended(&report)),
                    Some(_) => break,
                }
            }
            Ok(Some(Message::CopyOutResponse(_))) => is_copy = true,
            Ok(Some(message)) if said.is_none() => read(message)?,
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(_) if said.is_some() => break,
            Err(failure) => return Err(Error::broken_off(&failure, exchange.sent())),
        }
    }
    match said {
        Some(report) => Err(report.error.into()),
        None if is_copy => Err(Error::Protocol(
            "COPY … TO STDOUT has nowhere to go on this connection: use psql, or a query that returns rows"
                .to_owned(),
        )),
        None => Ok(()),
    }
}

/// The peer violated the protocol.
pub(in crate::db) fn malformed(error: &std::io::Error) -> Error {
    Error::Protocol(Failure::Malformed(error.to_string()).to_string())
}

/// The first value of a row, as text.
pub(in crate::db) fn first_value(row: &DataRowBody) -> Result<Option<String>, Error> {
    let range = row.ranges().next().map_err(|error| malformed(&error))?.flatten();
    let text = range.map(|range| String::from_utf8(row.buffer()[range].to_vec()));
    text.transpose().map_err(|error| Error::Protocol(format!("an answer is no text: {error}")))
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<PipelineError> for Error {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::NulByte => Self::NulByte,
            PipelineError::TooLarge => {
                Self::Protocol("the message is longer than PostgreSQL takes".to_owned())
            }
        }
    }
}
