//! One connection: HTTP/1.1 or HTTP/2, as the client chooses.
//!
//! Never looks at a request; [`trace::answer`](super::trace::answer) and the handlers do. Limits what a client can occupy:
//! hyper limits heads and frames, the `registry` limits time and the number of connections.

mod activity;
mod answer_bytes;
mod frames;
mod pace;
mod registry;
mod socket;
mod streams;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub(super) use self::activity::{Activity, Upgrade};
use self::frames::Frames;
pub(super) use self::registry::{Connections, Place};
use self::socket::{Protocol, Socket};
use self::streams::Streams;
use super::service::Service;
use super::trace;
use crate::event::Ending;

/// The longest head of a request, and the write buffer of an answer. A longer address is answered with 414, other long heads
/// with 431.
const HEAD_BYTES: usize = 128 * 1024;

/// The same for the headers of an HTTP/2 request.
const HEADER_LIST_BYTES: u32 = 64 * 1024;

/// How many requests of an HTTP/2 connection may run at once.
const STREAMS: u32 = 100;

/// How much of a body a client may send before it is read: enough for a fast upload over a long distance, and little enough
/// for many of them.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// How much of an answer is buffered until the client's window has room for it.
const SEND_BYTES: usize = 16 * 1024;

/// How many streams a client may open and reset in a row (CVE-2023-44487).
const RESET_STREAMS: usize = 20;

/// How often an HTTP/2 client is pinged, and how long it may take to answer.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves one connection until one of these: the client closes it, `stop` is cancelled and its last request is answered, the
/// registry ends it, or `abandon` is cancelled.
pub(super) async fn serve(
    stream: TcpStream,
    service: Service,
    place: Place,
    stop: CancellationToken,
    abandon: CancellationToken,
) {
    let activity = Arc::clone(&place.activity);
    let socket = Socket::new(stream, Arc::clone(&activity));
    tokio::select! {
        () = speak(socket, service, &place, &stop) => {}
        () = activity.abandoned() => {}
        () = abandon.cancelled() => {}
    }
    // A websocket has its own task.
    activity.abandon();
}

/// Detects the protocol, and serves it.
async fn speak(mut socket: Socket, service: Service, place: &Place, stop: &CancellationToken) {
    let protocol = tokio::select! {
        protocol = socket.protocol() => protocol,
        ending = place.activity.end_requested() => {
            return if ending == Ending::SlowHead { socket.refuse_slow_head().await };
        }
        () = stop.cancelled() => return,
    };
    match protocol {
        Ok(Protocol::Http1) => serve_http1(socket, service, place, stop).await,
        Ok(Protocol::Http2) => serve_http2(socket, service, place, stop).await,
        // The client is gone.
        Err(_) => {}
    }
}

/// One request after the other: the next begins when the answer to the last one is written.
async fn serve_http1(socket: Socket, service: Service, place: &Place, stop: &CancellationToken) {
    let activity = &place.activity;
    let answer = service_fn(|request| answer(activity, service.clone(), request));
    let mut connection = http1().serve_connection(TokioIo::new(socket), answer).with_upgrades();
    tokio::select! {
        // The reason why a connection ends (the client is gone, its bytes are not HTTP) concerns only the client.
        _ = &mut connection => return activity.upgrade_ended().await,
        ending = activity.end_requested() => {
            if ending == Ending::SlowHead {
                return if let Some(parts) = connection.into_parts() {
                    parts.io.into_inner().refuse_slow_head().await;
                };
            }
        }
        () = stop.cancelled() => {}
    }
    Pin::new(&mut connection).graceful_shutdown();
    let _ = connection.await;
    activity.upgrade_ended().await;
}

/// Many requests at once.
async fn serve_http2(socket: Socket, service: Service, place: &Place, stop: &CancellationToken) {
    let activity = Arc::clone(&place.activity);
    let answer = service_fn(move |request| {
        let (activity, service) = (Arc::clone(&activity), service.clone());
        async move { answer(&activity, service, request).await }
    });
    let streams = Streams { write_timeout: place.limits().write_timeout };
    let connection = http2(streams).serve_connection(TokioIo::new(socket), answer);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = place.activity.end_requested() => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Answers one request. The exchange lasts until the last frame of its answer is taken.
async fn answer(
    activity: &Arc<Activity>,
    mut service: Service,
    mut request: Request<Incoming>,
) -> Result<Response<Frames<Body>>, Infallible> {
    let exchange = activity.begin();
    request.extensions_mut().insert(Arc::clone(activity));
    let respond = async |request| service.answer(request).await;
    let response = trace::answer(request.map(Body::new), respond).await;
    Ok(response.map(|body| Frames::new(body, exchange, streams::pace())))
}

/// The protocol settings. The registry has the timers, so hyper's own are off.
fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_BYTES);
    builder
}

fn http2(streams: Streams) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESET_STREAMS)
        .max_header_list_size(HEADER_LIST_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BYTES);
    builder
}
