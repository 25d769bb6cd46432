//! The requests to Redis, one function for each. Does not know what a message contains.
//!
//! Scripts do what must be atomic: putting an entry in within the limits, removing it together with its counts, recording a
//! state, and forgetting workers.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamClaimOptions, StreamId, StreamPendingCountReply,
    StreamRangeReply, StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands as _, RedisError, Script, Value};
use uuid::Uuid;

use super::keys::{GROUP, Shard};
use super::link::{Link, Redis};
use super::message::{Milliseconds, ReplyTo};
use super::{Bounds, Error, answer, now};
use crate::engine::Response;
use crate::event::metrics::Backlog;

/// How many answers are kept for a process that does not fetch them.
const REPLIES: usize = 10_000;

/// How long they are kept.
const REPLIES_KEPT: Duration = Duration::from_mins(1);

/// The maximum number of dead letters.
const DEAD: usize = 10_000;

static ENQUEUE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/enqueue.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/settle.lua")));
static NOTE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/note.lua")));
static MEASURE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/measure.lua")));
static SWEEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/sweep.lua")));

/// An entry to put in.
pub(super) struct Enqueued<'a> {
    pub(super) id: Uuid,
    pub(super) role: &'a str,
    pub(super) version: &'a str,
    /// When its client sent it.
    pub(super) sent_at: Milliseconds,
    /// Whether it is useless unless a worker runs now.
    pub(super) is_for_now: bool,
    pub(super) message: &'a str,
    /// How long the operation's state is kept, and its principal, if the client may query the state.
    pub(super) state: Option<(Duration, &'a [u8])>,
}

/// Whether an entry was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EnqueueOutcome {
    /// It was; the text is the entry's id.
    Queued(String),
    /// The queue has its maximum number of entries.
    Full,
    /// The messages have their maximum number of bytes.
    BytesTaken,
    /// The role has its maximum number of entries or bytes.
    ShareTaken,
    /// The waiting operations have waited for too long.
    Old,
    /// No worker takes entries.
    NoWorker,
}

/// An entry that a worker got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) entry: String,
    pub(super) version: String,
    pub(super) message: String,
    pub(super) role: String,
    /// How many times workers got it, including this one.
    pub(super) times: u32,
}

/// How an entry leaves the queue.
pub(super) struct Settled<'a> {
    pub(super) entry: &'a str,
    pub(super) role: &'a str,
    /// The operation's id, if its message could be read.
    pub(super) id: Uuid,
    /// Its new state, if the client may query it.
    pub(super) state: &'a str,
    pub(super) attempts: u32,
    /// Why it becomes a dead letter; empty if it does not.
    pub(super) reason: &'a str,
}

/// Puts an entry in, unless a limit of the queue is reached.
pub(super) async fn enqueue(
    redis: &Redis,
    shard: &Shard,
    bounds: &Bounds,
    entry: &Enqueued<'_>,
) -> Result<EnqueueOutcome, Error> {
    let (kept, principal) = entry.state.unwrap_or((Duration::ZERO, &[]));
    let answer: (String, String) = redis
        .run(async |link| {
            ENQUEUE
                .key(&shard.operations)
                .key(&shard.roles)
                .key(shard.state(entry.id))
                .key(&shard.workers)
                .key(&shard.bytes)
                .arg(bounds.length)
                .arg(milliseconds(bounds.age))
                .arg(bounds.share)
                .arg(entry.role)
                .arg(entry.version)
                .arg(entry.message)
                .arg(GROUP)
                .arg(milliseconds(kept))
                .arg(principal)
                .arg(entry.sent_at)
                .arg(u8::from(entry.is_for_now))
                .arg(bounds.bytes)
                .arg(bounds.share_of_bytes)
                .invoke_async(link)
                .await
        })
        .await?;
    match answer.0.as_str() {
        "queued" => Ok(EnqueueOutcome::Queued(answer.1)),
        "full" => Ok(EnqueueOutcome::Full),
        "bytes" => Ok(EnqueueOutcome::BytesTaken),
        "share" => Ok(EnqueueOutcome::ShareTaken),
        "age" => Ok(EnqueueOutcome::Old),
        "nobody" => Ok(EnqueueOutcome::NoWorker),
        other => Err(Error::Protocol(format!("the script answered {other}"))),
    }
}

