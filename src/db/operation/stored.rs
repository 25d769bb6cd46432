//! The statements that the database keeps as functions, and how they are called: the part that every operation passes.
//!
//! A statement that is used often enough is asked for, once; whoever makes functions (`crate::stored`) answers with a [`Call`]. From
//! then on the message calls the function in place of the text. Never makes a function, and never waits for one.

mod call;
mod candidate;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arc_swap::ArcSwapOption;
use quick_cache::sync::Cache;
use tokio::sync::{mpsc, oneshot};

pub use self::call::Call;
pub use self::candidate::Candidate;
use self::candidate::{Key, Use, patience};
use crate::config;
use crate::db::error::Error;
use crate::db::lock::Lock;
use crate::db::operation::scope::Scope;
use crate::event::StoredEvent;
use crate::sql::{Statement, Text};

/// How many statements are counted. Those that are not used are forgotten for others.
const COUNTED: usize = 4096;

/// How many may wait to become functions. Those for whom there is no room ask again when they are used again.
const WAITING: usize = 256;

/// A statement with a longer text is not worth a function: it is rare, and its plan takes the more memory of each session.
const LONGEST_TEXT: usize = 64 << 10;

/// A function of PostgreSQL has no more parameters, unless it was built otherwise.
const MOST_VALUES: usize = 100;

/// The statements that are used, and the functions that some of them are.
#[derive(Debug)]
pub struct StoredStatements {
    /// Whether there can be functions at all.
    is_on: AtomicBool,
    /// Whether there were messages lately.
    is_touched: AtomicBool,
    /// Seconds since this was made.
    now: AtomicU32,
    /// How often a role uses a statement within a minute before it becomes a function.
    enough: u32,
    candidates: Cache<Key, Arc<Candidate>>,
    /// The function that sets what it is given.
    enter: ArcSwapOption<Call>,
    wanted: mpsc::Sender<StoreRequest>,
    /// The other end of it, until somebody makes functions.
    receiver: Lock<Option<mpsc::Receiver<StoreRequest>>>,
}

/// A statement that should become a function.
#[derive(Debug)]
pub struct StoreRequest {
    /// The statement.
    pub candidate: Arc<Candidate>,
    /// Who waits for it, if somebody does.
    pub done: Option<oneshot::Sender<()>>,
}

/// How a server's pool calls the functions.
#[derive(Debug, Clone)]
pub(in crate::db) struct StoredUse {
    pub(in crate::db) statements: Arc<StoredStatements>,
    /// Of a standby: what it lacks is no reason to doubt that the primary has it.
    pause: Option<Arc<Pause>>,
}

/// Until when a standby is sent texts alone.
#[derive(Debug, Default)]
struct Pause {
    until: AtomicU32,
    times: AtomicU32,
}

/// The functions that a message calls, by the places of their statements.
#[derive(Debug, Default)]
pub(in crate::db) struct Calls {
    statements: Vec<Option<Arc<Call>>>,
    /// What sets the scope, if there is such a function.
    enter: Option<Arc<Call>>,
}

impl StoredStatements {
    fn new(enough: u32) -> Self {
        let (wanted, receiver) = mpsc::channel(WAITING);
        Self {
            is_on: AtomicBool::new(false),
            is_touched: AtomicBool::new(false),
            now: AtomicU32::new(0),
            enough,
            candidates: Cache::new(COUNTED),
            enter: ArcSwapOption::empty(),
            wanted,
            receiver: Lock::new(Some(receiver)),
        }
    }

    /// The statements that should become functions, for the one who makes them; `None` if there is one already.
    pub fn take_wanted(&self) -> Option<mpsc::Receiver<StoreRequest>> {
        self.receiver.lock().take()
    }

