//! Notices of commits between processes, for live queries: a short stream in Redis. Each process that has committed a
//! mutation adds an entry, and each server reads them.
//!
//! A lost notice costs only time: the poll of each server finds the change after its interval.

use std::time::Duration;

use redis::AsyncCommands as _;
use redis::streams::{StreamMaxlen, StreamRangeReply, StreamReadOptions, StreamReadReply};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::link::Redis;
use super::{Error, SetupError};
use crate::config;

/// The approximate number of entries that are kept. A reader that was away for longer loses only time.
const KEPT: usize = 16;

/// Commits within this time are one entry.
const PAUSE: Duration = Duration::from_millis(5);

/// How long one read waits.
const WAIT: Duration = Duration::from_secs(1);

/// How long the reader pauses after a failure.
const REST: Duration = Duration::from_millis(500);

/// Sends notices of commits to other processes, and receives theirs.
pub struct Commits {
    redis: Redis,
    stream: String,
    /// The id by which this process recognises its own entries.
    process: String,
}

impl Commits {
    /// Needs no Redis yet. `None` if the settings have no Redis.
    pub fn new(config: &config::Queue) -> Result<Option<Self>, SetupError> {
        config.redis.as_ref().map(|redis| Self::of(redis, config)).transpose()
    }

    pub(super) fn of(redis: &config::Redis, config: &config::Queue) -> Result<Self, SetupError> {
        let stream = format!("glowplug:{{{}}}:commits", config.name);
        let process = Uuid::new_v4().simple().to_string();
        Ok(Self { redis: Redis::new(redis)?, stream, process })
    }

    /// Sends a notice of each commit of this process, until `stop` is cancelled.
    pub async fn tell(&self, mut commits: watch::Receiver<u64>, stop: &CancellationToken) {
        let telling = async {
            while commits.changed().await.is_ok() {
                // May fail while Redis cannot be reached.
                let _ = self.add().await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        stop.run_until_cancelled(telling).await;
    }

    /// Calls `heard` whenever another process has committed, until `stop` is cancelled.
    pub async fn hear(&self, heard: impl Fn(), stop: &CancellationToken) {
        let hearing = async {
            loop {
                let Err(_) = self.hear_until_failure(&heard).await;
                tokio::time::sleep(REST).await;
            }
        };
        stop.run_until_cancelled(hearing).await;
    }

    async fn add(&self) -> Result<(), Error> {
        let entry = [("by", &self.process)];
        self.redis
            .run(async |link| link.xadd_maxlen(&self.stream, StreamMaxlen::Approx(KEPT), "*", &entry).await)
            .await
    }

    async fn hear_until_failure(&self, heard: &impl Fn()) -> Result<std::convert::Infallible, Error> {
        let mut link = self.redis.link_that_waits(WAIT).await?;
        let block = usize::try_from(WAIT.as_millis()).unwrap_or(usize::MAX);
        let options = StreamReadOptions::default().count(256).block(block);
        let newest: StreamRangeReply = link.xrevrange_count(&self.stream, "+", "-", 1).await?;
        let mut last = newest.ids.into_iter().next().map_or_else(|| "0".to_owned(), |entry| entry.id);
        loop {
            let read: Option<StreamReadReply> =
                link.xread_options(&[&self.stream], &[&last], &options).await?;
            let entries: Vec<_> =
                read.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect();
            if entries.iter().any(|entry| entry.get::<String>("by").as_ref() != Some(&self.process)) {
                heard();
            }
            if let Some(entry) = entries.into_iter().next_back() {
                last = entry.id;
            }
        }
    }
}
