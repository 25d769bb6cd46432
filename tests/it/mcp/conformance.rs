//! The protocol's own tests of servers, `@modelcontextprotocol/conformance`.

use std::process::Stdio;

use glowplug::config::Mcp;
use tokio::process::Command;

use super::{list, notes};
use crate::node;
use crate::ways::Route;

/// Tools by the names that the tests call: one that answers, and one that fails.
const ANSWERS: &str = r#""Answers" query test_simple_text { noteCollection { edges { node { title } } } }"#;
const FAILS: &str = r#""Fails" query test_error_handling { noteByPk(id: 0) { title @include(if: true) } nodes: noteCollection(first: -1) { edges { node { id } } } }"#;

/// All scenarios for servers run. Those about features that this server does not have are listed in `mcp_conformance.yml`, each
/// with the reason; one that is listed there and passes is an error, too.
#[tokio::test]
async fn scenarios_of_the_conformance_tests_pass_except_for_other_features() {
    let folder = list(&[ANSWERS, FAILS]);
    let server = notes(Route::Direct, Mcp::Explore, folder.path(), |_| {}).await;
    let program = node::folder().join("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    assert!(
        program.exists(),
        "@modelcontextprotocol/conformance of npm is not installed: run `npm ci --prefix tests/npm`"
    );
    let ran = Command::new("node")
        .arg(program)
        .args(["server", "--url", &server.url("/mcp"), "--suite", "all", "--expected-failures"])
        .arg(node::folder().join("mcp_conformance.yml"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("node runs");
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{printed}");
    for scenario in [
        "server-initialize",
        "ping",
        "tools-list",
        "tools-call-simple-text",
        "tools-call-error",
        "dns-rebinding-protection",
    ] {
        assert!(printed.contains(scenario), "{scenario} has run:\n{printed}");
    }
}
