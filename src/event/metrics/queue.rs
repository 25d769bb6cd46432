//! The metrics of the queue: what servers and workers count, and what is read from Redis when the metrics are requested.
//!
//! A worker counts its executions, a server its requests. Only Redis knows how much waits; both report it.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

use super::histogram::Histogram;
use super::list::{Counters, Labels, List, seconds};
use super::{add, one_more};
use crate::event::QueueEvent;

/// Seconds, from an empty queue to the default time limit of operations without a waiting client.
static WAITS: [f64; 17] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0];

/// How often an operation was started.
static ATTEMPTS: [f64; 6] = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0];

/// Why an operation was not put into the queue.
const REFUSALS: [&str; 6] = ["length", "bytes", "share", "age", "unreachable", "no-worker"];

/// The outcome of an operation.
const STATES: [&str; 4] = ["succeeded", "failed", "expired", "dead"];

/// The content of a queue at one moment, all of its shards together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Operations that no worker has yet.
    pub waiting: u64,
    /// Operations that workers have.
    pub running: u64,
    /// Operations that were put aside.
    pub aside: u64,
    /// The waiting time of the oldest waiting operation.
    pub oldest_waiting: Duration,
    /// The time since the oldest running operation was put in.
    pub oldest_running: Duration,
    /// Workers that have reported lately.
    pub workers: u64,
    /// Bytes of the messages of all waiting and running operations.
    pub bytes: u64,
}

/// A worker's slots at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSlots {
    /// How many operations it may run at once.
    pub maximum: u32,
    /// How many it runs.
    pub busy: u32,
}

/// The counters.
pub(super) struct QueueFamilies {
    queued: Counter,
    refused: Counters<1>,
    answers_lost: Counter,
    answers_overdue: Counter,
    wait: Histogram,
    run: Histogram,
    attempts: Histogram,
    settled: Counters<1>,
    retries: Counters<1>,
    taken_over: Counter,
}

impl QueueFamilies {
    pub(super) fn new(list: &mut List) -> Self {
        Self {
            queued: list.counter("queue_operations_queued", "Operations that this server has added to the queue"),
            refused: list.initial("queue_operations_refused", "Operations that this server has not added to the queue, because the queue was full or too old (memory in redis-url, statement-timeout), or because there was no worker or no Redis", "reason", &REFUSALS),
            answers_lost: list.counter("queue_answers_lost", "Operations that had disappeared from the queue without an answer, and were added again"),
            answers_overdue: list.counter("queue_answers_overdue", "Operations whose client got the error that no answer came in time"),
            wait: list.time("queue_wait_duration", "Time from adding an operation until the first worker took it", Histogram::new(&WAITS)),
            run: list.time("queue_run_duration", "Time from taking an operation to its answer, with all attempts of this worker", seconds()),
            attempts: list.add("queue_attempts", "Number of attempts of an operation when it was answered", Histogram::new(&ATTEMPTS)),
            settled: list.initial("queue_operations_settled", "Operations that this worker has answered, by outcome", "state", &STATES),
            retries: list.counters("queue_retries", "Attempts that failed for a temporary reason, by SQLSTATE or a word"),
            taken_over: list.counter("queue_operations_taken_over", "Operations that this worker has taken over from workers that had disappeared"),
        }
    }

    pub(super) fn count(&self, event: &QueueEvent<'_>) {
        match event {
            QueueEvent::OperationQueued => add(&self.queued, 1),
            QueueEvent::OperationRefused { reason } => one_more(&self.refused, "reason", reason),
            QueueEvent::AnswerLost { .. } => add(&self.answers_lost, 1),
            QueueEvent::AnswerOverdue { .. } => add(&self.answers_overdue, 1),
            // An operation that another worker had before did not wait for all of that time.
            QueueEvent::OperationTaken { waited, times: 1, .. } => self.wait.observe(waited.as_secs_f64()),
            QueueEvent::OperationRetried { reason, .. } => {
                self.retries.get_or_create(&[("reason", (*reason).to_owned().into())]).inc();
            }
            QueueEvent::OperationSettled { state, attempts, took } => {
                let state = STATES.into_iter().find(|known| known.eq_ignore_ascii_case(state));
                one_more(&self.settled, "state", state.unwrap_or("failed"));
                self.attempts.observe(f64::from(*attempts));
                self.run.observe(took.as_secs_f64());
            }
            QueueEvent::EntriesTakenOver { entries } => add(&self.taken_over, *entries),
            QueueEvent::OperationTaken { .. }
            | QueueEvent::WorkerStarted { .. }
            | QueueEvent::DatabaseUnused { .. }
            | QueueEvent::QueueLost { .. }
            | QueueEvent::QueueBack
            | QueueEvent::QueueFailed { .. }
            | QueueEvent::OperationPutAside { .. }
            | QueueEvent::AnswerNotSent { .. }
            | QueueEvent::UnknownVersion { .. }
            | QueueEvent::OperationsLeft { .. }
            | QueueEvent::LedgerFailed { .. } => {}
        }
    }
}

/// The numbers from Redis. If Redis does not answer in time, only that fact.
pub(super) fn of_backlog(backlog: Option<&Backlog>) -> Registry {
    let mut registry = Registry::with_prefix("glowplug_queue");
    let reachable = ConstGauge::new(u64::from(backlog.is_some()));
    registry.register(
        "reachable",
        "Whether the state of the queue could be read from Redis; 1 or 0",
        reachable,
    );
    let Some(backlog) = backlog else { return registry };
    let operations = Family::<Labels<1>, Gauge>::default();
    for (state, count) in
        [("waiting", backlog.waiting), ("running", backlog.running), ("aside", backlog.aside)]
    {
        operations.get_or_create(&[("state", state.into())]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register(
        "operations",
        "Operations in the queue: waiting, taken by workers, and dead letters",
        operations,
    );
    registry.register_with_unit(
        "messages",
        "Bytes of the messages of waiting operations and of those taken by workers",
        Unit::Bytes,
        ConstGauge::new(backlog.bytes),
    );
    let ages = Family::<Labels<1>, Gauge<f64, std::sync::atomic::AtomicU64>>::default();
    for (state, age) in [("waiting", backlog.oldest_waiting), ("running", backlog.oldest_running)] {
        ages.get_or_create(&[("state", state.into())]).set(age.as_secs_f64());
    }
    registry.register_with_unit(
        "oldest_age",
        "Age of the oldest of these operations; 0 if there is none",
        Unit::Seconds,
        ages,
    );
    let workers = ConstGauge::new(backlog.workers);
    registry.register("workers", "Workers that have sent a sign of life within ten seconds", workers);
    registry
}

/// The slots of this worker.
pub(super) fn of_slots(slots: WorkerSlots) -> Registry {
    let mut registry = Registry::with_prefix("glowplug_worker");
    let mut gauge = |name: &str, help: &str, value| registry.register(name, help, ConstGauge::new(value));
    gauge("operations_max", "Operations that this worker may run at once (setting pool-size)", slots.maximum);
    gauge("operations_running", "Operations that this worker is running", slots.busy);
    registry
}
