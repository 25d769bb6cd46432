//! The example of docs/mcp.md: the operation, and the tool that it becomes on the task board.

use glowplug::config::Mcp;
use serde_json::{Value, json};

use super::{called, list, message, post, result};
use crate::harness;
use crate::server::Server;

const PAGE: &str = include_str!("../../../docs/mcp.md");

/// The first block of that language.
fn block(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test]
async fn the_documented_operation_is_the_documented_tool() {
    let folder = list(&[block("graphql")]);
    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |config| {
        config.documents.list = Some(folder.path().join("persisted.json"));
        config.http.mcp = Mcp::Tools;
    })
    .await;
    let listed = result(post(&server, message("tools/list", &json!({}))).send().await.unwrap()).await;
    let documented: Value = serde_json::from_str(block("json")).unwrap();
    let tool = &listed["tools"][0];
    assert_eq!(*tool, documented, "the tool is:\n{}", serde_json::to_string_pretty(tool).unwrap());
    let answer = called(&server, "OpenTasks", json!({"project": "WEB", "first": 2})).await;
    let edges = answer["structuredContent"]["taskCollection"]["edges"].as_array().cloned();
    assert_eq!(edges.map(|edges| edges.len()), Some(2), "{answer}");
}