/// Records that a worker takes entries here. The record is valid for this long.
pub(super) async fn beat(redis: &Redis, shard: &Shard, lasting: Duration) -> Result<(), Error> {
    let mut pipeline = redis::pipe();
    pipeline.hset(&shard.workers, "seen", now()).ignore();
    pipeline.cmd("PEXPIRE").arg(&shard.workers).arg(milliseconds(lasting)).ignore();
    redis.run(async |link| pipeline.query_async(link).await).await
}

/// Whether a worker takes entries.
pub(super) async fn has_worker(redis: &Redis, shard: &Shard) -> Result<bool, Error> {
    redis.run(async |link| link.exists(&shard.workers).await).await
}

/// Whether an entry is still waiting or running.
pub(super) async fn is_there(redis: &Redis, shard: &Shard, entry: &str) -> Result<bool, Error> {
    let found: StreamRangeReply =
        redis.run(async |link| link.xrange(&shard.operations, entry, entry).await).await?;
    Ok(!found.ids.is_empty())
}

/// Creates the group if it does not exist.
pub(super) async fn ensure_group(redis: &Redis, shard: &Shard) -> Result<(), Error> {
    let made: Result<(), RedisError> =
        redis.run(async |link| Ok(link.xgroup_create_mkstream(&shard.operations, GROUP, "0").await)).await?;
    match made {
        Err(error) if error.code() != Some("BUSYGROUP") => Err(error.into()),
        _ => Ok(()),
    }
}

/// Waits for new entries, up to `count`. Returns none if none arrived within `wait`.
pub(super) async fn take(
    link: &mut Link,
    shard: &Shard,
    worker: &str,
    count: usize,
    wait: Duration,
) -> Result<Vec<Given>, RedisError> {
    let block = usize::try_from(wait.as_millis()).unwrap_or(usize::MAX);
    let options = StreamReadOptions::default().group(GROUP, worker).count(count).block(block);
    let read: Option<StreamReadReply> = link.xread_options(&[&shard.operations], &[">"], &options).await?;
    let ids = read.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids);
    Ok(ids.map(|id| given(&id, 1)).collect())
}

/// Takes over entries whose workers have not reported for `idle`.
pub(super) async fn claim(
    redis: &Redis,
    shard: &Shard,
    worker: &str,
    count: usize,
    idle: Duration,
) -> Result<Vec<Given>, Error> {
    let options = StreamAutoClaimOptions::default().count(count);
    let idle = milliseconds(idle);
    let claimed: StreamAutoClaimReply = redis
        .run(async |link| link.xautoclaim_options(&shard.operations, GROUP, worker, idle, "0", options).await)
        .await?;
    let mut entries = Vec::with_capacity(claimed.claimed.len());
    for id in &claimed.claimed {
        let pending: StreamPendingCountReply = redis
            .run(async |link| link.xpending_count(&shard.operations, GROUP, &id.id, &id.id, 1).await)
            .await?;
        let times = pending.ids.first().map_or(1, |pending| pending.times_delivered);
        entries.push(given(id, u32::try_from(times).unwrap_or(u32::MAX)));
    }
    Ok(entries)
}

/// Reports that the worker still works on these entries, so that no other worker takes them over.
pub(super) async fn hold(
    redis: &Redis,
    shard: &Shard,
    worker: &str,
    entries: &[String],
) -> Result<(), Error> {
    let options = StreamClaimOptions::default().with_justid();
    let held: Result<Value, Error> = redis
        .run(async |link| link.xclaim_options(&shard.operations, GROUP, worker, 0, entries, options).await)
        .await;
    held.map(|_| ())
}

/// Removes an entry for good. Returns whether it was there.
pub(super) async fn settle(redis: &Redis, shard: &Shard, settled: &Settled<'_>) -> Result<bool, Error> {
    let was_there: i64 = redis
        .run(async |link| {
            SETTLE
                .key(&shard.operations)
                .key(&shard.roles)
                .key(&shard.dead)
                .key(shard.state(settled.id))
                .key(&shard.bytes)
                .arg(GROUP)
                .arg(settled.entry)
                .arg(settled.role)
                .arg(settled.state)
                .arg(settled.attempts)
                .arg(settled.reason)
                .arg(DEAD)
                .arg(now())
                .invoke_async(link)
                .await
        })
        .await?;
    Ok(was_there == 1)
}

/// Forgets workers that have been gone for `silent`. Returns their number.
pub(super) async fn sweep(redis: &Redis, shard: &Shard, silent: Duration) -> Result<u32, Error> {
    let silent = milliseconds(silent);
    redis.run(async |link| SWEEP.key(&shard.operations).arg(GROUP).arg(silent).invoke_async(link).await).await
}

