//! The engine's response -> HTTP status and headers. The body is sent unchanged.
//!
//! Rules: GraphQL over HTTP (draft), sections "application/json" and "application/graphql-response+json".

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, VARY};
use http::{HeaderValue, StatusCode};
use uuid::Uuid;

use super::accept::MediaType;
use super::parameters;
use super::refusal::RETRY_AFTER_SECONDS;
use crate::engine::{self, Outcome};

/// Answers one request.
pub(super) fn single(answer: engine::Response, media_type: MediaType) -> Response {
    let status = status(answer.outcome, media_type);
    let mut response = with_body(answer.body, media_type);
    *response.status_mut() = status;
    if let Outcome::Accepted(id) = answer.outcome {
        tell_where(&mut response, id);
    }
    if answer.outcome == Outcome::TextWanted {
        // The same request succeeds once the text was sent, so no cache may keep this answer.
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    response
}

/// Lets no cache give the answer to a later request: it depends on the caller, whom more headers than `Authorization` can
/// name, and on the database at this time. Caches keep no answer of a `POST` (RFC 9110, section 9.3.3), but that of a `GET`
/// or `QUERY`.
pub(super) fn for_this_caller_now(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

/// Says where to query the operation's state, and that the server has followed the client's preference (RFC 7240, section
/// 3).
///
/// The address is relative to the API's address as the client knows it (RFC 3986, section 4.2), so that it works behind a
/// proxy that changes paths.
fn tell_where(response: &mut Response, id: Uuid) {
    let headers = response.headers_mut();
    // It is not an answer by the GraphQL specification.
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("preference-applied", HeaderValue::from_static("respond-async"));
    if let Ok(place) = HeaderValue::from_str(&format!("?{}={id}", parameters::OPERATION)) {
        headers.insert(LOCATION, place);
    }
}

/// Answers a batch: an array of the answers in the order of the requests. Each answer contains its own errors.
pub(super) fn batch(answers: &[engine::Response], media_type: MediaType) -> Response {
    let length = answers.iter().map(|answer| answer.body.len() + 1).sum::<usize>() + 1;
    let mut body = BytesMut::with_capacity(length);
    for (index, answer) in answers.iter().enumerate() {
        body.extend_from_slice(if index == 0 { b"[" } else { b"," });
        body.extend_from_slice(&answer.body);
    }
    body.extend_from_slice(b"]");
    with_body(body.freeze(), media_type)
}

/// With `application/json`, the status is 200 for every well-formed request, so that older clients read the errors in the
/// body. A denied request gets its own status with either type.
fn status(outcome: Outcome, media_type: MediaType) -> StatusCode {
    match (outcome, media_type) {
        (Outcome::Forbidden, _) => StatusCode::FORBIDDEN,
        (Outcome::OperationNotAllowed, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Outcome::RequestError, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (Outcome::Unavailable, MediaType::GraphqlResponse) => StatusCode::SERVICE_UNAVAILABLE,
        // Apollo's servers answer so, and some of its clients look only at the status.
        (Outcome::TextWanted, _) => StatusCode::OK,
        (Outcome::TimedOut, MediaType::GraphqlResponse) => StatusCode::GATEWAY_TIMEOUT,
        (Outcome::Accepted(_), _) => StatusCode::ACCEPTED,
        (Outcome::Executed, _)
        | (Outcome::RequestError | Outcome::Unavailable | Outcome::TimedOut, MediaType::Json) => {
            StatusCode::OK
        }
    }
}

fn with_body(body: Bytes, media_type: MediaType) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type.header());
    headers.insert(VARY, HeaderValue::from_static("accept"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newer_media_type_tells_by_the_status_that_there_is_no_data() {
        use MediaType::{GraphqlResponse, Json};
        assert_eq!(status(Outcome::Executed, GraphqlResponse), StatusCode::OK);
        assert_eq!(status(Outcome::RequestError, GraphqlResponse), StatusCode::BAD_REQUEST);
        assert_eq!(status(Outcome::Unavailable, GraphqlResponse), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(Outcome::RequestError, Json), StatusCode::OK);
        assert_eq!(status(Outcome::Unavailable, Json), StatusCode::OK);
    }

    #[test]
    fn a_refused_role_has_the_same_status_in_both() {
        for media_type in [MediaType::GraphqlResponse, MediaType::Json] {
            assert_eq!(status(Outcome::Forbidden, media_type), StatusCode::FORBIDDEN);
        }
    }

    #[test]
    fn a_mutation_by_get_is_refused_in_both_and_names_the_method_that_may() {
        for media_type in [MediaType::GraphqlResponse, MediaType::Json] {
            let answer = engine::Response { outcome: Outcome::OperationNotAllowed, body: Bytes::new() };
            let response = single(answer, media_type);
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(response.headers()[ALLOW], "POST");
        }
    }
}
