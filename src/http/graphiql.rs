//! GraphiQL at `/`, and its files.
//!
//! The files come from npm and are never part of the repository: `build.rs` packs them into the binary when they are
//! installed, else the page loads the same ones from a public CDN, held to their hashes.

mod assets;

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use axum::body::Body;
use axum::extract::{self, State};
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
use assets::{ASSETS, Asset};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The page, with places for the nonce, the files and the settings.
const PAGE: &str = include_str!("graphiql/page.html");

/// Serves every npm package's files by version, unchanged.
const CDN: &str = "https://cdn.jsdelivr.net/npm";

/// Whether GraphiQL is in this binary, so that its page works without the internet.
pub const fn is_embedded() -> bool {
    EMBEDDED.is_some()
}

impl Asset {
    /// The file's name without its folder.
    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    fn is_style(&self) -> bool {
        Path::new(self.path).extension().is_some_and(|extension| extension == "css")
    }

    /// Where the page loads the file from. Relative, so that the page also works below a proxy's prefix.
    fn url(&self) -> String {
        let Self { package, version, path, .. } = self;
        if is_embedded() {
            format!("assets/{package}@{version}/{}", self.file())
        } else {
            format!("{CDN}/{package}@{version}/{path}")
        }
    }

    fn tag(&self, nonce: &str) -> String {
        let (url, integrity) = (self.url(), self.integrity);
        let origin = if is_embedded() { "" } else { " crossorigin=\"anonymous\"" };
        if self.is_style() {
            format!(
                "<link rel=\"stylesheet\" href=\"{url}\" integrity=\"{integrity}\"{origin} nonce=\"{nonce}\">"
            )
        } else {
            format!("<script src=\"{url}\" integrity=\"{integrity}\"{origin} nonce=\"{nonce}\"></script>")
        }
    }
}

/// `/`: the page. Its nonce is new each time, so it is never kept.
pub(super) async fn page(State(shared): State<Shared>) -> Response {
    let nonce = Uuid::new_v4().simple().to_string();
    let settings = json!({"endpoint": "graphql", "defaultQuery": shared.engine.default_query().await});
    let mut response = Html(render(&nonce, &settings.to_string())).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn render(nonce: &str, settings: &str) -> String {
    let (styles, scripts): (Vec<&Asset>, Vec<&Asset>) = ASSETS.iter().partition(|asset| asset.is_style());
    let tags =
        |assets: Vec<&Asset>| assets.iter().map(|asset| asset.tag(nonce)).collect::<Vec<_>>().join("\n    ");
    // A `<` could end the element that the settings stand in; in JSON it may as well be written so.
    let settings = settings.replace('<', "\\u003c");
    PAGE.replace("{{styles}}", &tags(styles))
        .replace("{{scripts}}", &tags(scripts))
        .replace("{{nonce}}", nonce)
        .replace("{{settings}}", &settings)
}

/// Only what carries this answer's nonce is run or applied, and requests go to this server alone.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; font-src data:; \
         img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// `/assets/{package}@{version}/{file}`: a file of GraphiQL. The address holds the version, so it never changes.
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

/// A packed file as it is, or unpacked for the rare client that takes no gzip.
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
        let page = render("n0", &json!({"defaultQuery": "</script><script>alert(1)</script>"}).to_string());
        assert!(!page.contains("alert(1)</script>"), "the settings are escaped");
        assert!(!page.contains("{{"), "every place is filled");
    }

    #[test]
    fn every_script_and_style_carries_the_nonce_and_its_hash() {
        let page = render("n0", "{}");
        for asset in &ASSETS {
            assert!(page.contains(&asset.tag("n0")), "{}", asset.path);
            assert!(asset.tag("n0").contains(asset.integrity));
        }
        let data = "<script type=\"application/json\"";
        let elements = page.matches("<script").count()
            + page.matches("<link rel=\"stylesheet\"").count()
            + page.matches("<style").count();
        assert_eq!(page.matches(" nonce=\"n0\"").count() + page.matches(data).count(), elements);
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
