//! GraphiQL at `/`, and its files.
//!
//! npm makes the files in `web/`, and they are never part of the repository. If they are there, `build/page.rs` packs them into the
//! binary. Otherwise the page loads an older GraphiQL from a public CDN (`cdn`).

mod cdn;

use std::borrow::Cow;
use std::io::Read;

use axum::body::Body;
use axum::extract::{self, Request, State};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::Shared;
use super::admin::is_known;
use super::identity::identify;
use super::mounted;

// The names and the packed contents of the files.
include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The page, with placeholders for the nonce, the files and the settings.
const PAGE: &str = include_str!("graphiql/page.html");

/// The source of the page's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// This binary: the page works without the internet.
    Binary,
    /// The CDN.
    Cdn,
}

const SOURCE: Source = if EMBEDDED.is_empty() { Source::Cdn } else { Source::Binary };

/// Whether GraphiQL is in this binary, so that its page works without the internet.
pub const fn is_embedded() -> bool {
    matches!(SOURCE, Source::Binary)
}

/// The elements that load the binary's files: the style sheet, and the script that loads the other ones. Their addresses are
/// relative, so that the page also works below a proxy's prefix; `below` leads to what is below the page.
fn elements(nonce: &str, below: &str) -> (String, String) {
    let entry = |start: &str, end: &str| {
        let mut names = EMBEDDED.iter().map(|(name, _)| *name);
        names.find(|name| name.starts_with(start) && name.ends_with(end)).unwrap_or_default()
    };
    let (style, script) = (entry("style-", ".css"), entry("graphiql-", ".js"));
    (
        format!(r#"<link rel="stylesheet" href="{below}assets/{style}" nonce="{nonce}">"#),
        format!(r#"<script type="module" src="{below}assets/{script}" nonce="{nonce}"></script>"#),
    )
}

/// `/`: the page. Its nonce is new each time, so it is never cached.
///
/// The page itself needs no token, because a browser has none yet when it asks for a page. The page's first query is subject
/// to authentication.
pub(super) async fn page(State(shared): State<Shared>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let default_query = match identify(&shared, &request).await {
        Ok(identity) => Some(shared.backend.planning().default_query(&identity).await),
        Err(_) => None,
    };
    let nonce = Uuid::new_v4().simple().to_string();
    let below = mounted::below(&request);
    let mut settings = json!({"endpoint": format!("{below}graphql"), "defaultQuery": default_query});
    if shared.sdl {
        settings["sdl"] = format!("{below}schema.graphql").into();
    }
    if shared.is_dev {
        let address = |name: &str| format!("{below}dev/{name}");
        settings["dev"] = json!({
            "people": address("people"), "token": address("token"), "diagram": address("diagram")
        });
    }
    let mut response = Html(render(SOURCE, &nonce, &below, &settings.to_string())).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(SOURCE, &nonce)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The page of a binary without GraphiQL's files, with its `Content-Security-Policy`, so that a test can open it.
#[doc(hidden)]
pub fn cdn_page(endpoint: &str) -> (String, String) {
    let nonce = Uuid::new_v4().simple().to_string();
    let settings = json!({"endpoint": endpoint, "defaultQuery": null}).to_string();
    (render(Source::Cdn, &nonce, "", &settings), policy(Source::Cdn, &nonce))
}

fn render(source: Source, nonce: &str, below: &str, settings: &str) -> String {
    let (page, (styles, scripts)) = match source {
        Source::Binary => (PAGE, elements(nonce, below)),
        Source::Cdn => (cdn::PAGE, cdn::elements(nonce)),
    };
    // A `<` could end the element that contains the settings; in JSON it can be escaped.
    let settings = settings.replace('<', "\\u003c");
    page.replace("{{styles}}", &styles)
        .replace("{{scripts}}", &scripts)
        .replace("{{nonce}}", nonce)
        .replace("{{settings}}", &settings)
}

/// Only scripts with this answer's nonce run, and those that they load; requests go only to this server.
///
/// GraphiQL 5 has the editor of VS Code, which runs workers, and places its lines by styles within elements; no nonce can allow
/// these.
fn policy(source: Source, nonce: &str) -> String {
    let styles = match source {
        Source::Binary => "'self' 'unsafe-inline'; worker-src 'self'".to_owned(),
        Source::Cdn => format!("'nonce-{nonce}'"),
    };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src {styles}; font-src 'self' data:; \
         img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// `/assets/{file}`: a file of GraphiQL. Its name contains a hash, so the file never changes.
pub(super) async fn asset(extract::Path(file): extract::Path<String>, headers: HeaderMap) -> Response {
    let Some((name, packed)) = EMBEDDED.iter().find(|(name, _)| *name == file) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let tag = format!("W/\"{name}\"");
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        contents(packed, takes_gzip(&headers))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

/// A packed file as it is, or unpacked for the rare client that does not accept gzip.
fn contents(packed: &'static [u8], as_gzip: bool) -> Response {
    if as_gzip {
        let mut response = Response::new(Body::from(Bytes::from_static(packed)));
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return response;
    }
    let mut unpacked = Vec::new();
    match flate2::read::GzDecoder::new(packed).read_to_end(&mut unpacked) {
        Ok(_) => Response::new(Body::from(unpacked)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether the client names gzip without refusing it.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted: Cow<str> = headers
        .get(ACCEPT_ENCODING)
        .map_or(Cow::Borrowed(""), |value| String::from_utf8_lossy(value.as_bytes()));
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused =
            weight.trim().strip_prefix("q=").is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn settings_cannot_leave_their_element() {
        let settings = json!({"defaultQuery": "</script><script>alert(1)</script>"}).to_string();
        for source in [Source::Binary, Source::Cdn] {
            let page = render(source, "n0", "", &settings);
            assert!(!page.contains("alert(1)</script>"), "the settings are escaped");
            assert!(!page.contains("{{"), "every place is filled");
        }
    }

    #[test]
    fn every_script_and_style_sheet_has_the_nonce() {
        for source in [Source::Binary, Source::Cdn] {
            let page = render(source, "n0", "./api/", "{}");
            let elements = ["<script", "<link rel=\"stylesheet\"", "<style"];
            let elements: usize = elements.iter().map(|start| page.matches(start).count()).sum();
            let data = page.matches("<script type=\"application/json\"").count();
            assert_eq!(page.matches(" nonce=\"n0\"").count() + data, elements, "{page}");
            assert!(policy(source, "n0").starts_with("default-src 'none'; script-src 'nonce-n0';"));
        }
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |accepted: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            takes_gzip(&headers)
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1.0, GZIP;q=0.5"));
        assert!(
            !takes("br") && !takes("gzip;q=0") && !takes("gzip; q=0.0") && !takes_gzip(&HeaderMap::new())
        );
    }
}
