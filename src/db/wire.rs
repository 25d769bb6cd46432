//! The PostgreSQL wire protocol (manual, chapter 55): from a connection string to messages there and back.
//!
//! Framing, SASL and escaping come from `postgres-protocol`, sockets from tokio, encryption from rustls. This module knows
//! what a general driver hides: whether a byte was written, whether a transaction is open, whether the peer closed the
//! connection while it was idle. Never names a statement by itself, never sets anything for the session, and runs no
//! background task.

mod authentication;
mod cancel;
mod certificate;
mod connect;
mod exchange;
mod failure;
mod keywords;
mod parameters;
mod passfile;
mod pipeline;
mod queue;
mod report;
mod rest;
mod roots;
mod settings;
mod shared;
mod signature;
mod startup;
mod stream;
mod target;
mod tls;
mod url;
mod values;

use std::collections::BTreeMap;

use bytes::BytesMut;
use tokio::sync::OwnedSemaphorePermit;

use self::cancel::CancelKey;
pub use self::cancel::cancelled;
pub(super) use self::connect::Connect;
use self::connect::Route;
pub(super) use self::exchange::Exchange;
pub(super) use self::failure::{Failure, Sent};
pub(super) use self::pipeline::{Format, Pipeline, PipelineError, UNSPECIFIED};
use self::queue::Queue;
pub(super) use self::report::Report;
pub use self::settings::Place;
pub(super) use self::settings::Settings;
pub(super) use self::shared::{SharedWire, Sharing};
use self::stream::Stream;

/// One connection to a server or a pooler, authenticated.
///
/// Dropped while an answer is awaited, it cancels the running statement. Dropped while idle, it says goodbye.
pub(super) struct Wire {
    stream: Stream,
    /// Bytes that arrived and are not parsed as messages yet.
    inbound: BytesMut,
    /// Whether that buffer grew for a long message. A remainder in it keeps all of its memory.
    is_inbound_grown: bool,
    /// How many bytes are still to come of a row that is left out.
    discarded: usize,
    /// Bytes of the pipelines under way that could not be written yet.
    outbound: BytesMut,
    /// How many bytes of pipelines were written so far.
    written: u64,
    /// The pipelines in progress.
    queue: Queue,
    /// Why writing failed.
    write_failure: Option<Failure>,
    /// Why the connection ended in the middle of an exchange.
    failure: Option<Failure>,
    /// The server's last reports of its settings (`server_version`, `TimeZone`, …).
    parameters: BTreeMap<String, String>,
    /// The key to cancel the running statement. Some poolers give none.
    key: Option<CancelKey>,
    /// How a cancel request reaches the same server.
    route: Option<Route>,
    /// Counts this connection towards its pool until it has ended, which may be long after it was dropped.
    pub(super) pool_permit: Option<OwnedSemaphorePermit>,
    state: State,
    transaction: TransactionStatus,
}

/// The state of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The last answer was read to its end: the next pipeline may be sent.
    Ready,
    /// An exclusive pipeline was sent, or may have been, and its answer is not read to its end.
    Busy,
    /// Shared pipelines are in progress: more may be sent.
    Joined,
    /// The connection ended, or the peer violated the protocol.
    Ended,
}

/// What the last `ReadyForQuery` said (manual, section 55.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionStatus {
    /// Not in a transaction.
    Idle,
    /// In a transaction.
    Open,
    /// In a failed transaction, which can only be rolled back.
    Failed,
}

impl Wire {
    /// Whether a pipeline can be sent, as far as this is known without looking at the socket.
    pub(super) fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// The process id that came with the cancel key. Without a pooler it is the backend's.
    pub(super) fn key_process(&self) -> Option<i32> {
        self.key.map(|key| key.process)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        match self.state {
            State::Ready => self.stream.say_goodbye(),
            State::Busy | State::Joined => self.abandon(),
            State::Ended => {}
        }
    }
}
