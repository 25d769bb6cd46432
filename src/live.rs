//! Live queries: operations that send a new answer whenever their answers change. This module has the
//! subscriptions, and the poll of the database that serves all of them.
//!
//! Subscriptions that must have the same answer form one group, which runs once for all of them. It never
//! uses `LISTEN` and never holds a session: its queries go through any pooler, as requests do.
#![doc = ""]
#![doc = include_str!("../docs/live.md")]

mod executor;
mod intervals;
mod poll;
mod prune;
mod registry;
mod subscription;
mod update;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::engine::{AllowedOperations, Engine, Identity, Request, Response};
use crate::error::{Error, SubscriptionsOf};
use registry::{Admission, Registry};

pub use subscription::Subscription;
pub use update::{End, EndReason, Update};

/// How many subscriptions one connection of a client may have.
const OF_CONNECTION: usize = 200;

/// Subscriptions, and the poll behind them. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    settings: config::Live,
    registry: Mutex<Registry>,
    /// Notified when something may be due earlier than the poll knows.
    due: Notify,
    /// Cancelled when all subscriptions end.
    stopped: CancellationToken,
}

/// What a client requests for its subscription.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// How often the answer may change, within the bounds of the settings. `None` is the default of the
    /// settings.
    pub interval: Option<Duration>,
    /// The connection that the subscription uses, if that may have several.
    pub connection: Option<Connection>,
}

/// A client's connection, which counts its subscriptions. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Connection(Arc<AtomicUsize>);

impl Live {
    /// Needs a tokio runtime. Subscriptions get answers only while [`Live::run`] runs.
    pub fn new(engine: Engine, settings: &config::Live) -> Self {
        let (registry, due, stopped) = (Mutex::default(), Notify::new(), CancellationToken::new());
        Self { shared: Arc::new(Shared { engine, settings: settings.clone(), registry, due, stopped }) }
    }

    /// Polls the database for the subscriptions until `stop` is cancelled; then all subscriptions end. While
    /// no client is subscribed, it sends nothing to the database.
    pub async fn run(&self, stop: CancellationToken) {
        poll::run(&self.shared, &stop).await;
    }

    /// Starts a subscription. The first answer comes as soon as it is available.
    ///
    /// An error is final: the operation is not valid, may not run, or there are too many subscriptions.
    pub async fn subscribe(
        &self,
        request: Request,
        identity: Identity,
        wishes: Wishes,
    ) -> Result<Subscription, Response> {
        let request = Request { allowed: AllowedOperations::SubscriptionsOnly, ..request };
        let expires_at = identity.expires_at;
        let interval = self.shared.settings.within_bounds(wishes.interval);
        // The limit is checked before any work is done.
        let place = Place::take(&self.shared, identity.role.clone(), wishes.connection)
            .map_err(|error| Engine::refusal(&error))?;
        let operation = self.shared.engine.prepare_live(request, identity).await?;
        if operation.is_of_application() {
            let stream = self.shared.engine.stream(operation).await?;
            return Ok(Subscription::of_stream(stream, expires_at, place));
        }
        let joined = self.shared.registry().join(operation, interval);
        self.shared.due.notify_one();
        Ok(Subscription::of_group(joined, expires_at, interval, place))
    }

    /// A change has been committed: groups whose answers it may have changed run now, not after their
    /// interval.
    pub fn wake(&self) {
        self.shared.wake();
    }

    /// The number of subscriptions, and of groups with the same answer.
    pub fn count(&self) -> (usize, usize) {
        self.shared.registry().count()
    }
}

impl Shared {
    fn wake(&self) {
        if self.registry().wake() {
            self.due.notify_one();
        }
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // No code that holds the lock leaves the registry inconsistent by a panic.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place within the limit on subscriptions; released when it is dropped.
struct Place {
    shared: Arc<Shared>,
    role: Option<Arc<str>>,
    connection: Option<Connection>,
}

impl Place {
    fn take(
        shared: &Arc<Shared>,
        role: Option<Arc<str>>,
        connection: Option<Connection>,
    ) -> Result<Self, Error> {
        let of_role = shared.engine.planning().limits_of(role.as_deref()).subscriptions;
        let refused = |of, allowed| Error::TooManySubscriptions { of, allowed };
        match shared.registry().admit(role.as_ref(), shared.settings.subscriptions, of_role) {
            Admission::Granted => {}
            Admission::ProcessFull => {
                return Err(refused(SubscriptionsOf::Server, shared.settings.subscriptions));
            }
            Admission::RoleFull => return Err(refused(SubscriptionsOf::Role, of_role)),
        }
        let place = Self { shared: Arc::clone(shared), role, connection };
        let before =
            place.connection.as_ref().map_or(0, |connection| connection.0.fetch_add(1, Ordering::Relaxed));
        if before >= OF_CONNECTION {
            return Err(refused(SubscriptionsOf::Connection, OF_CONNECTION));
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.registry().dismiss(self.role.as_ref());
        if let Some(connection) = &self.connection {
            connection.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
