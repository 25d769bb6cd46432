//! A database of a thousand tables with twenty columns each: it is served completely, soon, and in bounded
//! memory. The benchmark measures time and memory; the bounds here are for an unoptimised build on a busy
//! machine.

use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use serde_json::json;

use crate::cli::program::{Program, command, open_folder};
use crate::harness;

/// Several times the usual time; work that grows with the square of the number of tables takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// In KiB; a few times the usual amount.
const MEMORY: u64 = 512 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tables_are_served() {
    let database = harness::database(include_str!("large.sql")).await;
    let pooler = harness::pooler(PoolMode::Transaction, 4);
    let folder = open_folder();
    let begin = Instant::now();
    let mut serve = command(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", pooler.url(&database));
    let program = Program::start(&mut serve, "address=", "listening");
    let answer = program
        .query("{ item_999Collection { edges { node { name parent_id item_1000Collection { edges { node { id } } } } } } }")
        .await;
    let took = begin.elapsed();
    let node = json!({"name": "The one row", "parent_id": null, "item_1000Collection": {"edges": []}});
    assert_eq!(answer, json!({"data": {"item_999Collection": {"edges": [{"node": node}]}}}));
    assert!(took < PATIENCE, "the first answer took {took:?}");
    let (_, sdl) = program.get("/schema.graphql").await;
    let types = (1..=1000).filter(|number| sdl.contains(&format!("\ntype item_{number} implements Node {{")));
    assert_eq!(types.count(), 1000);
    let memory = resident_memory(program.pid());
    assert!(memory < MEMORY, "{memory} KiB are resident");
}

/// The peak memory of a process, in KiB.
fn resident_memory(pid: u32) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).expect("this test needs Linux's /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
