//! The metrics of live queries.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use super::histogram::Histogram;
use super::list::{Counters, List, seconds};
use super::{add, one_more};
use crate::event::{LiveEvent, LiveResult};

/// The result of a check of the database.
const PROBES: [&str; 2] = ["same", "changed"];

/// The counters.
pub(super) struct LiveFamilies {
    subscriptions: Gauge,
    groups: Gauge,
    probes: Counters<1>,
    runs: Counters<1>,
    run_duration: Histogram,
    delay: Histogram,
    answers: Counter,
    sent_bytes: Counter,
    interruptions: Counter,
}

impl LiveFamilies {
    pub(super) fn new(list: &mut List) -> Self {
        let results = LiveResult::ALL.map(LiveResult::name);
        Self {
            subscriptions: list.add("live_subscriptions", "Active subscriptions", Gauge::default()),
            groups: list.add(
                "live_groups",
                "Groups of subscriptions with the same answer, each of which runs once for all of its subscriptions",
                Gauge::default(),
            ),
            probes: list.initial(
                "live_probes",
                "Checks whether the database has changed",
                "result",
                &PROBES,
            ),
            runs: list.initial("live_runs", "Runs of groups", "result", &results),
            run_duration: list.time(
                "live_run_duration",
                "Duration of a group's run; in a batch, its share",
                seconds(),
            ),
            delay: list.time(
                "live_delay",
                "Time from the discovery of a change to the answer that contains it",
                seconds(),
            ),
            answers: list.counter("live_answers", "Answers that were sent to subscriptions"),
            sent_bytes: list.bytes("live_answers_size", "Bytes of these answers"),
            interruptions: list.counter(
                "live_interruptions",
                "Times that checks whether the database has changed began to fail",
            ),
        }
    }

    pub(super) fn count(&self, event: &LiveEvent<'_>) {
        match event {
            LiveEvent::Subscribed => {
                self.subscriptions.inc();
            }
            LiveEvent::Unsubscribed => {
                self.subscriptions.dec();
            }
            LiveEvent::GroupMade => {
                self.groups.inc();
            }
            LiveEvent::GroupEnded => {
                self.groups.dec();
            }
            LiveEvent::Probed { has_changed } => {
                one_more(&self.probes, "result", PROBES[usize::from(*has_changed)]);
            }
            LiveEvent::Run { took, result } => {
                one_more(&self.runs, "result", result.name());
                self.run_duration.observe(took.as_secs_f64());
            }
            LiveEvent::Sent { delay, subscribers, bytes } => {
                self.delay.observe(delay.as_secs_f64());
                add(&self.answers, *subscribers);
                add(&self.sent_bytes, subscribers.saturating_mul(*bytes));
            }
            LiveEvent::Interrupted { .. } => add(&self.interruptions, 1),
            LiveEvent::Resumed | LiveEvent::NotPruned { .. } => {}
        }
    }
}
