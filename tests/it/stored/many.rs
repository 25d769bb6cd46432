//! Far more statements than the maximum number of functions: nothing grows without bound.

use glowplug::config::{PoolMode, StoredOperations};
use glowplug::db::Scope;
use glowplug::sql::Statement;
use serde_json::json;

use super::Stand;
use crate::harness;

const LIMIT: usize = 40;

/// The number of different statements, each used often enough to become a function. Set
/// `GLOWPLUG_STATEMENTS=10000` for that number.
fn statements() -> usize {
    let told = std::env::var("GLOWPLUG_STATEMENTS").ok();
    told.map_or(800, |number| number.parse().expect("GLOWPLUG_STATEMENTS is a number"))
}

/// The memory of a session of the pooler, in KiB: the largest of some samples.
async fn memory(stand: &Stand) -> u64 {
    let mut largest = 0;
    for _ in 0..8 {
        let statement = Statement::new(
            "select (sum(total_bytes) / 1024)::int from pg_backend_memory_contexts",
            Vec::new(),
        );
        let scope = Scope::of_catalog(std::time::Duration::from_secs(5));
        let answers = stand.engine.database().run(&scope, &[statement]).await.expect("a number");
        let kilobytes: u64 = answers[0].as_deref().expect("a number").parse().expect("a number");
        largest = largest.max(kilobytes);
    }
    largest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the figures of a long run are what it is for")]
async fn ever_new_statements_make_neither_functions_nor_memory_without_bound() {
    let stand = Stand::start(PoolMode::Transaction, StoredOperations { limit: LIMIT, uses: 2 }).await;
    let ask = async |number: usize| {
        let query = format!(
            "query ($id: Int!) {{ a{number}: taskByPk(id: $id) {{ t{number}: title project {{ name }} }} }}"
        );
        for id in 1..=3 {
            let answer = harness::graphql(&stand.engine, &query, json!({ "id": id })).await;
            assert_eq!(
                answer["data"][format!("a{number}")][format!("t{number}")],
                format!("task {id}"),
                "{answer}"
            );
        }
    };
    let total = statements();
    let first = total / 4;
    for number in 0..first {
        ask(number).await;
    }
    super::until("the functions that there may be", async || stand.functions().await.len() == LIMIT).await;
    let before = memory(&stand).await;
    for number in first..total {
        ask(number).await;
        if number % 100 == 0 {
            assert!(stand.functions().await.len() <= LIMIT);
        }
    }
    let after = memory(&stand).await;
    println!("{total} statements, {LIMIT} functions; a session's memory: {before} KiB, then {after} KiB");
    assert_eq!(stand.functions().await.len(), LIMIT);
    assert!(after < before + 4 * 1024, "{before} KiB, then {after} KiB");
}
