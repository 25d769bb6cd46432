//! The groups of subscriptions that have the same answer, and which of them are due. Never asks the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::update::End;
use crate::engine::{AnswerHash, LiveAnswer, LiveKey, LiveOperation, Response};
use crate::event::LiveEvent;

/// After so much time a group is run again although the database has not changed: for sequences, foreign tables, and the time of
/// day in a query or policy.
pub(super) const REFRESH: Duration = Duration::from_secs(30);

/// What is the least between two runs of a group, however often it is woken.
const SPACING: Duration = Duration::from_millis(25);

/// For how long the runs of one message may take a connection, about, so that others have their turn.
const BATCH_TIME: Duration = Duration::from_millis(100);

/// How much more seldom a group is run whose answer has errors.
const FAILING: u32 = 4;

/// Which state of the database something was read from, counted up whenever that has changed.
pub(super) type Version = u64;

/// All groups.
#[derive(Default)]
pub(super) struct Registry {
    groups: HashMap<LiveKey, Group>,
    /// How many groups there have been.
    made: u64,
    subscriptions: usize,
    by_role: HashMap<Option<Arc<str>>, usize>,
    /// Of the database, as far as is known.
    version: Version,
    /// When that was found.
    moved: Option<Instant>,
    /// How long a run takes, on average.
    cost: Duration,
    /// Whether a change of this process may not have been seen yet.
    is_woken: bool,
}

/// Subscriptions that have the same answer.
struct Group {
    /// Which one it is: another with the same key may follow it.
    id: u64,
    operation: Arc<LiveOperation>,
    latest: watch::Sender<Latest>,
    /// How often each of the subscribers wants to be answered at the most.
    intervals: Vec<Duration>,
    /// Of the answer that the subscribers have.
    seen: Seen,
    /// Whether the last answer has errors: it is not run together with others then.
    has_errors: bool,
    /// What its last run has read, or one that is under way.
    version: Version,
    started: Option<Instant>,
    /// How long the last run took.
    took: Duration,
    is_running: bool,
    is_woken: bool,
    /// How many runs have failed, one after the other.
    failures: u32,
}

/// What the subscribers of a group see.
#[derive(Debug, Clone)]
pub(super) enum Latest {
    Nothing,
    Answer(Response),
    Ended(End),
}

/// By what an answer is known; nothing before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Of the whole answer.
    pub(super) digest: Option<[u8; 16]>,
    /// What the database knows its text by, if it can.
    pub(super) hash: Option<AnswerHash>,
}

/// Where a subscription belongs.
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

/// Whether there is a place for one more subscription.
pub(super) enum Admission {
    Granted,
    ProcessFull,
    RoleFull,
}

/// A group that is to be run.
pub(super) struct Run {
    pub(super) member: Member,
    pub(super) operation: Arc<LiveOperation>,
    pub(super) seen: Seen,
    /// Whether it is not to be run together with others.
    pub(super) is_alone: bool,
}

/// What is to be done next.
pub(super) enum Next {
    /// These are due.
    Run(Vec<Run>),
    /// Nothing is due; some will be at that time at the latest.
    Wait(Instant),
    /// There are no groups.
    Sleep,
}

/// What a run of a group has come to.
pub(super) enum Outcome {
    /// The answer is the one that the subscribers have.
    Unchanged,
    /// Another answer; the operation too, if it was prepared anew.
    Changed(LiveAnswer, Seen, Option<Arc<LiveOperation>>),
    /// There will be no more.
    Ended(End),
    /// It has not been answered.
    Failed,
}

impl Registry {
    /// Takes a place for a subscription of a role, if there is one.
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

    /// Gives the place back.
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

    /// Adds a subscription to the group of its operation, which is made if it is the first.
    pub(super) fn join(&mut self, operation: LiveOperation, interval: Duration) -> Joined {
        let key = operation.key();
        let next = self.made + 1;
        let group = self.groups.entry(key).or_insert_with(|| {
            LiveEvent::GroupMade.emit();
            Group::new(next, operation)
        });
        self.made = self.made.max(group.id);
        group.intervals.push(interval);
        let mut latest = group.latest.subscribe();
        if !matches!(*latest.borrow(), Latest::Nothing) {
            latest.mark_changed();
        }
        Joined { latest, member: Member { key, id: group.id } }
    }

    /// Takes a subscription out of its group, which ends with the last one.
    pub(super) fn leave(&mut self, member: Member, interval: Duration) {
        let Some(group) = self.group(member) else { return };
        if let Some(index) = group.intervals.iter().position(|found| *found == interval) {
            group.intervals.swap_remove(index);
        }
        if group.intervals.is_empty() {
            self.remove(member.key);
        }
    }

    fn remove(&mut self, key: LiveKey) {
        if self.groups.remove(&key).is_some() {
            LiveEvent::GroupEnded.emit();
        }
    }

    /// Has all groups run as soon as may be. Whether there are any.
    pub(super) fn wake(&mut self) -> bool {
        self.is_woken = !self.groups.is_empty();
        for group in self.groups.values_mut() {
            group.is_woken = true;
        }
        self.is_woken
    }

    /// Whether a change is known of that may not have been seen yet; it is taken as seen.
    pub(super) fn take_woken(&mut self) -> bool {
        std::mem::take(&mut self.is_woken)
    }

