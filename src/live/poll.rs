//! The poll: asks the database whether it has changed, and runs the groups that are due.
//!
//! Never holds more connections than the setting says, and asks nothing while no client is subscribed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::registry::{Next, Outcome, Run, Seen};
use super::update::{End, EndReason};
use super::{Shared, prune};
use crate::engine::{AnswerHash, BatchRun, LiveAnswer, LiveOperation, LiveRun, LiveState, TableId, Watch};
use crate::error::Error;
use crate::event::{LiveEvent, LiveResult};

/// How many groups are run at once on a connection.
const BATCH: usize = 50;

/// The text in front of the request id under which the log has a failure.
const REQUEST_ID: &str = "\"requestId\":\"";

/// How long the poll waits when the database cannot be reached: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Runs until `stop` is cancelled, and then ends all subscriptions.
pub(super) async fn run(shared: &Arc<Shared>, stop: &CancellationToken) {
    let mut poll = Poll::new(Arc::clone(shared));
    let woken = async {
        let mut commits = shared.engine.commits();
        // The engine lives as long as this task.
        while commits.changed().await.is_ok() {
            shared.wake();
        }
    };
    stop.run_until_cancelled(async { tokio::join!(poll.run(), woken, Box::pin(prune::run(shared))) }).await;
    shared.stopped.cancel();
    shared.registry().end_all(&End::new(EndReason::ShuttingDown, &Error::ShuttingDown));
}

struct Poll {
    shared: Arc<Shared>,
    /// One permit for each connection that the poll may use.
    connections: Arc<Semaphore>,
    /// The runs; they are aborted when this is dropped.
    running: JoinSet<()>,
    probe: Probe,
}

/// What the poll knows of the database's state.
#[derive(Default)]
struct Probe {
    state: Option<LiveState>,
    asked: Option<Instant>,
    /// The last pause, while the database cannot be reached.
    pause: Option<Duration>,
}

impl Poll {
    fn new(shared: Arc<Shared>) -> Self {
        let connections = Arc::new(Semaphore::new(shared.settings.connections));
        Self { shared, connections, running: JoinSet::new(), probe: Probe::default() }
    }

    async fn run(&mut self) {
        loop {
            // The semaphore is never closed.
            let Ok(connection) = Arc::clone(&self.connections).acquire_owned().await else { return };
            while self.running.try_join_next().is_some() {}
            let wait = self.probe().await;
            let next = match wait {
                Some(at) => Next::Wait(at),
                None => self.shared.registry().next(Instant::now(), BATCH),
            };
            match next {
                Next::Run(runs) => {
                    let shared = Arc::clone(&self.shared);
                    let watch = self.probe.state.as_ref().map_or(Watch::Nothing, LiveState::watch);
                    self.running.spawn(async move { perform(&shared, runs, watch, connection).await });
                }
                Next::Wait(at) => {
                    drop(connection);
                    let at = wait
                        .unwrap_or_else(|| self.next_probe(Instant::now()).map_or(at, |probe| probe.min(at)));
                    tokio::select! {
                        () = tokio::time::sleep_until(at.into()) => {}
                        // While the database is away, only time helps.
                        () = self.shared.due.notified(), if wait.is_none() => {}
                    }
                }
                Next::Sleep => {
                    drop(connection);
                    self.probe = Probe::default();
                    self.shared.due.notified().await;
                }
            }
        }
    }

    /// When to ask the database again; `None` if there are no groups.
    fn next_probe(&self, now: Instant) -> Option<Instant> {
        let interval = self.shared.registry().interval()?;
        Some(self.probe.asked.map_or(now, |asked| asked + interval))
    }

