//! Makes functions of frequently used statements, and drops functions that have been unused for long. One
//! task for each process; processes need no coordination.
//!
//! Everything it does is a separate message through the pool that requests use, and no request waits for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, MissedTickBehavior};

use super::SCHEMA;
use super::function::Function;
use super::state::{Obstacle, State, StoredFunction, note};
use super::unused::unused;
use crate::db::{self, Access, Answers, Call, Candidate, Database, Protocol, Scope, StoreRequest};
use crate::event::StoredEvent;
use crate::sql::Statement;

/// How often the state of the database is read, in seconds, if there were requests meanwhile.
const LOOK: u32 = 60;

/// How soon the state is read again if there is no room.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a statement waits after it could not become a function, in seconds.
const LATER: u32 = 60;
const MUCH_LATER: u32 = 3600;

/// The resolution of the recorded time of use.
const EXACTNESS: TimeDelta = TimeDelta::hours(1);

/// How many functions one message marks as used, or drops.
const AT_ONCE: usize = 20;

/// How long the creation of a function may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Errors that would come again at every attempt to create the function: its syntax, and what PostgreSQL does
/// not support.
const UNFIT: [&str; 4] = ["42601", "42P13", "54023", "0A000"];

/// What this process knows of the functions in the database.
struct Keeper {
    database: Database,
    /// The maximum number of functions.
    limit: Option<usize>,
    /// The last state that was read, if there can be functions.
    state: Option<State>,
    /// When it was read.
    looked: Instant,
    /// Whether the log already says that there is no room.
    is_full: bool,
    /// The obstacle that was logged last.
    told: Option<Obstacle>,
    /// The functions that this process calls, by name.
    called: HashMap<String, Called>,
}

/// A function that is called.
struct Called {
    candidate: Arc<Candidate>,
    function: Function,
    /// The time of use in its comment.
    noted: Option<DateTime<Utc>>,
}

/// Keeps at most `limit` functions in the database, for as long as it is polled. With `None` it creates and
/// calls none, and only finds the function that sets the context.
pub async fn keep(database: Database, limit: Option<usize>) {
    let Some(mut wanted) = database.stored().take_wanted() else { return };
    let (looked, called) = (Instant::now(), HashMap::new());
    let mut keeper = Keeper { database, limit, state: None, looked, is_full: false, told: None, called };
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        tokio::select! {
            _ = seconds.tick() => keeper.pass_second().await,
            Some(next) = wanted.recv() => keeper.take(next).await,
        }
    }
}

impl Keeper {
    async fn pass_second(&mut self) {
        let stored = self.database.stored();
        stored.tick();
        let is_first = self.told.is_none() && self.state.is_none() && self.limit.is_some();
        if (is_first || stored.now() == 1 || stored.now().is_multiple_of(LOOK)) && stored.take_touched() {
            self.look().await;
            if self.state.is_some() {
                self.note_uses().await;
                self.drop_unused(self.limit.unwrap_or(usize::MAX)).await;
            }
        }
    }

    /// Reads the state of the database. An error changes nothing: calls that fail are sent again as text.
    async fn look(&mut self) {
        self.looked = Instant::now();
        // The existing functions do not matter then.
        if self.database.protocols().operations == Protocol::Prepared {
            return self.end(Obstacle::NamesAreSafe);
        }
        let Ok(state) = State::of(&self.database).await else { return };
        let stored = self.database.stored();
        stored.set_enter(state.enter.map(|oid| Call::new("enter", oid)));
        match state.obstacle(Protocol::Simple) {
            _ if self.limit.is_none() => {}
            None => {
                if !stored.is_on() {
                    StoredEvent::Begun { functions: state.total }.emit();
                }
                stored.set_on(true);
                let own: HashMap<&str, &StoredFunction> =
                    state.own.iter().map(|kept| (kept.name.as_str(), kept)).collect();
                self.called.retain(|name, called| {
                    let kept = own.get(name.as_str());
                    called.noted = kept.and_then(|kept| kept.used());
                    kept.is_some()
                });
                (self.state, self.told) = (Some(state), None);
            }
            Some(obstacle) => self.end(obstacle),
        }
    }

    /// Stops calling functions, for this reason.
    fn end(&mut self, obstacle: Obstacle) {
        self.database.stored().set_on(false);
        for called in std::mem::take(&mut self.called).into_values() {
            called.candidate.forget();
        }
        self.state = None;
        if self.told != Some(obstacle) {
            StoredEvent::Ended { reason: &obstacle.to_string() }.emit();
            self.told = Some(obstacle);
        }
    }

    async fn take(&mut self, StoreRequest { candidate, done }: StoreRequest) {
        if self.told.is_none() && self.state.is_none() {
            self.look().await;
        }
        self.store(candidate).await;
        if let Some(done) = done {
            // The receiver may have been dropped.
            let _ = done.send(());
        }
    }