/// The content of a shard. Workers count if they reported within `heard_within`.
pub(super) async fn measure(redis: &Redis, shard: &Shard, heard_within: Duration) -> Result<Backlog, Error> {
    let heard_within = milliseconds(heard_within);
    let (waiting, running, aside, age_waiting, age_running, workers, bytes) = redis
        .run(async |link| {
            let mut invocation = MEASURE.key(&shard.operations);
            invocation.key(&shard.dead).key(&shard.bytes);
            invocation.arg(GROUP).arg(heard_within).invoke_async(link).await
        })
        .await?;
    Ok(Backlog {
        waiting,
        running,
        aside,
        oldest_waiting: Duration::from_millis(age_waiting),
        oldest_running: Duration::from_millis(age_running),
        workers,
        bytes,
    })
}

/// Sends an answer to the process that waits for it.
pub(super) async fn reply(redis: &Redis, to: &ReplyTo, answer: &Response) -> Result<(), Error> {
    let ReplyTo { stream, ticket } = to;
    let mut pipeline = redis::pipe();
    pipeline
        .cmd("XADD")
        .arg(stream)
        .arg("MAXLEN")
        .arg("~")
        .arg(REPLIES)
        .arg("*")
        .arg("ticket")
        .arg(*ticket)
        .arg("outcome")
        .arg(answer::name(answer.outcome))
        .arg("body")
        .arg(&*answer.body)
        .ignore()
        .cmd("PEXPIRE")
        .arg(stream)
        .arg(milliseconds(REPLIES_KEPT))
        .ignore();
    redis.run(async |link| pipeline.query_async(link).await).await
}

/// Waits for answers after `last`. Returns the new position, and the answers with their tickets.
pub(super) async fn replies(
    link: &mut Link,
    stream: &str,
    last: &str,
    wait: Duration,
) -> Result<Vec<(String, u64, String, Vec<u8>)>, RedisError> {
    let block = usize::try_from(wait.as_millis()).unwrap_or(usize::MAX);
    let options = StreamReadOptions::default().count(256).block(block);
    let read: Option<StreamReadReply> = link.xread_options(&[stream], &[last], &options).await?;
    let ids = read.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids);
    let answers = ids.map(|id| {
        let ticket = id.get("ticket").unwrap_or_default();
        let outcome = id.get("outcome").unwrap_or_default();
        let body = id.get("body").unwrap_or_default();
        (id.id, ticket, outcome, body)
    });
    Ok(answers.collect())
}

/// Removes answers that have been fetched.
pub(super) async fn forget_replies(redis: &Redis, stream: &str, fetched: &[String]) -> Result<(), Error> {
    if fetched.is_empty() {
        return Ok(());
    }
    redis.run(async |link| link.xdel(stream, fetched).await).await
}

/// The state of an operation that is not in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    /// Its principal.
    pub(super) principal: Vec<u8>,
    pub(super) state: String,
    pub(super) attempts: u32,
    pub(super) enqueued_at: Option<Milliseconds>,
    /// When the last attempt began.
    pub(super) started_at: Option<Milliseconds>,
    pub(super) finished_at: Option<Milliseconds>,
}

/// The state of an operation, if one is kept.
pub(super) async fn state(redis: &Redis, shard: &Shard, id: Uuid) -> Result<Option<Progress>, Error> {
    let mut found: HashMap<String, Vec<u8>> =
        redis.run(async |link| link.hgetall(shard.state(id)).await).await?;
    let text = |name: &str| found.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let time = |name: &str| text(name).and_then(|text| text.parse().ok());
    let (Some(state), attempts) = (text("state"), text("attempts")) else { return Ok(None) };
    let (enqueued_at, started_at, finished_at) = (time("enqueuedAt"), time("startedAt"), time("finishedAt"));
    let Some(principal) = found.remove("principal") else { return Ok(None) };
    let attempts = attempts.and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(Some(Progress { principal, state, attempts, enqueued_at, started_at, finished_at }))
}

/// Records that an operation is running, if its state is kept.
pub(super) async fn note_running(redis: &Redis, shard: &Shard, id: Uuid, attempts: u32) -> Result<(), Error> {
    redis.run(async |link| NOTE.key(shard.state(id)).arg(attempts).arg(now()).invoke_async(link).await).await
}

fn given(id: &StreamId, times: u32) -> Given {
    let text = |name: &str| id.get(name).unwrap_or_default();
    Given {
        entry: id.id.clone(),
        version: text("version"),
        message: text("message"),
        role: text("role"),
        times,
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
