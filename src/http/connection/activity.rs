//! What one connection does at the moment: its socket, its requests and its answers note it, the registry judges it.
//!
//! Never closes the connection: it says that it is to end, and `connection::serve` ends it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::held::Held;
use super::pace::{Pace, Progress};
use crate::config::Sockets;
use crate::event::Ending;

/// How long a connection may go on after it was told to end.
const GRACE: Duration = Duration::from_secs(2);

/// One connection. Everything in it is changed by others than read it; the counters order nothing else, so they are relaxed.
#[derive(Debug)]
pub(in crate::http) struct Activity {
    opened: Instant,
    /// Requests that are not answered to their last byte.
    requests: AtomicUsize,
    /// Microseconds after the opening: when the last request ended.
    idle_since: AtomicU64,
    /// The same: when the first byte of the next request came; zero if none has.
    head_since: AtomicU64,
    /// The same: when it was told to end; zero if it was not.
    ending_since: AtomicU64,
    /// Whether a byte has come at all.
    is_heard: AtomicBool,
    /// Whether it speaks HTTP/2, whose frames come at any time.
    is_http2: AtomicBool,
    pub(super) pace: Pace,
    /// Bytes of its answers that are in memory.
    answers: AtomicUsize,
    /// Those of all connections.
    all: Arc<Held>,
    ending: OnceLock<Ending>,
    told: CancellationToken,
    abandoned: CancellationToken,
    /// What the connection is once HTTP has ended on it; cancelled when that ends.
    upgraded: OnceLock<CancellationToken>,
}

impl Activity {
    pub(super) fn new(all: Arc<Held>) -> Self {
        Self {
            opened: Instant::now(),
            requests: AtomicUsize::new(0),
            idle_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            ending_since: AtomicU64::new(0),
            is_heard: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            pace: Pace::default(),
            answers: AtomicUsize::new(0),
            all,
            ending: OnceLock::new(),
            told: CancellationToken::new(),
            abandoned: CancellationToken::new(),
            upgraded: OnceLock::new(),
        }
    }

    /// Bytes came from the client.
    pub(super) fn heard(&self) {
        self.is_heard.store(true, Ordering::Relaxed);
        let is_of_head = self.is_idle() && self.head_since.load(Ordering::Relaxed) == 0;
        if is_of_head && !self.is_http2.load(Ordering::Relaxed) {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    pub(super) fn speaks_http2(&self) {
        self.is_http2.store(true, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
    }

    /// A request came in; it lasts until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Exchange {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Exchange(Arc::clone(self))
    }

    /// The connection becomes another protocol's. It keeps its place, and is busy, until what is returned is dropped.
    pub(in crate::http) fn upgrade(self: &Arc<Self>) -> Upgrade {
        let ended = self.upgraded.get_or_init(CancellationToken::new).clone().drop_guard();
        Upgrade { exchange: self.begin(), _ended: ended }
    }

    /// Waits for the end of the protocol that the connection was upgraded to, if it was.
    pub(super) async fn upgrade_ended(&self) {
        if let Some(ended) = self.upgraded.get() {
            ended.cancelled().await;
        }
    }

    /// The bytes of an answer, counted until they are freed.
    pub(in crate::http) fn hold(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        self.answers.fetch_add(bytes.len(), Ordering::Relaxed);
        self.all.add(bytes.len());
        Bytes::from_owner(Answer { bytes, activity: Arc::clone(self) })
    }

    /// Bytes of its answers that are in memory.
    pub(super) fn held(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    /// Whether its client may be what keeps its answers in memory. On HTTP/2 it can also hold back its streams one by one.
    pub(super) fn may_be_stalled(&self) -> bool {
        self.held() > 0 && (self.pace.is_waiting() || self.is_http2.load(Ordering::Relaxed))
    }

    /// Whether it waits for a request, or for the rest of its head.
    pub(super) fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.pace.is_waiting()
    }

    /// Whether the head of a request has begun to come, but not ended.
    pub(super) fn is_in_head(&self) -> bool {
        self.is_idle() && self.head_since.load(Ordering::Relaxed) > 0
    }

    /// How long it has been idle.
    pub(super) fn idle_for(&self, now: Instant) -> Duration {
        self.since(&self.idle_since, now)
    }

    /// Why it is to end, if it is, by the time that each of its states may last.
    pub(super) fn overdue(
        &self,
        mark: &mut Option<Progress>,
        now: Instant,
        limits: &Sockets,
    ) -> Option<Ending> {
        if !self.is_idle() {
            let is_stalled = self.pace.is_stalled(mark, now, limits.write_timeout);
            return is_stalled.then_some(Ending::NotReading);
        }
        *mark = None;
        if !self.is_heard.load(Ordering::Relaxed) {
            return (self.idle_for(now) >= limits.first_byte_timeout).then_some(Ending::Silent);
        }
        if self.is_in_head() && self.since(&self.head_since, now) >= limits.head_timeout {
            return Some(Ending::SlowHead);
        }
        (self.idle_for(now) >= limits.idle_timeout).then_some(Ending::Idle)
    }

    /// Tells the connection to end; false if that had been said before. One whose client takes nothing is given up at once, also
    /// if it was told to end before.
    pub(super) fn end(&self, ending: Ending) -> bool {
        if matches!(ending, Ending::NotReading | Ending::AnswersTooLarge) {
            let is_first = !self.abandoned.is_cancelled();
            self.abandoned.cancel();
            return is_first;
        }
        let is_first = self.ending.set(ending).is_ok();
        if is_first {
            self.ends();
            self.told.cancel();
        }
        is_first
    }

    /// It ends of itself, as when its client asked for it; it may take its time for that, but not longer.
    pub(super) fn ends(&self) {
        self.ending_since.store(self.now(), Ordering::Relaxed);
    }

    /// Whether it was told to end, or ends of itself.
    pub(super) fn is_ending(&self) -> bool {
        self.ending_since.load(Ordering::Relaxed) > 0
    }

    /// Gives it up if it takes too long to end.
    pub(super) fn check_end(&self, now: Instant) {
        if self.is_ending() && self.is_idle() && self.since(&self.ending_since, now) >= GRACE {
            self.abandoned.cancel();
        }
    }

    /// Waits until it is told to end.
    pub(super) async fn told_to_end(&self) -> Ending {
        self.told.cancelled().await;
        self.ending.get().copied().unwrap_or(Ending::Idle)
    }

    /// Gives it up, whatever runs on it.
    pub(super) fn abandon(&self) {
        self.abandoned.cancel();
    }

    /// Waits until it is given up.
    pub(super) async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }

    /// Never zero, which stands for no time.
    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }

