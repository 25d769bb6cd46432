//! The current protocols of queries by what a probe has found, and when to probe again.
//!
//! Until a probe has succeeded, they are those that are safe everywhere, or those of the pool mode, if it is set. Never probes
//! by itself: `pool/probing.rs` does.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::PoolMode;
use crate::db::connection::protocol::{AtomicProtocols, Protocol, Protocols, RoutingHint};
use crate::db::error::Error;
use crate::db::lock::Lock;
use crate::event::Event;

/// How long after a failure to probe again: at first, and at most. Each failure doubles it.
const PAUSE: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// No probe is due: it is done, or in progress.
const NEVER: u64 = u64::MAX;

/// The protocols that are safe by what is known. Reading them takes no lock.
#[derive(Debug)]
pub(in crate::db) struct ProtocolChoice {
    pool_mode: PoolMode,
    /// Whether each message names its shard.
    is_sharded: bool,
    protocols: AtomicProtocols,
    /// When the next probe is due, in milliseconds after `start`.
    due: AtomicU64,
    start: Instant,
    /// Why no operation may run here, if a probe found a reason.
    refusal: OnceLock<String>,
    /// Held while the choice changes.
    changing: Lock<State>,
}

#[derive(Debug)]
struct State {
    /// How long to wait after the next failure.
    pause: Duration,
    /// How many times a name was lost. A probe that was running at that time says nothing about the state after it.
    falls: u32,
}

impl ProtocolChoice {
    pub(in crate::db) fn new(pool_mode: PoolMode, is_sharded: bool) -> Self {
        Self {
            pool_mode,
            is_sharded,
            protocols: AtomicProtocols::new(initial(pool_mode, is_sharded)),
            due: AtomicU64::new(0),
            start: Instant::now(),
            refusal: OnceLock::new(),
            changing: Lock::new(State { pause: PAUSE.0, falls: 0 }),
        }
    }

    pub(in crate::db) fn protocols(&self) -> Protocols {
        self.protocols.get()
    }

    /// Whether the pool mode is found out, too, so that named statements may be used and given up.
    pub(in crate::db) fn is_auto(&self) -> bool {
        self.pool_mode == PoolMode::Auto
    }

    /// Whether each message names its shard.
    pub(in crate::db) fn is_sharded(&self) -> bool {
        self.is_sharded
    }

    /// Of the protocols that a probe has found to be safe, those that the settings leave open.
    pub(in crate::db) fn left_open(&self, found: Protocols) -> Protocols {
        let Protocols { context, hint, .. } = found;
        match (self.is_sharded, self.pool_mode) {
            (true, _) => Protocols { context, ..initial(self.pool_mode, true) },
            (false, PoolMode::Auto) => found,
            (false, fixed) => Protocols { context, hint, ..Protocols::of(fixed) },
        }
    }

    /// No operation runs from now on: its answers could be wrong.
    pub(in crate::db) fn refuse(&self, reason: String) {
        // The first reason is as good as another.
        let _ = self.refusal.set(reason);
    }

    /// An error if no operation may run here.
    pub(in crate::db) fn check(&self) -> Result<(), Error> {
        self.refusal.get().map_or(Ok(()), |reason| Err(Error::Configuration(reason.clone())))
    }

