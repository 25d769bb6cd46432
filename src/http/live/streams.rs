//! Answers that are streams: server-sent events and multipart. Only their framing differs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt as _};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};

use super::operation::{Operation, Step};
use super::{events, multipart};
use crate::engine::{Identity, Request};
use crate::event::request_id;
use crate::http::Shared;
use crate::http::accept::StreamType;
use crate::http::connection::Activity;

/// A form of streams.
struct Form {
    content_type: &'static str,
    start: Bytes,
    heartbeat: Bytes,
    write: fn(&Step) -> Bytes,
}

impl Form {
    fn of(media_type: StreamType) -> Self {
        match media_type {
            StreamType::Events => Self {
                content_type: events::CONTENT_TYPE,
                start: events::START,
                heartbeat: events::HEARTBEAT,
                write: events::write,
            },
            StreamType::Multipart => Self {
                content_type: multipart::CONTENT_TYPE,
                start: multipart::START,
                heartbeat: multipart::HEARTBEAT,
                write: multipart::write,
            },
        }
    }
}

/// Answers an operation with a stream.
pub(in crate::http) fn respond(
    shared: &Shared,
    request: Request,
    identity: Identity,
    media_type: StreamType,
    activity: Option<&Arc<Activity>>,
) -> Response {
    let form = Form::of(media_type);
    let content_type = HeaderValue::from_static(form.content_type);
    let heartbeat = shared.heartbeat;
    let operation =
        Operation { shared: shared.clone(), request, identity, connection: None, request_id: request_id() };
    let activity = activity.cloned();
    let parts = parts(operation.steps(), form, heartbeat).map(move |part| {
        Ok::<_, Infallible>(match &activity {
            Some(activity) => activity.hold(part),
            None => part,
        })
    });
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    // Otherwise nginx buffers answers until it has some kilobytes.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The parts of the body: the steps, and a keep-alive if there is no step for a while.
fn parts(
    steps: impl Stream<Item = Step> + Send,
    form: Form,
    heartbeat: Duration,
) -> impl Stream<Item = Bytes> + Send {
    let start = futures_util::stream::iter([form.start.clone()]);
    start.chain(unfold((Box::pin(steps), form), move |(mut steps, form)| async move {
        let part = match tokio::time::timeout(heartbeat, steps.next()).await {
            Ok(step) => (form.write)(&step?),
            Err(_) => form.heartbeat.clone(),
        };
        Some((part, (steps, form)))
    }))
}
