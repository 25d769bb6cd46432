//! The HTTP server, by the GraphQL-over-HTTP specification (draft): requests go to [`Backend`], which hands them to the
//! engine.
//!
//! The only module that names axum, hyper and tower. It never looks into a GraphQL document, never parses a response, and
//! never starts a task around [`Backend::respond`]: when the client goes away, hyper drops the handler's future, and that
//! cancels the statement.

mod accept;
mod admin;
mod batch;
mod body;
mod connection;
mod descriptors;
#[cfg(feature = "dev")]
mod dev;
mod document;
mod embedded;
pub mod graphiql;
mod graphql;
mod handling;
mod identity;
mod listeners;
mod live;
mod mcp;
mod metrics;
mod mounted;
mod origin;
mod parameters;
mod preflight;
mod read_from;
mod refusal;
mod reply;
mod room;
mod sender;
mod service;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use axum::Router;
use axum::extract::{Request, State};
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use crate::auth::Authenticator;
use crate::config::{self, GetRequests, Mcp, RequestSettings};
use crate::dispatch::Backend;
use crate::live::Live;

use self::connection::Connections;
pub use self::descriptors::raise_limit;
pub use self::embedded::Embedded;
pub use self::listeners::{ListenError, Listeners, metrics_listener};
pub use self::metrics::{MetricsEndpoint, observe};
use self::room::Room;
use self::service::{Handler, Service};

/// The state that handlers share. Cheap to clone.
#[derive(Clone)]
struct Shared {
    backend: Backend,
    authenticator: Authenticator,
    get_requests: GetRequests,
    request_settings: Arc<RequestSettings>,
    sdl: bool,
    graphiql: bool,
    /// Whether GraphiQL's page can offer sample people, and the SQL of operations.
    is_dev: bool,
    room: Room,
    body_timeout: Duration,
    /// `None` if there are no live queries.
    live: Option<Live>,
    /// The tools for agents.
    mcp: Mcp,
    /// The origins whose pages may open websockets, besides this server's own, and call tools.
    origins: Arc<[String]>,
    init_timeout: Duration,
    heartbeat: Duration,
    /// Cancelled when the server is asked to stop.
    stop: CancellationToken,
    /// Cancelled when it accepts no more connections.
    close: CancellationToken,
}

impl Shared {
    fn new(
        (backend, live): (Backend, Option<Live>),
        authenticator: Authenticator,
        config: &config::Http,
        (stop, close): (CancellationToken, CancellationToken),
    ) -> Self {
        let &config::Http { get_requests, sdl, graphiql, mcp, ref sockets, .. } = config;
        Self {
            backend,
            authenticator,
            get_requests,
            request_settings: Arc::new(config.request_settings.clone()),
            sdl,
            graphiql,
            is_dev: config.dev.is_some(),
            room: Room::new(sockets),
            body_timeout: sockets.body_timeout,
            live,
            mcp,
            origins: config.cors_origins.as_slice().into(),
            init_timeout: sockets.init_timeout,
            heartbeat: sockets.heartbeat,
            stop,
            close,
        }
    }
}

/// Serves until `stop` is cancelled, and for `config.shutdown_delay` after that. Then lets running requests finish for
/// `config.drain_timeout`. From the stop on, `/readyz` says that the server is not ready.
///
/// Connections that are still busy after that are dropped, and with them their requests' futures. Returns when no connection
/// is left. You may cancel `stop` more than once, or before the first connection. Metrics are available until the end.
pub async fn serve(
    backend: Backend,
    live: Option<Live>,
    authenticator: Authenticator,
    listeners: impl Into<Listeners>,
    config: &config::Http,
    stop: CancellationToken,
) {
    let Listeners { api, metrics } = listeners.into();
    let beside = backend.clone();
    let (close, done) = (CancellationToken::new(), CancellationToken::new());
    let shared = Shared::new((backend, live.clone()), authenticator, config, (stop.clone(), close.clone()));
    let is_stopping = Arc::<AtomicBool>::default();
    let delay = async {
        stop.cancelled().await;
        is_stopping.store(true, Ordering::Relaxed);
        tokio::time::sleep(config.shutdown_delay).await;
        close.cancel();
    };
    let observed = async {
        if let Some(listener) = metrics {
            let service = Service::of_paths(metrics::router(shared.clone()));
            listeners::serve(listener, service, Connections::of_metrics(config), &done, config.drain_timeout)
                .await;
        }
    };
    let answered = async {
        let paths = with_dev_pages(router(shared.clone()), &shared, config);
        let service =
            Service::new(posting(shared.clone()), paths, &config.cors_origins, Arc::clone(&is_stopping));
        let connections = Connections::new(descriptors::maximum(&config.sockets), config.sockets.clone());
        listeners::serve(api, service, connections, &close, config.drain_timeout).await;
        done.cancel();
    };
    let polled = async {
        if let Some(live) = live {
            Box::pin(live.run(close.clone())).await;
        }
    };
    // Requests that run at the stop also wait for answers of the queue.
    tokio::join!(delay, observed, answered, polled, beside.run(done.clone()));
}

/// Answers posted operations.
fn posting(shared: Shared) -> Handler {
    let shared = Arc::new(shared);
    // Nothing is wrapped around it: each future around it would have to be moved together with it.
    Arc::new(move |request| Box::pin(graphql::post(Arc::clone(&shared), request)))
}

/// The paths.
fn router(shared: Shared) -> Router {
    api(&shared)
        .merge(health())
        .fallback(admin::not_found)
        .method_not_allowed_fallback(admin::method_not_allowed)
        .with_state(shared)
}

/// The paths that say whether the server works.
fn health() -> Router<Shared> {
    Router::new().route("/healthz", get(admin::alive)).route("/readyz", get(admin::ready))
}

/// The paths of the API and its pages.
fn api(shared: &Shared) -> Router<Shared> {
    // Posted operations do not go through the router (see `service`); it answers the other methods.
    let post =
        async |State(shared): State<Shared>, request: Request| graphql::post(Arc::new(shared), request).await;
    let graphql = || get(graphql::get).post(post);
    let router = Router::new()
        .route("/graphql", graphql())
        .route("/graphql/", graphql())
        .route("/graphql/v1", graphql())
        .route("/graphql/v1/", graphql());
    let router = if shared.sdl { router.route("/schema.graphql", get(admin::schema)) } else { router };
    let router = if shared.graphiql {
        router.route("/", get(graphiql::page)).route("/assets/{file}", get(graphiql::asset))
    } else {
        router
    };
    if shared.mcp == Mcp::Off { router } else { router.merge(mcp::router()) }
}

/// The paths, and those of a development server if this is one.
#[cfg(feature = "dev")]
fn with_dev_pages(paths: Router, shared: &Shared, config: &config::Http) -> Router {
    match &config.dev {
        Some(pages) => paths.merge(dev::router(pages, shared.clone())),
        None => paths,
    }
}

#[cfg(not(feature = "dev"))]
fn with_dev_pages(paths: Router, _: &Shared, _: &config::Http) -> Router {
    paths
}
