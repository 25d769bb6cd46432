//! GraphiQL at `/`, and its files.
//!
//! The files come from npm and are never part of the repository. If they are installed, `build.rs` packs them into the
//! binary. Otherwise the page loads the same files from a public CDN and checks their hashes.

mod assets;

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

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
use assets::{ASSETS, Asset};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The page, with placeholders for the nonce, the files and the settings.
const PAGE: &str = include_str!("graphiql/page.html");

/// Serves every npm package's files by version, unchanged.
const CDN: &str = "https://cdn.jsdelivr.net/npm";

/// The source of the page's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// This binary: the page works without the internet.
    Binary,
    /// The CDN.
    Cdn,
}

const SOURCE: Source = if EMBEDDED.is_some() { Source::Binary } else { Source::Cdn };

/// Whether GraphiQL is in this binary, so that its page works without the internet.
pub const fn is_embedded() -> bool {
    matches!(SOURCE, Source::Binary)
}

impl Asset {
    /// The file's name without its folder.
    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    fn is_style(&self) -> bool {
        Path::new(self.path).extension().is_some_and(|extension| extension == "css")
    }

    /// The file's address. Within this server it is relative, so that the page also works below a proxy's prefix.
    fn url(&self, source: Source) -> String {
        let Self { package, version, path, .. } = self;
        match source {
            Source::Binary => format!("assets/{package}@{version}/{}", self.file()),
            Source::Cdn => format!("{CDN}/{package}@{version}/{path}"),
        }
    }

    /// The element that loads the file, if it has the right hash.
    fn element(&self, source: Source, nonce: &str) -> String {
        let (url, integrity) = (self.url(source), self.integrity);
        // A browser compares a hash only where the other origin allows it to read the answer.
        let origin = match source {
            Source::Binary => "",
            Source::Cdn => " crossorigin=\"anonymous\"",
        };
        if self.is_style() {
            format!(r#"<link rel="stylesheet" href="{url}" integrity="{integrity}"{origin} nonce="{nonce}">"#)
        } else {
            format!(r#"<script src="{url}" integrity="{integrity}"{origin} nonce="{nonce}"></script>"#)
        }
    }
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
    let settings = json!({"endpoint": "graphql", "defaultQuery": default_query});
    let mut response = Html(render(SOURCE, &nonce, &settings.to_string())).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn render(source: Source, nonce: &str, settings: &str) -> String {
    let (styles, scripts): (Vec<&Asset>, Vec<&Asset>) = ASSETS.iter().partition(|asset| asset.is_style());
    let elements = |assets: Vec<&Asset>| {
        assets.iter().map(|asset| asset.element(source, nonce)).collect::<Vec<_>>().join("\n    ")
    };
    // A `<` could end the element that contains the settings; in JSON it can be escaped.
    let settings = settings.replace('<', "\\u003c");
    PAGE.replace("{{styles}}", &elements(styles))
        .replace("{{scripts}}", &elements(scripts))
        .replace("{{nonce}}", nonce)
        .replace("{{settings}}", &settings)
}

/// Only elements with this answer's nonce run or apply, and requests go only to this server.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; font-src data:; \
         img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// `/assets/{package}@{version}/{file}`: a file of GraphiQL. The address contains the version, so the file never changes.
pub(super) async fn asset(
    extract::Path((package, file)): extract::Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let named = |asset: &Asset| {
        file == asset.file() && package.split_once('@') == Some((asset.package, asset.version))
    };
    let found = ASSETS.iter().position(named).and_then(|index| Some((&ASSETS[index], EMBEDDED?[index])));
    let Some((asset, packed)) = found else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let tag = format!("W/\"{}\"", asset.integrity);
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        contents(packed, takes_gzip(&headers))
    };
    let content_type =
        if asset.is_style() { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
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
        let page = render(Source::Binary, "n0", &settings);
        assert!(!page.contains("alert(1)</script>"), "the settings are escaped");
        assert!(!page.contains("{{"), "every place is filled");
    }

    #[test]
    fn every_script_and_style_carries_the_nonce_and_its_hash() {
        for source in [Source::Binary, Source::Cdn] {
            let page = render(source, "n0", "{}");
            for asset in &ASSETS {
                let element = asset.element(source, "n0");
                assert!(page.contains(&element) && element.contains(asset.integrity), "{element}");
            }
            let elements = ["<script", "<link rel=\"stylesheet\"", "<style"];
            let elements: usize = elements.iter().map(|start| page.matches(start).count()).sum();
            let data = page.matches("<script type=\"application/json\"").count();
            assert_eq!(page.matches(" nonce=\"n0\"").count() + data, elements);
        }
    }

    #[test]
    fn the_cdn_has_every_file_under_its_package_and_version() {
        let urls = ASSETS.map(|asset| asset.url(Source::Cdn));
        assert_eq!(urls[1], "https://cdn.jsdelivr.net/npm/react@18.3.1/umd/react.production.min.js");
        let element = ASSETS[1].element(Source::Cdn, "n0");
        assert!(element.contains("crossorigin=\"anonymous\""), "{element}");
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
