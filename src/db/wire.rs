//! The PostgreSQL wire protocol (manual, chapter 55): from a connection string to messages there and back.
//!
//! Framing, SASL and escaping are `postgres-protocol`'s; sockets are tokio's, encryption is rustls'. Knows what a general
//! driver hides: whether a byte was written, whether a transaction is open, whether the peer has gone while the
//! connection was at rest. Never names a statement by itself, never sets anything for the session, and runs no task
//! beside the caller's.

mod authentication;
mod cancel;
mod certificate;
mod connect;
mod exchange;
mod failure;
mod flight;
mod keywords;
mod passfile;
mod report;
mod rest;
mod roots;
mod settings;
mod startup;
mod stream;
mod target;
mod tls;
mod url;
mod values;

use std::collections::BTreeMap;

use bytes::BytesMut;

use self::cancel::CancelKey;
pub(super) use self::connect::Connect;
use self::connect::Route;
pub(super) use self::exchange::Exchange;
pub(super) use self::failure::{Failure, Sent};
pub(super) use self::flight::{Flight, FlightError, Format, UNSPECIFIED};
pub(super) use self::report::Report;
pub use self::settings::Place;
pub(super) use self::settings::Settings;
use self::stream::Stream;

/// One connection to a server or a pooler, authenticated.
///
/// It is used by one exchange at a time. Dropped in the middle of one, it cancels what runs; dropped at rest, it says
/// goodbye.
pub(super) struct Wire {
    stream: Stream,
    /// Bytes that came and were not read as messages yet.
    inbound: BytesMut,
    /// Bytes of the flight under way that could not be written yet.
    outbound: BytesMut,
    /// How many `ReadyForQuery` end the answer to the flight under way.
    awaited: u32,
    /// What the server reports of its settings (`server_version`, `TimeZone`, …), as it stood last.
    parameters: BTreeMap<String, String>,
    /// How to cancel what runs here; some poolers give no key.
    key: Option<CancelKey>,
    /// How a cancel request gets to the same server.
    route: Option<Route>,
    state: State,
    transaction: TransactionStatus,
}

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The last answer was read to its end: the next flight may go.
    Ready,
    /// A flight was sent, or may have been, and its answer was not read to its end.
    Busy,
    /// The connection ended, or the peer does not speak the protocol.
    Ended,
}

/// What the last `ReadyForQuery` said (manual, section 55.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionStatus {
    /// Not in a transaction.
    Idle,
    /// In a transaction.
    Open,
    /// In a transaction that has failed, and can only be rolled back.
    Failed,
}

impl Wire {
    /// Whether a flight can be sent, as far as is known without looking at the socket.
    pub(super) fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Whether a transaction is open, as of the last answer.
    pub(super) fn transaction(&self) -> TransactionStatus {
        self.transaction
    }

    /// Whether nobody in between can read along.
    pub(super) fn is_encrypted(&self) -> bool {
        self.stream.is_encrypted()
    }

    /// The process id that came with the cancel key. Without a pooler it is the backend's.
    pub(super) fn key_process(&self) -> Option<i32> {
        self.key.map(|key| key.process)
    }

    /// What the server, or the pooler, reported of a setting: `server_version`, `TimeZone`.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        match self.state {
            State::Ready => self.stream.say_goodbye(),
            State::Busy => self.abandon(),
            State::Ended => {}
        }
    }
}