    /// Notes that the database is another than before.
    pub(super) fn has_moved(&mut self, now: Instant) {
        self.version += 1;
        self.moved = Some(now);
    }

    /// Subscriptions and groups.
    pub(super) fn count(&self) -> (usize, usize) {
        (self.subscriptions, self.groups.len())
    }

    /// How often the database is to be asked whether it has changed; `None` if there are no groups.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.groups.values().map(Group::interval).min()
    }

    /// The groups that are due, those first that were never run, then those that were woken, then those that wait for longest. They
    /// count as running until [`Registry::finish`].
    pub(super) fn next(&mut self, now: Instant, most: usize) -> Next {
        if self.groups.is_empty() {
            return Next::Sleep;
        }
        let mut wait = now + REFRESH;
        // Where there are many groups, changes of this process must not fill all of the time.
        let spacing = SPACING.max(self.cost * u32::try_from(self.groups.len()).unwrap_or(u32::MAX) * 2);
        let mut due: Vec<(bool, Option<Instant>, LiveKey)> = Vec::new();
        for (key, group) in self.groups.iter().filter(|(_, group)| !group.is_running) {
            match group.due(self.version, spacing) {
                Some(at) if at > now => wait = wait.min(at),
                _ => due.push((group.started.is_some() && !group.is_woken, group.started, *key)),
            }
        }
        if due.is_empty() {
            return Next::Wait(wait);
        }
        let urgency = |(is_usual, started, _): &(bool, Option<Instant>, LiveKey)| (*is_usual, *started);
        if due.len() > most {
            due.select_nth_unstable_by_key(most, urgency);
            due.truncate(most);
        }
        due.sort_unstable_by_key(urgency);
        let mut time = Duration::ZERO;
        let fits = due.into_iter().map(|(.., key)| key).take_while(|key| {
            let fits = time <= BATCH_TIME;
            time += self.groups.get(key).map_or(Duration::ZERO, |group| group.expected(self.cost));
            fits
        });
        let fits: Vec<LiveKey> = fits.collect();
        Next::Run(fits.into_iter().filter_map(|key| self.start(key, now)).collect())
    }

    /// Notes that the database can be reached again: those that have failed because of that need not wait.
    pub(super) fn resume(&mut self) {
        for group in self.groups.values_mut() {
            group.failures = 0;
        }
    }

    fn start(&mut self, key: LiveKey, now: Instant) -> Option<Run> {
        let group = self.groups.get_mut(&key)?;
        group.is_running = true;
        group.is_woken = false;
        group.started = Some(now);
        group.version = self.version;
        let member = Member { key, id: group.id };
        let operation = Arc::clone(&group.operation);
        Some(Run { member, operation, seen: group.seen, is_alone: group.has_errors })
    }

    /// Takes what a run has come to, and shows it to the subscribers; how many there are, and how long ago the
    /// last change was found.
    pub(super) fn finish(&mut self, member: Member, took: Duration, outcome: Outcome) -> (usize, Duration) {
        // One part in eight is new.
        self.cost = (self.cost * 7 + took) / 8;
        let delay = self.moved.map_or(Duration::ZERO, |moved| moved.elapsed());
        let Some(group) = self.group(member) else { return (0, Duration::ZERO) };
        group.is_running = false;
        group.took = took;
        let subscribers = group.intervals.len();
        match outcome {
            Outcome::Unchanged => group.failures = 0,
            Outcome::Changed(LiveAnswer { response, has_errors }, seen, operation) => {
                group.failures = 0;
                group.has_errors = has_errors;
                group.seen = seen;
                if let Some(operation) = operation {
                    group.operation = operation;
                }
                group.latest.send_replace(Latest::Answer(response));
            }
            Outcome::Ended(end) => {
                group.latest.send_replace(Latest::Ended(end));
                self.remove(member.key);
            }
            Outcome::Failed => {
                group.failures = group.failures.saturating_add(1);
                // What it was to read it has not read.
                group.version = group.version.wrapping_sub(1);
            }
        }
        (subscribers, delay)
    }

    /// Ends all subscriptions.
    pub(super) fn end_all(&mut self, end: &End) {
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
            operation: Arc::new(operation),
            latest: watch::Sender::new(Latest::Nothing),
            intervals: Vec::new(),
            seen: Seen::default(),
            has_errors: false,
            version: 0,
            started: None,
            took: Duration::ZERO,
            is_running: false,
            is_woken: false,
            failures: 0,
        }
    }

    /// How long its next run will take, about.
    fn expected(&self, average: Duration) -> Duration {
        if self.started.is_some() { self.took } else { average }
    }

    /// The shortest that a subscriber wishes.
    fn interval(&self) -> Duration {
        self.intervals.iter().min().copied().unwrap_or(REFRESH)
    }

    /// When it is to be run again; `None` is now.
    fn due(&self, version: Version, spacing: Duration) -> Option<Instant> {
        let started = self.started?;
        if self.failures > 0 {
            let pause = self.interval() * 2_u32.saturating_pow(self.failures.min(8));
            return Some(started + pause.min(REFRESH));
        }
        if self.version == version {
            return Some(started + REFRESH);
        }
        // What takes long must not fill all of the time, and what fails must not fill the log.
        let usual = self.interval().max(self.took * 2) * if self.has_errors { FAILING } else { 1 };
        Some(started + if self.is_woken { usual.min(spacing.max(self.took * 4)) } else { usual })
    }
}
