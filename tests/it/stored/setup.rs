//! `glowplug setup --stored-operations`: the schema, its privileges, and the persisted operations.

use std::process::Output;

use serde_json::json;

use super::{SETUP, TASK};
use crate::cli::{run, text};
use crate::harness;

async fn setup(arguments: Vec<String>) -> Output {
    let all = move || {
        let mut words = vec!["setup", "--stored-operations"];
        words.extend(arguments.iter().map(String::as_str));
        run(&words)
    };
    tokio::task::spawn_blocking(all).await.expect("the command ends")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_schema_is_made_by_its_owner_for_the_server_and_taken_away_again() {
    let name = harness::database(SETUP).await;
    let owner_url = harness::cluster().url(&name);
    let owner = harness::connect(&owner_url).await;
    let role = format!("setup_{name}");
    let create = format!("create role {role} login password 'secret'");
    owner.batch_execute(&create).await.expect("a role");
    let (_, place) = owner_url.rsplit_once('@').expect("a user");
    let url = format!("postgres://{role}:secret@{place}");

    let refused = setup(words(&["--database-url", &url])).await;
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("permission denied"), "{}", text(&refused.stderr));

    let made = setup(words(&["--database-url", &url, "--direct-url", &owner_url])).await;
    let told = text(&made.stdout);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(told.contains(&format!("{role} may create in it")), "{told}");
    let may = format!("select has_schema_privilege('{role}', 'glowplug_operations', 'create')::text");
    assert_eq!(harness::ask(&owner, &may).await.as_deref(), Some("true"));

    let gone = setup(words(&["--database-url", &owner_url, "--drop"])).await;
    assert!(text(&gone.stdout).contains("is removed"), "{}", text(&gone.stderr));
    let there = "select count(*) from pg_namespace where nspname = 'glowplug_operations'";
    assert_eq!(harness::ask(&owner, there).await.as_deref(), Some("0"));
    owner
        .batch_execute(&format!("drop owned by {role}; drop role {role}"))
        .await
        .expect("it is in nobody's way");
}

#[tokio::test]
async fn the_persisted_operations_are_stored_at_deployment() {
    let name = harness::database(SETUP).await;
    let url = harness::cluster().url(&name);
    let owner = harness::connect(&url).await;
    let list = json!({
        "one": TASK,
        "page": "query ($n: Int, $state: state!) { taskCollection(first: 5, offset: $n, filter: {state: {eq: $state}}) { edges { node { id } } } }",
        "shape": "query ($filter: taskFilter) { taskCollection(filter: $filter) { edges { node { id } } } }",
        "required": "query ($filter: taskFilter!) { taskCollection(filter: $filter) { edges { node { id } } } }",
        "missing": "{ nothingCollection { edges { node { id } } } }",
        "search": "query ($c: String!) { taskCollection(filter: {title: {search: {query: \"a\", config: $c}}}) { edges { node { id } } } }",
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("operations.json");
    std::fs::write(&file, list.to_string()).expect("the list");
    let file = file.to_str().expect("a path");
    let made = setup(words(&["--database-url", &url, "--persisted-operations", file])).await;
    let told = text(&made.stdout);
    assert!(made.status.success(), "{}", text(&made.stderr));
    for (left, reason) in [
        ("required", "it requires an input object"),
        ("missing", "nothingCollection"),
        ("search", "\"1\" is no text search configuration"),
    ] {
        let line = told.lines().find(|line| line.contains(&format!("not, or not completely: {left}:")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{left}: {told}");
    }
    assert!(
        !told.contains("whole: one") && !told.contains("whole: page") && !told.contains("whole: shape"),
        "{told}"
    );
    let functions = "select count(*) from pg_proc where pronamespace = 'glowplug_operations'::regnamespace and proname <> 'enter'";
    // A page with an offset and one without are two statements.
    assert_eq!(harness::ask(&owner, functions).await.as_deref(), Some("4"));
}
