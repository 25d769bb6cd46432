//! The statements that the database keeps as functions, and how they are called. Every operation passes here.
//!
//! When a statement is used often enough, this requests a function for it, once. `crate::stored` makes functions and answers
//! with a [`Call`]. From then on, messages call the function in place of the text. Never makes a function, and never waits
//! for one.

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
use crate::db::operation::scope::{Reach, Scope};
use crate::event::StoredEvent;
use crate::statement::{Statement, Text};

/// The number of statements that are counted. The least recently used ones give way.
const COUNTED: usize = 4096;

/// The number of statements that may wait to become functions. Others are requested again when they are used again.
const WAITING: usize = 256;

/// A statement with a longer text is not worth a function: it is rare, and its plan takes more memory in each session.
const LONGEST_TEXT: usize = 64 << 10;

/// The maximum number of parameters of a PostgreSQL function, unless it was built with another one.
const MOST_VALUES: usize = 100;

/// The statements in use, and the functions of some of them.
#[derive(Debug)]
pub struct StoredStatements {
    /// Whether functions are possible at all.
    is_on: AtomicBool,
    /// Whether there were messages lately.
    is_touched: AtomicBool,
    /// Seconds since this was made.
    now: AtomicU32,
    /// How often a role uses a statement within a minute before it becomes a function.
    enough: u32,
    candidates: Cache<Key, Arc<Candidate>>,
    /// The function that sets a scope's settings.
    enter: ArcSwapOption<Call>,
    wanted: mpsc::Sender<StoreRequest>,
    /// The other end of it, until the maker of functions takes it.
    receiver: Lock<Option<mpsc::Receiver<StoreRequest>>>,
}

/// A statement that should become a function.
#[derive(Debug)]
pub struct StoreRequest {
    /// The statement.
    pub candidate: Arc<Candidate>,
    /// The caller that waits for it, if there is one.
    pub done: Option<oneshot::Sender<()>>,
}

/// How a server's pool calls the functions.
#[derive(Debug, Clone)]
pub(in crate::db) struct StoredUse {
    pub(in crate::db) statements: Arc<StoredStatements>,
    /// For a standby: a function that it lacks is no reason to doubt that the primary has it.
    pause: Option<Arc<Pause>>,
}

/// Until then, messages to a standby use texts only.
#[derive(Debug, Default)]
struct Pause {
    until: AtomicU32,
    times: AtomicU32,
}

/// The functions that a message calls, by the places of their statements.
#[derive(Debug, Default)]
pub(in crate::db) struct Calls {
    statements: Vec<Option<Arc<Call>>>,
    /// The function that sets the scope, if there is one.
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

    /// The statements that should become functions, for their one consumer. `None` if it has been taken already.
    pub fn take_wanted(&self) -> Option<mpsc::Receiver<StoreRequest>> {
        self.receiver.lock().take()
    }

    /// Sets whether functions are possible. Where they are not, none is called and nothing is counted.
    pub fn set_on(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::Relaxed);
    }

    /// Sets the function that sets a scope's settings, if there is one.
    pub fn set_enter(&self, enter: Option<Call>) {
        self.enter.store(enter.map(Arc::new));
    }

    /// Whether there is a function that sets a scope's settings.
    pub fn has_enter(&self) -> bool {
        self.enter.load().is_some()
    }

    /// Whether functions are possible.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Whether there were messages since the last call: an idle database is to be left alone.
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

    /// All statements that are counted, with and without functions.
    pub fn candidates(&self) -> impl Iterator<Item = Arc<Candidate>> {
        self.candidates.iter().map(|(_, candidate)| candidate)
    }

    /// The functions to call in place of statements. Each statement counts as used.
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

    /// Requests a function for a statement now, however often it was used, and waits for it. Returns whether there is one.
    pub async fn store(&self, scope: &Scope, statement: &Statement) -> bool {
        let Some(candidate) = self.candidate(scope, statement) else { return false };
        // Without a maker of functions, there is nothing to wait for.
        let has_maker = self.receiver.lock().is_none();
        if has_maker && !candidate.is_settled() {
            let (done, waiting) = oneshot::channel();
            let wanted = StoreRequest { candidate: Arc::clone(&candidate), done: Some(done) };
            if self.wanted.send(wanted).await.is_ok() {
                // The maker of functions has ended, so there is no function.
                let _ = waiting.await;
            }
        }
        candidate.call().is_some()
    }

    /// The candidate of a statement. `None` if the statement cannot become a function.
    fn candidate(&self, scope: &Scope, statement: &Statement) -> Option<Arc<Candidate>> {
        let Text::Compiled(template) = &statement.text else { return None };
        template.signature()?;
        // A function for each tenant would be too many.
        if template.has_schemas() || template.size() > LONGEST_TEXT || template.values() > MOST_VALUES {
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

    /// Stops calling functions that could not be called, until they are known to be there again.
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
    /// For a primary. No statement has a function yet.
    pub(in crate::db) fn new(settings: Option<config::StoredOperations>) -> Self {
        let enough = settings.map_or(u32::MAX, |settings| settings.uses);
        Self { statements: Arc::new(StoredStatements::new(enough)), pause: None }
    }

    /// For a standby of the same primary.
    pub(in crate::db) fn of_standby(&self) -> Self {
        Self { statements: Arc::clone(&self.statements), pause: Some(Arc::default()) }
    }

    /// The functions to call in place of statements.
    pub(in crate::db) fn calls(&self, scope: &Scope, statements: &[Statement]) -> Calls {
        match &self.pause {
            // Citus routes a query by its text, and plans what is in a function at another place.
            _ if scope.reach != Reach::Server => Calls::default(),
            Some(pause) if self.statements.now() < pause.until.load(Ordering::Relaxed) => Calls::default(),
            Some(_) | None => self.statements.calls(scope, statements),
        }
    }

    /// Whether an error says that one of the functions is missing, or is another one than was meant. The message has done
    /// nothing then. The following messages do not call it.
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
    /// The function of the statement in this place.
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
