//! The file of persisted operations: read at the start, read again at a SIGHUP, and checked against the API.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::NOTES;
use crate::cli::program::{Program, client, command, open_folder};
use crate::harness;
use crate::roles::with_user;

fn serve(folder: &Path, url: &str) -> Program {
    let mut command = command(folder);
    command.args(["serve", "--listen", "127.0.0.1:0", "--watch", "off"]);
    command
        .args(["--persisted-operations", "operations.json", "--documents", "listed"])
        .env("DATABASE_URL", url);
    Program::start(&mut command, "address=", "listening")
}

async fn by_id(program: &Program, id: &str) -> Value {
    let request = client().post(program.page("/graphql")).header("content-type", "application/json");
    let response = request.body(json!({ "documentId": id }).to_string()).send().await.unwrap();
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

/// Sends requests until the document is known; the effect of the SIGHUP is visible only from outside.
async fn until_known(program: &Program, id: &str) -> Value {
    let begin = Instant::now();
    loop {
        let answer = by_id(program, id).await;
        if answer["errors"][0]["extensions"]["code"] != "PERSISTED_QUERY_NOT_FOUND" {
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "{answer}\n{}", program.printed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_file_is_read_again_at_a_hangup_and_held_against_the_api() {
    let name = harness::database(NOTES).await;
    let folder = open_folder();
    let file = folder.path().join("operations.json");
    std::fs::write(
        &file,
        json!({"kept": "{ __typename }", "gone": "{ thingCollection { totalCount } }"}).to_string(),
    )
    .unwrap();
    let mut serve = serve(folder.path(), &harness::cluster().url(&name));
    serve.wait_for("a persisted operation is not valid in the API id=\"gone\"");
    assert!(serve.printed().contains("persisted operations loaded documents=2"), "{}", serve.printed());
    assert!(!serve.printed().contains("id=\"kept\""), "{}", serve.printed());
    assert_eq!(by_id(&serve, "kept").await, json!({"data": {"__typename": "Query"}}));
    let answer = by_id(&serve, "gone").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");

    std::fs::write(
        &file,
        json!({"kept": "{ __typename }", "new": "{ noteByPk(id: 1) { title } }"}).to_string(),
    )
    .unwrap();
    serve.signal("HUP");
    assert_eq!(until_known(&serve, "new").await, json!({"data": {"noteByPk": {"title": "one"}}}));
    assert_eq!(by_id(&serve, "gone").await["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");

    std::fs::write(&file, "{\"kept\": ").unwrap();
    serve.signal("HUP");
    serve.wait_for("persisted operations not loaded; the previous ones stay in use");
    assert!(
        serve.printed().contains("operations.json cannot be used: it is not valid JSON"),
        "{}",
        serve.printed()
    );
    assert_eq!(by_id(&serve, "kept").await, json!({"data": {"__typename": "Query"}}));
    assert_eq!(serve.stop("TERM").code(), Some(0));
}

#[tokio::test]
async fn an_operation_that_one_role_may_ask_for_fits_the_api() {
    let name = harness::database(&format!(
        "{NOTES} create role persisted_login login noinherit; create role persisted_reader;
         grant persisted_reader to persisted_login; grant select on note to persisted_reader"
    ))
    .await;
    let folder = open_folder();
    let operations = json!({"reading": "{ noteByPk(id: 1) { title } }", "writing": super::RENAME});
    std::fs::write(folder.path().join("operations.json"), operations.to_string()).unwrap();
    let mut serve = serve(folder.path(), &with_user(&harness::cluster().url(&name), "persisted_login"));
    serve.wait_for("is not valid in the API id=\"writing\"");
    assert!(!serve.printed().contains("id=\"reading\""), "{}", serve.printed());
    assert_eq!(serve.stop("TERM").code(), Some(0));
}

#[test]
fn a_file_that_cannot_be_used_ends_the_start() {
    let folder = open_folder();
    std::fs::write(folder.path().join("list.json"), "{\"a\": 1}").unwrap();
    for (arguments, message) in [
        (
            &["--persisted-operations", "list.json"][..],
            "list.json cannot be used: the document with the id \"a\" is a number",
        ),
        (&["--persisted-operations", "nothing.json"], "nothing.json cannot be used: No such file"),
        (
            &["--documents", "listed"],
            "--documents: no document could run; name the file with --persisted-operations",
        ),
    ] {
        let mut command = command(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let output = command.env("DATABASE_URL", "postgres://localhost/").output().unwrap();
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && printed.contains(message), "{arguments:?}: {printed}");
    }
}
