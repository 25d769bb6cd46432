//! Requests that never reach the engine, and their answers: status, headers, and a GraphQL error as the body.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::accept::MediaType;
use crate::auth::Denied;
use crate::config::GetRequests;
use crate::event;

/// The scheme, and the purpose of the token.
const REALM: &str = "Bearer realm=\"glowplug\"";

/// When to retry if the database could not be reached, in seconds.
pub(super) const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Why a request did not reach the engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The caller is denied.
    Denied(Denied),
    /// The `Accept` header allows neither of the two media types.
    NotAcceptable,
    /// The body has another type, or an encoding: the header's value.
    UnsupportedMediaType(String),
    /// The body is longer than the limit: the limit in bytes.
    TooLarge(usize),
    /// The body did not arrive in time.
    TooSlow,
    /// Other requests' bodies use all the memory for bodies.
    NoRoom,
    /// The body broke off.
    Incomplete,
    /// The request violates the specification: the message.
    Malformed(String),
    /// The request must not be sent by `GET`: what may be.
    GetRefused(GetRequests),
    /// A page of another origin tried to open a websocket, or to call a tool.
    OriginRefused,
    /// The path exists, but not with this method: the methods that it has.
    MethodNotAllowed(Option<HeaderValue>),
    /// A handler panicked.
    Panicked,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Denied(Denied::RoleRefused) | Self::OriginRefused => StatusCode::FORBIDDEN,
            Self::Denied(Denied::KeysUnavailable) | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Denied(_) => StatusCode::UNAUTHORIZED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Incomplete | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed(_) | Self::GetRefused(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(Denied::RoleRefused) | Self::OriginRefused => "FORBIDDEN",
            Self::Denied(Denied::KeysUnavailable) | Self::NoRoom => "UNAVAILABLE",
            Self::Denied(_) => "UNAUTHENTICATED",
            Self::Panicked => "INTERNAL",
            Self::TooSlow => "TIMEOUT",
            _ => "BAD_USER_INPUT",
        }
    }

    /// The client's message.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Denied(denied) => denied.to_string(),
            Self::NotAcceptable => {
                "The answer can be application/graphql-response+json or application/json, and for a subscription text/event-stream or \
                 multipart/mixed;subscriptionSpec=1.0; the Accept header allows none of them."
                    .into()
            }
            Self::UnsupportedMediaType(found) => {
                format!("The body must be application/json in UTF-8, not encoded, and its Content-Type must say so; {found}.")
            }
            Self::TooLarge(limit) => format!("The request body is longer than {limit} bytes."),
            Self::TooSlow => "The request body did not arrive in time.".into(),
            Self::NoRoom => {
                "The server has no room for a request of this length at the moment; send it again in a while.".into()
            }
            Self::Incomplete => "The request body broke off.".into(),
            Self::Malformed(message) => message.clone(),
            Self::GetRefused(GetRequests::Persisted) => {
                "By GET, any page or link can ask for this: send it by POST, or with a header that they cannot send, such as \
                 apollo-require-preflight: true. Persisted operations need none."
                    .into()
            }
            Self::GetRefused(_) => "Requests must be sent by POST.".into(),
            Self::OriginRefused => {
                "Pages of this origin may not call this path; name it in the setting cors-origins.".into()
            }
            Self::MethodNotAllowed(_) => "This path does not know this method.".into(),
            Self::Panicked => "The request could not be answered because of a defect in the server.".into(),
        }
    }

    /// The HTTP response in the media type that the client asked for.
    pub(super) fn respond(self, media_type: MediaType) -> Response {
        let mut error = json!({"message": self.message(), "extensions": {"code": self.code()}});
        if self == Self::Panicked {
            error["extensions"]["requestId"] = json!(event::request_id());
        }
        let body = json!({"errors": [error]}).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, media_type.header());
        match self {
            Self::MethodNotAllowed(Some(allow)) => {
                response.headers_mut().insert(ALLOW, allow);
            }
            Self::GetRefused(_) => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            Self::NoRoom => {
                response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
            }
            Self::Denied(denied) => tell_how_to_come_in(&mut response, denied),
            _ => {}
        }
        response
    }
}

/// The headers of a denial: the challenge (RFC 6750, section 3) or the time to retry. To a client without a token, the
/// challenge says only that a token is needed.
fn tell_how_to_come_in(response: &mut Response, denied: Denied) {
    let challenge = match denied {
        Denied::RoleRefused => return,
        Denied::KeysUnavailable => {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
            return;
        }
        Denied::TokenMissing | Denied::NoBearer | Denied::ApiKeyUnknown => REALM.to_owned(),
        Denied::NotAccepted | Denied::Invalid(_) | Denied::RoleMissing => {
            format!("{REALM}, error=\"invalid_token\", error_description=\"{denied}\"")
        }
    };
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.respond(MediaType::Json)
    }
}
