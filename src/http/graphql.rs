//! `/graphql`: requests and responses, one at a time or as a batch.
//!
//! Rules: GraphQL over HTTP (draft), section "Request". A batch is an array of requests, answered by an array.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::Shared;
use super::accept::{self, Accepted, MediaType};
use super::batch;
use super::body::{self, Received};
use super::connection::Activity;
use super::handling;
use super::identity::identify;
use super::live;
use super::mounted;
use super::parameters::{self, Requests, UrlParameters};
use super::preflight;
use super::read_from::read_from;
use super::refusal::Refusal;
use super::reply;
use super::room::Reserved;
use super::sender::Sender;
use super::service::is_query;
use crate::config::{GetRequests, Limits};
use crate::engine::{self, DocumentSource, Identity};
use crate::event::Event;
use crate::queue::Handling;

/// `POST`, and `QUERY`, which may only read: the request is JSON in the body.
pub(super) async fn post(shared: Arc<Shared>, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    let Some(accepted) = accept::accepted(&head.headers) else {
        return Refusal::NotAcceptable.respond(MediaType::Json);
    };
    let identity = match identify(&shared, &head).await {
        Ok(identity) => identity,
        Err(refusal) => {
            // May be cut off if it takes too long: then the client does not see the answer.
            let _ = tokio::time::timeout(shared.body_timeout, body::discard(&mut body)).await;
            return refusal.respond(accepted.refusal());
        }
    };
    let asked = match read(&shared, shared.backend.planning().limits(&identity), &head.headers, body).await {
        Ok((requests, room)) => {
            let requests = if is_query(&head.method) { requests.only_reading() } else { requests };
            handling::read(&head.headers, &shared.backend, &requests).map(|how| (requests, how, room))
        }
        Err(refusal) => Err(refusal),
    };
    let response = match asked {
        Ok((requests, handling, _room)) => {
            let asked = Decoded { requests, handling, accepted, activity: activity(&head) };
            respond(&shared, asked, identity).await
        }
        Err(refusal) => refusal.respond(accepted.refusal()),
    };
    if is_query(&head.method) { reply::for_this_caller_now(response) } else { response }
}

/// `GET`: the request is in the query string and may only read, or the client opens a websocket.
pub(super) async fn get(State(shared): State<Shared>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    if live::is_websocket(&head) {
        return live::upgrade(shared, head).await;
    }
    if shared.graphiql && head.uri.query().is_none() && accept::wants_page(&head.headers) {
        return to_page(&mounted::root(&head));
    }
    reply::for_this_caller_now(read_only(&shared, &head).await)
}

/// Answers a request that may only read.
async fn read_only(shared: &Shared, head: &Parts) -> Response {
    let Some(accepted) = accept::accepted(&head.headers) else {
        return Refusal::NotAcceptable.respond(MediaType::Json);
    };
    let identity = match identify(shared, head).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.respond(accepted.refusal()),
    };
    let limits = shared.backend.planning().limits(&identity);
    let request = Query::<UrlParameters>::try_from_uri(&head.uri)
        .map_err(|rejection| Refusal::Malformed(format!("{}.", rejection.body_text())))
        .and_then(|Query(parameters)| parameters::from_url(parameters, limits))
        .and_then(|request| by_get(request, shared.get_requests, &head.headers))
        .and_then(|request| Ok(engine::Request { read_from: read_from(&head.headers)?, ..request }));
    match request {
        // It only reads, so it has no wishes.
        Ok(request) => {
            let (requests, handling) = (Requests::Single(request), Handling::default());
            let asked = Decoded { requests, handling, accepted, activity: activity(head) };
            respond(shared, asked, identity).await
        }
        Err(refusal) => refusal.respond(accepted.refusal()),
    }
}

/// Leads a person who has opened a path of the API in a browser to GraphiQL.
fn to_page(address: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, address);
    }
    response
}

/// The request, if it may be sent by `GET`: where only persisted operations may, any other needs a header that no page of another
/// origin can send without a preflight.
fn by_get(
    request: engine::Request,
    allowed: GetRequests,
    headers: &HeaderMap,
) -> Result<engine::Request, Refusal> {
    match (allowed, &request.document) {
        (GetRequests::On, _)
        | (_, DocumentSource::Own(_))
        | (GetRequests::Persisted, DocumentSource::Id(_) | DocumentSource::Hash { text: None, .. }) => {
            Ok(request)
        }
        (GetRequests::Persisted, _) if preflight::is_needed(headers) => Ok(request),
        _ => Err(Refusal::GetRefused(allowed)),
    }
}

/// Reads and decodes the body of a `POST`.
async fn read(
    shared: &Shared,
    limits: &Limits,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<(Requests, Reserved), Refusal> {
    check_type(headers)?;
    let read_from = read_from(headers)?;
    let reading = body::read(&mut body, limits.body_bytes, &shared.room);
    let read = tokio::time::timeout(shared.body_timeout, reading).await;
    let Received { bytes, room } = read.unwrap_or(Err(Refusal::TooSlow))?;
    Ok((parameters::from_json(&bytes, limits)?.read_from(read_from), room))
}

/// Accepts only `application/json`. A page of another origin can send the types of HTML forms without a preflight, and with
/// the user's cookies. It cannot send this one.
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

/// The connection of a request.
fn activity(request: &Parts) -> Option<&Arc<Activity>> {
    request.extensions.get()
}

/// A client's request, and the form in which it wants the answer.
struct Decoded<'a> {
    requests: Requests,
    handling: Handling,
    accepted: Accepted,
    activity: Option<&'a Arc<Activity>>,
}

/// Lets the engine answer within this future: dropping it stops the engine's work. The answer is a stream if there are
/// several answers, or if the client accepts nothing else.
async fn respond(shared: &Shared, asked: Decoded<'_>, identity: Identity) -> Response {
    let Decoded { requests, handling, accepted, activity } = asked;
    let backend = &shared.backend;
    let sender = |identity| Sender { identity, handling, activity };
    match (requests, accepted.one, accepted.stream) {
        (Requests::Single(request), one, Some(stream))
            if one.is_none() || backend.planning().asks_for_subscription(&request, &identity) =>
        {
            live::respond(shared, request, identity, stream, activity)
        }
        (Requests::Single(request), one, _) => {
            let answer = backend.respond(request, &identity, handling).await;
            reply::single(sender(&identity).hold(answer), one.unwrap_or(MediaType::Json))
        }
        (Requests::Batch(requests), Some(media_type), _) => {
            Event::BatchReceived { operations: requests.len() }.emit();
            reply::batch(&batch::answer(backend, requests, &sender(&identity)).await, media_type)
        }
        (Requests::Batch(_), None, _) => {
            let message = "A batch is not answered by a stream; send each operation by itself.";
            Refusal::Malformed(message.to_owned()).respond(accepted.refusal())
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