    /// Whether a probe is due. Only one caller gets this answer, and has to make the probe. Returns the number of lost names
    /// so far, for [`ProtocolChoice::settle`].
    pub(in crate::db) fn begin_probe(&self) -> Option<u32> {
        let due = self.due.load(Ordering::Relaxed);
        let is_due = due != NEVER && due <= self.now();
        let begins =
            is_due && self.due.compare_exchange(due, NEVER, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        begins.then(|| self.changing.lock().falls)
    }

    /// Applies the report of a probe that began after this many lost names. An incomplete probe is repeated later.
    ///
    /// False if a name was lost meanwhile, so that the report does not count.
    pub(in crate::db) fn settle(&self, found: Protocols, is_complete: bool, falls: u32) -> bool {
        let mut state = self.changing.lock();
        let is_believed = state.falls == falls;
        if is_believed {
            self.protocols.set(found);
        }
        if !is_believed || !is_complete {
            self.delay(&mut state);
        }
        is_believed
    }

    /// The probe failed. It is repeated later.
    pub(in crate::db) fn fail(&self) {
        self.delay(&mut self.changing.lock());
    }

    /// A name was lost: no names are used until another probe has succeeded.
    pub(in crate::db) fn fall_back(&self, error: &str) {
        let mut state = self.changing.lock();
        // Of several connections that notice it at the same time, the first one counts.
        let Protocols { typed, context, hint, .. } = self.protocols.get();
        if typed != Protocol::Prepared {
            return;
        }
        self.protocols.set(Protocols { context, hint, ..Protocols::of(PoolMode::Auto) });
        state.falls += 1;
        Event::ProtocolFellBack { error, again_in: state.pause }.emit();
        self.delay(&mut state);
    }

    fn delay(&self, state: &mut State) {
        let due = self.now().saturating_add(milliseconds(state.pause));
        self.due.store(due, Ordering::Relaxed);
        state.pause = (state.pause * 2).min(PAUSE.1);
    }

    fn now(&self) -> u64 {
        milliseconds(self.start.elapsed())
    }
}

/// The protocols before a probe has found anything.
pub(in crate::db) fn initial(pool_mode: PoolMode, is_sharded: bool) -> Protocols {
    let safe = Protocols::of(pool_mode);
    if is_sharded {
        Protocols { operations: Protocol::Simple, hint: RoutingHint::Shards, ..safe }
    } else {
        safe
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ContextForm;

    const PREPARED: Protocols = Protocols {
        typed: Protocol::Prepared,
        operations: Protocol::Prepared,
        context: ContextForm::SetConfig,
        hint: RoutingHint::None,
    };
    const LOST: &str = "prepared statement \"x\" does not exist";

    #[test]
    fn names_are_used_after_a_probe_and_given_up_when_one_gets_lost() {
        let choice = ProtocolChoice::new(PoolMode::Auto, false);
        assert_eq!(choice.protocols().typed, Protocol::Unnamed);
        assert!(choice.settle(PREPARED, true, 0));
        assert_eq!(choice.protocols(), PREPARED);
        choice.fall_back(LOST);
        choice.fall_back(LOST);
        assert_eq!(choice.protocols(), Protocols::of(PoolMode::Auto));
        assert_eq!(choice.changing.lock().falls, 1);
    }

    #[test]
    fn a_probe_that_began_before_a_name_got_lost_is_not_believed() {
        let choice = ProtocolChoice::new(PoolMode::Auto, false);
        choice.settle(PREPARED, true, 0);
        choice.fall_back(LOST);
        assert!(!choice.settle(PREPARED, true, 0));
        assert_eq!(choice.protocols().typed, Protocol::Unnamed);
        assert!(choice.settle(PREPARED, true, 1));
        assert_eq!(choice.protocols().typed, Protocol::Prepared);
    }

    #[test]
    fn names_that_get_lost_again_and_again_are_tried_less_and_less() {
        let choice = ProtocolChoice::new(PoolMode::Auto, false);
        for fall in 0..20 {
            choice.settle(PREPARED, true, fall);
            choice.fall_back(LOST);
        }
        assert_eq!(choice.changing.lock().pause, PAUSE.1);
    }

    #[test]
    fn a_pool_mode_that_is_set_leaves_the_context_and_the_hint_open() {
        let found = Protocols { context: ContextForm::Mixed, hint: RoutingHint::Role, ..PREPARED };
        for pool_mode in [PoolMode::Transaction, PoolMode::Statement, PoolMode::Session] {
            let settled = ProtocolChoice::new(pool_mode, false).left_open(found);
            let set = Protocols::of(pool_mode);
            assert_eq!((settled.typed, settled.operations), (set.typed, set.operations));
            assert_eq!((settled.context, settled.hint), (ContextForm::Mixed, RoutingHint::Role));
        }
        for pool_mode in [PoolMode::Auto, PoolMode::Transaction] {
            let choice = ProtocolChoice::new(pool_mode, true);
            for protocols in [choice.protocols(), choice.left_open(found)] {
                assert_eq!((protocols.operations, protocols.hint), (Protocol::Simple, RoutingHint::Shards));
            }
        }
    }

    #[test]
    fn a_probe_is_due_for_one_caller_and_again_after_a_pause() {
        let choice = ProtocolChoice::new(PoolMode::Auto, false);
        assert_eq!(choice.begin_probe(), Some(0));
        assert_eq!(choice.begin_probe(), None, "it is under way");
        choice.fail();
        assert_eq!(choice.begin_probe(), None, "it has just failed");
        choice.due.store(0, Ordering::Relaxed);
        assert_eq!(choice.begin_probe(), Some(0));
        choice.settle(PREPARED, true, 0);
        assert_eq!(choice.due.load(Ordering::Relaxed), NEVER);
    }
}
