//! A statement that may become a function, and how often it is used.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use arc_swap::ArcSwapOption;
use quick_cache::Equivalent;

use super::call::Call;
use crate::db::operation::scope::Access;
use crate::statement::{Template, TemplateId};

/// A statement becomes a function when it is used often enough within this many seconds.
const WINDOW: u32 = 60;

/// For this many seconds, a function that could not be called is not tried again. The time doubles each time.
const DOUBT: u32 = 2;
const LONGEST_DOUBT: u32 = 600;

/// A statement of a role that may become a function.
#[derive(Debug)]
pub struct Candidate {
    template: Arc<Template>,
    role: Option<Arc<str>>,
    access: Access,
    /// Uses within the window.
    uses: AtomicU32,
    /// When the window began, in seconds.
    since: AtomicU32,
    /// When it was last used.
    used: AtomicU32,
    /// Whether its function has been requested.
    is_asked: AtomicU8,
    /// Before that time, no function is requested.
    not_before: AtomicU32,
    doubts: AtomicU32,
    call: ArcSwapOption<Call>,
}

/// Not requested, requested, or never to be requested again.
const COUNTING: u8 = 0;
const ASKED: u8 = 1;
const UNFIT: u8 = 2;

/// The key of a statement: its text, its role, and the kind of its transactions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    template: TemplateId,
    role: Option<Arc<str>>,
    access: Access,
}

/// The same, borrowed.
pub(super) struct Use<'a> {
    pub(super) template: TemplateId,
    pub(super) role: Option<&'a str>,
    pub(super) access: Access,
}

impl Use<'_> {
    pub(super) fn to_key(&self, role: Option<Arc<str>>) -> Key {
        Key { template: self.template, role, access: self.access }
    }
}

impl Hash for Use<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.template.hash(state);
        self.role.hash(state);
        self.access.hash(state);
    }
}

impl Equivalent<Key> for Use<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.template == key.template && self.role == key.role.as_deref() && self.access == key.access
    }
}

/// For how many seconds functions are not called after they were missing, by how often that has happened before.
pub(super) fn patience(times: u32) -> u32 {
    DOUBT.saturating_mul(1 << times.min(16)).min(LONGEST_DOUBT)
}

impl Candidate {
    pub(super) fn new(template: Arc<Template>, role: Option<Arc<str>>, access: Access) -> Self {
        Self {
            template,
            role,
            access,
            uses: AtomicU32::new(0),
            since: AtomicU32::new(0),
            used: AtomicU32::new(0),
            is_asked: AtomicU8::new(COUNTING),
            not_before: AtomicU32::new(0),
            doubts: AtomicU32::new(0),
            call: ArcSwapOption::empty(),
        }
    }

    /// The statement.
    pub fn template(&self) -> &Arc<Template> {
        &self.template
    }

    /// The role that uses it; `None` is the connection's own user.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Whether it runs in transactions that may write.
    pub fn access(&self) -> Access {
        self.access
    }

    /// When it was last used, in the seconds of [`StoredStatements::now`](super::StoredStatements::now).
    pub fn used(&self) -> u32 {
        self.used.load(Ordering::Relaxed)
    }

    /// Its function.
    pub fn call(&self) -> Option<Arc<Call>> {
        self.call.load_full()
    }

    /// Messages call this function from now on.
    pub fn settle(&self, call: Call) {
        self.call.store(Some(Arc::new(call)));
        self.is_asked.store(COUNTING, Ordering::Relaxed);
    }

    /// It cannot become a function now. A function is requested again after this many seconds, if the statement is used
    /// then.
    pub fn postpone(&self, now: u32, seconds: u32) {
        self.not_before.store(now.saturating_add(seconds), Ordering::Relaxed);
        self.ask_again();
    }

    /// It can never become a function.
    pub fn give_up(&self) {
        self.is_asked.store(UNFIT, Ordering::Relaxed);
    }

    /// No function is called in its place until one is requested again.
    pub fn forget(&self) {
        self.call.store(None);
    }

    pub(super) fn ask_again(&self) {
        let _ = self.is_asked.compare_exchange(ASKED, COUNTING, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether its state is final: it has a function, or cannot have one.
    pub fn is_settled(&self) -> bool {
        self.call.load().is_some() || self.is_asked.load(Ordering::Relaxed) == UNFIT
    }

    /// Counts a use. Returns whether a function has to be requested now, which takes this many uses.
    pub(super) fn is_wanted(&self, now: u32, enough: u32) -> bool {
        self.used.store(now, Ordering::Relaxed);
        if now.wrapping_sub(self.since.load(Ordering::Relaxed)) >= WINDOW {
            self.since.store(now, Ordering::Relaxed);
            self.uses.store(0, Ordering::Relaxed);
        }
        let uses = self.uses.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        uses >= enough
            && now >= self.not_before.load(Ordering::Relaxed)
            && self.call.load().is_none()
            && self.is_asked.compare_exchange(COUNTING, ASKED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Stops using the function if it is this one.
    pub(super) fn doubt(&self, call: &Arc<Call>, now: u32) {
        let is_mine = self.call.load().as_ref().is_some_and(|mine| Arc::ptr_eq(mine, call));
        if is_mine {
            self.call.store(None);
            let pause = patience(self.doubts.fetch_add(1, Ordering::Relaxed));
            self.not_before.store(now.saturating_add(pause), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::SessionSettings;

    fn candidate() -> Candidate {
        let template =
            Template::new("select 1".to_owned(), Vec::new(), Some(Vec::new()), SessionSettings::NONE);
        Candidate::new(Arc::new(template), None, Access::ReadOnly)
    }

    #[test]
    fn many_uses_within_the_window_ask_once() {
        let candidate = candidate();
        assert_eq!((1..=100).filter(|_| candidate.is_wanted(5, 20)).count(), 1);
        candidate.postpone(5, 10);
        assert!(!candidate.is_wanted(14, 20));
        assert!(candidate.is_wanted(15, 20));
    }

    #[test]
    fn few_uses_a_minute_never_ask() {
        let candidate = candidate();
        assert!(!(0..1000).any(|turn| candidate.is_wanted(turn * 4, 20)));
    }
}
