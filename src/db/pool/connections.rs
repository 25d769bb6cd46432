//! The pool: how many connections there are, which requests wait for one, and what happens to lost connections.
//!
//! Never sends anything to test a connection: a round trip per request is what this project exists to save.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, PoolError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::config::{self, ContextForm, PoolMode};
use crate::db::connection::Connection;
use crate::db::connection::choice::ProtocolChoice;
use crate::db::connection::protocol::Protocols;
use crate::db::connector::{Connector, manager_of};
use crate::db::error::{Error, Unavailable};
use crate::db::pool::probing::probe_if_due;
use crate::event::{Event, Stage, Stopwatch};

/// How bb8 makes connections.
type Manager = AsyncDieselConnectionManager<Connection>;

/// A connection borrowed from the pool. It goes back when dropped, unless it is in the middle of an exchange.
pub type PooledConnection = bb8::PooledConnection<'static, Manager>;

/// A connection is replaced after this time, so that a pool notices that a pooler or a host name has moved.
const MAXIMUM_LIFETIME: Duration = Duration::from_mins(30);
/// A connection that was idle for this time is closed.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);

/// For this long after a failed connection attempt, and while there is no connection at all, no further attempt is made.
/// Otherwise each request would add an attempt to the load of a database that is down, and a line to the log.
const RESPITE: Duration = Duration::from_millis(100);

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// The maximum number.
    pub maximum: u32,
    /// Connections that were made and are still in use by the pool.
    pub connections: u32,
    /// Those of them that are idle.
    pub idle: u32,
    /// Requests that wait for one.
    pub waiting: u32,
}

/// A pool of [`Connection`]s, empty at first.
pub(in crate::db) struct Pool {
    slots: bb8::Pool<Manager>,
    connector: Connector,
    failures: Arc<Failures>,
    capacity: Arc<Capacity>,
    acquire_timeout: Duration,
    maximum: u32,
    waiting: AtomicU32,
    /// What a probe determines: the protocols, or how messages set their scope where the pool mode is set.
    choice: Option<Arc<ProtocolChoice>>,
    /// How messages set their scope, if that is set.
    context: Option<ContextForm>,
}

impl Pool {
    /// Needs a tokio runtime, but no database.
    pub(in crate::db) fn new(config: &config::Database) -> Result<Self, Error> {
        // Without a pooler there is nothing to find out.
        let is_probed = config.pool_mode != PoolMode::Direct || config.is_sharded;
        let choice = is_probed.then(|| Arc::new(ProtocolChoice::new(config.pool_mode, config.is_sharded)));
        Ok(Self { choice, ..Self::speaking(config, Protocols::of(config.pool_mode))? })
    }

    /// The same with these protocols, whatever the pool mode.
    pub(super) fn speaking(config: &config::Database, protocols: Protocols) -> Result<Self, Error> {
        if config.pool_size == 0 {
            return Err(Error::Configuration("a pool needs at least one connection".to_owned()));
        }
        if config.url.expose().is_empty() {
            let message = "database-url is not set, and only `glowplug serve --queue all` can do without it";
            return Err(Error::Configuration(message.to_owned()));
        }
        let connector =
            Connector::new(config.url.expose())?.timeout(config.connect_timeout).protocols(protocols);
        let failures = Arc::new(Failures::default());
        let capacity = Arc::new(Capacity::new(config.pool_size));
        let slots = bb8::Pool::builder()
            .max_size(config.pool_size)
            .test_on_check_out(false)
            .connection_timeout(config.acquire_timeout.max(Duration::from_millis(1)))
            // Waiting requests learn at once why there is no connection. The next request tries again.
            .retry_connection(false)
            .max_lifetime(MAXIMUM_LIFETIME)
            .idle_timeout(IDLE_TIMEOUT)
            .queue_strategy(bb8::QueueStrategy::Lifo)
            .error_sink(Box::new(Sink(Arc::clone(&failures))))
            .build_unchecked(manager(&connector, &failures, &capacity));
        let (acquire_timeout, maximum) = (config.acquire_timeout, config.pool_size);
        Ok(Self {
            slots,
            connector,
            failures,
            capacity,
            acquire_timeout,
            maximum,
            waiting: AtomicU32::new(0),
            choice: None,
            context: config.context,
        })
    }

    /// Waits for a usable connection.
    pub(in crate::db) async fn acquire(&self) -> Result<PooledConnection, Error> {
        let mut stopwatch = Stopwatch::start();
        let mut connection = {
            let _waiting = Waiting::begin(&self.waiting);
            self.checkout().await?
        };
        if !connection.is_usable() {
            self.renew(&mut connection).await?;
        }
        stopwatch.finish(Stage::Acquire);
        if let Some(choice) = &self.choice {
            choice.check()?;
            probe_if_due(choice, &self.connector);
            if choice.is_auto() {
                connection.follow(choice);
            }
        }
        Ok(connection)
    }