    /// Asks whether the database has changed, if it is time to. If the database cannot be reached, returns
    /// the time until which there is nothing else to do.
    async fn probe(&mut self) -> Option<Instant> {
        let is_woken = self.shared.registry().take_woken();
        let now = Instant::now();
        if !is_woken && self.next_probe(now).is_none_or(|at| at > now) {
            return None;
        }
        self.probe.asked = Some(now);
        match self.shared.engine.state(self.probe.state.as_ref()).await {
            Ok(moved) => {
                if self.probe.pause.take().is_some() {
                    self.shared.registry().resume();
                    LiveEvent::Resumed.emit();
                }
                LiveEvent::Probed { has_changed: moved.is_some() }.emit();
                if let Some((state, changes)) = moved {
                    self.probe.state = Some(state);
                    self.shared.registry().has_moved(Instant::now(), &changes);
                }
                None
            }
            Err(error) => {
                let pause = match self.probe.pause {
                    None => {
                        LiveEvent::Interrupted { error: &error.to_string() }.emit();
                        PAUSES.0
                    }
                    Some(pause) => (pause * 2).min(PAUSES.1),
                };
                self.probe = Probe { pause: Some(pause), ..Probe::default() };
                Some(now + pause)
            }
        }
    }
}

/// Runs groups on one connection: first together, and then singly those that cannot run together.
async fn perform(shared: &Shared, runs: Vec<Run>, watch: Watch, connection: OwnedSemaphorePermit) {
    let began = Instant::now();
    let (alone, together): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| run.is_alone);
    let members: Vec<_> = together.iter().map(|run| (&*run.operation, run.seen.hash)).collect();
    let answered = shared.engine.run_live_batch(&members, watch).await;
    let took = began.elapsed() / u32::try_from(members.len()).unwrap_or(u32::MAX).max(1);
    let mut left = alone;
    for (run, (answer, tables)) in together.into_iter().zip(answered) {
        let outcome = match answer {
            BatchRun::Unchanged => Outcome::Unchanged,
            BatchRun::Answered(answer, hash) => answered_now(&run, answer, hash, None),
            BatchRun::Unavailable => Outcome::Failed,
            BatchRun::Alone => {
                left.push(run);
                continue;
            }
        };
        finish(shared, &run, took, outcome, tables);
    }
    for run in left {
        let began = Instant::now();
        let outcome = outcome(&run, shared.engine.run_live(&run.operation).await);
        finish(shared, &run, began.elapsed(), outcome, None);
    }
    drop(connection);
    shared.due.notify_one();
}

fn finish(shared: &Shared, run: &Run, took: Duration, outcome: Outcome, tables: Option<Arc<[TableId]>>) {
    let (result, bytes) = match &outcome {
        Outcome::Changed(answer, ..) => (LiveResult::Changed, answer.response.body.len()),
        Outcome::Unchanged => (LiveResult::Unchanged, 0),
        Outcome::Ended(_) => (LiveResult::Ended, 0),
        Outcome::Failed => (LiveResult::Failed, 0),
    };
    let (subscribers, delay) = shared.registry().finish(run.member, took, outcome, tables);
    LiveEvent::Run { took, result }.emit();
    if result == LiveResult::Changed {
        LiveEvent::Sent { delay, subscribers, bytes }.emit();
    }
}

fn outcome(run: &Run, came: LiveRun) -> Outcome {
    match came {
        LiveRun::Answered(answer) => answered_now(run, answer, None, None),
        LiveRun::Renewed(operation, answer) => answered_now(run, answer, None, Some(Arc::from(operation))),
        LiveRun::Invalid(response) => Outcome::Ended(End { reason: EndReason::SchemaChanged, response }),
        LiveRun::RoleRefused(response) => Outcome::Ended(End { reason: EndReason::RoleRevoked, response }),
        LiveRun::Unavailable(_) => Outcome::Failed,
    }
}

/// Compares an answer with the one that the subscribers have.
fn answered_now(
    run: &Run,
    answer: LiveAnswer,
    hash: Option<AnswerHash>,
    operation: Option<Arc<LiveOperation>>,
) -> Outcome {
    let seen = Seen { digest: Some(digest(&answer)), hash };
    match operation {
        None if seen == run.seen => Outcome::Unchanged,
        operation => Outcome::Changed(answer, seen, operation),
    }
}

/// The digest of an answer. The request ids of failures are not part of it, because they differ each time.
fn digest(answer: &LiveAnswer) -> [u8; 16] {
    let mut digest = Sha256::new();
    if answer.has_errors {
        for (index, part) in String::from_utf8_lossy(&answer.response.body).split(REQUEST_ID).enumerate() {
            let end = if index == 0 { 0 } else { part.find('"').unwrap_or(0) };
            digest.update(&part[end..]);
        }
    } else {
        digest.update(&answer.response.body);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&digest.finalize()[..16]);
    short
}
