//! Operation -> queue -> answer: the side of those who ask.
//!
//! An operation that was taken runs even if its client goes away. An answer that is lost on its way is asked for again: the
//! entry is gone then, and the same operation is put in once more, which a mutation's ledger makes harmless.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::keys::{Keys, Shard};
use super::link::Redis;
use super::message::{Ask, Message, Operation, Sender};
use super::replies::{Replies, Waiting};
use super::store::{Enqueued, Verdict};
use super::{Bounds, Error, answer, backlog, now, principal, store};
use crate::config;
use crate::engine::{Identity, Response};
use crate::event::QueueEvent;
use crate::event::metrics::Backlog;

/// How often it is looked whether an operation is still in the queue.
const LOOK: Duration = Duration::from_secs(1);

/// How much longer than the operation's deadline its answer is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// How a client wants its operation to be handled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handling {
    /// The client's name for the operation (`Idempotency-Key`).
    pub key: Option<Uuid>,
    /// Whether it waits for the answer.
    pub wait: Wait,
}

/// Whether a client waits for the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wait {
    /// It does.
    #[default]
    ForAnswer,
    /// It asks for it later (`Prefer: respond-async`, RFC 7240).
    No,
}

/// Puts operations into the queue. Cheap to clone.
#[derive(Clone)]
pub struct Producer {
    inner: Arc<Inner>,
}

struct Inner {
    redis: Redis,
    keys: Keys,
    bounds: Bounds,
    replies: Replies,
    /// How long an operation may take for whose answer somebody waits.
    operation_timeout: Duration,
    /// How long one may take for whose answer nobody waits.
    background_timeout: Duration,
    /// For how long an operation can be asked for.
    keep_results: Duration,
    /// After which time a worker that is not heard of is taken for gone.
    claim_after: Duration,
}

impl Producer {
    /// Needs no Redis yet: until one answers, operations are told that the queue is not available.
    pub fn new(redis: &config::Redis, config: &config::Queue) -> Result<Self, Error> {
        let keys = Keys::new(&config.name, config.shards);
        let inner = Inner {
            redis: Redis::new(redis)?,
            bounds: Bounds::new(config),
            replies: Replies::new(keys.replies(Uuid::new_v4())),
            keys,
            operation_timeout: config.operation_timeout,
            background_timeout: config.background_timeout,
            keep_results: config.keep_results,
            claim_after: config.claim_after,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Fetches answers until told to stop; without it, none comes.
    pub async fn run(&self, stop: CancellationToken) {
        self.inner.replies.read(&self.inner.redis, &stop).await;
    }

    /// How much is in the queue; `None` if Redis does not tell in time.
    pub(super) async fn backlog(&self) -> Option<Backlog> {
        let Inner { redis, keys, claim_after, .. } = &*self.inner;
        backlog::measure(redis, keys, *claim_after).await
    }

    pub(super) fn redis(&self) -> &Redis {
        &self.inner.redis
    }

    /// Has a mutation run, once.
    pub(super) async fn write(
        &self,
        operation: Operation,
        identity: &Identity,
        handling: Handling,
    ) -> Response {
        let id = handling.key.unwrap_or_else(Uuid::new_v4);
        let is_named = handling.key.is_some() || handling.wait == Wait::No;
        match handling.wait {
            Wait::ForAnswer => self.ask(id, Ask::Write(operation), identity, is_named).await,
            Wait::No => self.leave(id, Ask::Write(operation), identity).await,
        }
    }

    async fn ask(&self, id: Uuid, ask: Ask, identity: &Identity, is_named: bool) -> Response {
        let Inner { replies, operation_timeout, .. } = &*self.inner;
        let waiting = replies.wait();
        let end = Instant::now() + *operation_timeout + GRACE;
        let enqueued_at = now();
        let message = Message {
            id,
            sender: Sender::from(identity),
            ask,
            enqueued_at,
            deadline: enqueued_at.saturating_add(milliseconds(*operation_timeout)),
            reply_to: Some(waiting.address()),
            is_named,
        };
        match self.enqueue(&message, &self.inner.bounds).await {
            Ok(entry) => self.wait(message, entry, waiting, end).await,
            Err(response) => response,
        }
    }

    async fn leave(&self, id: Uuid, ask: Ask, identity: &Identity) -> Response {
        let enqueued_at = now();
        let message = Message {
            id,
            sender: Sender::from(identity),
            ask,
            enqueued_at,
            deadline: enqueued_at.saturating_add(milliseconds(self.inner.background_timeout)),
            reply_to: None,
            is_named: true,
        };
        match self.enqueue(&message, &self.inner.bounds).await {
            Ok(_) => answer::accepted(id),
            Err(response) => response,
        }
    }

    /// Waits for the answer; asks again if the entry is gone and no answer has come.
    async fn wait(
        &self,
        message: Message,
        mut entry: String,
        mut waiting: Waiting<'_>,
        end: Instant,
    ) -> Response {
        let shard = self.inner.keys.shard_of(message.id);
        let mut looks_gone = 0;
        loop {
            tokio::select! {
                biased;
                response = waiting.answer() => return response,
                () = tokio::time::sleep_until(end) => {
                    QueueEvent::AnswerOverdue { id: message.id }.emit();
                    return answer::timed_out(message.id);
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            // A worker answers before it takes the entry out, so that the answer has been there for one look by then.
            looks_gone = match store::is_there(&self.inner.redis, &shard, &entry).await {
                Ok(false) => looks_gone + 1,
                Ok(true) | Err(_) => 0,
            };
            if looks_gone > 1 && now() < message.deadline {
                QueueEvent::AnswerLost { id: message.id }.emit();
                if let Ok(again) = self.enqueue(&message, &Bounds::NONE).await {
                    entry = again;
                    looks_gone = 0;
                }
            }
        }
    }

    /// Puts a message in; the entry's id, or what to answer where it cannot be put in.
    async fn enqueue(&self, message: &Message, bounds: &Bounds) -> Result<String, Response> {
        let Inner { redis, keys, keep_results, .. } = &*self.inner;
        let shard: Shard = keys.shard_of(message.id);
        let text = message.encode().map_err(|_| answer::internal())?;
        let principal = principal::principal(&message.sender);
        let state = message.is_named.then_some((*keep_results, principal.as_slice()));
        let enqueued = Enqueued { id: message.id, role: message.counted_for(), message: &text, state };
        match store::enqueue(redis, &shard, bounds, &enqueued).await {
            Ok(Verdict::Queued(entry)) => {
                QueueEvent::OperationQueued.emit();
                Ok(entry)
            }
            Ok(verdict) => {
                let (reason, message) = refusal(&verdict);
                QueueEvent::OperationRefused { reason }.emit();
                Err(answer::unavailable(message))
            }
            Err(error) => {
                // That Redis is away is said by the task that fetches answers.
                if !matches!(error, Error::Unavailable(_)) {
                    QueueEvent::QueueFailed { error: &error.to_string() }.emit();
                }
                QueueEvent::OperationRefused { reason: "unreachable" }.emit();
                Err(answer::unavailable("the queue cannot be reached; try again later"))
            }
        }
    }
}

/// For metrics, and for the client.
fn refusal(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Queued(_) => ("", ""),
        Verdict::Full => ("length", "too many operations are waiting; try again later"),
        Verdict::ShareTaken => ("share", "too many operations of your role are waiting; try again later"),
        Verdict::Old => ("age", "operations have been waiting for too long; try again later"),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
