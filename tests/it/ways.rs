//! The routes of an operation to a database: directly, or through a queue to a worker. Tests that run on both
//! check that the answers are the same.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use glowplug::config::{self, Config, ContextForm, PoolMode, Queued, Secret};
use glowplug::dispatch::Backend;
use glowplug::engine::{Engine, Extension, Identity, Request, Response};
use glowplug::error::Error;
use glowplug::queue::{Handling, Worker};
use glowplug::stored;
use glowplug_local::{Redis, RedisOptions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The Redis that all queues of these tests are in.
static REDIS: LazyLock<Redis> =
    LazyLock::new(|| Redis::start(&RedisOptions::default()).expect("a Redis of the tests' own"));

/// Numbers for unique queue names.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// The route of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Directly to the database.
    Direct,
    /// Directly to the database, by messages whose context is set by `SET LOCAL`.
    SetLocal,
    /// Through a queue to a worker; the server has no connection to the database.
    Queued,
    /// Directly to the database, by calls of stored functions.
    Stored,
}

/// The number of statements, and how many of them were function calls.
#[derive(Debug, Default)]
struct Tally {
    statements: AtomicUsize,
    stored: AtomicUsize,
}

/// Answers requests on one of the routes; stops when it is dropped.
pub(crate) struct Answering {
    backend: Backend,
    /// The engine with the connections to the database.
    engine: Engine,
    /// The count of function calls, if the route uses them.
    tally: Option<Tally>,
    _beside: JoinSet<()>,
}

impl Route {
    /// The configuration of a server on this route, and that of its worker, if there is one.
    pub(crate) fn divide(self, config: &Config) -> (Config, Option<Worker>) {
        match self {
            Self::Direct => return (config.clone(), None),
            Self::SetLocal => {
                let mut config = config.clone();
                config.database.pool_mode = PoolMode::Transaction;
                config.database.context = Some(ContextForm::SetLocal);
                return (config, None);
            }
            Self::Stored => return (stored(config), None),
            Self::Queued => {}
        }
        let urls = vec![Secret::new(REDIS.url())];
        let redis = Some(config::Redis { urls, is_cluster: false, authority: None });
        let name = format!("way-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let queue = config::Queue { redis, name, ..config.queue.clone() };
        let mut worker = config.clone();
        worker.queue = queue.clone();
        let mut server = config.clone();
        server.queue = config::Queue { queued: Queued::Everything, ..queue };
        server.database.url = Secret::new("");
        server.database.direct_url = None;
        server.database.replicas = Vec::new();
        (server, Some(Worker::new(&worker, Extension::default()).expect("a worker")))
    }
}

impl Answering {
    /// Answers until it is dropped.
    pub(crate) async fn start(route: Route, config: &Config) -> Self {
        let (config, worker) = route.divide(config);
        let backend = Backend::new(&config, Extension::default()).expect("the configuration can be used");
        let mut beside = JoinSet::new();
        let running = backend.clone();
        beside.spawn(async move { running.run(CancellationToken::new()).await });
        let Some(worker) = worker else {
            let engine = backend.engine().expect("an engine").clone();
            if route == Route::Stored {
                stored::set_up(engine.database(), &[]).await.expect("the schema of functions");
            }
            let tally = (route == Route::Stored).then(Tally::default);
            return Self { backend, engine, tally, _beside: beside };
        };
        let engine = worker.engine().clone();
        beside.spawn(async move { worker.run(CancellationToken::new()).await });
        let answering = Self { backend, engine, tally: None, _beside: beside };
        until_there_is_a_worker(&answering.backend).await;
        answering
    }

    /// The answer to a request, unchanged.
    pub(crate) async fn respond(&self, request: Request, identity: &Identity) -> Response {
        if let Some(tally) = &self.tally
            && let Ok(operation) = self.engine.store(&request, identity).await
        {
            tally.statements.fetch_add(operation.statements, Ordering::Relaxed);
            tally.stored.fetch_add(operation.stored, Ordering::Relaxed);
        }
        self.backend.respond(request, identity, Handling::default()).await
    }

    /// Compiles a request twice without running it, so that the next request finds it in the cache.
    pub(crate) async fn compile(&self, request: &Request) {
        for _ in 0..2 {
            // A request that needs no database is answered at once.
            let _ = self.backend.planning().accept(request, &Identity::default()).await;
        }
    }

    /// The API of an identity.
    pub(crate) async fn sdl(&self, identity: &Identity) -> Result<Arc<str>, Error> {
        self.backend.planning().sdl(identity).await
    }

    /// Reads all catalogs again, in the server and the worker; returns whether the server's API has changed.
    pub(crate) async fn reload(&self) -> Result<bool, Error> {
        if self.backend.engine().is_none() {
            self.engine.reload().await?;
        }
        self.backend.planning().reload().await
    }

    /// Watches the database, as servers and workers do.
    pub(crate) async fn watch(&self, interval: Duration, stop: CancellationToken) {
        let planning = self.backend.planning();
        if self.backend.engine().is_some() {
            return planning.watch(interval, stop).await;
        }
        tokio::join!(planning.watch(interval, stop.clone()), self.engine.watch(interval, stop));
    }
}

/// A configuration in which every statement becomes a function.
fn stored(config: &Config) -> Config {
    let mut config = config.clone();
    config.database.pool_mode = PoolMode::Transaction;
    config.database.stored_operations = Some(config::StoredOperations { limit: 10_000, uses: 1 });
    config
}

impl Drop for Answering {
    /// Asserts that a test with functions has called functions.
    fn drop(&mut self) {
        let Some(Tally { statements, stored }) = self.tally.take() else { return };
        let (statements, stored) = (statements.into_inner(), stored.into_inner());
        if !std::thread::panicking() {
            assert!(stored * 10 >= statements * 8, "only {stored} of {statements} statements were functions");
        }
    }
}

/// The address of the Redis that all queues are in.
pub(crate) fn redis_url() -> String {
    REDIS.url()
}

/// Waits until there is a worker; without one, requests fail at once.
pub(crate) async fn until_there_is_a_worker(backend: &Backend) {
    while backend.ready().await.is_err_and(|why| why.starts_with("no worker answers")) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Makes tests from functions, one for each route: `direct::name` and `queued::name`.
macro_rules! on_both_ways {
    ($($name:ident),+ $(,)?) => {
        mod direct {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::ways::Route::Direct).await;
            })+
        }

        mod queued {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::ways::Route::Queued).await;
            })+
        }
    };
}

/// Makes tests from functions with [`Route::SetLocal`]: `set_local::name`.
macro_rules! by_set_local {
    ($($name:ident),+ $(,)?) => {
        mod set_local {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::ways::Route::SetLocal).await;
            })+
        }
    };
}

/// Like `on_both_ways`, with a third route: `stored::name`.
macro_rules! on_every_way {
    ($($name:ident),+ $(,)?) => {
        $crate::ways::on_both_ways!($($name),+);

        mod stored {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::ways::Route::Stored).await;
            })+
        }
    };
}

pub(crate) use {by_set_local, on_both_ways, on_every_way};
