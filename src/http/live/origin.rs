//! Which pages may open a websocket. A browser opens one without a CORS check, and sends the user's cookies.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};

use crate::http::origin::is_listed;

/// Whether the page has this server's own origin, or one that CORS allows. Clients that are not browsers send
/// no origin.
pub(super) fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    allowed.iter().any(|entry| is_listed(entry, origin)) || is_own(origin, headers)
}

/// Whether the origin's host and port are those in the client's `Host` header. The scheme may differ, because
/// of a proxy with TLS.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let Ok(origin) = origin.parse::<Uri>() else { return false };
    origin.authority().is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn allowed(origin: Option<&'static str>, listed: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("api.example:8080"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        let listed: Vec<String> = listed.iter().map(|origin| (*origin).to_owned()).collect();
        is_allowed(&headers, &listed)
    }

    #[test]
    fn programs_own_pages_and_listed_origins_are_allowed() {
        assert!(allowed(None, &[]));
        assert!(allowed(Some("http://api.example:8080"), &[]));
        assert!(allowed(Some("https://API.example:8080"), &[]), "a proxy speaks TLS");
        assert!(allowed(Some("https://app.example"), &["https://other.example", "https://app.example"]));
        assert!(allowed(Some("https://app.example"), &["*"]));
    }

    #[test]
    fn other_pages_are_not() {
        for origin in
            ["https://evil.example", "http://api.example", "null", "http://api.example:8080.evil.example"]
        {
            assert!(!allowed(Some(origin), &["https://app.example"]), "{origin}");
        }
    }
}
