//! Addresses of this server's own paths, wherever another program has nested its router.
//!
//! All of them are relative to the request's own path as the client sent it. So they are also right behind a proxy that takes a
//! prefix away.

use std::borrow::Cow;

use axum::extract::OriginalUri;
use http::request::Parts;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a path of a request may contain, and an attribute of HTML or a header may not.
const UNSAFE: &AsciiSet =
    &CONTROLS.add(b'"').add(b'\'').add(b'<').add(b'>').add(b'&').add(b'`').add(b'\\').add(b' ');

/// The path of a request before another router took its prefix away.
fn original_path(request: &Parts) -> &str {
    request.extensions.get::<OriginalUri>().map_or(request.uri.path(), |OriginalUri(uri)| uri.path())
}

/// What to write in front of a path below the page that answers the request: nothing, or the name of the folder that the page's
/// address lacks a slash for, as in `/api`.
pub(super) fn below(request: &Parts) -> String {
    folder(original_path(request))
}

fn folder(page: &str) -> String {
    match last_name(page) {
        name if name.is_empty() => String::new(),
        // In front of a colon, a name would be a scheme.
        name => format!("./{name}/"),
    }
}

/// The address of the page at the router's root, for a request of another path.
pub(super) fn root(request: &Parts) -> String {
    root_from(original_path(request), request.uri.path())
}

fn root_from(original: &str, path: &str) -> String {
    let prefix = original.strip_suffix(path).unwrap_or_default();
    let levels = path.matches('/').count();
    if prefix.is_empty() {
        return if levels <= 1 { "./".to_owned() } else { "../".repeat(levels - 1) };
    }
    "../".repeat(levels) + &last_name(prefix)
}

/// What stands behind the last slash.
fn last_name(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path.rsplit('/').next().unwrap_or_default(), UNSAFE).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_page_are_below_it() {
        for (page, below) in [
            ("/", ""),
            ("/api", "./api/"),
            ("/api/", ""),
            ("/one/two", "./two/"),
            ("/a:b", "./a:b/"),
            ("/a%20b", "./a%20b/"),
            ("/\"><script>", "./%22%3E%3Cscript%3E/"),
        ] {
            assert_eq!(folder(page), below, "{page}");
        }
    }

    #[test]
    fn the_page_is_found_from_other_paths() {
        for (original, path, root) in [
            ("/graphql", "/graphql", "./"),
            ("/graphql/", "/graphql/", "../"),
            ("/graphql/v1", "/graphql/v1", "../"),
            ("/api/graphql", "/graphql", "../api"),
            ("/one/two/graphql", "/graphql", "../two"),
            ("/api/graphql/v1", "/graphql/v1", "../../api"),
            ("/api/graphql/v1/", "/graphql/v1/", "../../../api"),
            // Another middleware has changed the path.
            ("/other", "/graphql", "./"),
        ] {
            assert_eq!(root_from(original, path), root, "{original}");
        }
    }
}
