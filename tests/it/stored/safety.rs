//! Functions that other users put into the schema are never called, and stored functions block no DDL.

use glowplug::config::{PoolMode, StoredOperations};
use serde_json::json;

use super::{Stand, TASK, expected, until};
use crate::harness;

const OFTEN: StoredOperations = StoredOperations { limit: 500, uses: 1 };

/// A role that may create in the schema creates functions with all the names that servers use, beside theirs
/// and in their place.
#[tokio::test(flavor = "multi_thread")]
async fn a_planted_function_is_never_called() {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    assert_eq!(stand.store(TASK, json!({ "id": 1 })).await, 1);
    assert_eq!(stand.ask(TASK, json!({ "id": 1 })).await, expected(1));
    let name = stand.functions().await.remove(0);
    let intruder = format!("intruder_{}", stand.name);
    let plant = |arguments: &str| {
        format!(
            "set role {intruder}; create function glowplug_operations.{name}({arguments}) returns text language sql as \
             $$ select '{{\"title\":\"planted\"}}' $$; reset role;"
        )
    };
    let role =
        format!("create role {intruder}; grant usage, create on schema glowplug_operations to {intruder};");
    stand.owner.batch_execute(&role).await.expect("a role");

    // Beside Glowplug's function, one that takes texts: the name alone is ambiguous.
    stand.owner.batch_execute(&plant("text")).await.expect("another function of the name");
    for id in 1..=3 {
        assert_eq!(stand.ask(TASK, json!({ "id": id })).await, expected(id));
    }
    // In place of Glowplug's function, with the same parameters, and with others that accept an untyped
    // literal.
    for arguments in ["int", "text"] {
        let gone = format!("drop function glowplug_operations.{name}(int)");
        let planted = format!("drop function if exists glowplug_operations.{name}(text)");
        // The round decides which of them exists.
        let _ = stand.owner.batch_execute(&gone).await;
        stand.owner.batch_execute(&planted).await.expect("it can be dropped");
        stand.owner.batch_execute(&plant(arguments)).await.expect("a function in place of ours");
        for id in 1..=3 {
            assert_eq!(stand.ask(TASK, json!({ "id": id })).await, expected(id));
            assert_eq!(
                stand.store(TASK, json!({ "id": id })).await,
                0,
                "no other function is taken for ours"
            );
        }
    }
    let clean = format!("drop owned by {intruder}; drop role {intruder}");
    stand.owner.batch_execute(&clean).await.expect("nothing depends on the role");
    until("our function is back", async || stand.store(TASK, json!({ "id": 1 })).await == 1).await;
    assert_eq!(stand.ask(TASK, json!({ "id": 5 })).await, expected(5));
}

/// A planted function in the moment between a server's check and its call.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_takes_the_place_of_ours_between_two_calls_is_not_called() {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    assert_eq!(stand.store(TASK, json!({ "id": 1 })).await, 1);
    let name = stand.functions().await.remove(0);
    let swap = format!(
        "begin; drop function glowplug_operations.{name}(int); create function glowplug_operations.{name}(int) returns text \
         language sql as $$ select 'planted' $$; commit"
    );
    stand.owner.batch_execute(&swap).await.expect("the owner may");
    assert_eq!(stand.ask(TASK, json!({ "id": 2 })).await, expected(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn types_and_tables_that_statements_name_can_be_changed_and_dropped() {
    let stand = Stand::start(PoolMode::Transaction, OFTEN).await;
    let query = "query ($state: state!) { taskCollection(filter: {state: {eq: $state}}, first: 1) { edges { node { id state } } } }";
    assert_eq!(stand.store(query, json!({ "state": "open" })).await, 1);
    let one =
        json!({ "data": { "taskCollection": { "edges": [{ "node": { "id": 1, "state": "open" } }] } } });
    assert_eq!(stand.ask(query, json!({ "state": "open" })).await, one);
    let change =
        "alter table task add column noted text; alter table task drop column state; drop type state";
    stand.owner.batch_execute(change).await.expect("no function is in the way");
    let answer = stand.ask(query, json!({ "state": "open" })).await;
    assert!(
        answer["errors"][0]["message"].as_str().is_some_and(|message| message.contains("state")),
        "{answer}"
    );
    stand.owner.batch_execute("drop table task cascade; drop table project").await.expect("nor of tables");
}

/// Columns may have the names of PL/pgSQL's variables.
#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_called_as_variables_are_columns() {
    let name = harness::database(
        "create table odd (id int primary key, glowplug_answer text, found boolean, \"into\" text, sqlstate text); \
         insert into odd values (1, 'a', false, 'b', 'c')",
    )
    .await;
    super::set_up(&name, &[]).await;
    let engine = super::engine(&harness::cluster().url(&name), PoolMode::Transaction, OFTEN);
    for query in [
        "{ oddCollection(filter: {found: {eq: false}, into: {eq: \"b\"}}) { edges { node { id glowplug_answer found into sqlstate } } } }",
        "mutation { updateoddCollection(set: {glowplug_answer: \"a\", found: false, into: \"b\"}) { records { id glowplug_answer found into sqlstate } } }",
    ] {
        let text = harness::graphql(&engine, query, json!({})).await;
        let request = harness::request(query, &json!({}));
        let operation =
            engine.store(&request, &glowplug::engine::Identity::default()).await.expect("it compiles");
        assert_eq!(operation.stored, operation.statements);
        assert_eq!(harness::graphql(&engine, query, json!({})).await, text);
        assert!(text.to_string().contains(r#""glowplug_answer":"a""#), "{text}");
    }
}
