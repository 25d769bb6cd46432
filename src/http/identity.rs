//! The identity of a request: headers -> the role and the settings that policies may read.
//!
//! The settings have PostgREST's names. So policies and functions written for it, and Supabase's `auth.uid()` and
//! `auth.jwt()`, work unchanged. They contain only the parts that the setting `request-settings` names, and never
//! credentials.

use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use super::Shared;
use super::refusal::Refusal;
use crate::auth::{Credentials, Denied};
use crate::config::RequestSettings;
use crate::engine::{Identity, Settings};

/// The header of API keys, as in Supabase's API.
const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// The caller, determined before the body is read.
pub(super) async fn identify(shared: &Shared, request: &Parts) -> Result<Identity, Refusal> {
    identify_as(shared, request, None).await
}

/// The same for a client that may authenticate after the request's head, as in a websocket. A token there overrides the
/// head's token. An [`Identity`] that a program around this router has put into the request's extensions overrides both.
pub(super) async fn identify_as(
    shared: &Shared,
    request: &Parts,
    said: Option<&str>,
) -> Result<Identity, Refusal> {
    if let Some(given) = request.extensions.get::<Identity>() {
        let settings = settings(&given.settings, request, &shared.request_settings);
        return Ok(Identity { settings, ..given.clone() });
    }
    let single = |name| single(&request.headers, name).map_err(Refusal::Denied);
    let authorization = match said {
        Some(said) => Some(said),
        None => single(AUTHORIZATION)?,
    };
    let credentials = Credentials { authorization, api_key: single(API_KEY)? };
    let caller = shared.authenticator.authenticate_by(credentials).await.map_err(Refusal::Denied)?;
    let settings = settings(caller.settings(), request, &shared.request_settings);
    Ok(Identity { role: caller.role.clone(), settings, expires_at: caller.expires_at() })
}

/// The value of a header that may occur once.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Denied> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Denied::NoBearer),
        (Some(_), Some(_)) => Err(Denied::NoBearer),
    }
}

/// The caller's claims, and the named parts of the request. If no part is named, all requests with the same token share the
/// claims.
fn settings(claims: &Settings, request: &Parts, named: &RequestSettings) -> Settings {
    let mut settings = Vec::new();
    let mut add = |name: &str, value: &str| settings.push((name.into(), value.into()));
    if named.method {
        add("request.method", request.method.as_str());
    }
    if named.path {
        add("request.path", request.uri.path());
    }
    if !named.headers.is_empty() {
        add("request.headers", &headers(&request.headers, &named.headers).to_string());
    }
    if !named.cookies.is_empty() {
        add("request.cookies", &cookies(&request.headers, &named.cookies).to_string());
    }
    if settings.is_empty() {
        return Arc::clone(claims);
    }
    claims.iter().cloned().chain(settings).collect()
}

/// The named headers as an object. Repeated values of a header become one list (RFC 9110, section 5.3).
fn headers(headers: &HeaderMap, named: &[String]) -> Value {
    let shown = named.iter().filter(|name| headers.contains_key(name.as_str()));
    let object: Map<String, Value> = shown
        .map(|name| {
            let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            (name.clone(), Value::String(values.collect::<Vec<_>>().join(", ")))
        })
        .collect();
    Value::Object(object)
}

/// The named cookies as an object (RFC 6265, section 4.2.1).
fn cookies(headers: &HeaderMap, named: &[String]) -> Value {
    let mut object = Map::new();
    for header in headers.get_all(COOKIE) {
        for pair in String::from_utf8_lossy(header.as_bytes()).split(';') {
            if let Some((name, value)) = pair.split_once('=')
                && named.iter().any(|named| named == name.trim())
            {
                object.insert(name.trim().to_owned(), Value::String(value.trim().to_owned()));
            }
        }
    }
    Value::Object(object)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use http::Request;
    use serde_json::json;

    use super::*;
    use crate::auth::Caller;

    fn parts(headers: &[(&'static str, &'static [u8])]) -> Parts {
        let mut request = Request::post("/graphql?query=secret");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn settings_of(request: &Parts, named: &RequestSettings) -> Arc<[(Arc<str>, Arc<str>)]> {
        settings(Caller::new(None, Map::new()).settings(), request, named)
    }

    fn request() -> Parts {
        parts(&[
            ("X-Tenant", b"o'brien\\"),
            ("x-tag", b"a"),
            ("x-tag", b"b\xff"),
            ("apikey", b"hush"),
            ("authorization", b"Bearer hush"),
            ("proxy-authorization", b"Basic hush"),
            ("cookie", b"theme=dark; session=hush; a=b=c;empty"),
        ])
    }

    #[test]
    fn policies_may_read_what_is_named_of_the_request() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let named = RequestSettings {
            method: true,
            path: true,
            headers: list(&["x-tenant", "x-tag", "x-missing"]),
            cookies: list(&["theme", "a", "missing"]),
        };
        let settings = settings_of(&request(), &named);
        let value = |name: &str| {
            let (_, value) = settings.iter().find(|(setting, _)| &**setting == name).unwrap();
            value.clone()
        };
        let object = |name: &str| serde_json::from_str::<Value>(&value(name)).unwrap();
        assert_eq!(&*value("request.jwt.claims"), "{}");
        assert_eq!(&*value("request.method"), "POST");
        assert_eq!(&*value("request.path"), "/graphql");
        assert_eq!(object("request.headers"), json!({"x-tenant": "o'brien\\", "x-tag": "a, b\u{fffd}"}));
        assert_eq!(object("request.cookies"), json!({"theme": "dark", "a": "b=c"}));
        assert!(settings.iter().all(|(_, value)| !value.contains("hush")), "{settings:?}");
    }

    #[test]
    fn nothing_of_the_request_is_there_unless_it_is_named() {
        let settings = settings_of(&request(), &RequestSettings::default());
        assert_eq!(*settings, [("request.jwt.claims".into(), "{}".into())]);
    }

    #[test]
    fn two_tokens_are_none() {
        assert_eq!(single(&parts(&[]).headers, AUTHORIZATION), Ok(None));
        let one = parts(&[("authorization", b"Bearer a")]);
        assert_eq!(single(&one.headers, AUTHORIZATION), Ok(Some("Bearer a")));
        let two = parts(&[("authorization", b"Bearer a"), ("authorization", b"Bearer b")]);
        assert_eq!(single(&two.headers, AUTHORIZATION), Err(Denied::NoBearer));
        assert_eq!(
            single(&parts(&[("authorization", b"Bearer \xff")]).headers, AUTHORIZATION),
            Err(Denied::NoBearer)
        );
    }
}
