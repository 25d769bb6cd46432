//! Makes functions of the statements that are used often, and drops those that are not used for long. One task of a process;
//! several processes need not know of each other.
//!
//! Everything is a message of its own through the pool that requests use, and nothing waits for it.

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

/// How often the database is asked what there is, in seconds, if requests came meanwhile.
const LOOK: u32 = 60;

/// How soon it is asked again where there is no room.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a statement waits that could not become a function, in seconds.
const LATER: u32 = 60;
const MUCH_LATER: u32 = 3600;

/// How exactly it is noted when a function was used.
const EXACTNESS: TimeDelta = TimeDelta::hours(1);

/// So many are noted or dropped in one message.
const AT_ONCE: usize = 20;

/// How long making one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Errors that come again whenever a statement is to become a function: those of its syntax and of what PostgreSQL supports.
const UNFIT: [&str; 4] = ["42601", "42P13", "54023", "0A000"];

/// What is known of the functions in the database.
struct Keeper {
    database: Database,
    /// How many functions there may be.
    limit: Option<usize>,
    /// What the database said last, if there can be functions.
    state: Option<State>,
    /// When it said so.
    looked: Instant,
    /// Whether it has been told that there is no room.
    is_full: bool,
    /// Why there are none, as it was told last.
    told: Option<Obstacle>,
    /// The functions that this process calls, by their names.
    called: HashMap<String, Called>,
}

/// A function that is called.
struct Called {
    candidate: Arc<Candidate>,
    function: Function,
    /// When its note says that it was used.
    noted: Option<DateTime<Utc>>,
}

/// Keeps at most so many functions in the database, for as long as it is polled. With `None` it makes and calls none, but looks which
/// function sets the context.
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

    /// Asks what there is. An error leaves all as it was: calls that fail go again as text.
    async fn look(&mut self) {
        self.looked = Instant::now();
        // What is there does not matter then.
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

    /// From now on no function is called, for this reason.
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
            // Whoever waited has gone.
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
            // Another one's function has the name, or there is no room.
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

    /// The object identifier of the function, and whether it is new; `None` if there can be none.
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
            // Another process may have made it at the same moment.
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

    /// Notes that functions were used, so that no process drops them.
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
            // One of them is gone, say; what is there is read again before the next time.
            StoredEvent::NotMade { error: &error.to_string() }.emit();
        }
    }

    /// Drops functions that were not used for very long, and those that were not used for long until there are no more than so many.
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
            // Another process drops the same at the same moment.
            Err(error) => StoredEvent::NotMade { error: &error.to_string() }.emit(),
        }
    }

    async fn run(&self, access: Access, statements: &[Statement]) -> Result<Answers, db::Error> {
        let scope = Scope { access, ..Scope::of_catalog(PATIENCE) };
        self.database.run(&scope, statements).await.map_err(|failure| failure.error)
    }
}

/// How long ago a statement was used, by the seconds that have passed.
fn unused_since(seconds: u32, candidate: &Candidate) -> TimeDelta {
    TimeDelta::seconds(i64::from(seconds.saturating_sub(candidate.used())))
}

/// The object identifier that is the last answer.
fn oid(answers: &[Option<String>]) -> Option<u32> {
    answers.last()?.as_ref()?.parse().ok()
}