    fn since(&self, time: &AtomicU64, now: Instant) -> Duration {
        let time = self.opened + Duration::from_micros(time.load(Ordering::Relaxed));
        now.saturating_duration_since(time)
    }
}

/// A request and its answer, until the answer's last byte is given to the connection.
#[derive(Debug)]
pub(in crate::http) struct Exchange(Arc<Activity>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that speaks another protocol than HTTP.
#[derive(Debug)]
pub(in crate::http) struct Upgrade {
    exchange: Exchange,
    _ended: DropGuard,
}

impl Upgrade {
    /// The bytes of a message, counted until they are freed.
    pub(in crate::http) fn hold(&self, bytes: Bytes) -> Bytes {
        self.exchange.0.hold(bytes)
    }

    /// Waits until the connection is given up.
    pub(in crate::http) async fn abandoned(&self) {
        self.exchange.0.abandoned().await;
    }
}

/// The bytes of an answer, and whose they are.
struct Answer {
    bytes: Bytes,
    activity: Arc<Activity>,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.activity.answers.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        self.activity.all.subtract(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overdue_after(activity: &Activity, seconds: u64) -> Option<Ending> {
        activity.overdue(&mut None, Instant::now() + Duration::from_secs(seconds), &Sockets::default())
    }

    #[test]
    fn each_state_has_its_time() {
        let activity = Arc::new(Activity::new(Arc::default()));
        assert_eq!(overdue_after(&activity, 14), None);
        assert_eq!(overdue_after(&activity, 16), Some(Ending::Silent));
        activity.heard();
        assert_eq!(overdue_after(&activity, 14), None);
        assert_eq!(overdue_after(&activity, 16), Some(Ending::SlowHead));
        let exchange = activity.begin();
        assert_eq!(overdue_after(&activity, 10_000), None, "a request may take its time");
        drop(exchange);
        assert_eq!(overdue_after(&activity, 74), None);
        assert_eq!(overdue_after(&activity, 76), Some(Ending::Idle));
    }

    #[test]
    fn one_that_was_told_to_end_is_given_up_where_its_client_takes_nothing() {
        let activity = Arc::new(Activity::new(Arc::default()));
        assert!(activity.end(Ending::Idle) && !activity.end(Ending::Displaced));
        assert!(!activity.abandoned.is_cancelled());
        assert!(activity.end(Ending::NotReading) && !activity.end(Ending::AnswersTooLarge));
        assert!(activity.abandoned.is_cancelled());
    }

    #[test]
    fn the_frames_of_http2_are_no_head() {
        let activity = Arc::new(Activity::new(Arc::default()));
        activity.heard();
        activity.speaks_http2();
        activity.heard();
        assert!(!activity.is_in_head());
    }

    #[test]
    fn an_answer_is_counted_until_its_last_part_is_gone() {
        let (held, bytes) = (Arc::new(Held::default()), Bytes::from(vec![0; 1000]));
        let activity = Arc::new(Activity::new(Arc::clone(&held)));
        let mut answer = activity.hold(bytes);
        let part = answer.split_to(10);
        drop(answer);
        assert_eq!((activity.held(), held.bytes()), (1000, 1000));
        drop(part);
        assert_eq!((activity.held(), held.bytes()), (0, 0));
    }
}
