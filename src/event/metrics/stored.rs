//! The metrics of stored operations.

use prometheus_client::metrics::counter::Counter;

use super::add;
use super::list::{Counters, List};
use crate::event::StoredEvent;

/// The counters.
pub(super) struct StoredFamilies {
    called: Counter,
    failed: Counter,
    made: Counter,
    found: Counter,
    not_made: Counter,
    dropped: Counter,
}

impl StoredFamilies {
    pub(super) fn new(list: &mut List) -> Self {
        let calls: Counters<1> = list.counters(
            "stored_calls",
            "Statements that were called as functions (called), and messages that were sent again as text because a function was missing (failed)",
        );
        let functions: Counters<1> = list.counters(
            "stored_functions",
            "Functions that this server has created, found, failed to create, or dropped",
        );
        let call = |result: &'static str| calls.get_or_create_owned(&[("result", result.into())]);
        let function = |result: &'static str| functions.get_or_create_owned(&[("result", result.into())]);
        Self {
            called: call("called"),
            failed: call("failed"),
            made: function("made"),
            found: function("found"),
            not_made: function("failed"),
            dropped: function("dropped"),
        }
    }

    pub(super) fn count(&self, event: &StoredEvent<'_>) {
        match event {
            StoredEvent::Called { statements } => add(&self.called, *statements),
            StoredEvent::CallFailed { .. } => add(&self.failed, 1),
            StoredEvent::Made { is_new: true, .. } => add(&self.made, 1),
            StoredEvent::Made { is_new: false, .. } => add(&self.found, 1),
            StoredEvent::NotMade { .. } => add(&self.not_made, 1),
            StoredEvent::Dropped { functions } => add(&self.dropped, *functions),
            StoredEvent::Begun { .. } | StoredEvent::Ended { .. } | StoredEvent::Full { .. } => {}
        }
    }
}
