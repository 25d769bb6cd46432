//! An exchange, read to its end: its messages one by one, and the server's error behind them.
//!
//! Never leaves an answer half read, but for one that ends the session.

use postgres_protocol::message::backend::Message;

use super::wire::{Exchange, Failure, FlightError, Report};
use super::{Answers, DatabaseError, Error};

/// The values of statements, as they arrive.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Those of the statements that have ended; `None` is NULL, no row, or a value that was left out.
    pub(super) values: Answers,
    /// Which of them were left out, because they were longer than the scope allows.
    pub(super) left_out: Vec<usize>,
}

impl Collected {
    pub(super) fn push(&mut self, value: Option<String>) {
        self.values.push(value);
    }

    pub(super) fn leave_out(&mut self) {
        self.left_out.push(self.values.len());
        self.values.push(None);
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.left_out.clear();
    }

    /// An error if something was left out.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.left_out.is_empty() { Ok(()) } else { Err(Error::AnswerTooLong) }
    }
}

/// Hands each message to `read`. The rest is read even after an error: only then is the connection ready again.
pub(super) async fn answer(
    mut exchange: Exchange<'_>,
    mut read: impl FnMut(Message) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut said: Option<Report> = None;
    let mut is_copy = false;
    loop {
        match exchange.next().await {
            Ok(Some(Message::ErrorResponse(body))) => {
                let report = Report::read(body.fields()).map_err(|error| malformed(&error))?;
                if report.is_fatal {
                    return Err(Error::broken_off(&Failure::Closed, exchange.sent(), Some(&report)));
                }
                said = said.or(Some(report));
            }
            Ok(Some(Message::CopyOutResponse(_))) => is_copy = true,
            Ok(Some(message)) if said.is_none() => read(message)?,
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(failure) => return Err(Error::broken_off(&failure, exchange.sent(), said.as_ref())),
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

/// What came is not what the protocol says.
pub(super) fn malformed(error: &std::io::Error) -> Error {
    Error::Protocol(Failure::Malformed(error.to_string()).to_string())
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<FlightError> for Error {
    fn from(error: FlightError) -> Self {
        match error {
            FlightError::NulByte => Self::NulByte,
            FlightError::TooLarge => Self::Protocol("the message is longer than PostgreSQL takes".to_owned()),
        }
    }
}
