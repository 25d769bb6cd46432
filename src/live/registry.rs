//! The groups of subscriptions that have the same answer, and which of them are due. Never asks the database.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::intervals::Intervals;
use super::update::End;
use crate::engine::{AnswerHash, Changes, Identity, LiveAnswer, LiveKey, LiveOperation, Response, TableId};
use crate::event::LiveEvent;

/// After this time a group runs again even if the database has not changed, because of sequences, foreign
/// tables, and the time of day in a query or policy.
pub(super) const REFRESH: Duration = Duration::from_secs(30);

/// With many groups that time is longer, so that these runs take at most one part in this many of a
/// connection's time.
const REFRESH_SHARE: u32 = 20;

/// The minimum time between two runs of a group, however often it is woken.
const SPACING: Duration = Duration::from_millis(25);

/// About how long the runs of one message may occupy a connection, so that others have their turn.
const BATCH_TIME: Duration = Duration::from_millis(100);

/// A group whose answer has errors runs less often by this factor.
const FAILING: u32 = 4;

/// A number for a state of the database, incremented whenever the database has changed.
pub(super) type Version = u64;

/// Which groups run first: those that never ran, then those that were woken, then those that have waited
/// longest; among equals, those with the same context side by side.
type Urgency = (bool, Option<Instant>, u64);

/// All groups.
#[derive(Default)]
pub(super) struct Registry {
    groups: HashMap<LiveKey, Group>,
    /// The number of groups created so far; the source of their ids.
    made: u64,
    /// The groups that never ran, in the order in which they were created.
    fresh: VecDeque<LiveKey>,
    /// The groups that were due when this list was last empty, in the order in which they run.
    due: VecDeque<LiveKey>,
    /// The intervals of all subscriptions.
    intervals: Intervals,
    subscriptions: usize,
    by_role: HashMap<Option<Arc<str>>, usize>,
    /// The newest state of the database that the poll has seen.
    version: Version,
    /// When the poll saw that state.
    moved: Option<Instant>,
    /// How long a run takes, on average.
    cost: Duration,
    /// The number of wake-ups: changes that were committed through this process or its workers.
    wakes: u64,
    /// Whether the poll has yet to look for the last of these changes.
    is_woken: bool,
}

/// Subscriptions that have the same answer.
struct Group {
    /// The group's id: a later group may have the same key.
    id: u64,
    operation: Arc<LiveOperation>,
    /// The same for all groups with the same role and settings, so that they run side by side.
    context: u64,
    latest: watch::Sender<Latest>,
    /// The intervals of the subscribers.
    intervals: Intervals,
    /// Identifies the answer that the subscribers have.
    seen: Seen,
    /// Whether the last answer has errors: the group does not run together with others then.
    has_errors: bool,
    /// The state that its last run has read, or that the current run reads.
    version: Version,
    /// The tables that its last run has read, if known.
    tables: Option<Arc<[TableId]>>,
    started: Option<Instant>,
    /// How long the last run took.
    took: Duration,
    is_running: bool,
    /// The registry's number of wake-ups when the group last ran.
    wakes: u64,
    /// The number of consecutive failed runs.
    failures: u32,
}

/// What the subscribers of a group see.
#[derive(Debug, Clone)]
pub(super) enum Latest {
    Nothing,
    Answer(Response, Option<Digest>),
    Ended(End),
}

/// A digest of a whole answer.
pub(super) type Digest = [u8; 16];

/// Identifies an answer; empty before the first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The digest of the whole answer.
    pub(super) digest: Option<Digest>,
    /// The database's hash of the answer's text, if it can compute one.
    pub(super) hash: Option<AnswerHash>,
}

/// The group that a subscription belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    key: LiveKey,
    id: u64,
}

/// A subscription that has joined a group.
pub(super) struct Joined {
    pub(super) latest: watch::Receiver<Latest>,
    pub(super) member: Member,
}

/// Whether one more subscription is within the limits.
pub(super) enum Admission {
    Granted,
    ProcessFull,
    RoleFull,
}

