//! Operation -> queue -> answer: the side of the server.
//!
//! An accepted operation runs even if its client goes away. If an answer is lost on its way, the entry is gone, and the same
//! operation is put in once more. The ledger makes that harmless for a mutation. The server does not wait for a query while
//! no worker runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::answer::Refusal;
use super::handling::{Handling, Wait};
use super::keys::{Keys, Shard};
use super::link::Redis;
use super::message::{Ask, Message, Operation, Sender};
use super::replies::{Replies, Waiting};
use super::store::{EnqueueOutcome, Enqueued, Settled};
use super::{Bounds, Error, answer, backlog, now, principal, store};
use crate::config::{self, Api};
use crate::engine::{CatalogRequest, ReadFrom, Response};
use crate::event::metrics::Backlog;
use crate::event::{self, QueueEvent};

/// How often the producer checks whether an operation is still in the queue.
const LOOK: Duration = Duration::from_secs(1);

/// How much longer than the operation's deadline the producer waits for its answer.
const GRACE: Duration = Duration::from_secs(2);

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
    /// The time limit of an operation whose client waits.
    operation_timeout: Duration,
    /// The time limit of an operation whose client does not wait.
    background_timeout: Duration,
    /// How long an operation's state can be queried.
    keep_results: Duration,
    /// A worker without a report for this long counts as gone.
    claim_after: Duration,
}

impl Producer {
    /// Needs no Redis yet. Until Redis answers, operations fail because the queue is not available.
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

    /// Fetches answers until it is stopped. Without this task, no answer arrives.
    pub async fn run(&self, stop: CancellationToken) {
        self.inner.replies.read(&self.inner.redis, &stop).await;
    }

    /// The content of the queue; `None` if Redis does not answer in time.
    pub(crate) async fn backlog(&self) -> Option<Backlog> {
        let Inner { redis, keys, claim_after, .. } = &*self.inner;
        backlog::measure(redis, keys, *claim_after).await
    }

    /// Whether Redis answers. If it does not, returns an error.
    pub(crate) async fn reaches_redis(&self) -> Result<(), String> {
        self.inner.redis.answers().await
    }

    /// Whether a worker takes operations from every shard. The error says why not.
    pub(crate) async fn reaches_workers(&self) -> Result<(), String> {
        for shard in self.inner.keys.shards() {
            match store::has_worker(&self.inner.redis, &shard).await {
                Ok(true) => {}
                Ok(false) => return Err("no worker answers".to_owned()),
                Err(_) => return Err("the queue cannot be reached".to_owned()),
            }
        }
        Ok(())
    }

    /// Runs a mutation, once.
    pub(crate) async fn write(&self, operation: Operation, sender: Sender, handling: Handling) -> Response {
        let id = handling.key.unwrap_or_else(Uuid::new_v4);
        let ask = Ask::Write(operation);
        let answered = match handling.wait {
            Wait::ForAnswer => self.ask(id, ask, sender, handling.key.is_some()).await,
            Wait::No => self.leave(id, ask, sender).await,
        };
        answered.unwrap_or_else(Refusal::response)
    }

    /// Runs a query, at least once.
    pub(crate) async fn read(&self, operation: Operation, sender: Sender, from: ReadFrom) -> Response {
        let ask = Ask::Read { operation, from };
        let answered = self.ask(Uuid::new_v4(), ask, sender, false).await;
        answered.unwrap_or_else(Refusal::response)
    }

    /// Asks a worker a question about the database's catalog.
    pub(super) async fn describe(&self, question: CatalogRequest, extent: Api) -> Result<Response, Refusal> {
        let sender = Sender { role: question.role().map(str::to_owned), settings: Vec::new(), tenant: None };
        self.ask(Uuid::new_v4(), Ask::Describe { question, extent }, sender, false).await
    }

    async fn ask(&self, id: Uuid, ask: Ask, sender: Sender, is_named: bool) -> Result<Response, Refusal> {
        let Inner { replies, operation_timeout, .. } = &*self.inner;
        let waiting = replies.wait();
        let end = Instant::now() + *operation_timeout + GRACE;
        let enqueued_at = now();
        let message = Message {
            id,
            sender,
            ask,
            enqueued_at,
            deadline: enqueued_at.saturating_add(milliseconds(*operation_timeout)),
            reply_to: Some(waiting.address()),
            is_named,
            request_id: request_id(),
        };
        let entry = self.enqueue(&message, &self.inner.bounds).await?;
        self.wait(message, entry, waiting, end).await
    }

