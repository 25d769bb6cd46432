//! The poll: asks the database whether it has changed, and has those groups run that are due.
//!
//! Never holds more connections than the setting says, and asks nothing while no client is subscribed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::registry::{Next, Outcome, Run, Seen};
use super::update::{End, EndReason};
use crate::engine::{LiveRun, Response};
use crate::error::Error;
use crate::event::LiveEvent;

/// How many groups are run at once on a connection.
const BATCH: usize = 50;

/// How long the poll waits after the database could not be asked, at first and at the most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Runs until it is told to stop, and ends all subscriptions then.
pub(super) async fn run(shared: &Arc<Shared>, stop: &CancellationToken) {
    let mut poll = Poll::new(Arc::clone(shared));
    stop.run_until_cancelled(poll.run()).await;
    shared.registry().end_all(&End::new(EndReason::ShuttingDown, &Error::ShuttingDown));
}

struct Poll {
    shared: Arc<Shared>,
    /// A permit for each connection that may be used.
    connections: Arc<Semaphore>,
    /// They end with this.
    running: JoinSet<()>,
    probe: Probe,
}

/// What is known of the database's state.
#[derive(Default)]
struct Probe {
    state: Option<String>,
    asked: Option<Instant>,
    /// How long it has waited since the database could not be asked the last time.
    pause: Option<Duration>,
}

impl Poll {
    fn new(shared: Arc<Shared>) -> Self {
        let connections = Arc::new(Semaphore::new(shared.settings.connections));
        Self { shared, connections, running: JoinSet::new(), probe: Probe::default() }
    }

    async fn run(&mut self) {
        loop {
            // It is never closed.
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
                    self.running.spawn(async move { perform(&shared, runs, connection).await });
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

    /// When the database is to be asked again; `None` if there are no groups.
    fn next_probe(&self, now: Instant) -> Option<Instant> {
        let interval = self.shared.registry().interval()?;
        Some(self.probe.asked.map_or(now, |asked| asked + interval))
    }

    /// Asks whether the database has changed, if it is time to. Until when there is nothing else to do, if it cannot be asked.
    async fn probe(&mut self) -> Option<Instant> {
        let is_woken = self.shared.registry().take_woken();
        let now = Instant::now();
        if !is_woken && self.next_probe(now).is_none_or(|at| at > now) {
            return None;
        }
        self.probe.asked = Some(now);
        match self.shared.engine.state().await {
            Ok(state) => {
                if self.probe.pause.take().is_some() {
                    LiveEvent::Resumed.emit();
                }
                if self.probe.state.as_ref() != Some(&state) {
                    self.probe.state = Some(state);
                    self.shared.registry().has_moved();
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

/// Runs groups on one connection.
async fn perform(shared: &Shared, runs: Vec<Run>, connection: OwnedSemaphorePermit) {
    for run in runs {
        let began = Instant::now();
        let outcome = outcome(shared.engine.run_live(&run.operation).await, run.seen);
        shared.registry().finish(run.member, began.elapsed(), outcome);
    }
    drop(connection);
    shared.due.notify_one();
}

fn outcome(run: LiveRun, seen: Option<Seen>) -> Outcome {
    let (response, operation) = match run {
        LiveRun::Answered(response) => (response, None),
        LiveRun::Renewed(operation, response) => (response, Some(Arc::from(operation))),
        LiveRun::Misfit(response) => {
            return Outcome::Ended(End { reason: EndReason::SchemaChanged, response });
        }
        LiveRun::RoleRefused(response) => {
            return Outcome::Ended(End { reason: EndReason::RoleRevoked, response });
        }
        LiveRun::Unavailable(_) => return Outcome::Failed,
    };
    let now = digest(&response);
    match operation {
        None if seen == Some(now) => Outcome::Unchanged,
        operation => Outcome::Changed(response, now, operation),
    }
}

/// By what the answer is known. The ids under which the log tells of failures are not a part of it.
fn digest(response: &Response) -> Seen {
    let mut seen = Seen::default();
    seen.copy_from_slice(&Sha256::digest(&response.body)[..size_of::<Seen>()]);
    seen
}