    async fn store(&mut self, candidate: Arc<Candidate>) {
        let now = self.database.stored().now();
        let Some(state) = &self.state else { return candidate.postpone(now, LATER) };
        let Some(function) = Function::of(&candidate, &state.user) else { return candidate.give_up() };
        match self.make(&function).await {
            Ok(Some((oid, is_new))) => {
                candidate.settle(Call::new(function.name(), oid));
                StoredEvent::Made { name: function.name(), is_new }.emit();
                let noted = is_new.then(Utc::now);
                self.called.insert(function.name().to_owned(), Called { candidate, function, noted });
            }
            // Another user's function has the name, or there is no room.
            Ok(None) => candidate.postpone(now, LATER),
            Err(error) => {
                StoredEvent::NotMade { error: &error.to_string() }.emit();
                match error.sqlstate() {
                    Some(code) if UNFIT.contains(&code) => candidate.give_up(),
                    Some("42501") => candidate.postpone(now, MUCH_LATER),
                    _ => candidate.postpone(now, LATER),
                }
            }
        }
    }

    /// The object identifier of the function, and whether it is new; `None` if it cannot be created.
    async fn make(&mut self, function: &Function) -> Result<Option<(u32, bool)>, db::Error> {
        if let Some(oid) = oid(&self.run(Access::ReadOnly, &[function.find()]).await?) {
            return Ok(Some((oid, false)));
        }
        if !self.has_room().await {
            return Ok(None);
        }
        let [create, grant] = function.create()?;
        let statements = [create, grant, function.note(&note(Utc::now()))?, function.find()];
        match self.run(Access::ReadWrite, &statements).await {
            Ok(answers) => {
                if let Some(state) = &mut self.state {
                    state.total += 1;
                }
                Ok(oid(&answers).map(|oid| (oid, true)))
            }
            // Another process may have created it at the same moment.
            Err(error) => match oid(&self.run(Access::ReadOnly, &[function.find()]).await?) {
                Some(oid) => Ok(Some((oid, false))),
                None => Err(error),
            },
        }
    }

    async fn has_room(&mut self) -> bool {
        let limit = self.limit.unwrap_or_default();
        let is_full = |keeper: &Self| keeper.state.as_ref().is_none_or(|state| state.total >= limit);
        if is_full(self) && self.looked.elapsed() >= LOOK_AGAIN {
            self.look().await;
            self.drop_unused(limit.saturating_sub(1)).await;
        }
        if !is_full(self) {
            self.is_full = false;
            return true;
        }
        if !std::mem::replace(&mut self.is_full, true) {
            StoredEvent::Full { limit }.emit();
        }
        false
    }

    /// Records the use of functions, so that no process drops them.
    async fn note_uses(&mut self) {
        let (now, seconds) = (Utc::now(), self.database.stored().now());
        let is_due = |called: &&mut Called| {
            unused_since(seconds, &called.candidate) < EXACTNESS
                && called.noted.is_none_or(|noted| now - noted > EXACTNESS)
        };
        let comment = note(now);
        let mut noted = Vec::new();
        for called in self.called.values_mut().filter(is_due).take(AT_ONCE) {
            if let Ok(statement) = called.function.note(&comment) {
                called.noted = Some(now);
                noted.push(statement);
            }
        }
        if !noted.is_empty()
            && let Err(error) = self.run(Access::ReadWrite, &noted).await
        {
            // One of them may no longer exist, for example; the state is read again before the next attempt.
            StoredEvent::NotMade { error: &error.to_string() }.emit();
        }
    }

    /// Drops old unused functions, and further unused ones until at most `limit` functions are left.
    async fn drop_unused(&mut self, limit: usize) {
        let Some(state) = &self.state else { return };
        let seconds = self.database.stored().now();
        let used_here = |name: &str| Some(unused_since(seconds, &self.called.get(name)?.candidate));
        let mut due = unused(&state.own, state.total.saturating_sub(limit), Utc::now(), used_here);
        due.truncate(AT_ONCE);
        if due.is_empty() {
            return;
        }
        let text = |StoredFunction { name, arguments, .. }: &StoredFunction| {
            Statement::new(format!("drop function if exists {SCHEMA}.{name}({arguments})"), Vec::new())
        };
        let statements: Vec<_> = due.iter().map(text).collect();
        match self.run(Access::ReadWrite, &statements).await {
            Ok(_) => {
                StoredEvent::Dropped { functions: due.len() }.emit();
                for called in due.iter().filter_map(|kept| self.called.remove(&kept.name)) {
                    called.candidate.forget();
                }
                if let Some(state) = &mut self.state {
                    state.total = state.total.saturating_sub(due.len());
                    state.own.retain(|kept| due.iter().all(|dropped| dropped.name != kept.name));
                }
            }
            // Another process may drop the same functions at the same moment.
            Err(error) => StoredEvent::NotMade { error: &error.to_string() }.emit(),
        }
    }

    async fn run(&self, access: Access, statements: &[Statement]) -> Result<Answers, db::Error> {
        let scope = Scope { access, ..Scope::of_catalog(PATIENCE) };
        self.database.run(&scope, statements).await.map_err(|failure| failure.error)
    }
}

/// How long ago a statement was used, from the seconds that have passed.
fn unused_since(seconds: u32, candidate: &Candidate) -> TimeDelta {
    TimeDelta::seconds(i64::from(seconds.saturating_sub(candidate.used())))
}

/// The object identifier in the last answer.
fn oid(answers: &[Option<String>]) -> Option<u32> {
    answers.last()?.as_ref()?.parse().ok()
}
