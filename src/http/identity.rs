//! Who asks: the request's headers -> the identity that the engine runs it as, with what policies may read of it.
//!
//! The settings are those that PostgREST makes, so that policies and functions written for it, and Supabase's `auth.uid()`
//! and `auth.jwt()`, work unchanged. Credentials are not among them.

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use super::Shared;
use super::refusal::Refusal;
use crate::auth::{Caller, Denied};
use crate::engine::Identity;

/// The headers whose values are nobody's business but the authenticator's; cookies have a setting of their own.
const WITHHELD: [HeaderName; 3] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE];

/// Who asks, before anything of the body is read.
pub(super) async fn identify(shared: &Shared, request: &Parts) -> Result<Identity, Refusal> {
    let authorization = authorization(&request.headers).map_err(Refusal::Denied)?;
    let caller = shared.authenticator.authenticate(authorization).await.map_err(Refusal::Denied)?;
    Ok(Identity { role: caller.role.clone(), settings: settings(&caller, request) })
}

/// The value of the header that may be there once.
fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Denied> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Denied::NoBearer),
        (Some(_), Some(_)) => Err(Denied::NoBearer),
    }
}

fn settings(caller: &Caller, request: &Parts) -> Vec<(String, String)> {
    let named = |name: &str, value: String| (name.to_owned(), value);
    vec![
        caller.setting(),
        named("request.method", request.method.as_str().to_owned()),
        named("request.path", request.uri.path().to_owned()),
        named("request.headers", headers(&request.headers).to_string()),
        named("request.cookies", cookies(&request.headers).to_string()),
    ]
}

/// The headers as an object; the values of one that came several times are one list (RFC 9110, section 5.3).
fn headers(headers: &HeaderMap) -> Value {
    let shown = headers.keys().filter(|name| !WITHHELD.contains(name));
    let object: Map<String, Value> = shown
        .map(|name| {
            let values: Vec<_> =
                headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            (name.as_str().to_owned(), Value::String(values.join(", ")))
        })
        .collect();
    Value::Object(object)
}

/// The cookies by their names (RFC 6265, section 4.2.1).
fn cookies(headers: &HeaderMap) -> Value {
    let mut object = Map::new();
    for header in headers.get_all(COOKIE) {
        for pair in String::from_utf8_lossy(header.as_bytes()).split(';') {
            if let Some((name, value)) = pair.split_once('=') {
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

    fn parts(headers: &[(&'static str, &'static [u8])]) -> Parts {
        let mut request = Request::post("/graphql?query=secret");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn policies_may_read_the_request_but_no_credentials() {
        let request = parts(&[
            ("X-Tenant", b"o'brien\\"),
            ("x-tag", b"a"),
            ("x-tag", b"b\xff"),
            ("authorization", b"Bearer hush"),
            ("proxy-authorization", b"Basic hush"),
            ("cookie", b"theme=dark; session=a=b;empty"),
        ]);
        let caller = Caller { role: None, claims: Map::new() };
        let settings = settings(&caller, &request);
        let value = |name: &str| {
            let (_, value) = settings.iter().find(|(setting, _)| setting == name).unwrap();
            value.clone()
        };
        let object = |name: &str| serde_json::from_str::<Value>(&value(name)).unwrap();
        assert_eq!(value("request.jwt.claims"), "{}");
        assert_eq!(value("request.method"), "POST");
        assert_eq!(value("request.path"), "/graphql");
        assert_eq!(object("request.headers"), json!({"x-tenant": "o'brien\\", "x-tag": "a, b\u{fffd}"}));
        assert_eq!(object("request.cookies"), json!({"theme": "dark", "session": "a=b"}));
    }

    #[test]
    fn two_tokens_are_none() {
        assert_eq!(authorization(&parts(&[]).headers), Ok(None));
        let one = parts(&[("authorization", b"Bearer a")]);
        assert_eq!(authorization(&one.headers), Ok(Some("Bearer a")));
        let two = parts(&[("authorization", b"Bearer a"), ("authorization", b"Bearer b")]);
        assert_eq!(authorization(&two.headers), Err(Denied::NoBearer));
        assert_eq!(
            authorization(&parts(&[("authorization", b"Bearer \xff")]).headers),
            Err(Denied::NoBearer)
        );
    }
}
