//! Pool mode `auto`: which protocols queries take, found out at the first connection, and doubted when a name
//! gets lost.
//!
//! Until something is known, it is the one that is safe everywhere. Never keeps anybody waiting: the probe runs beside.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Connector, Findings, Protocol, Protocols};
use crate::config::PoolMode;
use crate::event::Event;

/// How long a probe may take, besides connecting.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// How long after a failure it is looked again: at first, and at the most. Each failure doubles it.
const RESPITE: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// The protocols that are safe as far as is known.
#[derive(Debug)]
pub(super) struct Choice(Mutex<State>);

#[derive(Debug)]
struct State {
    protocols: Protocols,
    probe: Probe,
    /// How long to wait after the next failure.
    respite: Duration,
    /// How many names have got lost: a probe that was under way at the time says nothing of what holds now.
    falls: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    /// It is to be made at this time or later.
    Due(Instant),
    UnderWay,
    Done,
}

impl Default for Choice {
    fn default() -> Self {
        Self(Mutex::new(State {
            protocols: Protocols::of(PoolMode::Auto),
            probe: Probe::Due(Instant::now()),
            respite: RESPITE.0,
            falls: 0,
        }))
    }
}

impl Choice {
    pub(super) fn protocols(&self) -> Protocols {
        self.state().protocols
    }

    /// Begins a probe in the background if one is due.
    pub(super) fn find_out(self: &Arc<Self>, connector: &Connector) {
        let falls = {
            let mut state = self.state();
            if !matches!(state.probe, Probe::Due(time) if time <= Instant::now()) {
                return;
            }
            state.probe = Probe::UnderWay;
            state.falls
        };
        let (choice, connector) = (Arc::clone(self), connector.clone());
        tokio::spawn(async move {
            match connector.probe(PROBE_LIMIT).await {
                Ok(findings) => choice.settle(&findings, falls),
                Err(_) => choice.state().delay(),
            }
        });
    }

    /// Takes what a probe says, which began after so many falls. Where it could not find out everything, it is
    /// asked again.
    fn settle(&self, findings: &Findings, falls: u32) {
        let mut state = self.state();
        if state.falls != falls {
            state.delay();
            return;
        }
        state.protocols = findings.protocols();
        if findings.is_complete() {
            state.probe = Probe::Done;
        } else {
            state.delay();
        }
        let evidence = format!("{}: {}", findings.lending.name(), findings.evidence);
        let Protocols { typed, operations } = state.protocols;
        let chosen = format!("{} for typed queries, {} for operations", typed.name(), operations.name());
        Event::ProtocolChosen { chosen: &chosen, evidence: &evidence }.emit();
    }

    /// A name got lost: none is used until it has been looked again.
    pub(super) fn fall_back(&self, error: &str) {
        let mut state = self.state();
        // Of the connections that find it out at the same time, the first one counts.
        if state.protocols.typed != Protocol::Prepared {
            return;
        }
        state.protocols = Protocols::of(PoolMode::Auto);
        state.falls += 1;
        Event::ProtocolFellBack { error, again_in: state.respite }.emit();
        state.delay();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn delay(&mut self) {
        self.probe = Probe::Due(Instant::now() + self.respite);
        self.respite = (self.respite * 2).min(RESPITE.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Lending, NamedStatements, Passage};

    fn session() -> Findings {
        Findings {
            lending: Lending::Session,
            named_statements: NamedStatements::AsGiven,
            unnamed_statement: Passage::Passes,
            routes_statements: Some(false),
            ..Findings::default()
        }
    }

    const LOST: &str = "prepared statement \"x\" does not exist";

    #[test]
    fn names_are_used_after_a_probe_and_given_up_when_one_gets_lost() {
        let choice = Choice::default();
        assert_eq!(choice.protocols().typed, Protocol::Unnamed);
        choice.settle(&session(), 0);
        let prepared = Protocols { typed: Protocol::Prepared, operations: Protocol::Prepared };
        assert_eq!(choice.protocols(), prepared);
        choice.fall_back(LOST);
        choice.fall_back(LOST);
        assert_eq!(choice.protocols(), Protocols::of(PoolMode::Auto));
        assert_eq!(choice.state().falls, 1);
    }

    #[test]
    fn a_probe_that_began_before_a_name_got_lost_is_not_believed() {
        let choice = Choice::default();
        choice.settle(&session(), 0);
        choice.fall_back(LOST);
        choice.settle(&session(), 0);
        assert_eq!(choice.protocols().typed, Protocol::Unnamed);
        choice.settle(&session(), 1);
        assert_eq!(choice.protocols().typed, Protocol::Prepared);
    }

    #[test]
    fn names_that_get_lost_again_and_again_are_tried_less_and_less() {
        let choice = Choice::default();
        for fall in 0..20 {
            choice.settle(&session(), fall);
            choice.fall_back(LOST);
        }
        assert_eq!(choice.state().respite, RESPITE.1);
    }
}
