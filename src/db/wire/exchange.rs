//! Sends pipelines and reads their answers, both at once, so that neither side waits for the other with full buffers.
//!
//! Reads the content of a message only where the connection itself needs it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use postgres_protocol::message::backend::{Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};

use super::queue::{Fetched, Ticket};
use super::shared::{SharedWire, Sharing};
use super::{Failure, Pipeline, Report, Sent, State, TransactionStatus, Wire};
use crate::event::Event;

/// PostgreSQL cannot make a longer message (its `MaxAllocSize`).
pub(super) const LONGEST_MESSAGE: usize = 1 << 30;

/// The tag of a row.
const DATA_ROW: u8 = b'D';

/// A row without columns.
const NO_COLUMNS: &[u8] = b"D\0\0\0\x06\0\0";

/// The smallest number of bytes that one read asks of the socket.
const READ: usize = 16 * 1024;

/// A pipeline in progress.
///
/// Read it to its end. [`Sharing`] says what happens if it is dropped before that.
pub(in crate::db) struct Exchange<'a> {
    shared: &'a SharedWire,
    sharing: Sharing,
    /// The pipeline, until its first answer is requested.
    pipeline: Option<Pipeline>,
    /// Its place in the queue, from then until the end of its answer.
    ticket: Option<Ticket>,
    /// How many bytes the connection had queued before it.
    from: u64,
    /// Messages that arrived and were not handed out yet.
    messages: VecDeque<Message>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(shared: &'a SharedWire, pipeline: Pipeline, sharing: Sharing) -> Self {
        let pipeline = Some(pipeline);
        Self { shared, sharing, pipeline, ticket: None, from: 0, messages: VecDeque::new() }
    }

    /// The next message of the answer; `None` at its end. After a failure, the connection has ended.
    ///
    /// Server errors are messages. An error that ends the session is the last message.
    pub(in crate::db) async fn next(&mut self) -> Result<Option<Message>, Failure> {
        if let Some(pipeline) = self.pipeline.take() {
            (self.ticket, self.from) = self.shared.with(|wire| wire.begin(pipeline, self.sharing))?;
            if self.sharing == Sharing::Joined {
                let_others_join().await;
            }
        }
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(Some(message));
            }
            let Some(ticket) = self.ticket else { return Ok(None) };
            let Self { shared, messages, sharing, .. } = self;
            let poll = |context: &mut Context<'_>| {
                shared.with(|wire| wire.poll_answer(ticket, *sharing, messages, context))
            };
            match poll_fn(poll).await {
                Ok(Fetched::Messages) => {}
                Ok(Fetched::End | Fetched::Nothing) => self.leave(),
                Err(failure) => {
                    self.leave();
                    return Err(failure);
                }
            }
        }
    }

    /// Whether anything can have reached the peer.
    pub(in crate::db) fn sent(&self) -> Sent {
        let written = self.shared.with(|wire| wire.written);
        if written > self.from { Sent::Something } else { Sent::Nothing }
    }

    fn leave(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.with(|wire| wire.queue.leave(ticket));
        }
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        match self.sharing {
            // The wire stays busy, so that the late answer is not taken for the answer to another pipeline.
            Sharing::Alone => {}
            Sharing::Joined => self.leave(),
        }
    }
}

/// Lets futures that are polled together queue their pipelines behind this one, before all are written at once.
async fn let_others_join() {
    let mut is_first = true;
    let yielding = |context: &mut Context<'_>| {
        if mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    };
    poll_fn(yielding).await;
}

