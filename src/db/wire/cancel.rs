//! A connection given up in the middle of an exchange: what runs is cancelled, and the connection is closed.
//!
//! It never goes back to a pool: an answer is still on its way, and a cancel request may still hit.

use std::future::poll_fn;
use std::mem;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::task::TaskTracker;

use super::connect::Route;
use super::stream::Stream;
use super::{Failure, State, TransactionStatus, Wire};
use crate::event::Event;

/// How long a cancel request is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the cancelled statement's end is waited for until the request is sent again, and how often it is sent.
///
/// PostgreSQL leaves a request aside that comes while it reads, as between two messages of a flight (`ProcessInterrupts`
/// in its tcop/postgres.c). The answer's end has not come then, so nobody else has the server connection yet.
const ROUND: Duration = Duration::from_millis(500);
const ROUNDS: usize = 10;

/// The requests of this process that are under way, whichever pool or connection they are about.
static UNDER_WAY: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Waits until what was given up has been cancelled, ten seconds at the most. To be called before a runtime ends.
///
/// A program that ends with a request half done closes its socket, and PgBouncer 1.18 does not survive that: it ends
/// with "bad client state" once the server has taken the request (its issue 801).
pub async fn cancelled() {
    UNDER_WAY.close();
    // An error means that a server neither ends the statement nor says why.
    let _ = tokio::time::timeout(2 * PATIENCE, UNDER_WAY.wait()).await;
}

/// What a server wants to hear from whoever cancels a statement (`BackendKeyData`).
#[derive(Debug, Clone, Copy)]
pub(super) struct CancelKey {
    pub(super) process: i32,
    pub(super) secret: i32,
}

impl Wire {
    /// Cancels in the background. Outside a runtime there is nobody left to do it; the socket closes then.
    pub(super) fn abandon(&mut self) {
        Event::StatementAbandoned.emit();
        let rest = self.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            UNDER_WAY.spawn_on(rest.cancel(), &runtime);
        }
    }

    /// The connection, of which only an empty shell stays behind. It counts as ended, so that it is not abandoned twice.
    fn take(&mut self) -> Self {
        self.state = State::Ended;
        Self {
            stream: mem::replace(&mut self.stream, Stream::Closed),
            inbound: mem::take(&mut self.inbound),
            is_inbound_grown: self.is_inbound_grown,
            outbound: mem::take(&mut self.outbound),
            written: self.written,
            queue: mem::take(&mut self.queue),
            write_failure: None,
            failure: None,
            parameters: mem::take(&mut self.parameters),
            key: self.key.take(),
            route: self.route.take(),
            state: State::Ended,
            transaction: TransactionStatus::Idle,
        }
    }

    async fn cancel(mut self) {
        self.queue.leave_all();
        let mut way = self.key.zip(self.route.take());
        // Half a message cannot be taken back: the server will wait for the other half until the socket closes.
        let is_whole = self.outbound.is_empty();
        for _ in 0..ROUNDS {
            if let Some((key, route)) = &way
                && let Err(failure) = request_in_time(*key, route).await
            {
                Event::CancelFailed { error: &failure.to_string() }.emit();
                way = None;
            }
            if !is_whole {
                return;
            }
            // The cancelled statement's error comes soon. A server that is stopped never sends it.
            if let Ok(ended) = tokio::time::timeout(ROUND, self.read_to_end()).await {
                if ended.is_ok() {
                    // In good order, so that a pooler keeps the server connection.
                    self.state = State::Ready;
                }
                return;
            }
        }
    }

    /// Reads the answer to its end, and forgets it.
    async fn read_to_end(&mut self) -> Result<(), Failure> {
        while self.queue.is_awaited() && self.failure.is_none() {
            poll_fn(|context| self.poll_progress(context)).await?;
        }
        self.failure.take().map_or(Ok(()), Err)
    }
}

async fn request_in_time(key: CancelKey, route: &Route) -> Result<(), Failure> {
    tokio::time::timeout(PATIENCE, request(key, route)).await.unwrap_or(Err(Failure::TimedOut(PATIENCE)))
}

/// Asks the server to cancel, and waits until it closes the socket, as libpq does.
///
/// A pooler has to pass the request on, which PgBouncer does only as long as the socket that it came on is open.
async fn request(key: CancelKey, route: &Route) -> Result<(), Failure> {
    let mut stream = route.open().await?;
    let mut message = BytesMut::new();
    frontend::cancel_request(key.process, key.secret, &mut message);
    let failed = |error| Failure::io("the cancel request failed", error);
    stream.write_all(&message).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut bytes = [0; 64];
    // That it was cut off will do as well.
    while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    Ok(())
}
