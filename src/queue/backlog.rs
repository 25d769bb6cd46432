//! The content of a queue, for metrics: one small script for each shard.

use std::time::Duration;

use futures_util::future::try_join_all;

use super::keys::Keys;
use super::link::Redis;
use super::{Error, store};
use crate::event::metrics::Backlog;

/// How long Redis may take to answer. A request for metrics must not wait for a Redis that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(1);

/// A worker with all slots busy may be silent for up to this long. A shorter silence does not mean that it is gone.
const SHORTEST_SILENCE: Duration = Duration::from_secs(3);

/// The content of all shards together; `None` if Redis does not answer in time.
pub(super) async fn measure(redis: &Redis, keys: &Keys, claim_after: Duration) -> Option<Backlog> {
    let heard_within = claim_after.max(SHORTEST_SILENCE);
    let parts = keys.shards().map(|shard| async move { store::measure(redis, &shard, heard_within).await });
    let measured: Result<Vec<Backlog>, Error> =
        tokio::time::timeout(PATIENCE, try_join_all(parts)).await.ok()?;
    Some(measured.ok()?.into_iter().fold(Backlog::default(), sum))
}

fn sum(one: Backlog, other: Backlog) -> Backlog {
    Backlog {
        waiting: one.waiting + other.waiting,
        running: one.running + other.running,
        aside: one.aside + other.aside,
        oldest_waiting: one.oldest_waiting.max(other.oldest_waiting),
        oldest_running: one.oldest_running.max(other.oldest_running),
        // Each worker is registered in each shard.
        workers: one.workers.max(other.workers),
        bytes: one.bytes + other.bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_added_but_for_ages_and_workers() {
        let part = |count, seconds| Backlog {
            waiting: count,
            running: count,
            aside: count,
            oldest_waiting: Duration::from_secs(seconds),
            oldest_running: Duration::from_secs(seconds),
            workers: count,
            bytes: count,
        };
        let both = sum(part(2, 7), part(3, 5));
        assert_eq!((both.waiting, both.running, both.aside, both.workers, both.bytes), (5, 5, 5, 3, 5));
        assert_eq!((both.oldest_waiting.as_secs(), both.oldest_running.as_secs()), (7, 7));
    }
}
