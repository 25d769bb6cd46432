//! A connection that is given up in the middle of an exchange: its running statement is cancelled, and the connection is
//! closed.
//!
//! It never returns to a pool: an answer is still on its way, and a cancel request may still take effect.

use std::future::poll_fn;
use std::mem;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::connect::Route;
use super::stream::Stream;
use super::{Failure, State, TransactionStatus, Wire};
use crate::event::Event;

/// How long a cancel request's socket may take to become writable.
///
/// Nothing has been sent by then, so it can be closed. Once the request is written, only the other side may close the
/// socket: PgBouncer 1.18 crashes ("bad client state", its issue 801) if we do so while PgBouncer, or PostgreSQL behind it,
/// stands still.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long an answer may take that is waited for without a request. A request costs the pooler a connection, and may come too late:
/// a pooler such as Supavisor then passes it on to a server session that it has lent to another client.
const SOON: Duration = Duration::from_millis(20);

/// How long to wait for the cancelled statement's end before the request is sent again, and how many times.
///
/// PostgreSQL ignores a request that arrives while it reads, as between two messages of a pipeline (`ProcessInterrupts` in
/// its tcop/postgres.c). The answer's end has not arrived then, so no other client has the server connection yet.
const ROUND: Duration = Duration::from_millis(500);
const ROUNDS: usize = 10;

/// How long a program that ends waits for its cancel requests.
const END_LIMIT: Duration = Duration::from_secs(10);

/// The cancel requests of this process that still run, of all pools and connections.
static UNDER_WAY: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Waits until all cancel requests are done, ten seconds at most. Call it before a runtime ends.
///
/// A program that ends in the middle of a request closes its socket, and PgBouncer 1.18 crashes.
pub async fn cancelled() {
    UNDER_WAY.close();
    // An error means that a server neither ended the statement nor said why.
    let _ = tokio::time::timeout(END_LIMIT, UNDER_WAY.wait()).await;
}

/// The key that a cancel request has to send (`BackendKeyData`).
#[derive(Debug, Clone, Copy)]
pub(super) struct CancelKey {
    pub(super) process: i32,
    pub(super) secret: i32,
}

impl Wire {
    /// Cancels in the background. Outside a runtime that is not possible, and the socket is closed.
    pub(super) fn abandon(&mut self) {
        Event::StatementAbandoned.emit();
        let rest = self.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            UNDER_WAY.spawn_on(rest.cancel(), &runtime);
        }
    }

    /// Takes the connection and leaves an empty shell behind. The shell counts as ended, so that it is not abandoned twice.
    fn take(&mut self) -> Self {
        self.state = State::Ended;
        Self {
            stream: mem::replace(&mut self.stream, Stream::Closed),
            inbound: mem::take(&mut self.inbound),
            is_inbound_grown: self.is_inbound_grown,
            discarded: self.discarded,
            outbound: mem::take(&mut self.outbound),
            written: self.written,
            queue: mem::take(&mut self.queue),
            write_failure: None,
            failure: None,
            parameters: mem::take(&mut self.parameters),
            key: self.key.take(),
            route: self.route.take(),
            pool_permit: self.pool_permit.take(),
            state: State::Ended,
            transaction: TransactionStatus::Idle,
        }
    }

    /// Asks the server to cancel until the end of the answer has arrived. Gives the connection up if it does not arrive.
    ///
    /// Meanwhile the connection keeps its permit, so that dropped requests do not make more connections than the pool may
    /// have.
    async fn cancel(mut self) {
        self.queue.leave_all();
        let way = self.key.zip(self.route.take());
        // Half a message cannot be taken back: the server waits for the other half until the socket is closed.
        if !self.outbound.is_empty() {
            return;
        }
        if self.ends_within(SOON).await {
            return;
        }
        let mut request = way.as_ref().map(|(key, route)| ask(*key, route));
        for _ in 0..ROUNDS {
            // The cancelled statement's error arrives soon. A server that stands still never sends it.
            if self.ends_within(ROUND).await {
                return;
            }
            if let Some((key, route)) = &way
                && request.as_ref().is_some_and(JoinHandle::is_finished)
            {
                request = Some(ask(*key, route));
            }
        }
    }

    /// Whether the answer, or the connection, has come to its end in this time.
    async fn ends_within(&mut self, limit: Duration) -> bool {
        let Ok(ended) = tokio::time::timeout(limit, self.read_to_end()).await else { return false };
        if ended.is_ok() {
            // In good order, so that a pooler keeps the server connection.
            self.state = State::Ready;
        }
        true
    }

    /// Reads the answer to its end, and discards it.
    async fn read_to_end(&mut self) -> Result<(), Failure> {
        while self.queue.is_awaited() && self.failure.is_none() {
            poll_fn(|context| self.poll_progress(context)).await?;
        }
        self.failure.take().map_or(Ok(()), Err)
    }
}

/// Asks the server to cancel, in a task that outlives the connection: the server has to close the socket.
fn ask(key: CancelKey, route: &Route) -> JoinHandle<()> {
    let route = route.clone();
    UNDER_WAY.spawn(async move {
        if let Err(failure) = request(key, &route).await {
            Event::CancelFailed { error: &failure.to_string() }.emit();
        }
    })
}

/// Asks the server to cancel, and waits until it closes the socket, as libpq does.
///
/// A pooler has to pass the request on. PgBouncer does so only as long as the socket of the request is open.
async fn request(key: CancelKey, route: &Route) -> Result<(), Failure> {
    let opening = async {
        let turn = route.turn().await;
        Ok((turn, route.open().await?))
    };
    let opened = tokio::time::timeout(CONNECT_LIMIT, opening).await;
    let (_turn, mut stream) = opened.unwrap_or(Err(Failure::TimedOut(CONNECT_LIMIT)))?;
    let mut message = BytesMut::new();
    frontend::cancel_request(key.process, key.secret, &mut message);
    let failed = |error| Failure::io("the cancel request failed", error);
    stream.write_all(&message).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut bytes = [0; 64];
    // A socket that was cut off will do as well.
    while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    Ok(())
}
