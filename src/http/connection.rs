//! One connection: HTTP/1.1 or HTTP/2, whichever the client begins with.
//!
//! Never looks at a request; that is [`trace::answer`](super::trace::answer)'s and the handlers'.

use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{Service, trace};

/// How long an idle connection is kept, and how long a client may take to send its headers.
///
/// Longer than the 60 seconds after which common load balancers close theirs: when the server closes first, a request
/// may already be on its way, and the balancer answers it with 502.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// How often an HTTP/2 client is asked whether it is still there.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Serves one connection until the client closes it, `stop` has been asked for and its last request is answered, or
/// `abandon` is cancelled.
pub(super) async fn serve(
    stream: TcpStream,
    service: Service,
    stop: CancellationToken,
    abandon: CancellationToken,
) {
    // A response is written at once; waiting for more to send would only delay it. Where the option cannot be set,
    // the connection is already gone, and serving it says so.
    let _ = stream.set_nodelay(true);
    let builder = builder();
    let answer = service_fn(|request| trace::answer(service.clone(), request));
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), answer);
    tokio::pin!(connection);
    let finished = tokio::select! {
        // What ends a connection (the client is gone, its bytes are no HTTP) concerns the client alone.
        _ = connection.as_mut() => true,
        () = stop.cancelled() => false,
    };
    if finished {
        return;
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = abandon.cancelled() => {}
    }
}

/// The protocol settings.
fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE_TIMEOUT).pipeline_flush(true);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(KEEP_ALIVE_INTERVAL);
    builder
}
