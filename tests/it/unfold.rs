//! Small requests that expand to much work. Each is sent to the real program with its default limits, and has
//! to be answered or refused within 64 MiB of memory and a second of processor time.
//!
//! Memory is the process's peak above what it had before (`VmHWM`, reset by `clear_refs`), of a fresh process
//! for each case of the table. Processor time is the process's own, user and system. An unoptimised build
//! takes up to ten times as long as an optimised one, and gets a limit ten times as high;
//! `UNFOLD_PROGRAM=target/release/glowplug` runs another build with the real limit, and `UNFOLD_TABLE=FILE`
//! records the measurements.

mod cases;
mod generate;
mod program;

use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;
use cases::Case;
use program::Measured;

/// Wide tables, long rows, and three hundred tables to compare names with.
const SETUP: &str = include_str!("unfold/setup.sql");

#[tokio::test(flavor = "multi_thread")]
async fn no_request_takes_more_than_its_share_of_memory_and_time() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    for case in cases::all() {
        let measured = Measured::start(&url, &[]);
        measured.warm_up().await;
        measured.hold(&case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn persisted_operations_unfold_no_further_by_their_variables() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let operations = cases::persisted();
    let mut listed: serde_json::Map<_, _> =
        operations.iter().map(|(id, text, _)| ((*id).to_owned(), json!(text))).collect();
    listed.insert("warm-up".to_owned(), json!(program::WARM_UP));
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("operations.json");
    std::fs::write(&list, Value::Object(listed).to_string()).expect("the list can be written");
    let list = list.to_str().expect("a path");
    let arguments = ["--production", "--documents", "listed", "--persisted-operations", list];
    for (id, _, variables) in &operations {
        let measured = Measured::start(&url, &arguments);
        measured.warm_up().await;
        let body = json!({ "documentId": id, "variables": variables });
        measured.hold(&Case::post(id, body.to_string())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_refused_leave_nothing_behind() {
    let database = harness::database(SETUP).await;
    let measured = Measured::start(&harness::cluster().url(&database), &[]);
    measured.warm_up().await;
    let before = measured.resident();
    for number in 0..300 {
        let fields = "id ".repeat(4_900);
        let query = format!("query N{number} {{ wideByPk(id: 1) {{ {fields} }} }}");
        let (status, answer) = measured.send(&Case::post("", json!({ "query": query }).to_string())).await;
        assert!(answer.contains("max-tokens"), "{status}: {answer:.300}");
    }
    let kept = measured.resident().saturating_sub(before);
    assert!(kept < 32 << 20, "300 refused documents keep {} MiB", kept >> 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn random_requests_that_multiply_everything_stay_within_the_bounds() {
    let database = harness::database(SETUP).await;
    let measured = Measured::start(&harness::cluster().url(&database), &["--pool-size", "4"]);
    measured.warm_up().await;
    let mut random = Random(20_261_126);
    let (mut answered, count) = (0, 60);
    for number in 0..count {
        let case = generate::case(&mut random, number);
        answered += usize::from(measured.hold(&case).await == 200);
    }
    assert!(answered > count / 6, "only {answered} of {count} requests are within the limits");
}
