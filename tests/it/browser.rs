//! GraphiQL in a real browser, on the starter project's database.

use std::path::Path;

use serde_json::Value;

use crate::server::Server;
use crate::{harness, node};

/// Where distributions put the browser.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

#[tokio::test]
async fn the_default_query_runs_in_graphiql() {
    assert!(
        glowplug::http::graphiql::is_embedded(),
        "GraphiQL is not in this binary: run `npm ci --prefix web`, then build again"
    );
    let browser = BROWSERS.into_iter().find(|path| Path::new(path).exists());
    let browser = browser.expect("no Chromium here: install it (Debian: `apt install chromium`)");
    let name = harness::database(&starter()).await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    let folder = node::output("browser");
    let arguments = [&server.url("/"), browser, folder.to_str().unwrap()];
    let printed = node::run(&node::folder().join("browser.mjs"), &arguments, &node::folder()).await;

    let seen: Value = serde_json::from_str(&printed).unwrap();
    let nothing = Value::Array(Vec::new());
    assert_eq!(seen["foreign"], nothing, "nothing is asked of other servers");
    assert_eq!(seen["complaints"], nothing, "the browser complains of nothing, least of all of the policy");
    let answer = &seen["answer"];
    let fields = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    let rows =
        fields.values().find_map(|field| field["edges"].as_array()).unwrap_or_else(|| panic!("{answer}"));
    assert!(rows.len() >= 3 && rows.iter().all(|row| row["node"].is_object()), "{answer}");
    assert!(seen["rows"].as_u64().unwrap() >= 3, "the rows are shown: {}", seen["rows"]);
    let text = |part: &str| seen[part].as_str().unwrap().to_owned();
    assert!(text("docs").contains("taskCollection"), "the docs explorer: {}", text("docs"));
    // The operation is named after the collection, with a capital.
    assert!(text("history").contains("TaskCollection"), "the history: {}", text("history"));
    assert_eq!(text("headers"), "Headers");
    assert!(text("settings").contains("Persist headers"), "{}", text("settings"));
}

/// The starter project's migrations, in order.
fn starter() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut migrations: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("up.sql")).collect();
    migrations.sort();
    migrations.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect::<Vec<_>>().join("\n")
}
