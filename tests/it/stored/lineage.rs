//! Functions from a dump, and functions of a server of another version: each server calls its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use glowplug::config::{PoolMode, StoredOperations};
use glowplug::engine::Engine;
use serde_json::json;

use super::{Stand, TASK, engine, expected, until};
use crate::harness;

const OFTEN: StoredOperations = StoredOperations { limit: 500, uses: 2 };

/// Runs one of PostgreSQL's programs on a database of the shared server.
fn run(program: &str, database: &str, arguments: &[&str], file: &Path) {
    let mut command = Command::new(harness::cluster().binaries().program(program));
    let command = command.arg("--dbname").arg(harness::cluster().url(database)).args(arguments);
    let output = command.arg("--file").arg(file).output().expect("PostgreSQL's own programs are installed");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The names of the functions in a database.
async fn functions(database: &str) -> Option<String> {
    let names = "select string_agg(proname, ',' order by proname) from pg_proc \
                 where pronamespace = to_regnamespace('glowplug_operations') and proname <> 'enter'";
    harness::ask(&harness::connect(&harness::cluster().url(database)).await, names).await
}

async fn until_called(engine: &Engine) {
    until("a call", async || {
        assert_eq!(harness::graphql(engine, TASK, json!({ "id": 7 })).await, expected(7));
        engine.database().stored().candidates().any(|candidate| candidate.call().is_some())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_takes_functions_along_and_can_leave_them_out() {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    assert_eq!(stand.store(TASK, json!({ "id": 1 })).await, 1);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump.sql");

    let whole = harness::database("").await;
    run("pg_dump", &stand.name, &[], &file);
    run("psql", &whole, &["--set", "ON_ERROR_STOP=1", "--quiet"], &file);
    until_called(&engine(&stand.pooler.url(&whole), PoolMode::Transaction, OFTEN)).await;
    assert_eq!(functions(&whole).await, Some(stand.functions().await.join(",")), "none is made anew");

    let without = harness::database("").await;
    run("pg_dump", &stand.name, &["--exclude-schema", "glowplug_operations"], &file);
    assert!(!fs::read_to_string(&file).expect("a dump").contains("glowplug_operations"));
    run("psql", &without, &["--set", "ON_ERROR_STOP=1", "--quiet"], &file);
    let texts = engine(&stand.pooler.url(&without), PoolMode::Transaction, OFTEN);
    for id in 1..=5 {
        assert_eq!(harness::graphql(&texts, TASK, json!({ "id": id })).await, expected(id));
    }
}

/// Another version puts another text around a statement, and so uses another name.
#[tokio::test(flavor = "multi_thread")]
async fn servers_of_two_versions_have_functions_of_their_own() {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    let counting = format!("alter database {} set track_functions = 'pl'", stand.name);
    stand.owner.batch_execute(&counting).await.expect("a setting");
    assert_eq!(stand.store(TASK, json!({ "id": 1 })).await, 1);
    let ours = stand.functions().await.remove(0);
    let theirs = format!("f_{}", "0123456789abcdef".repeat(2));
    let definition = format!("select pg_get_functiondef('glowplug_operations.{ours}'::regproc)");
    let definition = harness::ask(&stand.owner, &definition).await.expect("a definition");
    let definition =
        definition.replace(&ours, &theirs).replace("glowplug_answer", "answer_of_another_version");
    let note = format!(
        "do $$ begin execute format('comment on function %s is %L', 'glowplug_operations.{theirs}'::regproc::oid::regprocedure, \
         obj_description('glowplug_operations.{ours}'::regproc, 'pg_proc')); end $$"
    );
    stand.owner.batch_execute(&format!("{definition};{note}")).await.expect("a function of another version");

    let other = engine(&stand.pooler.url(&stand.name), PoolMode::Transaction, OFTEN);
    until_called(&stand.engine).await;
    until_called(&other).await;
    let mut both = [ours.clone(), theirs];
    both.sort();
    assert_eq!(stand.functions().await, both);
    until("calls are counted", async || stand.calls().await > 0).await;
    let called = "select string_agg(funcname, ',') from pg_stat_user_functions where funcname like 'f\\_%'";
    assert_eq!(harness::ask(&stand.owner, called).await, Some(ours));
}
