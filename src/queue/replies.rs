//! The answers for this process: one reader task, and all waiting requests.
//!
//! The answers are in a stream, not in a list. So an answer that was on its way when the connection broke is read again. The
//! reader then starts with the answers that are still there, and drops those without a waiting request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::answer::Refusal;
use super::link::Redis;
use super::message::ReplyTo;
use super::outage::OutageReporter;
use super::{Error, answer, store};
use crate::engine::Response;

/// How long one read waits.
const WAIT: Duration = Duration::from_secs(1);

/// How long the reader pauses after a failure.
const REST: Duration = Duration::from_millis(200);

/// The waiting requests by ticket.
pub(super) struct Replies {
    stream: String,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Response>>>,
    tickets: AtomicU64,
}

/// A waiting request. Dropping it ends the wait.
pub(super) struct Waiting<'a> {
    replies: &'a Replies,
    ticket: u64,
    receiver: oneshot::Receiver<Response>,
}

impl Replies {
    pub(super) fn new(stream: String) -> Self {
        Self { stream, waiting: Mutex::default(), tickets: AtomicU64::default() }
    }

    /// Begins to wait.
    pub(super) fn wait(&self) -> Waiting<'_> {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(ticket, sender);
        Waiting { replies: self, ticket, receiver }
    }

    /// Reads answers until it is stopped.
    pub(super) async fn read(&self, redis: &Redis, stop: &CancellationToken) {
        let mut reporter = redis.reporter();
        while !stop.is_cancelled() {
            if let Err(error) = self.read_until_failure(redis, &mut reporter, stop).await {
                reporter.failed(&error);
                stop.run_until_cancelled(tokio::time::sleep(REST)).await;
            }
        }
    }

    async fn read_until_failure(
        &self,
        redis: &Redis,
        reporter: &mut OutageReporter,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut link = redis.link_that_waits(WAIT).await?;
        let (mut last, mut fetched) = ("0".to_owned(), Vec::new());
        while !stop.is_cancelled() {
            // Answers that were handed out are removed while the reader waits for the next ones, so that the removal delays
            // nothing.
            let reading = store::replies(&mut link, &self.stream, &last, WAIT);
            let forgetting = store::forget_replies(redis, &self.stream, &fetched);
            let (answers, forgotten) = tokio::join!(reading, forgetting);
            let answers = answers?;
            fetched.clear();
            for (entry, ticket, outcome, body) in answers {
                if let Some(sender) = self.lock().remove(&ticket) {
                    // A request that has just gone needs no answer.
                    let _ = sender.send(answer::response(&outcome, body));
                }
                last.clone_from(&entry);
                fetched.push(entry);
            }
            forgotten?;
            reporter.succeeded();
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Response>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    /// Where to send the answer.
    pub(super) fn address(&self) -> ReplyTo {
        ReplyTo { stream: self.replies.stream.clone(), ticket: self.ticket }
    }

    /// The answer, when it arrives. You may drop this future and call it again.
    pub(super) async fn answer(&mut self) -> Response {
        match (&mut self.receiver).await {
            Ok(response) => response,
            // The sender is only dropped with the map, or when it has sent.
            Err(_) => Refusal::Internal.response(),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.replies.lock().remove(&self.ticket);
    }
}