/// A group to run.
pub(super) struct Run {
    pub(super) member: Member,
    pub(super) operation: Arc<LiveOperation>,
    pub(super) seen: Seen,
    /// Whether it must not run together with others.
    pub(super) is_alone: bool,
}

/// What to do next.
pub(super) enum Next {
    /// These groups are due.
    Run(Vec<Run>),
    /// Nothing is due before this time.
    Wait(Instant),
    /// There are no groups.
    Sleep,
}

/// The outcome of a group's run.
pub(super) enum Outcome {
    /// The subscribers already have this answer.
    Unchanged,
    /// A new answer; also the operation, if it was prepared anew.
    Changed(LiveAnswer, Seen, Option<Arc<LiveOperation>>),
    /// There will be no more answers.
    Ended(End),
    /// The run failed.
    Failed,
}

/// The figures that determine when a group is due.
struct Pace {
    version: Version,
    wakes: u64,
    /// The minimum time between two runs of a woken group.
    spacing: Duration,
    /// How long a group waits at most while nothing changes.
    refresh: Duration,
}

impl Pace {
    /// The pace for runs of this cost, this number of groups, and this number of groups that have not read
    /// the newest state.
    fn new(version: Version, wakes: u64, cost: Duration, groups: usize, outdated: usize) -> Self {
        let round = |count: usize| cost.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        // If many groups are woken, wake-ups must not use up all of the time.
        let spacing = SPACING.max(round(outdated).saturating_mul(2));
        Self { version, wakes, spacing, refresh: REFRESH.max(round(groups).saturating_mul(REFRESH_SHARE)) }
    }
}

impl Registry {
    /// Counts one more subscription of a role, if the limits allow it.
    pub(super) fn admit(&mut self, role: Option<&Arc<str>>, all: usize, of_role: usize) -> Admission {
        if self.subscriptions >= all {
            return Admission::ProcessFull;
        }
        let count = self.by_role.entry(role.cloned()).or_default();
        if *count >= of_role {
            return Admission::RoleFull;
        }
        *count += 1;
        self.subscriptions += 1;
        LiveEvent::Subscribed.emit();
        Admission::Granted
    }

