//! Queue -> engine -> answer: the side that holds the connections to the database.
//!
//! For each shard, one task takes entries. Another task maintains the shard: it reports which entries are
//! still being worked on, takes over those of workers that are gone, and forgets these workers. When it is
//! stopped, the worker takes no more entries and finishes the ones it has. Unfinished entries stay in the
//! queue for other workers.

mod keep;
mod perform;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::commits::Commits;
use super::keys::{Keys, Shard};
use super::link::{Link, Redis};
use super::store::Given;
use super::{Error, SetupError, backlog, message, status, store};
use crate::config::{Api, Config, DocumentPolicy, Documents};
use crate::engine::{self, Engine, Extension};
use crate::event::QueueEvent;
use crate::event::metrics::{Readings, WorkerSlots};

/// How long one read waits for entries, and so how long a stop may have to wait for the read.
const WAIT: Duration = Duration::from_secs(1);

/// How long a task pauses after a failure.
const REST: Duration = Duration::from_millis(200);

/// Takes operations out of the queue and runs them. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    redis: Redis,
    commits: Commits,
    keys: Keys,
    engine: Engine,
    settings: Settings,
    /// Its name in the consumer group.
    name: String,
    /// One for each operation that may run at once.
    slots: Arc<Semaphore>,
    running: TaskTracker,
}

struct Settings {
    extent: Api,
    claim_after: Duration,
    attempts: u32,
    keep_results: Duration,
    statement_timeout: Duration,
    drain_timeout: Duration,
    concurrency: u32,
}

/// The entries of a shard that this worker has.
type HeldEntries = Arc<Mutex<HashSet<String>>>;

/// An entry that this worker has. Dropping this releases it.
struct HeldEntry {
    held_entries: HeldEntries,
    entry: String,
}