    /// Says whether there can be functions. Where there cannot, none is called, and nothing is counted.
    pub fn set_on(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::Relaxed);
    }

    /// Says which function sets what it is given, if there is one.
    pub fn set_enter(&self, enter: Option<Call>) {
        self.enter.store(enter.map(Arc::new));
    }

    /// Whether there is a function that sets what it is given.
    pub fn has_enter(&self) -> bool {
        self.enter.load().is_some()
    }

    /// Whether there can be functions.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Whether there were messages since this was asked last: a database that has nothing to do is to be left alone.
    pub fn take_touched(&self) -> bool {
        self.is_touched.swap(false, Ordering::Relaxed)
    }

    /// Has a second pass.
    pub fn tick(&self) {
        self.now.fetch_add(1, Ordering::Relaxed);
    }

    /// Seconds since this was made.
    pub fn now(&self) -> u32 {
        self.now.load(Ordering::Relaxed)
    }

    /// The statements that are known, those that are functions among them.
    pub fn candidates(&self) -> impl Iterator<Item = Arc<Candidate>> {
        self.candidates.iter().map(|(_, candidate)| candidate)
    }

    /// The functions that are to be called in place of statements; each statement counts as used.
    fn calls(&self, scope: &Scope, statements: &[Statement]) -> Calls {
        if !self.is_touched.load(Ordering::Relaxed) {
            self.is_touched.store(true, Ordering::Relaxed);
        }
        let enter = self.enter.load_full();
        if !self.is_on() {
            return Calls { statements: Vec::new(), enter };
        }
        let calls: Vec<_> = statements.iter().map(|statement| self.call(scope, statement)).collect();
        match calls.iter().flatten().count() {
            0 => Calls { statements: Vec::new(), enter },
            statements => {
                StoredEvent::Called { statements }.emit();
                Calls { statements: calls, enter }
            }
        }
    }

    fn call(&self, scope: &Scope, statement: &Statement) -> Option<Arc<Call>> {
        let candidate = self.candidate(scope, statement)?;
        if candidate.is_wanted(self.now(), self.enough) {
            let wanted = StoreRequest { candidate: Arc::clone(&candidate), done: None };
            if self.wanted.try_send(wanted).is_err() {
                candidate.ask_again();
            }
        }
        candidate.call()
    }

    /// Has a statement become a function now, however often it was used, and waits for it; whether it is one.
    pub async fn store(&self, scope: &Scope, statement: &Statement) -> bool {
        let Some(candidate) = self.candidate(scope, statement) else { return false };
        // Where nobody makes functions, there is nothing to wait for.
        let has_maker = self.receiver.lock().is_none();
        if has_maker && !candidate.is_settled() {
            let (done, waiting) = oneshot::channel();
            let wanted = StoreRequest { candidate: Arc::clone(&candidate), done: Some(done) };
            if self.wanted.send(wanted).await.is_ok() {
                // Whoever makes functions has gone; so there is none.
                let _ = waiting.await;
            }
        }
        candidate.call().is_some()
    }

    /// What is known of a statement; `None` if it cannot become a function.
    fn candidate(&self, scope: &Scope, statement: &Statement) -> Option<Arc<Candidate>> {
        let Text::Compiled(template) = &statement.text else { return None };
        template.signature()?;
        if template.size() > LONGEST_TEXT || template.values() > MOST_VALUES {
            return None;
        }
        let used = Use { template: template.id(), role: scope.role.as_deref(), access: scope.access };
        Some(self.candidates.get(&used).unwrap_or_else(|| {
            let candidate = Candidate::new(Arc::clone(template), scope.role.clone(), scope.access);
            let candidate = Arc::new(candidate);
            self.candidates.insert(used.to_key(scope.role.clone()), Arc::clone(&candidate));
            candidate
        }))
    }

    /// Takes functions out of use that could not be called, until it is known that they are there.
    fn doubt(&self, calls: &Calls, error: &Error) {
        let now = self.now();
        for call in calls.all().filter(|call| call.is_missed(error)) {
            for candidate in self.candidates() {
                candidate.doubt(call, now);
            }
            let enter = self.enter.load();
            if enter.as_ref().is_some_and(|enter| Arc::ptr_eq(enter, call)) {
                self.enter.store(None);
            }
        }
    }
}

impl StoredUse {
    /// Of a primary. No statement is a function yet.
    pub(in crate::db) fn new(settings: Option<config::StoredOperations>) -> Self {
        let enough = settings.map_or(u32::MAX, |settings| settings.uses);
        Self { statements: Arc::new(StoredStatements::new(enough)), pause: None }
    }

    /// Of a standby of the same primary.
    pub(in crate::db) fn of_standby(&self) -> Self {
        Self { statements: Arc::clone(&self.statements), pause: Some(Arc::default()) }
    }

    /// The functions that are to be called in place of statements.
    pub(in crate::db) fn calls(&self, scope: &Scope, statements: &[Statement]) -> Calls {
        match &self.pause {
            Some(pause) if self.statements.now() < pause.until.load(Ordering::Relaxed) => Calls::default(),
            Some(_) | None => self.statements.calls(scope, statements),
        }
    }

    /// Whether an error says that one of the functions is not there, or not the one that was meant. Nothing has been done then, and
    /// the next messages do without it.
    pub(in crate::db) fn is_missed(&self, calls: &Calls, error: &Error) -> bool {
        if !calls.all().any(|call| call.is_missed(error)) {
            return false;
        }
        StoredEvent::CallFailed { error: &error.to_string() }.emit();
        match &self.pause {
            None => self.statements.doubt(calls, error),
            Some(pause) => {
                let times = pause.times.fetch_add(1, Ordering::Relaxed);
                pause.until.store(self.statements.now().saturating_add(patience(times)), Ordering::Relaxed);
            }
        }
        true
    }
}

impl Calls {
    /// That of the statement in this place.
    pub(in crate::db) fn get(&self, statement: usize) -> Option<&Call> {
        self.statements.get(statement)?.as_deref()
    }

    /// The function that sets the scope.
    pub(in crate::db) fn enter(&self) -> Option<&Call> {
        self.enter.as_deref()
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Call>> {
        self.statements.iter().flatten().chain(&self.enter)
    }
}