    /// Replaces a lost connection by a fresh one, in its place in the pool.
    pub(super) async fn renew(&self, connection: &mut Connection) -> Result<(), Error> {
        let permit = connection.wire.get_mut().pool_permit.take();
        // On the heap: otherwise the future of a request whose connection is open would be as large.
        *connection = Box::pin(self.connector.connect()).await?;
        connection.wire.get_mut().pool_permit = permit;
        if let Some(choice) = self.choice.as_ref().filter(|choice| choice.is_auto()) {
            connection.follow(choice);
        }
        Ok(())
    }

    /// An error if no operation may run here, by the results of a probe.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.choice.as_ref().map_or(Ok(()), |choice| choice.check())
    }

    /// The current protocols.
    pub(in crate::db) fn protocols(&self) -> Protocols {
        let found = self.choice.as_ref().map_or(self.connector.protocols, |choice| choice.protocols());
        Protocols { context: self.context.unwrap_or(found.context), ..found }
    }

    pub(in crate::db) fn state(&self) -> PoolState {
        let state = self.slots.state();
        PoolState {
            maximum: self.maximum,
            connections: state.connections,
            idle: state.idle_connections,
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// Waits for a connection from the pool, for the acquire timeout at most. Fails earlier if there is none at all and none
    /// can be made.
    async fn checkout(&self) -> Result<PooledConnection, Error> {
        if let Some(failure) = self.failures.last(RESPITE).and_then(|failure| self.unless_connected(failure))
        {
            return Err(failure);
        }
        let mut failed = pin!(self.failures.happened.notified());
        let mut getting = pin!(self.slots.get_owned());
        loop {
            tokio::select! {
                biased;
                got = &mut getting => return got.map_err(|error| self.explain(&error)),
                () = &mut failed => {
                    let failure = self.failures.last(Duration::MAX);
                    if let Some(failure) = failure.and_then(|failure| self.unless_connected(failure)) {
                        return Err(failure);
                    }
                    failed.set(self.failures.happened.notified());
                }
            }
        }
    }

    fn explain(&self, error: &bb8::RunError<PoolError>) -> Error {
        match error {
            bb8::RunError::User(error) => Error::Protocol(error.to_string()),
            bb8::RunError::TimedOut
                if self.slots.state().connections == 0 && !self.capacity.is_exhausted() =>
            {
                Unavailable::timed_out(self.acquire_timeout).into()
            }
            bb8::RunError::TimedOut => {
                Event::PoolExhausted.emit();
                Error::PoolTimeout(self.acquire_timeout)
            }
        }
    }

    /// The failure, if there is no connection that could become free.
    fn unless_connected(&self, failure: Unavailable) -> Option<Error> {
        (self.slots.state().connections == 0).then(|| failure.into())
    }
}

/// A request that waits for a connection. It is counted until it has one, or gives up.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn begin(number: &'a AtomicU32) -> Self {
        number.fetch_add(1, Ordering::Relaxed);
        Self(number)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A permit for each connection that the pool may have. A connection holds it until it has ended.
///
/// bb8 counts only usable connections. A connection whose request was dropped is still a client of the pooler until its
/// statement has been cancelled. Without permits, requests that come and go would make any number of them.
struct Capacity {
    permits: Arc<Semaphore>,
    waiting: AtomicU32,
}

impl Capacity {
    fn new(count: u32) -> Self {
        let count = usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(count)), waiting: AtomicU32::new(0) }
    }

    /// Waits until one more connection may be opened.
    async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        let _waiting = Waiting::begin(&self.waiting);
        // The semaphore is never closed.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Whether a connection is missing only because others have not ended yet.
    fn is_exhausted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}

/// The connection failures that happen in the background, for the requests that wait.
#[derive(Debug, Default)]
struct Failures {
    /// The last one and its time. Cleared when a connection is made.
    last: ArcSwapOption<(Instant, Unavailable)>,
    happened: Notify,
}

impl Failures {
    /// The last failure, if it is not older than `age`.
    fn last(&self, age: Duration) -> Option<Unavailable> {
        let last = self.last.load();
        last.as_deref().filter(|(time, _)| time.elapsed() <= age).map(|(_, failure)| failure.clone())
    }

    fn record(&self, outcome: &Result<Connection, Unavailable>) {
        let failure = outcome.as_ref().err();
        self.last.store(failure.map(|failure| Arc::new((Instant::now(), failure.clone()))));
    }
}

/// bb8 calls this after it has counted the failed attempt off, so that the next request starts a new attempt.
#[derive(Debug, Clone)]
struct Sink(Arc<Failures>);

impl bb8::ErrorSink<PoolError> for Sink {
    fn sink(&self, _error: PoolError) {
        self.0.happened.notify_waiters();
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}

/// A manager that keeps the reason of a failure. bb8 and Diesel only pass on its text.
fn manager(connector: &Connector, failures: &Arc<Failures>, capacity: &Arc<Capacity>) -> Manager {
    let shared = (connector.clone(), Arc::clone(failures), Arc::clone(capacity));
    manager_of(move || {
        let (connector, failures, capacity) = shared.clone();
        async move {
            let permit = capacity.acquire().await;
            let mut outcome = connector.connect().await;
            if let Ok(connection) = &mut outcome {
                connection.wire.get_mut().pool_permit = permit;
            }
            failures.record(&outcome);
            outcome
        }
    })
}
