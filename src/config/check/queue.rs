//! The settings of the queue, and their contradictions.

use std::time::Duration;

use super::super::{Database, Queue, Queued};
use super::Reader;
use super::redis::RedisSetting;

/// The name of the queue, unless the address has a `queue`.
const NAME: &str = "main";

/// How much of Redis's memory waiting operations may take, unless the address has a `memory`.
const BYTES: u64 = 64 << 20;

/// How long answers are kept, unless the address has a `keep`.
const KEEP: Duration = Duration::from_hours(24);

/// A script that touches more entries would occupy Redis for too long.
const MOST_IN_A_SHARD: u64 = 1_000_000;

/// The smallest number of bytes that an operation in the queue counts for, so that the limit on bytes also limits its
/// length.
const LEAST_BYTES: u64 = 4 << 10;

/// The shards of a queue in a Redis Cluster, which are on different nodes.
const SHARDS_OF_CLUSTER: u32 = 8;

/// The share of the queue that one role may use, so that others always find room.
const SHARE_PERCENT: u8 = 90;

/// The time limit of an operation whose client does not wait.
const BACKGROUND_TIMEOUT: Duration = Duration::from_mins(10);

/// The time after which a silent worker's operations are taken over.
const CLAIM_AFTER: Duration = Duration::from_secs(10);

/// How many workers may disappear with an operation before it becomes a dead letter.
const ATTEMPTS: u32 = 5;

pub(super) fn queue(reader: &mut Reader<'_>, database: &Database) -> Queue {
    let queued = reader.choice(
        "queue",
        &[("off", Queued::Nothing), ("mutations", Queued::Mutations), ("all", Queued::Everything)],
    );
    let RedisSetting { redis, queue: name, memory, keep } =
        reader.optional("redis-url", RedisSetting::parse).unwrap_or_default();
    let bytes = memory.unwrap_or(BYTES);
    let operation_timeout = database.statement_timeout.saturating_mul(3);
    let is_cluster = redis.as_ref().is_some_and(|redis| redis.is_cluster);
    let queue = Queue {
        queued,
        name: name.unwrap_or_else(|| NAME.to_owned()),
        shards: if is_cluster { SHARDS_OF_CLUSTER } else { 1 },
        length: u32::try_from((bytes / LEAST_BYTES).clamp(1, MOST_IN_A_SHARD)).unwrap_or(u32::MAX),
        bytes,
        age: database.statement_timeout,
        share_percent: SHARE_PERCENT,
        operation_timeout,
        background_timeout: BACKGROUND_TIMEOUT.max(operation_timeout),
        concurrency: database.pool_size,
        claim_after: CLAIM_AFTER,
        attempts: ATTEMPTS,
        keep_results: keep.unwrap_or(KEEP),
        redis,
    };
    if queue.redis.is_none() && queue.queued != Queued::Nothing {
        reader.refuse("queue", "there is no queue; say where it is with --redis-url redis://host:port");
    }
    if queue.redis.is_some() && queue.keep_results < queue.background_timeout {
        let message = "keep is shorter than a queued operation may take (ten minutes, or three times statement-timeout): one that \
            is delivered again could then take effect twice";
        reader.refuse("redis-url", message);
    }
    queue
}