    /// Reverts [`Registry::admit`].
    pub(super) fn dismiss(&mut self, role: Option<&Arc<str>>) {
        self.subscriptions = self.subscriptions.saturating_sub(1);
        LiveEvent::Unsubscribed.emit();
        let role = role.cloned();
        if let Some(count) = self.by_role.get_mut(&role) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_role.remove(&role);
            }
        }
    }

    /// Adds a subscription to the group of its operation, and creates the group for the first one.
    pub(super) fn join(&mut self, operation: LiveOperation, interval: Duration) -> Joined {
        let key = operation.key();
        let group = match self.groups.entry(key) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => {
                LiveEvent::GroupMade.emit();
                self.made += 1;
                self.fresh.push_back(key);
                place.insert(Group::new(self.made, operation))
            }
        };
        group.intervals.add(interval);
        self.intervals.add(interval);
        let mut latest = group.latest.subscribe();
        if !matches!(*latest.borrow(), Latest::Nothing) {
            latest.mark_changed();
        }
        Joined { latest, member: Member { key, id: group.id } }
    }

    /// Removes a subscription from its group, and removes the group with the last one.
    pub(super) fn leave(&mut self, member: Member, interval: Duration) {
        let Some(group) = self.group(member) else { return };
        group.intervals.remove(interval);
        let is_empty = group.intervals.count() == 0;
        self.intervals.remove(interval);
        if is_empty {
            self.remove(member.key);
        }
    }

    fn remove(&mut self, key: LiveKey) {
        if let Some(group) = self.groups.remove(&key) {
            self.intervals.remove_all(&group.intervals);
            LiveEvent::GroupEnded.emit();
        }
    }

    /// Makes all groups run as soon as possible. Returns whether there are any.
    pub(super) fn wake(&mut self) -> bool {
        self.is_woken = !self.groups.is_empty();
        self.wakes += 1;
        self.is_woken
    }

    /// Whether a wake-up is pending; clears it.
    pub(super) fn take_woken(&mut self) -> bool {
        std::mem::take(&mut self.is_woken)
    }

    /// Records that the database has changed. Groups whose answers cannot have changed need not run for it.
    pub(super) fn has_moved(&mut self, now: Instant, changes: &Changes) {
        let before = self.version;
        self.version += 1;
        self.moved = Some(now);
        if *changes == Changes::Anything {
            return;
        }
        // A running group may find that it has read other tables than before.
        let up_to_date =
            |group: &&mut Group| group.version == before && !group.is_running && group.failures == 0;
        for group in self.groups.values_mut().filter(up_to_date) {
            if group.tables.as_deref().is_some_and(|tables| changes.spare(tables)) {
                (group.version, group.wakes) = (self.version, self.wakes);
            }
        }
    }

    /// Subscriptions and groups.
    pub(super) fn count(&self) -> (usize, usize) {
        (self.subscriptions, self.groups.len())
    }

    /// How often to ask the database whether it has changed; `None` if there are no groups.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.intervals.shortest()
    }

    /// Groups that are due, in the order of their urgency. They count as running until [`Registry::finish`].
    pub(super) fn next(&mut self, now: Instant, most: usize) -> Next {
        if self.groups.is_empty() {
            (self.fresh, self.due) = (VecDeque::new(), VecDeque::new());
            return Next::Sleep;
        }
        loop {
            if self.fresh.is_empty() && self.due.is_empty() {
                let wait = self.find_due(now);
                if self.due.is_empty() {
                    return Next::Wait(wait);
                }
            }
            let (mut runs, mut time) = (Vec::new(), Duration::ZERO);
            while runs.len() < most && time <= BATCH_TIME {
                let Some(key) = self.fresh.pop_front().or_else(|| self.due.pop_front()) else { break };
                time += self.groups.get(&key).map_or(Duration::ZERO, |group| group.expected(self.cost));
                runs.extend(self.start(key, now));
            }
            // A group that was due may have ended by now.
            if !runs.is_empty() {
                return Next::Run(runs);
            }
        }
    }

    /// Finds out which groups are due, and when the next one will be.
    fn find_due(&mut self, now: Instant) -> Instant {
        let outdated = self.groups.values().filter(|group| group.version != self.version).count();
        let pace = Pace::new(self.version, self.wakes, self.cost, self.groups.len(), outdated);
        let mut wait = now + REFRESH;
        let mut due = Vec::new();
        for (key, group) in self.groups.iter().filter(|(_, group)| !group.is_running) {
            match group.due(&pace) {
                Some(at) if at > now => wait = wait.min(at),
                _ => due.push((group.urgency(self.wakes), *key)),
            }
        }
        due.sort_unstable_by_key(|(urgency, _)| *urgency);
        self.due = due.into_iter().map(|(_, key)| key).collect();
        wait
    }

    /// Records that the database can be reached again: groups that failed for that reason need not wait.
    pub(super) fn resume(&mut self) {
        for group in self.groups.values_mut() {
            group.failures = 0;
        }
    }

    fn start(&mut self, key: LiveKey, now: Instant) -> Option<Run> {
        // The group may have ended meanwhile, and a new one may have its key.
        let group = self.groups.get_mut(&key).filter(|group| !group.is_running)?;
        group.is_running = true;
        group.wakes = self.wakes;
        group.started = Some(now);
        group.version = self.version;
        let member = Member { key, id: group.id };
        let operation = Arc::clone(&group.operation);
        Some(Run { member, operation, seen: group.seen, is_alone: group.has_errors })
    }

    /// Takes the outcome of a run and the tables that it has read, and publishes the answer. Returns the
    /// number of subscribers, and how long ago the last change was found.
    pub(super) fn finish(
        &mut self,
        member: Member,
        took: Duration,
        outcome: Outcome,
        tables: Option<Arc<[TableId]>>,
    ) -> (usize, Duration) {
        // A moving average: the new value has a weight of one eighth.
        self.cost = (self.cost * 7 + took) / 8;
        let delay = self.moved.map_or(Duration::ZERO, |moved| moved.elapsed());
        let Some(group) = self.group(member) else { return (0, Duration::ZERO) };
        group.is_running = false;
        (group.took, group.tables) = (took, tables);
        let subscribers = group.intervals.count();
        match outcome {
            Outcome::Unchanged => group.failures = 0,
            Outcome::Changed(LiveAnswer { response, has_errors }, seen, operation) => {
                group.failures = 0;
                group.has_errors = has_errors;
                group.seen = seen;
                if let Some(operation) = operation {
                    group.operation = operation;
                }
                group.latest.send_replace(Latest::Answer(response, seen.digest));
            }
            Outcome::Ended(end) => {
                group.latest.send_replace(Latest::Ended(end));
                self.remove(member.key);
            }
            Outcome::Failed => {
                group.failures = group.failures.saturating_add(1);
                // The failed run did not read that state.
                group.version = group.version.wrapping_sub(1);
            }
        }
        (subscribers, delay)
    }

    /// Ends all subscriptions.
    pub(super) fn end_all(&mut self, end: &End) {
        self.intervals = Intervals::default();
        for (_, group) in self.groups.drain() {
            group.latest.send_replace(Latest::Ended(end.clone()));
            LiveEvent::GroupEnded.emit();
        }
    }

    fn group(&mut self, member: Member) -> Option<&mut Group> {
        self.groups.get_mut(&member.key).filter(|group| group.id == member.id)
    }
}

