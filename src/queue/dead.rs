//! The dead letters: lists them, puts them in again, or drops them, for operators.

use redis::AsyncCommands as _;
use redis::streams::{StreamId, StreamRangeReply};

use super::keys::{Keys, Shard};
use super::link::Redis;
use super::message::Message;
use super::store::{EnqueueOutcome, Enqueued};
use super::{Bounds, Error, backlog, now, principal, store};
use crate::config;
use crate::event::metrics::Backlog;

/// The dead letters of one queue.
pub struct DeadLetters {
    redis: Redis,
    keys: Keys,
    background_timeout: std::time::Duration,
    keep_results: std::time::Duration,
    claim_after: std::time::Duration,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Identifies it for [`DeadLetters::retry`] and [`DeadLetters::drop_entry`]: the shard and the entry in it.
    pub name: String,
    /// The operation's id, if the message could be read.
    pub id: Option<uuid::Uuid>,
    /// The sender's role.
    pub role: String,
    /// The number of attempts.
    pub attempts: u32,
    /// Why it became a dead letter.
    pub reason: String,
    /// The beginning of its document.
    pub document: String,
    message: String,
}

impl DeadLetters {
    /// Needs no Redis yet.
    pub fn new(redis: &config::Redis, config: &config::Queue) -> Result<Self, Error> {
        Ok(Self {
            redis: Redis::new(redis)?,
            keys: Keys::new(&config.name, config.shards),
            background_timeout: config.background_timeout,
            keep_results: config.keep_results,
            claim_after: config.claim_after,
        })
    }

    /// The content of the queue itself; `None` if Redis does not answer in time.
    pub async fn backlog(&self) -> Option<Backlog> {
        backlog::measure(&self.redis, &self.keys, self.claim_after).await
    }

    /// All of them, oldest first in each shard.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, Error> {
        let mut all = Vec::new();
        for (number, shard) in self.keys.shards().enumerate() {
            let found: StreamRangeReply =
                self.redis.run(async |link| link.xrange_all(&shard.dead).await).await?;
            all.extend(found.ids.iter().map(|id| aside(number, id)));
        }
        Ok(all)
    }

    /// Puts one into the queue again, with a new deadline. Returns whether it was there and the queue had room for it.
    pub async fn retry(&self, aside: &DeadLetter) -> Result<bool, Error> {
        let Some(shard) = self.shard(aside) else { return Ok(false) };
        let Ok(mut message) = Message::decode(&aside.message) else {
            return Err(Error::Refused(format!(
                "{} cannot be tried again: its message cannot be read; drop it with `glowplug queue drop {}`",
                aside.name, aside.name
            )));
        };
        let timeout = u64::try_from(self.background_timeout.as_millis()).unwrap_or(u64::MAX);
        message.deadline = now().saturating_add(timeout);
        // Its client does not wait any more, but can query it by the id.
        message.reply_to = None;
        message.is_named = true;
        let text = message.encode().map_err(|error| Error::Protocol(error.to_string()))?;
        let principal = principal::principal(&message.sender);
        let enqueued = Enqueued {
            id: message.id,
            role: message.counted_for(),
            version: message.version(),
            sent_at: message.enqueued_at,
            is_for_now: false,
            message: &text,
            state: Some((self.keep_results, &principal)),
        };
        match store::enqueue(&self.redis, &shard, &Bounds::NONE, &enqueued).await? {
            EnqueueOutcome::Queued(_) => self.remove(&shard, aside).await,
            _ => Ok(false),
        }
    }

    /// Drops one. Returns whether it was there.
    pub async fn drop_entry(&self, aside: &DeadLetter) -> Result<bool, Error> {
        match self.shard(aside) {
            Some(shard) => self.remove(&shard, aside).await,
            None => Ok(false),
        }
    }

    fn shard(&self, aside: &DeadLetter) -> Option<Shard> {
        let (number, _) = aside.name.split_once('/')?;
        self.keys.shards().nth(number.parse().ok()?)
    }

    async fn remove(&self, shard: &Shard, aside: &DeadLetter) -> Result<bool, Error> {
        let entry = aside.name.split_once('/').map_or("", |(_, entry)| entry);
        let removed: usize = self.redis.run(async |link| link.xdel(&shard.dead, &[entry]).await).await?;
        Ok(removed == 1)
    }
}

fn aside(shard: usize, id: &StreamId) -> DeadLetter {
    let text = |name: &str| id.get::<String>(name).unwrap_or_default();
    let message = text("message");
    let read = Message::decode(&message).ok();
    DeadLetter {
        name: format!("{shard}/{}", id.id),
        id: read.as_ref().map(|message| message.id),
        role: text("role"),
        attempts: id.get("attempts").unwrap_or(0),
        reason: text("reason"),
        document: read.map(|message| message.ask.document().to_owned()).unwrap_or_default(),
        message,
    }
}
