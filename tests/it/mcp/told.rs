//! What the log says about tools, and what it never says; a list that is read again has other tools.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ADD, FIND, NOTES, call, message};
use crate::cli::program::{Program, client, command, open_folder};
use crate::harness;

async fn sent(program: &Program, message: String) -> Value {
    let request = client().post(program.page("/mcp")).header("content-type", "application/json");
    let request = request.header("accept", "application/json, text/event-stream");
    let response = request.header("cookie", "session=hush-cookie").body(message).send().await.unwrap();
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

/// Asks until there is a tool; the effect of a SIGHUP is visible only from outside.
async fn until_there_is_a_tool(program: &Program) -> Value {
    let begin = Instant::now();
    loop {
        let listed = sent(program, message("tools/list", &json!({}))).await;
        if listed["result"]["tools"] != json!([]) {
            return listed["result"].clone();
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "{listed}\n{}", program.printed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn operations_that_are_no_tools_are_told_and_values_are_not() {
    let name = harness::database(NOTES).await;
    let folder = open_folder();
    let file = folder.path().join("operations.json");
    let twice = [FIND.to_owned(), FIND.replace("title", "id title")];
    std::fs::write(
        &file,
        json!({"1": twice[0], "2": twice[1], "3": "\"No name\" { __typename }"}).to_string(),
    )
    .unwrap();
    let mut serving = command(folder.path());
    serving
        .args(["serve", "--listen", "127.0.0.1:0", "--watch", "off", "--mcp", "tools", "--log", "debug"])
        .args(["--persisted-operations", "operations.json"])
        .env("DATABASE_URL", harness::cluster().url(&name));
    let mut serve = Program::start(&mut serving, "address=", "listening");
    serve.wait_for("several operations with the name FindNotes, in the documents 1, 2; give each its own");
    serve.wait_for("no persisted operation is a tool for agents (setting mcp)");
    assert_eq!(sent(&serve, message("tools/list", &json!({}))).await["result"]["tools"], json!([]));

    std::fs::write(&file, json!({"add": ADD}).to_string()).unwrap();
    serve.signal("HUP");
    let listed = until_there_is_a_tool(&serve).await;
    assert_eq!(super::names(&listed), ["AddNote"]);
    let added = sent(&serve, call("AddNote", &json!({"title": "hush-value"}))).await;
    assert_eq!(
        added["result"]["structuredContent"]["insertIntonoteCollection"]["affectedCount"], 1,
        "{added}"
    );
    serve.wait_for("tool called tool=\"AddNote\" outcome=\"ok\"");
    assert!(!serve.printed().contains("hush"), "{}", serve.printed());
    assert_eq!(serve.stop("TERM").code(), Some(0));
}
