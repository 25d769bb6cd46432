//! GraphiQL's page and files, without a browser; `tests/it/browser.rs` uses a real browser.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use sha2::{Digest, Sha384};

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
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(page.contains("taskCollection(first: 5)"), "the default query is derived from the schema");

    let again = server.get("/").send().await.unwrap().text().await.unwrap();
    assert_ne!(attributes(&again, "nonce")[0], nonces[0], "a nonce is used once");
}

/// The page's integrity hashes, which apply to the files from the CDN and from the binary.
#[tokio::test]
async fn the_files_are_those_that_npm_installs() {
    assert!(
        glowplug::http::graphiql::is_embedded(),
        "GraphiQL is not in this binary: run `npm ci --prefix web`, then build again"
    );
    let server = tasks(Route::Direct).await;
    let page = server.get("/").send().await.unwrap().text().await.unwrap();
    let hashes = attributes(&page, "integrity");
    let paths: Vec<&str> = attributes(&page, "href")
        .into_iter()
        .chain(attributes(&page, "src"))
        .filter(|path| path.starts_with("assets/"))
        .collect();
    assert_eq!((paths.len(), hashes.len()), (5, 5));
    for (path, hash) in paths.into_iter().zip(hashes) {
        let path = format!("/{path}");
        let response = server.get(&path).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        let tag = response.headers()["etag"].clone();
        let plain = response.bytes().await.unwrap();
        assert_eq!(format!("sha384-{}", STANDARD.encode(Sha384::digest(&plain))), hash, "{path}");

        let packed = server.get(&path).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let known = server.get(&path).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    }
    let other = server.get("/assets/graphiql@3.9.0/nothing.js").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}

/// The page names versions; the lockfile decides which are installed.
#[tokio::test]
async fn the_page_and_the_lockfile_name_the_same_versions() {
    let server = tasks(Route::Direct).await;
    let page = server.get("/").send().await.unwrap().text().await.unwrap();
    let lockfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/package-lock.json");
    let lockfile: serde_json::Value = serde_json::from_slice(&std::fs::read(lockfile).unwrap()).unwrap();
    for package in ["graphiql", "react", "react-dom"] {
        let locked = &lockfile["packages"][format!("node_modules/{package}")]["version"];
        let named = format!("{package}@{}/", locked.as_str().unwrap());
        assert!(page.contains(&named), "the page loads {named}");
    }
}

#[tokio::test]
async fn graphiql_can_be_left_out() {
    let name = harness::database(TASKS).await;
    let server = Server::start(&harness::cluster().url(&name), |config| config.http.graphiql = false).await;
    for path in ["/", "/assets/graphiql@3.9.0/graphiql.min.js"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(!response.text().await.unwrap().contains("GraphiQL"));
    }
}
