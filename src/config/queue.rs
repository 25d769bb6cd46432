//! What goes through the queue, and what holds there, as checked, ready values. Only data.

use std::path::PathBuf;
use std::time::Duration;

use super::Secret;

/// What goes through the queue, and what holds there.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Where it is; `None` if there is none.
    pub redis: Option<Redis>,
    /// What goes through it.
    pub queued: Queued,
    /// Its name.
    pub name: String,
    /// How many parts it has.
    pub shards: u32,
    /// How many operations may be in a part.
    pub length: u32,
    /// How many bytes the messages of the operations in a part may have.
    pub bytes: u64,
    /// How long the first waiting operation may have been waiting until no more are taken.
    pub age: Duration,
    /// The part of the length and of the bytes that one role may take.
    pub share_percent: u8,
    /// How long an operation may take for whose answer somebody waits.
    pub operation_timeout: Duration,
    /// How long another one may take.
    pub background_timeout: Duration,
    /// How many operations a worker runs at once.
    pub concurrency: u32,
    /// When the operations of a silent worker are taken over.
    pub claim_after: Duration,
    /// How many workers may go away with an operation.
    pub attempts: u32,
    /// How long answers are kept.
    pub keep_results: Duration,
}

/// Which operations go through the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Queued {
    /// None.
    #[default]
    Nothing,
    /// Mutations.
    Mutations,
    /// Queries, too.
    Everything,
}

/// How Redis is reached.
#[derive(Debug, Clone)]
pub struct Redis {
    /// Its address; of a cluster, one or more nodes. Never printed with its password.
    pub urls: Vec<Secret>,
    /// Whether it is a Redis Cluster.
    pub is_cluster: bool,
    /// A file with the certificates that its own must be signed by.
    pub authority: Option<PathBuf>,
}
