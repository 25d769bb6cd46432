//! The settings of the queue as checked, ready values. Only data.

use std::path::PathBuf;
use std::time::Duration;

use super::Secret;

/// The settings of the queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The address of Redis; `None` if there is none.
    pub redis: Option<Redis>,
    /// Which operations are queued.
    pub queued: Queued,
    /// Its name.
    pub name: String,
    /// The number of its shards.
    pub shards: u32,
    /// The maximum number of operations in a shard.
    pub length: u32,
    /// The maximum number of bytes of the messages in a shard.
    pub bytes: u64,
    /// The queue accepts no more operations when the oldest waiting one has waited for this long.
    pub age: Duration,
    /// The share of the length and of the bytes that one role may use.
    pub share_percent: u8,
    /// The time limit of an operation whose client waits.
    pub operation_timeout: Duration,
    /// The time limit of an operation whose client does not wait.
    pub background_timeout: Duration,
    /// How many operations a worker runs at once.
    pub concurrency: u32,
    /// The time after which a silent worker's operations are taken over.
    pub claim_after: Duration,
    /// How many workers may disappear with an operation.
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

/// The connection to Redis.
#[derive(Debug, Clone)]
pub struct Redis {
    /// Its address; of a cluster, one or more nodes. Never printed with its password.
    pub urls: Vec<Secret>,
    /// Whether it is a Redis Cluster.
    pub is_cluster: bool,
    /// A file with the certificate authorities for Redis's own certificate.
    pub authority: Option<PathBuf>,
}
