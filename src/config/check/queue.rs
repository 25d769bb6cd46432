//! The settings of the queue, and their contradictions.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{Database, Queue, Queued, Redis, Secret};
use super::{Reader, list};

/// The schemes of Redis addresses.
const SCHEMES: [&str; 4] = ["redis://", "rediss://", "redis+unix://", "unix://"];

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
    let redis = reader.optional("redis-url", redis);
    let bytes = reader.size("queue-bytes", "no operation could wait") as u64;
    let operation_timeout = database.statement_timeout.saturating_mul(3);
    let is_cluster = redis.as_ref().is_some_and(|redis| redis.is_cluster);
    let queue = Queue {
        queued,
        name: reader.read("queue-name", name),
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
        keep_results: reader.duration("keep-results"),
        redis,
    };
    if queue.redis.is_none() && queue.queued != Queued::Nothing {
        reader.refuse("queue", "there is no queue; say where it is with --redis-url redis://host:port");
    }
    if queue.redis.is_some() && queue.keep_results < queue.background_timeout {
        let message = "is shorter than a queued operation may take (ten minutes, or three times statement-timeout): one that is \
            delivered again could then take effect twice";
        reader.refuse("keep-results", message);
    }
    queue
}

/// Addresses, separated by commas. The message never contains the value, which may include a password.
fn redis(text: &str) -> Result<Redis, String> {
    let (mut urls, mut authority) = (Vec::new(), None);
    let mut is_cluster = false;
    for address in list(text) {
        let (address, is_of_cluster) = match address.split_once("+cluster://") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (address, false),
        };
        is_cluster |= is_of_cluster;
        let (address, file) = match address.split_once("?ca=") {
            Some((address, file)) => (address.to_owned(), Some(PathBuf::from(file))),
            None => (address, None),
        };
        if file.is_some() && !address.starts_with("rediss://") {
            return Err("has ?ca=, which has no effect without TLS; write rediss://".to_owned());
        }
        authority = authority.or(file);
        urls.push(checked(&address)?);
    }
    is_cluster |= urls.len() > 1;
    Ok(Redis { urls, is_cluster, authority })
}

fn checked(url: &str) -> Result<Secret, String> {
    if SCHEMES.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        return Ok(Secret::new(url));
    }
    Err("is no address of Redis; write redis://user:password@host:port, or rediss://… for TLS".to_owned())
}

/// It is part of the names of keys, where braces have a meaning.
fn name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err(format!("`{text}` is no name; use letters, digits, `-`, `_` and `.`"));
    }
    Ok(text.to_owned())
}