impl Group {
    fn new(id: u64, operation: LiveOperation) -> Self {
        Self {
            id,
            context: context(operation.identity()),
            operation: Arc::new(operation),
            latest: watch::Sender::new(Latest::Nothing),
            intervals: Intervals::default(),
            seen: Seen::default(),
            has_errors: false,
            version: 0,
            tables: None,
            started: None,
            took: Duration::ZERO,
            is_running: false,
            wakes: 0,
            failures: 0,
        }
    }

    /// How long its next run will take, about.
    fn expected(&self, average: Duration) -> Duration {
        if self.started.is_some() { self.took } else { average }
    }

    fn urgency(&self, wakes: u64) -> Urgency {
        (self.started.is_some() && self.wakes == wakes, self.started, self.context)
    }

    /// The shortest interval among the subscribers.
    fn interval(&self) -> Duration {
        self.intervals.shortest().unwrap_or(REFRESH)
    }

    /// When the group has to run again; `None` is now.
    fn due(&self, pace: &Pace) -> Option<Instant> {
        let started = self.started?;
        if self.failures > 0 {
            let pause = self.interval() * 2_u32.saturating_pow(self.failures.min(8));
            return Some(started + pause.min(REFRESH));
        }
        if self.version == pace.version {
            return Some(started + self.refresh(pace.refresh));
        }
        // Slow groups must not use up all of the time, and failing ones must not fill the log.
        let usual = self.interval().max(self.took * 2) * if self.has_errors { FAILING } else { 1 };
        let is_woken = self.wakes != pace.wakes;
        Some(started + if is_woken { usual.min(pace.spacing.max(self.took * 4)) } else { usual })
    }

    /// Groups that ran together run again at different times, from half of the longest time on.
    fn refresh(&self, longest: Duration) -> Duration {
        const STEPS: u16 = 1024;
        // The remainder is below the number of steps.
        let step = u16::try_from(self.context % u64::from(STEPS)).unwrap_or_default();
        longest / 2 + longest / 2 * u32::from(step) / u32::from(STEPS)
    }
}

/// A hash of the role and its settings.
fn context(identity: &Identity) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&identity.role, &identity.settings).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_no_change_asks_for_take_a_twentieth_of_a_connection_at_the_most() {
        for (groups, micros, seconds) in
            [(0, 0, 30), (1, 900, 30), (1500, 1000, 30), (10_000, 200, 40), (10_000, 1000, 200)]
        {
            let cost = Duration::from_micros(micros);
            assert_eq!(
                Pace::new(1, 0, cost, groups, 0).refresh,
                Duration::from_secs(seconds),
                "{groups} {micros}"
            );
        }
    }
}
