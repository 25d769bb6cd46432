//! The report: the text for people, the documented JSON shape, and the exit codes.

use std::path::Path;
use std::process::Output;

use glowplug::config::PoolMode;
use serde_json::Value;

use super::{TABLE, doctor, run, text};
use crate::harness;

fn documentation() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md")).unwrap()
}

/// Keys and kinds of values; of a list, those of its first element.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(values) => values.iter().take(1).map(shape).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Null => Value::Null,
    }
}

#[tokio::test]
async fn the_documented_json_has_the_shape_of_a_report() {
    let page = documentation();
    let (_, rest) = page.split_once("```json\n").expect("an example");
    let documented: Value = serde_json::from_str(rest.split("```").next().unwrap()).unwrap();
    let name = harness::database(TABLE).await;
    let pooler = harness::pooler(PoolMode::Transaction, 20);
    let (direct, console) = (harness::cluster().url(&name), pooler.admin_url());
    let more = ["--direct-url", &direct, "--console", &console];
    let (report, exit) = doctor(&pooler.url(&name), &more).await;
    assert_eq!(exit, 0, "{report:#}");
    assert_eq!(shape(&report), shape(&documented), "{report:#}");
}

#[tokio::test]
async fn exit_codes_say_whether_it_works() {
    let good = harness::cluster().url(&harness::database(TABLE).await);
    for (url, code) in [(&*good, 0), ("postgres://u@127.0.0.1:1/d", 1), ("mysql://u@h/d", 2)] {
        let url = url.to_owned();
        let Output { status, .. } =
            tokio::task::spawn_blocking(move || run(&["doctor", &url])).await.unwrap();
        assert_eq!(status.code(), Some(code));
    }
}

#[tokio::test]
async fn a_person_reads_what_to_do_within_a_hundred_columns() {
    let name = harness::database("create table keyless (name text)").await;
    let pooler = harness::pooler(PoolMode::Session, 2);
    let url = pooler.url(&name);
    let output = tokio::task::spawn_blocking(move || run(&["doctor", &url])).await.unwrap();
    let printed = text(&output.stdout);
    assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
    for line in ["  trouble Pool ", "  note    Pooler ", "→ set pool_mode = transaction in PgBouncer"] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    assert!(printed.ends_with("Glowplug does not work here yet: 1 trouble.\n"), "{printed}");
    assert!(!printed.contains('\u{1b}'), "colours are for terminals");
}
