//! Whether a browser would have sent a preflight before a request from a page of another origin.
//!
//! Links, forms and images send no custom headers, and a script can send only those to another origin that
//! the Fetch standard calls safelisted. Before it sends any other header, a browser sends a preflight, which
//! this server answers by `cors-origins`. So a request with such a header comes from a program, from a page
//! of this origin, or from an origin that may call the API.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};

/// Headers that clients send for this purpose, or in any case.
const HEADERS: [&str; 3] =
    ["apollo-require-preflight", "graphql-require-preflight", "x-apollo-operation-name"];

/// Whether a request has a header that needs a preflight.
pub(super) fn is_needed(headers: &HeaderMap) -> bool {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let begins = |name: &str, with: &str| {
        text(name).get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    HEADERS.iter().any(|name| !text(name).is_empty())
        // A link can contain a name and a password, which become an `Authorization` of the scheme Basic.
        || begins(AUTHORIZATION.as_str(), "bearer ")
        || begins(CONTENT_TYPE.as_str(), "application/json")
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn needed(name: &'static str, value: &'static str) -> bool {
        is_needed(&HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]))
    }

    #[test]
    fn headers_that_need_a_preflight_are_told_from_others() {
        for (name, value) in [
            ("authorization", "Bearer x"),
            ("authorization", "bearer x"),
            ("apollo-require-preflight", "true"),
            ("graphql-require-preflight", "1"),
            ("x-apollo-operation-name", "Tasks"),
            ("content-type", "application/json; charset=utf-8"),
        ] {
            assert!(needed(name, value), "{name}: {value}");
        }
        for (name, value) in [
            ("authorization", "Basic dXNlcjpwYXNz"),
            ("authorization", "Bearer"),
            ("apollo-require-preflight", ""),
            ("content-type", "text/plain"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            ("accept-language", "en"),
            ("cookie", "apollo-require-preflight=true"),
        ] {
            assert!(!needed(name, value), "{name}: {value}");
        }
    }
}
