//! The context by a function: a proxy sees neither `set_config` nor `SET`.

use glowplug::config::{ContextForm, PoolMode, StoredOperations};
use glowplug::engine::{Engine, Identity};
use serde_json::json;

use super::{SETUP, TASK, expected, set_up, until};
use crate::harness;

const WHO: &str = "
    create function who() returns text stable language sql as
        $$ select current_user || ' ' || coalesce(current_setting('request.jwt.claims', true), '') $$;";

/// A database with the schema of functions, its owner, and an engine that calls `enter` through a PgBouncer.
struct Stand {
    name: String,
    owner: tokio_postgres::Client,
    engine: Engine,
    _pooler: glowplug_local::Pooler,
}

impl Stand {
    async fn start(stored: Option<StoredOperations>) -> Self {
        let name = harness::database(&format!("{SETUP}{WHO}")).await;
        set_up(&name, &[]).await;
        let owner = harness::connect(&harness::cluster().url(&name)).await;
        let pooler = harness::pooler(PoolMode::Transaction, 1);
        let mut config = harness::config(&pooler.url(&name), PoolMode::Transaction);
        config.database.context = Some(ContextForm::Function);
        config.database.stored_operations = stored;
        let engine = Engine::new(&config).expect("an engine");
        Self { name, owner, engine, _pooler: pooler }
    }

    /// The last message on the server connection.
    async fn last(&self) -> String {
        let last = format!(
            "select query from pg_stat_activity where datname = '{}' and pid <> pg_backend_pid() \
             and backend_type = 'client backend' order by query_start desc limit 1",
            self.name
        );
        harness::ask(&self.owner, &last).await.expect("a message")
    }

    async fn until_called(&self) {
        until("the function is called", async || {
            assert_eq!(harness::graphql(&self.engine, TASK, json!({ "id": 1 })).await, expected(1));
            self.last().await.contains("glowplug_operations.enter(")
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_call_the_function_in_place_of_set_config() {
    let often = StoredOperations { uses: 1, ..StoredOperations::default() };
    for stored in [None, Some(often)] {
        let stand = Stand::start(stored).await;
        stand.until_called().await;
        let role = format!("entering_{}", stand.name);
        let make = format!("create role {role}; grant execute on function who to {role}");
        stand.owner.batch_execute(&make).await.expect("a role");
        for claims in ["{}", r#"{"sub":"it's \"me\" \\ {a,b}"}"#, "", "null"] {
            let settings = [("request.jwt.claims".into(), claims.into())].into();
            let identity = Identity { role: Some(role.as_str().into()), settings, ..Identity::default() };
            for _ in 0..3 {
                let answer = harness::graphql_as(&stand.engine, &identity, "{ who }", json!({})).await;
                assert_eq!(answer, json!({ "data": { "who": format!("{role} {claims}") } }));
                let last = stand.last().await;
                assert!(
                    last.contains("glowplug_operations.enter(") && !last.contains("set_config"),
                    "{last}"
                );
            }
        }
        let write =
            "mutation { updatetaskCollection(filter: {id: {eq: 1}}, set: {votes: 7}) { affectedCount } }";
        let answer = harness::graphql(&stand.engine, write, json!({})).await;
        assert_eq!(answer["data"]["updatetaskCollection"]["affectedCount"], 1, "{answer}");
        let clean = format!("drop owned by {role}; drop role {role}");
        stand.owner.batch_execute(&clean).await.expect("nothing depends on the role");
    }
}

/// It would run with the rights of the server's own user.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_of_another_owner_is_not_called() {
    let stand = Stand::start(None).await;
    stand.until_called().await;
    let role = format!("intruding_{}", stand.name);
    let plant = format!(
        "create role {role}; grant usage, create on schema glowplug_operations to {role}; \
         drop function glowplug_operations.enter; set role {role}; \
         create function glowplug_operations.enter(settings text[]) returns text language plpgsql as \
         $$ begin raise exception 'planted'; end $$; reset role"
    );
    stand.owner.batch_execute(&plant).await.expect("a function in place of ours");
    for id in 1..=5 {
        assert_eq!(harness::graphql(&stand.engine, TASK, json!({ "id": id })).await, expected(id));
        assert!(stand.last().await.contains("set_config"), "without the function it is as before");
    }
    let clean = format!("drop owned by {role}; drop role {role}");
    stand.owner.batch_execute(&clean).await.expect("nothing depends on the role");
}
