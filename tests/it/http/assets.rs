//! GraphiQL's page and files, without a browser; `tests/it/browser.rs` uses a real browser.

use std::path::Path;

use reqwest::StatusCode;

use super::{TASKS, tasks};
use crate::harness;
use crate::server::Server;
use crate::ways::Route;

/// The values of an attribute of the page's elements.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_page_runs_only_what_carries_its_nonce() {
    let server = tasks(Route::Direct).await;
    let response = server.get("/").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let page = response.text().await.unwrap();
    let nonces = attributes(&page, "nonce");
    assert!(nonces.windows(2).all(|pair| pair[0] == pair[1]), "one nonce in the whole page");
    assert!(policy.contains(&format!("script-src 'nonce-{}';", nonces[0])), "{policy}");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
    assert!(!scripts.contains("unsafe") && !scripts.contains("self"), "{policy}");
    assert!(page.contains("taskCollection(first: 5)"), "the default query is derived from the schema");

    let again = server.get("/").send().await.unwrap().text().await.unwrap();
    assert_ne!(attributes(&again, "nonce")[0], nonces[0], "a nonce is used once");
}

/// The page names two files, and these name the others.
#[tokio::test]
async fn the_files_are_packed_and_never_asked_for_again() {
    assert!(
        glowplug::http::graphiql::is_embedded(),
        "GraphiQL is not in this binary: run `npm ci && npm run build` in web/, then build again"
    );
    let server = tasks(Route::Direct).await;
    let page = server.get("/").send().await.unwrap().text().await.unwrap();
    let paths: Vec<&str> = attributes(&page, "href")
        .into_iter()
        .chain(attributes(&page, "src"))
        .filter(|path| path.starts_with("assets/"))
        .collect();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist");
    assert_eq!(paths.len(), 2, "{paths:?}");
    for path in paths {
        let response = server.get(&format!("/{path}")).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        let is_script = Path::new(path).extension().is_some_and(|extension| extension == "js");
        let kind = if is_script { "text/javascript" } else { "text/css" };
        let expected = format!("{kind}; charset=utf-8");
        assert_eq!(response.headers()["content-type"], expected);
        let tag = response.headers()["etag"].clone();
        let plain = response.bytes().await.unwrap();
        let file = std::fs::read(built.join(path.strip_prefix("assets/").unwrap()));
        assert_eq!(plain, file.expect("web/dist is that of the build: build again"), "{path}");

        let ask =
            |name: &'static str, value: &str| server.get(&format!("/{path}")).header(name, value).send();
        let packed = ask("accept-encoding", "gzip").await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let known = ask("if-none-match", tag.to_str().unwrap()).await.unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    }
    let other = server.get("/assets/nothing.js").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn graphiql_can_be_left_out() {
    let name = harness::database(TASKS).await;
    let server = Server::start(&harness::cluster().url(&name), |config| config.http.graphiql = false).await;
    for path in ["/", "/assets/graphiql.js"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(!response.text().await.unwrap().contains("GraphiQL"));
    }
}
