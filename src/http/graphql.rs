//! `/graphql`: requests in, responses out, one at a time or as a batch.
//!
//! Rules: GraphQL over HTTP (draft), section "Request". A batch is an array of requests, answered by an array.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::Shared;
use super::accept::{self, MediaType};
use super::handling;
use super::identity::identify;
use super::parameters::{self, Requests, UrlParameters};
use super::read_from::read_from;
use super::refusal::Refusal;
use super::reply;
use crate::config::{GetRequests, Limits};
use crate::engine::{self, DocumentSource, Identity};
use crate::event::Event;
use crate::queue::{Handling, Way};

/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a body that is too long is still read; a client that sends more has its connection reset.
const DISCARD_BYTES: usize = 16 * 1024 * 1024;

/// How many of a batch's operations run at once, so that one client does not take the whole pool.
const BATCH_CONCURRENCY: usize = 4;

/// `POST`: the request is JSON in the body.
pub(super) async fn post(State(shared): State<Shared>, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    let Some(media_type) = accept::negotiate(&head.headers) else {
        return Refusal::NotAcceptable.respond(MediaType::Json);
    };
    let identity = match identify(&shared, &head).await {
        Ok(identity) => identity,
        Err(refusal) => {
            // In vain if it takes too long: then the client does not see the answer.
            let _ = tokio::time::timeout(BODY_TIMEOUT, discard(&mut body)).await;
            return refusal.respond(media_type);
        }
    };
    let asked = match read(shared.way.frontend().limits(&identity), &head.headers, body).await {
        Ok(requests) => handling::read(&head.headers, &shared.way, &requests).map(|how| (requests, how)),
        Err(refusal) => Err(refusal),
    };
    match asked {
        Ok((requests, handling)) => respond(&shared.way, requests, (&identity, handling), media_type).await,
        Err(refusal) => refusal.respond(media_type),
    }
}

/// `GET`: the request is in the query string, and may not change anything.
pub(super) async fn get(State(shared): State<Shared>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let Some(media_type) = accept::negotiate(&head.headers) else {
        return Refusal::NotAcceptable.respond(MediaType::Json);
    };
    let identity = match identify(&shared, &head).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.respond(media_type),
    };
    let limits = shared.way.frontend().limits(&identity);
    let request = Query::<UrlParameters>::try_from_uri(&head.uri)
        .map_err(|rejection| Refusal::Malformed(format!("{}.", rejection.body_text())))
        .and_then(|Query(parameters)| parameters::from_url(parameters, limits))
        .and_then(|request| by_get(request, shared.get_requests))
        .and_then(|request| Ok(engine::Request { read_from: read_from(&head.headers)?, ..request }));
    match request {
        // It cannot change anything, so that there is nothing to be wished for.
        Ok(request) => {
            let sender = (&identity, Handling::default());
            respond(&shared.way, Requests::Single(request), sender, media_type).await
        }
        Err(refusal) => refusal.respond(media_type),
    }
}

/// The request, if it may be sent by `GET`.
fn by_get(request: engine::Request, allowed: GetRequests) -> Result<engine::Request, Refusal> {
    match (allowed, &request.document) {
        (GetRequests::On, _)
        | (GetRequests::Persisted, DocumentSource::Id(_) | DocumentSource::Hash { text: None, .. }) => {
            Ok(request)
        }
        _ => Err(Refusal::GetRefused(allowed)),
    }
}

/// Reads and decodes the body of a `POST`.
async fn read(limits: &Limits, headers: &HeaderMap, body: Body) -> Result<Requests, Refusal> {
    check_type(headers)?;
    let read_from = read_from(headers)?;
    let bytes = collect(body, limits.body_bytes).await?;
    Ok(parameters::from_json(&bytes, limits)?.read_from(read_from))
}

/// Only `application/json` is taken: a page of another origin can send the types of HTML forms without being asked
/// first, with the user's cookies; it cannot send this one.
fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    if let Some(encoding) = headers.get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let encoding = String::from_utf8_lossy(encoding.as_bytes());
        return Err(Refusal::UnsupportedMediaType(format!("it is encoded by {encoding}")));
    }
    let Some(content_type) = headers.get(CONTENT_TYPE) else {
        return Err(Refusal::UnsupportedMediaType("there is none".into()));
    };
    if is_json_in_utf8(content_type) {
        return Ok(());
    }
    let content_type = String::from_utf8_lossy(content_type.as_bytes());
    Err(Refusal::UnsupportedMediaType(format!("it says {content_type}")))
}

/// Whether a `Content-Type` is `application/json`, with no charset or UTF-8.
fn is_json_in_utf8(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
            !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

/// The whole body, if it is no longer than the limit and comes in time.
async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let read = async {
        let collected = Limited::new(&mut body, limit).collect().await;
        match collected {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                discard(&mut body).await;
                Err(Refusal::TooLarge(limit))
            }
            Err(_) => Err(Refusal::Incomplete),
        }
    };
    tokio::time::timeout(BODY_TIMEOUT, read).await.unwrap_or(Err(Refusal::TooSlow))
}

/// Reads on for a while without keeping anything: a connection that is closed while the client still sends is reset,
/// and the client would not see the answer.
async fn discard(body: &mut Body) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = body.frame().await {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > DISCARD_BYTES {
            return;
        }
    }
}

/// Has the engine answer, within this future: dropping it drops what the engine does.
async fn respond(
    way: &Way,
    requests: Requests,
    (identity, handling): (&Identity, Handling),
    media_type: MediaType,
) -> Response {
    match requests {
        Requests::Single(request) => {
            reply::single(way.respond(request, identity, handling).await, media_type)
        }
        Requests::Batch(requests) => {
            Event::BatchReceived { operations: requests.len() }.emit();
            let answers: Vec<engine::Response> = stream::iter(requests)
                .map(|request| way.respond(request, identity, handling))
                .buffered(BATCH_CONCURRENCY)
                .collect()
                .await;
            reply::batch(&answers, media_type)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf8_is_taken() {
        for taken in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert!(is_json_in_utf8(&HeaderValue::from_static(taken)), "{taken}");
        }
        for refused in [
            "text/plain",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            assert!(!is_json_in_utf8(&HeaderValue::from_static(refused)), "{refused}");
        }
    }
}
