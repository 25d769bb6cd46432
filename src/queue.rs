//! The queue: operations travel through Redis to workers, the only ones that hold connections to the database.
//!
//! A [`Producer`] puts an operation into a stream and waits for its answer. A [`Worker`] takes it, runs it with the same
//! engine, and sends the answer. Delivery is at least once. A mutation is recorded in a ledger in its own transaction, so
//! that it takes effect once. docs/queue.md has the guarantees. The only module that names Redis.

mod answer;
mod backlog;
mod commits;
mod dead;
mod description;
mod entry;
mod handling;
mod keys;
mod ledger;
mod link;
mod message;
mod outage;
mod principal;
mod producer;
mod replies;
mod status;
mod store;
mod worker;

use std::time::{Duration, SystemTime};

use crate::config;
use crate::schema::DefinitionError;

pub use commits::Commits;
pub use dead::{DeadLetter, DeadLetters};
pub(crate) use description::catalog_client;
pub use handling::{Handling, Wait};
pub use ledger::set_up;
pub(crate) use message::{Operation, Sender};
pub use producer::Producer;
pub(crate) use status::add_field as add_status_field;
pub use worker::Worker;

/// Why there is no queue with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The settings of Redis cannot be used.
    #[error("the queue: {0}")]
    Redis(#[from] Error),
    /// The settings do not have the queue's address.
    #[error("there is no queue; say where it is with --redis-url redis://host:port")]
    Nowhere,
    /// The field `operation` cannot be added to the API.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The engine cannot work with the settings.
    #[error(transparent)]
    Engine(#[from] crate::error::Error),
}

/// What can go wrong between Glowplug and Redis.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no connection, or it was lost.
    #[error("{0}")]
    Unavailable(String),
    /// The settings cannot be used, or the user lacks rights. A retry is of no use.
    #[error("{0}")]
    Refused(String),
    /// Redis's answer is invalid: a defect in Glowplug or in Redis.
    #[error("{0}")]
    Protocol(String),
}

impl Error {
    /// The same error, with the address that it is about.
    fn at(self, address: &str) -> Self {
        let with = |text: String| format!("{address}: {text}");
        match self {
            Self::Unavailable(text) => Self::Unavailable(with(text)),
            Self::Refused(text) => Self::Refused(with(text)),
            Self::Protocol(text) => Self::Protocol(with(text)),
        }
    }
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        use redis::ErrorKind::{AuthenticationFailed, InvalidClientConfig};
        match error.kind() {
            InvalidClientConfig | AuthenticationFailed => Self::Refused(error.to_string()),
            _ if matches!(error.code(), Some("NOPERM" | "WRONGPASS" | "NOAUTH")) => {
                Self::Refused(error.to_string())
            }
            _ if link::ends_connection(&error) || error.is_cluster_error() => {
                Self::Unavailable(error.to_string())
            }
            _ if matches!(error.code(), Some("LOADING" | "MASTERDOWN" | "READONLY" | "OOM" | "MISCONF")) => {
                Self::Unavailable(error.to_string())
            }
            // Redis was emptied. The task that takes entries will create the group again.
            _ if error.code() == Some("NOGROUP") => Self::Unavailable(error.to_string()),
            _ => Self::Protocol(error.to_string()),
        }
    }
}

/// Lua's numbers are exact up to 2^53. A hundred times this is below that.
const MOST_BYTES: u64 = 1 << 46;

/// The limits of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// Entries of a shard.
    length: u64,
    /// How long the oldest of them may have waited.
    age: Duration,
    /// Entries of one role in a shard.
    share: u64,
    /// Bytes of a shard's messages.
    bytes: u64,
    /// Bytes of one role's messages in a shard.
    share_of_bytes: u64,
}

impl Bounds {
    /// For operations that were accepted already.
    const NONE: Self = Self {
        length: u32::MAX as u64,
        age: Duration::from_hours(1_000_000),
        share: u32::MAX as u64,
        bytes: MOST_BYTES,
        share_of_bytes: MOST_BYTES,
    };

    fn new(config: &config::Queue) -> Self {
        let (length, bytes) = (u64::from(config.length), config.bytes.min(MOST_BYTES));
        let share = |whole: u64| (whole * u64::from(config.share_percent)).div_ceil(100).max(1);
        Self { length, age: config.age, share: share(length), bytes, share_of_bytes: share(bytes) }
    }
}

/// Milliseconds since 1970.
fn now() -> message::Milliseconds {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A random number, to spread retries over time.
fn random() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1
}
