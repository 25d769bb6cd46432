//! The number of functions, and the cases in which there are none.

use glowplug::config::{PoolMode, StoredOperations};
use glowplug::engine::Identity;
use serde_json::json;

use super::{Stand, TASK, engine, expected, set_up, until};
use crate::harness;

/// A unique operation.
fn operation(number: usize) -> String {
    format!(
        "query ($id: Int!) {{ a{number}: taskByPk(id: $id) {{ t{number}: title }} b{number}: taskByPk(id: $id) {{ u{number}: votes }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_never_more_functions_than_allowed_and_those_unused_for_longest_go() {
    let stand = Stand::start(PoolMode::Transaction, StoredOperations { limit: 6, uses: 1 }).await;
    for number in 0..10 {
        stand.store(&operation(number), json!({ "id": 1 })).await;
        let answer = stand.ask(&operation(number), json!({ "id": 1 })).await;
        assert_eq!(answer["data"][format!("a{number}")][format!("t{number}")], "task 1", "{answer}");
    }
    assert_eq!(stand.functions().await.len(), 6, "all of them are in use");

    // For another server, they have been unused since the day before.
    let url = stand.pooler.url(&stand.name);
    let other = engine(&url, PoolMode::Transaction, StoredOperations { limit: 6, uses: 1 });
    let age = "do $$ declare f record; begin
        for f in select oid, row_number() over (order by proname) as n from pg_proc where pronamespace = 'glowplug_operations'::regnamespace and proname <> 'enter' loop
            execute format('comment on function %s is %L', f.oid::regprocedure, 'Glowplug, last used 2020-01-0' || f.n || ' 00:00');
        end loop; end $$";
    stand.owner.batch_execute(age).await.expect("notes");
    let before = stand.functions().await;
    let store = async || {
        let request = harness::request(TASK, &json!({ "id": 1 }));
        other.store(&request, &Identity::default()).await.expect("it compiles").stored
    };
    until("room for another", async || store().await == 1).await;
    let after = stand.functions().await;
    assert!(after.len() <= 6, "{after:?}");
    assert!(!after.contains(&before[0]), "the one that was unused for longest is gone");
    // The first server continues, with texts in place of dropped functions.
    for number in 0..10 {
        let answer = stand.ask(&operation(number), json!({ "id": 2 })).await;
        assert_eq!(answer["data"][format!("a{number}")][format!("t{number}")], "task 2", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_schema_or_the_right_to_create_nothing_is_made() {
    let name = harness::database(super::SETUP).await;
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    let role = format!("server_{name}");
    let setup = format!(
        "create role {role} login password 'secret'; grant select on all tables in schema public to {role}"
    );
    owner.batch_execute(&setup).await.expect("a role");
    let url = harness::cluster().url(&name).replacen("postgres:", &format!("{role}:"), 1);
    let url = {
        // The cluster's own user has another password.
        let (_, place) = url.rsplit_once('@').expect("a user");
        format!("postgres://{role}:secret@{place}")
    };
    let settings = StoredOperations { limit: 500, uses: 1 };
    let request = harness::request(TASK, &json!({ "id": 1 }));
    let stored = async |expected_count: usize| {
        let engine = engine(&url, PoolMode::Transaction, settings);
        for id in 1..=3 {
            assert_eq!(harness::graphql(&engine, TASK, json!({ "id": id })).await, expected(id));
        }
        let operation = engine.store(&request, &Identity::default()).await.expect("it compiles");
        assert_eq!(operation.stored, expected_count);
        assert_eq!(harness::graphql(&engine, TASK, json!({ "id": 4 })).await, expected(4));
    };
    stored(0).await;
    set_up(&name, &[]).await;
    stored(0).await;
    set_up(&name, std::slice::from_ref(&role)).await;
    stored(1).await;
    let clean = format!("drop schema glowplug_operations cascade; drop owned by {role}; drop role {role}");
    owner.batch_execute(&clean).await.expect("nothing depends on the role");
}

/// Named statements keep plans as well, if they are safe.
#[tokio::test(flavor = "multi_thread")]
async fn where_statements_are_prepared_there_are_no_functions() {
    let name = harness::database(super::SETUP).await;
    set_up(&name, &[]).await;
    let settings = StoredOperations { limit: 500, uses: 1 };
    let engine = engine(&harness::cluster().url(&name), PoolMode::Direct, settings);
    let request = harness::request(TASK, &json!({ "id": 1 }));
    assert_eq!(engine.store(&request, &Identity::default()).await.expect("it compiles").stored, 0);
    assert_eq!(harness::graphql(&engine, TASK, json!({ "id": 1 })).await, expected(1));
}

/// No task creates functions there, so there is nothing to wait for.
#[tokio::test(flavor = "multi_thread")]
async fn where_stored_operations_are_off_nothing_is_stored() {
    let name = harness::database(super::SETUP).await;
    set_up(&name, &[]).await;
    let config = harness::config(&harness::cluster().url(&name), PoolMode::Transaction);
    let engine = glowplug::engine::Engine::new(&config).expect("an engine");
    let request = harness::request(TASK, &json!({ "id": 1 }));
    assert_eq!(engine.store(&request, &Identity::default()).await.expect("it compiles").stored, 0);
    assert_eq!(harness::graphql(&engine, TASK, json!({ "id": 1 })).await, expected(1));
}
