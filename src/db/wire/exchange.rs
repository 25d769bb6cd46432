//! A flight there, its answer back: both at once, so that neither side waits for the other with its buffers full.
//!
//! Never reads a message's content but for what the connection itself must know.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use postgres_protocol::message::backend::{Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};

use super::{Failure, Flight, Report, Sent, State, TransactionStatus, Wire};
use crate::event::Event;

/// PostgreSQL cannot make a longer message (its `MaxAllocSize`).
pub(super) const LONGEST_MESSAGE: usize = 1 << 30;

/// As much is asked of the socket at the least.
const READ: usize = 16 * 1024;

/// A flight under way.
///
/// Read it to its end: dropped before, it leaves the connection unusable, and what runs is cancelled when the
/// connection is dropped.
pub(in crate::db) struct Exchange<'a> {
    wire: &'a mut Wire,
    /// The flight, until the first of its answers is asked for.
    flight: Option<Flight>,
    is_extended: bool,
    sent: Sent,
    /// Why no more could be written. What the other side said before it closed comes first.
    write_failure: Option<Failure>,
}

impl Wire {
    /// Begins to send a flight; nothing is written before the answer is asked for.
    pub(in crate::db) fn exchange(&mut self, flight: Flight) -> Exchange<'_> {
        Exchange {
            wire: self,
            is_extended: flight.is_extended,
            flight: Some(flight),
            sent: Sent::Nothing,
            write_failure: None,
        }
    }

    /// The next message that has come in full.
    ///
    /// `longest` bounds what a peer can make us hold: nothing is reserved for a message before its bytes are there.
    pub(super) fn received(&mut self, longest: usize) -> Result<Option<Message>, Failure> {
        let Some(header) = Header::parse(&self.inbound).map_err(Failure::malformed)? else {
            return Ok(None);
        };
        let length = usize::try_from(header.len()).map_err(Failure::malformed)? + 1;
        if length > longest {
            return Err(Failure::Malformed(format!("a message of {length} bytes")));
        }
        if self.inbound.len() < length {
            return Ok(None);
        }
        Message::parse(&mut self.inbound).map_err(Failure::malformed)
    }

    /// Reads some bytes; none is the end.
    pub(super) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        // The buffer doubles as a long message arrives, so that its bytes are moved twice at the most.
        if self.inbound.capacity() - self.inbound.len() < READ / 4 {
            self.inbound.reserve(READ.max(self.inbound.len()));
        }
        let reading = pin!(self.stream.read_buf(&mut self.inbound));
        match reading.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(0)) => Poll::Ready(Err(Failure::Closed)),
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(Failure::io("reading failed", error))),
        }
    }

    /// Takes in what the server may say at any time. Other messages are handed back.
    pub(super) fn note(&mut self, message: Message) -> Result<Option<Message>, Failure> {
        match message {
            Message::NoticeResponse(body) => {
                let report = Report::read(body.fields()).map_err(Failure::malformed)?;
                Event::ServerNotice { message: &report.error.message }.emit();
            }
            Message::ParameterStatus(body) => {
                let name = body.name().map_err(Failure::malformed)?;
                let value = body.value().map_err(Failure::malformed)?;
                // A peer that makes names up shall not fill the memory.
                if self.parameters.len() < 256 || self.parameters.contains_key(name) {
                    self.parameters.insert(name.to_owned(), value.to_owned());
                }
            }
            // Nobody listens here; a pooler may pass on what another client of the server connection listened to.
            Message::NotificationResponse(_) => {}
            other => return Ok(Some(other)),
        }
        Ok(None)
    }
}

impl Exchange<'_> {
    /// The next message of the answer; `None` at its end. The connection has ended after a failure.
    ///
    /// Errors that the server raises are messages. One that ends the session is the last.
    pub(in crate::db) async fn next(&mut self) -> Result<Option<Message>, Failure> {
        if let Some(flight) = self.flight.take() {
            if self.wire.state != State::Ready {
                return Err(Failure::Closed);
            }
            // From here on, a future that is dropped leaves the connection in the middle of something.
            self.wire.state = State::Busy;
            self.wire.outbound = flight.bytes;
            self.wire.awaited = flight.ends;
        }
        let result = self.advance().await;
        if result.is_err() {
            self.wire.state = State::Ended;
        }
        result
    }

    /// Whether anything can have reached the other side.
    pub(in crate::db) fn sent(&self) -> Sent {
        self.sent
    }

    /// The session ended with the last message.
    pub(in crate::db) fn end(&mut self) {
        self.wire.state = State::Ended;
    }

    async fn advance(&mut self) -> Result<Option<Message>, Failure> {
        while self.wire.awaited > 0 {
            if let Some(message) = self.wire.received(LONGEST_MESSAGE)? {
                if let Some(message) = self.read(message)? {
                    return Ok(Some(message));
                }
                continue;
            }
            if let Err(failure) = poll_fn(|context| self.poll(context)).await {
                return Err(self.write_failure.take().unwrap_or(failure));
            }
        }
        Ok(None)
    }

    /// What the connection itself must know of a message; the others are handed on.
    fn read(&mut self, message: Message) -> Result<Option<Message>, Failure> {
        match self.wire.note(message)? {
            Some(Message::ReadyForQuery(body)) => {
                self.wire.transaction = match body.status() {
                    b'I' => TransactionStatus::Idle,
                    b'T' => TransactionStatus::Open,
                    b'E' => TransactionStatus::Failed,
                    other => return Err(Failure::Malformed(format!("a transaction status of {other}"))),
                };
                self.wire.awaited -= 1;
                if self.wire.awaited == 0 {
                    if !self.wire.outbound.is_empty() {
                        return Err(Failure::Malformed("it ends before the question does".to_owned()));
                    }
                    self.wire.state = State::Ready;
                    self.wire.settle();
                }
                Ok(None)
            }
            // What `copy … from stdin` waits for is not there; the server then raises an error. It took no notice of
            // the `Sync` that stood behind.
            Some(Message::CopyInResponse(_)) => {
                let reason = "this connection has no data for COPY … FROM STDIN";
                frontend::copy_fail(reason, &mut self.wire.outbound).map_err(Failure::malformed)?;
                if self.is_extended {
                    frontend::sync(&mut self.wire.outbound);
                }
                Ok(None)
            }
            Some(Message::CopyData(_) | Message::CopyDone) => Ok(None),
            other => Ok(other),
        }
    }

    /// Writes what can be written, and reads.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if self.write_failure.is_none()
            && let Poll::Ready(Err(error)) = self.poll_send(context)
        {
            self.wire.outbound.clear();
            self.write_failure = Some(Failure::io("writing failed", error));
        }
        self.wire.poll_receive(context)
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Wire { stream, outbound, .. } = &mut *self.wire;
        let mut stream = Pin::new(stream);
        while !outbound.is_empty() {
            match ready!(stream.as_mut().poll_write(context, outbound))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => {
                    self.sent = Sent::Something;
                    outbound.advance(written);
                }
            }
        }
        stream.poll_flush(context)
    }
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