    async fn leave(&self, id: Uuid, ask: Ask, sender: Sender) -> Result<Response, Refusal> {
        let enqueued_at = now();
        let message = Message {
            id,
            sender,
            ask,
            enqueued_at,
            deadline: enqueued_at.saturating_add(milliseconds(self.inner.background_timeout)),
            reply_to: None,
            is_named: true,
            request_id: request_id(),
        };
        self.enqueue(&message, &self.inner.bounds).await?;
        Ok(answer::accepted(id))
    }

    /// Waits for the answer. Puts the operation in again if the entry is gone without an answer.
    async fn wait(
        &self,
        message: Message,
        mut entry: String,
        mut waiting: Waiting<'_>,
        end: Instant,
    ) -> Result<Response, Refusal> {
        let shard = self.inner.keys.shard_of(message.id);
        let mut looks_gone = 0;
        loop {
            tokio::select! {
                biased;
                response = waiting.answer() => return Ok(response),
                () = tokio::time::sleep_until(end) => {
                    QueueEvent::AnswerOverdue { id: message.id }.emit();
                    return Err(late(&message));
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            // A worker answers before it removes the entry. So the answer has been there for one check by then.
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
            if looks_gone == 0 && message.ask.only_reads() && self.is_in_vain(&shard).await {
                self.withdraw(&shard, &message, &entry).await;
                return Err(Refusal::NoWorker);
            }
        }
    }

    /// Whether no worker takes entries, for certain.
    async fn is_in_vain(&self, shard: &Shard) -> bool {
        matches!(store::has_worker(&self.inner.redis, shard).await, Ok(false))
    }

    /// Removes an entry whose client has stopped waiting. If Redis cannot be reached, the entry stays until its deadline.
    async fn withdraw(&self, shard: &Shard, message: &Message, entry: &str) {
        let role = message.counted_for();
        let settled = Settled { entry, role, id: message.id, state: "", attempts: 0, reason: "" };
        let _ = store::settle(&self.inner.redis, shard, &settled).await;
    }

    /// Puts a message in. Returns the entry's id, or why it cannot be put in.
    async fn enqueue(&self, message: &Message, bounds: &Bounds) -> Result<String, Refusal> {
        let Inner { redis, keys, keep_results, .. } = &*self.inner;
        let shard: Shard = keys.shard_of(message.id);
        let text = message.encode().map_err(|_| Refusal::Internal)?;
        let principal = principal::principal(&message.sender);
        let state = message.is_named.then_some((*keep_results, principal.as_slice()));
        let enqueued = Enqueued {
            id: message.id,
            role: message.counted_for(),
            version: message.version(),
            sent_at: message.enqueued_at,
            is_for_now: message.ask.only_reads(),
            message: &text,
            state,
        };
        let refusal = match store::enqueue(redis, &shard, bounds, &enqueued).await {
            Ok(EnqueueOutcome::Queued(entry)) => {
                QueueEvent::OperationQueued.emit();
                return Ok(entry);
            }
            Ok(EnqueueOutcome::Full) => Refusal::Full,
            Ok(EnqueueOutcome::BytesTaken) => Refusal::BytesTaken,
            Ok(EnqueueOutcome::ShareTaken) => Refusal::ShareTaken,
            Ok(EnqueueOutcome::Old) => Refusal::Old,
            Ok(EnqueueOutcome::NoWorker) => Refusal::NoWorker,
            Err(error) => {
                // The task that fetches answers reports that Redis cannot be reached.
                if !matches!(error, Error::Unavailable(_)) {
                    QueueEvent::QueueFailed { error: &error.to_string() }.emit();
                }
                Refusal::Unreachable
            }
        };
        QueueEvent::OperationRefused { reason: refusal.name() }.emit();
        Err(refusal)
    }
}

fn request_id() -> Option<String> {
    event::request_id().map(|id| id.to_string())
}

fn late(message: &Message) -> Refusal {
    if message.ask.only_reads() { Refusal::LateRead } else { Refusal::LateWrite(message.id) }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
