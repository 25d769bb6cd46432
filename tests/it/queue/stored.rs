//! A worker's mutations as stored operations.

use std::time::{Duration, Instant};

use glowplug::config::{PoolMode, StoredOperations};
use serde_json::json;

use super::World;
use crate::harness;
use crate::stored::{DROP_ALL, set_up};

const SETUP: &str = "create table counter (id integer primary key, number integer not null); insert into counter values (1, 0)";

/// The calls of functions that the sessions have reported.
const CALLS: &str = "select coalesce(sum(calls), 0) from pg_stat_user_functions \
     where schemaname = 'glowplug_operations' and funcname <> 'enter'";

#[tokio::test(flavor = "multi_thread")]
async fn a_workers_mutation_is_called_as_a_function_and_as_text_where_that_is_missing() {
    let name = harness::database(SETUP).await;
    set_up(&name, &[]).await;
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    let counting = format!("alter database {name} set track_functions = 'pl'");
    owner.batch_execute(&counting).await.expect("a setting");
    let world = World::at(harness::cluster().url(&name), |_| ()).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let through = pooler.url(&name);
    let _worker = world.work_with(|config| {
        config.database.url = glowplug::config::Secret::new(&through);
        config.database.pool_mode = PoolMode::Transaction;
        config.database.stored_operations = Some(StoredOperations { uses: 2, ..StoredOperations::default() });
    });
    let mut number = 0;
    let mut count = async || {
        number += 1;
        let update = format!(
            "mutation {{ updatecounterCollection(filter: {{id: {{eq: 1}}}}, set: {{number: {number}}}, atMost: 1) \
             {{ affectedCount records {{ number }} }} }}"
        );
        let answer = world.json(&update, &[]).await;
        let expected = json!({ "affectedCount": 1, "records": [{ "number": number }] });
        assert_eq!(answer["data"]["updatecounterCollection"], expected, "{answer}");
        number
    };
    let begin = Instant::now();
    while world.ask(CALLS).await == "0" {
        assert!(begin.elapsed() < Duration::from_mins(2), "no function is called");
        count().await;
    }
    owner.batch_execute(DROP_ALL).await.expect("functions can be dropped");
    for _ in 0..5 {
        count().await;
    }
    let last = count().await;
    assert_eq!(world.ask("select number from counter").await, last.to_string());
    let rows = "select count(*) from glowplug.operation where state = 'SUCCEEDED'";
    assert_eq!(world.ask(rows).await, last.to_string(), "each has its row in the ledger");
}
