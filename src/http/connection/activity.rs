//! The current activity of one connection: its socket, its requests and its answers record it, and the registry decides by
//! it.
//!
//! Never closes the connection: it tells the connection to end, and `connection::serve` ends it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer_bytes::AnswerBytes;
use super::pace::{Pace, Progress};
use crate::config::Sockets;
use crate::event::Ending;

/// How long a connection may continue after it was asked to end.
const GRACE: Duration = Duration::from_secs(2);

/// One connection. Writers and readers are different tasks. The counters order nothing else, so they are relaxed.
#[derive(Debug)]
pub(in crate::http) struct Activity {
    opened: Instant,
    /// Requests that are not answered to the last byte.
    requests: AtomicUsize,
    /// When the last request ended, in microseconds after the opening.
    idle_since: AtomicU64,
    /// When the first byte of the next request arrived, in the same unit; zero if none has.
    head_since: AtomicU64,
    /// When it was asked to end, in the same unit; zero if it was not.
    ending_since: AtomicU64,
    /// Whether any byte has arrived.
    is_heard: AtomicBool,
    /// Whether it speaks HTTP/2, whose frames may arrive at any time.
    is_http2: AtomicBool,
    pub(super) pace: Pace,
    /// Bytes of its answers in memory.
    answers: AtomicUsize,
    /// Bytes of all connections' answers in memory.
    all: Arc<AnswerBytes>,
    ending: OnceLock<Ending>,
    end_requested: CancellationToken,
    abandoned: CancellationToken,
    /// The protocol that has replaced HTTP on this connection. Cancelled when that protocol ends.
    upgraded: OnceLock<CancellationToken>,
}

impl Activity {
    pub(super) fn new(all: Arc<AnswerBytes>) -> Self {
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
            end_requested: CancellationToken::new(),
            abandoned: CancellationToken::new(),
            upgraded: OnceLock::new(),
        }
    }

    /// A connection of another HTTP server, whose business its limits are.
    pub(in crate::http) fn of_others() -> Arc<Self> {
        Arc::new(Self::new(Arc::default()))
    }

    /// Bytes arrived from the client.
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

    /// A request arrived. It lasts until the returned value is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Exchange {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Exchange(Arc::clone(self))
    }

    /// The connection switches to another protocol. It keeps its place, and is busy, until the returned value is dropped.
    pub(in crate::http) fn upgrade(self: &Arc<Self>) -> Upgrade {
        let ended = self.upgraded.get_or_init(CancellationToken::new).clone().drop_guard();
        Upgrade { exchange: self.begin(), _ended: ended }
    }

    /// Waits for the end of the protocol that the connection was upgraded to, if it was upgraded.
    pub(super) async fn upgrade_ended(&self) {
        if let Some(ended) = self.upgraded.get() {
            ended.cancelled().await;
        }
    }

    /// Counts the bytes of an answer until they are freed.
    pub(in crate::http) fn hold(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        self.answers.fetch_add(bytes.len(), Ordering::Relaxed);
        self.all.add(bytes.len());
        Bytes::from_owner(Answer { bytes, activity: Arc::clone(self) })
    }

    /// Bytes of its answers in memory.
    pub(super) fn held(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    /// Whether its client may be the reason that its answers are in memory. On HTTP/2, the client can also hold back single
    /// streams.
    pub(super) fn may_be_stalled(&self) -> bool {
        self.held() > 0 && (self.pace.is_waiting() || self.is_http2.load(Ordering::Relaxed))
    }

    /// Whether it waits for a request, or for the rest of a request's head.
    pub(super) fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.pace.is_waiting()
    }

    /// Whether the head of a request has begun to arrive, but not ended.
    pub(super) fn is_in_head(&self) -> bool {
        self.is_idle() && self.head_since.load(Ordering::Relaxed) > 0
    }

    /// How long it has been idle.
    pub(super) fn idle_for(&self, now: Instant) -> Duration {
        self.since(&self.idle_since, now)
    }

    /// Why it has to end, if it does, by the time limits of its states.
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

    /// Asks the connection to end. Returns false if that was done before. If the client reads nothing, the
    /// connection is aborted at once, even if it was asked to end before.
    pub(super) fn end(&self, ending: Ending) -> bool {
        if matches!(ending, Ending::NotReading | Ending::AnswersTooLarge) {
            let is_first = !self.abandoned.is_cancelled();
            self.abandoned.cancel();
            return is_first;
        }
        let is_first = self.ending.set(ending).is_ok();
        if is_first {
            self.ends();
            self.end_requested.cancel();
        }
        is_first
    }

    /// It ends by itself, for example because its client asked for that. It has the usual time for it, but no more.
    pub(super) fn ends(&self) {
        self.ending_since.store(self.now(), Ordering::Relaxed);
    }

    /// Whether it was asked to end, or ends by itself.
    pub(super) fn is_ending(&self) -> bool {
        self.ending_since.load(Ordering::Relaxed) > 0
    }

    /// Aborts it if it takes too long to end.
    pub(super) fn check_end(&self, now: Instant) {
        if self.is_ending() && self.is_idle() && self.since(&self.ending_since, now) >= GRACE {
            self.abandoned.cancel();
        }
    }

    /// Waits until the connection has to end.
    pub(super) async fn end_requested(&self) -> Ending {
        self.end_requested.cancelled().await;
        self.ending.get().copied().unwrap_or(Ending::Idle)
    }

    /// Aborts it, whatever runs on it.
    pub(super) fn abandon(&self) {
        self.abandoned.cancel();
    }

    /// Waits until it is aborted.
    pub(super) async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }

    /// Never zero, which means that there is no time.
    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }

    fn since(&self, time: &AtomicU64, now: Instant) -> Duration {
        let time = self.opened + Duration::from_micros(time.load(Ordering::Relaxed));
        now.saturating_duration_since(time)
    }
}

/// A request and its answer, until the connection has the answer's last byte.
#[derive(Debug)]
pub(in crate::http) struct Exchange(Arc<Activity>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection with another protocol than HTTP.
#[derive(Debug)]
pub(in crate::http) struct Upgrade {
    exchange: Exchange,
    _ended: DropGuard,
}

impl Upgrade {
    /// Counts the bytes of a message until they are freed.
    pub(in crate::http) fn hold(&self, bytes: Bytes) -> Bytes {
        self.exchange.0.hold(bytes)
    }

    /// Waits until the connection is aborted.
    pub(in crate::http) async fn abandoned(&self) {
        self.exchange.0.abandoned().await;
    }
}

/// The bytes of an answer, and their connection.
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
    fn an_ending_connection_is_aborted_if_its_client_reads_nothing() {
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
        let (held, bytes) = (Arc::new(AnswerBytes::default()), Bytes::from(vec![0; 1000]));
        let activity = Arc::new(Activity::new(Arc::clone(&held)));
        let mut answer = activity.hold(bytes);
        let part = answer.split_to(10);
        drop(answer);
        assert_eq!((activity.held(), held.bytes()), (1000, 1000));
        drop(part);
        assert_eq!((activity.held(), held.bytes()), (0, 0));
    }
}