impl Worker {
    /// Has as many connections as operations that run at once. Accepts all documents, because the servers have checked them.
    /// Needs neither Redis nor the database yet.
    pub fn new(config: &Config, mut extension: Extension) -> Result<Self, SetupError> {
        let redis = config.queue.redis.as_ref().ok_or(SetupError::Nowhere)?;
        let mut config = config.clone();
        config.database.pool_size = config.queue.concurrency;
        config.documents = Documents { list: None, policy: DocumentPolicy::Any };
        status::add_field(&mut extension, redis, &config.queue)?;
        let (engine, queue) = (Engine::extended(&config, extension)?, &config.queue);
        let inner = Inner {
            commits: Commits::of(redis, queue)?,
            redis: Redis::new(redis)?,
            keys: Keys::new(&queue.name, queue.shards),
            engine,
            settings: Settings {
                extent: config.api,
                claim_after: queue.claim_after,
                attempts: queue.attempts,
                keep_results: queue.keep_results,
                statement_timeout: config.database.statement_timeout,
                drain_timeout: config.http.drain_timeout,
                concurrency: queue.concurrency,
            },
            name: Uuid::new_v4().simple().to_string(),
            slots: Arc::new(Semaphore::new(queue.concurrency as usize)),
            running: TaskTracker::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The engine that runs the operations.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The current numbers for metrics.
    pub async fn readings(&self) -> Readings {
        let Inner { redis, keys, settings, slots, .. } = &*self.inner;
        let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX);
        let slots =
            WorkerSlots { maximum: settings.concurrency, busy: settings.concurrency.saturating_sub(free) };
        Readings {
            pool: Some(engine::pool(&self.inner.engine)),
            queue: Some(backlog::measure(redis, keys, settings.claim_after).await),
            slots: Some(slots),
        }
    }

    /// Whether operations can be taken and run now. The error says why not.
    pub async fn ready(&self) -> Result<(), String> {
        engine::ready(&self.inner.engine).await?;
        self.inner.redis.answers().await
    }

    /// Works until it is stopped. Then waits for running operations, for the drain timeout at most.
    pub async fn run(&self, stop: CancellationToken) {
        let abandon = CancellationToken::new();
        let tasks = TaskTracker::new();
        for shard in self.inner.keys.shards() {
            let held_entries = HeldEntries::default();
            let (worker, end, cut, held, of) =
                (self.clone(), stop.clone(), abandon.clone(), Arc::clone(&held_entries), shard.clone());
            tasks.spawn(async move { worker.consume(&of, &held, &end, &cut).await });
            let (worker, end, of) = (self.clone(), stop.clone(), shard.clone());
            tasks.spawn(async move { worker.beat(&of, &end).await });
            let (worker, end, cut) = (self.clone(), stop.clone(), abandon.clone());
            tasks.spawn(async move { worker.keep(&shard, &held_entries, &end, &cut).await });
        }
        let (worker, end) = (self.clone(), stop.clone());
        tasks.spawn(async move { worker.tend_ledger(&end).await });
        let (worker, end) = (self.clone(), stop.clone());
        tasks.spawn(async move { worker.inner.commits.tell(worker.engine().commits(), &end).await });
        stop.cancelled().await;
        let running = &self.inner.running;
        tasks.close();
        running.close();
        let drained = async {
            tasks.wait().await;
            running.wait().await;
        };
        if tokio::time::timeout(self.inner.settings.drain_timeout, drained).await.is_err() {
            if !running.is_empty() {
                QueueEvent::OperationsLeft { operations: running.len() }.emit();
            }
            abandon.cancel();
            running.wait().await;
        }
    }

    /// Takes entries of a shard while there are free slots.
    async fn consume(
        &self,
        shard: &Shard,
        held_entries: &HeldEntries,
        stop: &CancellationToken,
        abandon: &CancellationToken,
    ) {
        let mut link = None;
        let mut reporter = self.inner.redis.reporter();
        while !stop.is_cancelled() {
            let Some(count) = stop.run_until_cancelled(self.free_slots()).await else { return };
            match self.take(shard, &mut link, count).await {
                Ok(given) => {
                    reporter.succeeded();
                    self.start(shard, held_entries, given, stop, abandon).await;
                }
                Err(error) => {
                    reporter.failed(&error);
                    link = None;
                    stop.run_until_cancelled(tokio::time::sleep(REST)).await;
                }
            }
        }
    }

    /// Waits until there is at least one free slot.
    async fn free_slots(&self) -> usize {
        // The semaphore is never closed.
        let _one = self.inner.slots.acquire().await;
        1 + self.inner.slots.available_permits()
    }

    async fn take(&self, shard: &Shard, link: &mut Option<Link>, count: usize) -> Result<Vec<Given>, Error> {
        let Inner { redis, name, .. } = &*self.inner;
        let link = if let Some(link) = link {
            link
        } else {
            store::ensure_group(redis, shard).await?;
            link.insert(redis.link_that_waits(WAIT).await?)
        };
        match store::take(link, shard, name, count, WAIT).await {
            // Redis was emptied, or has lost its data: the group is created again.
            Err(error) if error.code() == Some("NOGROUP") => {
                store::ensure_group(redis, shard).await.map(|()| Vec::new())
            }
            taken => Ok(taken?),
        }
    }

    /// Starts entries, each as soon as there is a free slot. Entries without a slot before the stop stay in the queue.
    async fn start(
        &self,
        shard: &Shard,
        held_entries: &HeldEntries,
        given: Vec<Given>,
        stop: &CancellationToken,
        abandon: &CancellationToken,
    ) {
        let mine = given.into_iter().filter(|given| {
            let is_known = message::is_known(&given.version);
            if !is_known {
                QueueEvent::UnknownVersion { version: &given.version }.emit();
            }
            is_known
        });
        let mine: Vec<(Given, HeldEntry)> = mine
            .filter_map(|given| HeldEntry::new(held_entries, &given.entry).map(|held| (given, held)))
            .collect();
        for (given, held) in mine {
            let slot = Arc::clone(&self.inner.slots).acquire_owned();
            let Some(Ok(slot)) = stop.run_until_cancelled(slot).await else { return };
            self.spawn(shard.clone(), given, (held, slot), abandon.clone());
        }
    }

    fn spawn(
        &self,
        shard: Shard,
        given: Given,
        holds: (HeldEntry, OwnedSemaphorePermit),
        abandon: CancellationToken,
    ) {
        let worker = self.clone();
        self.inner.running.spawn(async move {
            // On the heap, because it is large and would be moved several times before it starts.
            let handling = Box::pin(worker.handle(&shard, &given));
            abandon.run_until_cancelled(handling).await;
            drop(holds);
        });
    }
}

impl HeldEntry {
    /// `None` if the worker has the entry already.
    fn new(held_entries: &HeldEntries, entry: &str) -> Option<Self> {
        let is_new = held_entries.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.to_owned());
        is_new.then(|| Self { held_entries: Arc::clone(held_entries), entry: entry.to_owned() })
    }
}

impl Drop for HeldEntry {
    fn drop(&mut self) {
        self.held_entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}
