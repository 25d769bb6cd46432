//! The open connections of a listener: how many there may be, how long each may be idle, and which one is closed when there
//! is no place left.
//!
//! One task checks all of them about once a second, so that a connection needs no timer of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::answer_bytes::AnswerBytes;
use super::pace::Progress;
use crate::config::{self, Sockets};
use crate::event::{Ending, Event};

/// The longest time between two checks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Connections of the listener for metrics. They are part of the reserved descriptors.
const MOST_OF_METRICS: usize = 32;

/// How long to wait for a connection that could be closed before all are checked again.
const PAUSE: Duration = Duration::from_millis(50);

/// The open connections. Cheap to clone.
#[derive(Clone)]
pub(in crate::http) struct Connections {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Sockets,
    maximum: usize,
    held: Arc<AnswerBytes>,
    entries: Mutex<Entries>,
    closed: Notify,
}

#[derive(Default)]
struct Entries {
    last: u64,
    open: HashMap<u64, Entry>,
}

struct Entry {
    activity: Arc<Activity>,
    mark: Option<Progress>,
}

/// A connection's place among the open ones. Dropping this frees it.
pub(in crate::http) struct Place {
    pub(super) activity: Arc<Activity>,
    connections: Connections,
    number: u64,
}

impl Connections {
    /// Places for this many connections.
    pub(in crate::http) fn new(maximum: usize, limits: Sockets) -> Self {
        let (held, entries, closed) = (Arc::default(), Mutex::default(), Notify::new());
        Self { inner: Arc::new(Inner { limits, maximum, held, entries, closed }) }
    }

    /// The same for a listener that only collectors and load balancers use.
    pub(in crate::http) fn of_metrics(config: &config::Http) -> Self {
        Self::new(MOST_OF_METRICS, config.sockets.clone())
    }

    /// The times and limits.
    pub(super) fn limits(&self) -> &Sockets {
        &self.inner.limits
    }

    /// A place for a new connection. If none is free, closes the connection that has been idle for longest. If none is idle,
    /// waits.
    pub(in crate::http) async fn admit(&self) -> Place {
        loop {
            let closed = self.inner.closed.notified();
            if let Some(place) = self.place() {
                return place;
            }
            self.displace();
            let _ = tokio::time::timeout(PAUSE, closed).await;
        }
    }

    /// Closes the connection that has been idle for longest, if one is idle.
    pub(in crate::http) fn displace(&self) {
        let (now, entries) = (Instant::now(), self.lock());
        let activities = entries.open.values().map(|entry| &entry.activity);
        let idle = activities.filter(|activity| activity.is_idle() && !activity.is_ending());
        if let Some(oldest) = idle.max_by_key(|activity| activity.idle_for(now)) {
            end(oldest, Ending::Displaced);
        }
    }

    /// Checks all connections at intervals, until `end`.
    pub(in crate::http) async fn watch(&self, until: &CancellationToken) {
        let watching = async {
            loop {
                tokio::time::sleep(self.inner.limits.shortest().div_f32(4.0).min(INTERVAL)).await;
                self.look(Instant::now());
            }
        };
        until.run_until_cancelled(watching).await;
    }

    /// Ends connections that are overdue, or that hold too much memory.
    fn look(&self, now: Instant) {
        for Entry { activity, mark } in self.lock().open.values_mut() {
            if let Some(ending) = activity.overdue(mark, now, &self.inner.limits) {
                end(activity, ending);
            }
            activity.check_end(now);
        }
        self.relieve();
    }

    /// Aborts the connections with the largest unread answers, until the others have enough memory.
    fn relieve(&self) {
        let mut excess = self.inner.held.bytes().saturating_sub(self.inner.limits.answer_bytes);
        if excess == 0 {
            return;
        }
        let mut holders = self.activities();
        holders.retain(|activity| activity.may_be_stalled());
        holders.sort_by_key(|activity| std::cmp::Reverse(activity.held()));
        for activity in holders {
            if excess == 0 {
                return;
            }
            if end(&activity, Ending::AnswersTooLarge) {
                excess = excess.saturating_sub(activity.held());
            }
        }
    }

    fn place(&self) -> Option<Place> {
        let mut entries = self.lock();
        if entries.open.len() >= self.inner.maximum {
            return None;
        }
        entries.last += 1;
        let (number, activity) = (entries.last, Arc::new(Activity::new(Arc::clone(&self.inner.held))));
        entries.open.insert(number, Entry { activity: Arc::clone(&activity), mark: None });
        drop(entries);
        Event::HttpConnectionOpened.emit();
        Some(Place { activity, connections: self.clone(), number })
    }

    fn activities(&self) -> Vec<Arc<Activity>> {
        self.lock().open.values().map(|entry| Arc::clone(&entry.activity)).collect()
    }

    /// A panic elsewhere cannot leave it in an inconsistent state.
    fn lock(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.inner.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Its times and limits.
    pub(super) fn limits(&self) -> &Sockets {
        self.connections.limits()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().open.remove(&self.number);
        self.connections.inner.closed.notify_one();
        Event::HttpConnectionClosed.emit();
    }
}

/// Asks a connection to end, and counts it. Returns false if that was done before.
fn end(activity: &Activity, ending: Ending) -> bool {
    let is_first = activity.end(ending);
    if is_first {
        Event::HttpConnectionEnded { ending }.emit();
    }
    is_first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(maximum: usize) -> Connections {
        Connections::new(maximum, Sockets { answer_bytes: 1000, ..Sockets::default() })
    }

    #[tokio::test]
    async fn the_connection_that_has_been_idle_for_longest_makes_room() {
        let connections = connections(2);
        let busy = connections.admit().await;
        let _request = busy.activity.begin();
        let idle = connections.admit().await;
        let admitted = tokio::spawn({
            let connections = connections.clone();
            async move { connections.admit().await }
        });
        assert_eq!(idle.activity.end_requested().await, Ending::Displaced);
        drop(idle);
        let _new = admitted.await.unwrap_or_else(|error| panic!("{error}"));
        assert!(busy.activity.end(Ending::Idle), "it was already asked to end");
    }

    #[tokio::test]
    async fn the_largest_answer_that_is_not_taken_goes_first() {
        let connections = connections(3);
        let mut held = Vec::new();
        let mut places = Vec::new();
        for (length, is_taken) in [(700, true), (500, false), (100, false)] {
            let place = connections.admit().await;
            held.push(place.activity.hold(bytes::Bytes::from(vec![0; length])));
            if !is_taken {
                place.activity.pace.waits();
            }
            places.push(place);
        }
        connections.look(Instant::now());
        let ended = |place: &Place| !place.activity.end(Ending::NotReading);
        assert_eq!(places.iter().map(ended).collect::<Vec<_>>(), [false, true, false]);
    }
}
