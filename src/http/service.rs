//! Everything between a connection and the handlers: CORS, routing, compression.
//!
//! Never looks into a body.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use futures_util::FutureExt as _;
use futures_util::future::{Either as EitherFuture, Map};
use http::header::{ACCEPT_ENCODING, CONNECTION, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Version};
use hyper::body::Body as _;
use tower::util::{Either, option_layer};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer};

use super::origin::is_listed;

/// Identifies a request across services and in the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers below this number of bytes fit into a few packets: compressing them would cost more time than it saves.
const COMPRESS_FROM_BYTES: u64 = 16 * 1024;

/// At this level, gzip and brotli both spend about as long on an answer as PostgreSQL spent on making it.
const COMPRESSION_LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// Browsers cache a preflight's answer for this long. No browser does so for longer than a day.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_hours(24);

/// The future of an answer.
pub(super) type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// The handlers of one kind of requests.
pub(super) type Handler = Arc<dyn Fn(Request) -> Answering + Send + Sync>;

/// Answers requests. Cheap to clone, as each request does.
#[derive(Clone)]
pub(super) struct Service {
    routes: Either<Cors<Routes>, Routes>,
    /// Whether the server was asked to stop. A flag of its own: a token is locked whenever it is looked at.
    is_stopping: Arc<AtomicBool>,
}

impl Service {
    /// Without the API: only these paths.
    pub(super) fn of_paths(router: Router) -> Self {
        Self { routes: Either::Right(Routes { graphql: None, router }), is_stopping: Arc::default() }
    }

    /// The API at `graphql`, and the other paths, for pages of these origins.
    pub(super) fn new(
        graphql: Handler,
        router: Router,
        cors_origins: &[String],
        is_stopping: Arc<AtomicBool>,
    ) -> Self {
        let inner = Routes { graphql: Some(graphql), router };
        Self { routes: option_layer(cors(cors_origins)).layer(inner), is_stopping }
    }

    /// Answers one request.
    pub(super) async fn answer(&mut self, request: Request) -> Response {
        let accepted = accepted_codings(&request);
        let version = request.version();
        let Ok(mut response) = self.routes.call(request).await;
        if self.is_stopping.load(Ordering::Relaxed) && version <= Version::HTTP_11 {
            // Otherwise the client might send its next request while the connection is being closed.
            response.headers_mut().entry(CONNECTION).or_insert(HeaderValue::from_static("close"));
        }
        encoded(response, accepted).await
    }
}

/// The encodings that the client accepts.
pub(super) fn accepted_codings(request: &Request) -> Vec<HeaderValue> {
    request.headers().get_all(ACCEPT_ENCODING).iter().cloned().collect()
}

/// The answer, which is compressed if it is large and the client accepts that.
pub(super) async fn encoded(response: Response, accepted: Vec<HeaderValue>) -> Response {
    if response.body().size_hint().lower() < COMPRESS_FROM_BYTES {
        return response;
    }
    // On the heap: compression has kilobytes of state, and large answers are rare.
    Box::pin(compressed(response, accepted)).await
}

/// The answer in an encoding that the client accepts.
async fn compressed(response: Response, accepted: Vec<HeaderValue>) -> Response {
    let mut request = Request::new(());
    request.headers_mut().extend(accepted.into_iter().map(|coding| (ACCEPT_ENCODING, coding)));
    let mut answered = Some(response);
    let layer =
        CompressionLayer::new().quality(COMPRESSION_LEVEL).compress_when(SizeAbove::new(COMPRESS_FROM_BYTES));
    let compressing =
        layer.layer(service_fn(move |_| ready(Ok::<_, Infallible>(answered.take().unwrap_or_default()))));
    let Ok(response) = compressing.oneshot(request).await;
    response.map(Body::new)
}

fn is_graphql(path: &str) -> bool {
    matches!(path, "/graphql" | "/graphql/v1" | "/graphql/" | "/graphql/v1/")
}

/// The method of requests that only read, and have a body (draft "The HTTP QUERY Method").
pub(super) fn is_query(method: &Method) -> bool {
    method.as_str() == "QUERY"
}

/// Whether requests of a method have an operation in their body.
fn has_operation(method: &Method) -> bool {
    *method == Method::POST || is_query(method)
}

/// The CORS protocol for the configured origins; `None` if there are none, so that it costs nothing.
pub(super) fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        let origins: Vec<String> = origins.to_vec();
        AllowOrigin::predicate(move |origin, _| {
            origin.to_str().is_ok_and(|origin| origins.iter().any(|listed| is_listed(listed, origin)))
        })
    };
    let query = Method::from_bytes(b"QUERY").ok();
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST].into_iter().chain(query).collect::<Vec<_>>())
            // A page may send `authorization` and any header that its GraphQL client adds. The origin decides.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers([REQUEST_ID, RETRY_AFTER, WWW_AUTHENTICATE, LOCATION])
            .max_age(PREFLIGHT_MAX_AGE),
    )
}

/// The paths. The path of nearly all requests does not go through the router, which would move and box more than the handler
/// does.
#[derive(Clone)]
struct Routes {
    graphql: Option<Handler>,
    router: Router,
}

impl tower::Service<Request> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future =
        EitherFuture<Map<Answering, fn(Response) -> Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match &self.graphql {
            Some(graphql) if has_operation(request.method()) && is_graphql(request.uri().path()) => {
                EitherFuture::Left(graphql(request).map(Ok))
            }
            _ => EitherFuture::Right(self.router.call(request)),
        }
    }
}