impl Wire {
    /// Queues a pipeline behind the others. Returns its place, and the number of bytes queued before it.
    fn begin(&mut self, pipeline: Pipeline, sharing: Sharing) -> Result<(Option<Ticket>, u64), Failure> {
        // From here on, a dropped future leaves the connection in the middle of an exchange.
        self.state = match (self.state, sharing) {
            (State::Busy | State::Ended, _) => return Err(Failure::Closed),
            (State::Ready | State::Joined, Sharing::Alone) => State::Busy,
            (State::Ready | State::Joined, Sharing::Joined) => State::Joined,
        };
        Event::PipelineSent.emit();
        let from = self.taken();
        let ticket = self.queue.push(&pipeline, from + pipeline.bytes.len() as u64);
        if self.outbound.is_empty() {
            self.outbound = pipeline.bytes;
        } else {
            self.outbound.extend_from_slice(&pipeline.bytes);
        }
        Ok((Some(ticket), from))
    }

    /// The number of bytes queued so far.
    fn taken(&self) -> u64 {
        self.written + self.outbound.len() as u64
    }

    /// Writes and reads, for all pipelines, until something has arrived for the ticket.
    fn poll_answer(
        &mut self,
        ticket: Ticket,
        sharing: Sharing,
        messages: &mut VecDeque<Message>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Fetched, Failure>> {
        loop {
            match self.queue.fetch(ticket, messages) {
                Fetched::Nothing => {}
                fetched => return Poll::Ready(Ok(fetched)),
            }
            if let Some(failure) = &self.failure {
                return Poll::Ready(Err(failure.clone()));
            }
            match self.poll_progress(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(failure)) => self.fail(failure),
                Poll::Pending => {
                    if sharing == Sharing::Joined {
                        self.queue.wait(ticket, context.waker());
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// Writes as much as the socket takes, reads, and stores the messages that arrived.
    pub(super) fn poll_progress(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if self.write_failure.is_none()
            && let Poll::Ready(Err(error)) = self.poll_send(context)
        {
            self.outbound.clear();
            // Words that the peer sent before it closed come first.
            self.write_failure = Some(Failure::io("writing failed", error));
        }
        ready!(self.poll_receive(context))?;
        while self.queue.is_awaited()
            && self.failure.is_none()
            && let Some(message) = self.received_within_limit()?
        {
            self.dispatch(message)?;
        }
        Poll::Ready(Ok(()))
    }

    /// The connection has ended, for all its users.
    fn fail(&mut self, failure: Failure) {
        self.state = State::Ended;
        let first = self.write_failure.take().unwrap_or(failure);
        self.failure.get_or_insert(first);
        self.queue.wake_all();
    }

    /// Records what the connection itself needs from a message. Stores other messages for their pipelines.
    fn dispatch(&mut self, message: Message) -> Result<(), Failure> {
        match self.note(message)? {
            None | Some(Message::CopyData(_) | Message::CopyDone) => {}
            Some(Message::ReadyForQuery(body)) => self.end_part(body.status())?,
            Some(Message::CopyInResponse(_)) => self.refuse_copy()?,
            Some(Message::ErrorResponse(body)) => {
                let report = Report::read(body.fields()).map_err(Failure::malformed)?;
                self.queue.put(Message::ErrorResponse(body));
                if report.is_fatal {
                    self.fail(Failure::Reported(Box::new(report)));
                }
            }
            Some(message) => self.queue.put(message),
        }
        Ok(())
    }

    fn end_part(&mut self, status: u8) -> Result<(), Failure> {
        self.transaction = match status {
            b'I' => TransactionStatus::Idle,
            b'T' => TransactionStatus::Open,
            b'E' => TransactionStatus::Failed,
            other => return Err(Failure::Malformed(format!("a transaction status of {other}"))),
        };
        if !self.queue.end_part(self.written) {
            return Err(Failure::Malformed("it ends before the query does".to_owned()));
        }
        if !self.queue.is_awaited() {
            self.state = State::Ready;
            self.settle();
            self.shrink();
        }
        Ok(())
    }

    /// Releases the memory of a long question or answer: an idle connection has small buffers.
    fn shrink(&mut self) {
        if self.outbound.is_empty() {
            self.outbound = BytesMut::new();
        }
        if mem::take(&mut self.is_inbound_grown) {
            self.inbound = BytesMut::from(&self.inbound[..]);
        }
    }

    /// The data that `copy … from stdin` waits for does not exist, so the server raises an error. It has ignored the `Sync`
    /// behind the statement, and would ignore another pipeline's messages too. So no answer could be told from the next.
    fn refuse_copy(&mut self) -> Result<(), Failure> {
        let reason = "this connection has no data for COPY … FROM STDIN";
        if self.queue.is_followed() {
            return Err(Failure::Malformed(format!("{reason}, and other queries are behind it")));
        }
        frontend::copy_fail(reason, &mut self.outbound).map_err(Failure::malformed)?;
        if self.queue.is_extended() {
            frontend::sync(&mut self.outbound);
        }
        self.queue.lengthen(self.taken());
        Ok(())
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, outbound, written, .. } = self;
        let mut stream = Pin::new(stream);
        while !outbound.is_empty() {
            match ready!(stream.as_mut().poll_write(context, outbound))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    *written += count as u64;
                    Event::BytesWritten { bytes: count }.emit();
                    outbound.advance(count);
                }
            }
        }
        stream.poll_flush(context)
    }

    /// The next message. A row beyond the pipeline's limit is discarded: its bytes are dropped as they arrive.
    fn received_within_limit(&mut self) -> Result<Option<Message>, Failure> {
        if self.discarded == 0 {
            match Header::parse(&self.inbound).map_err(Failure::malformed)? {
                Some(header) if header.tag() == DATA_ROW => {
                    let length = usize::try_from(header.len()).map_err(Failure::malformed)? + 1;
                    if self.queue.has_room_for(length) {
                        return self.received(LONGEST_MESSAGE);
                    }
                    if !self.queue.leave_out(length) {
                        return Err(Failure::TooLong);
                    }
                    self.discarded = length;
                }
                _ => return self.received(LONGEST_MESSAGE),
            }
        }
        let count = self.discarded.min(self.inbound.len());
        self.inbound.advance(count);
        self.discarded -= count;
        if self.discarded > 0 {
            return Ok(None);
        }
        Message::parse(&mut BytesMut::from(NO_COLUMNS)).map_err(Failure::malformed)
    }

    /// The next message that has arrived in full.
    ///
    /// `longest` bounds the memory that a peer can make us use: nothing is reserved for a message before its bytes are
    /// there.
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

    /// Reads some bytes. No bytes mean the end.
    pub(super) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        // The buffer doubles while a long message arrives, so that its bytes are moved twice at most.
        if self.inbound.capacity() - self.inbound.len() < READ / 4 {
            self.is_inbound_grown |= self.inbound.len() > READ;
            self.inbound.reserve(READ.max(self.inbound.len()));
        }
        let reading = pin!(self.stream.read_buf(&mut self.inbound));
        match reading.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(0)) => Poll::Ready(Err(Failure::Closed)),
            Poll::Ready(Ok(bytes)) => {
                Event::BytesRead { bytes }.emit();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(Failure::io("reading failed", error))),
        }
    }

    /// Handles the messages that a server may send at any time. Returns other messages.
    pub(super) fn note(&mut self, message: Message) -> Result<Option<Message>, Failure> {
        match message {
            Message::NoticeResponse(body) => {
                let report = Report::read(body.fields()).map_err(Failure::malformed)?;
                Event::ServerNotice { message: &report.error.message }.emit();
            }
            Message::ParameterStatus(body) => {
                let name = body.name().map_err(Failure::malformed)?;
                let value = body.value().map_err(Failure::malformed)?;
                // A peer that invents names must not fill the memory.
                if self.parameters.len() < 256 || self.parameters.contains_key(name) {
                    self.parameters.insert(name.to_owned(), value.to_owned());
                }
            }
            // There is no listener here. A pooler may pass on notifications for which another client of the server
            // connection listened.
            Message::NotificationResponse(_) => {}
            other => return Ok(Some(other)),
        }
        Ok(None)
    }
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
