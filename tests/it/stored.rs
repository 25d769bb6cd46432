//! Stored operations: frequently used statements are functions of the database, through a pooler without
//! named statements.
//!
//! Other tests check that functions give the same answers as texts, for each role: the tests of the
//! conformance cases, roles, records and errors run a further time with functions (`ways::Route::Stored`).

mod bounds;
mod enter;
mod faults;
mod lineage;
mod many;
mod safety;
mod setup;

use std::time::{Duration, Instant};

use glowplug::config::{PoolMode, StoredOperations};
use glowplug::db::Database;
use glowplug::engine::{Engine, Identity};
use glowplug_local::Pooler;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness;

const SETUP: &str = "
    create type state as enum ('open', 'done');
    create table project (id int primary key, name text not null);
    create table task (id int primary key, project_id int not null references project, title text not null, state state not null default 'open', votes int not null default 0);
    insert into project values (1, 'one'), (2, 'two');
    insert into task (id, project_id, title) select n, n % 2 + 1, 'task ' || n from generate_series(1, 100) n;";

const TASK: &str = "query ($id: Int!) { taskByPk(id: $id) { title state project { name } } }";

/// Drops all functions.
pub(crate) const DROP_ALL: &str = "do $$ declare f record; begin
    for f in select oid from pg_proc where pronamespace = 'glowplug_operations'::regnamespace loop
        execute 'drop function ' || f.oid::regprocedure;
    end loop; end $$";

/// A database with the schema of functions, a PgBouncer before it, and an engine behind that.
struct Stand {
    name: String,
    pooler: Pooler,
    owner: Client,
    engine: Engine,
}

impl Stand {
    async fn start(pool_mode: PoolMode, settings: StoredOperations) -> Self {
        let name = harness::database(SETUP).await;
        let owner = harness::connect(&harness::cluster().url(&name)).await;
        set_up(&name, &[]).await;
        let pooler = harness::pooler(pool_mode, 2);
        let engine = engine(&pooler.url(&name), pool_mode, settings);
        Self { name, pooler, owner, engine }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        harness::graphql(&self.engine, query, variables).await
    }

    /// Makes functions of an operation's statements.
    async fn store(&self, query: &str, variables: Value) -> usize {
        let request = harness::request(query, &variables);
        self.engine.store(&request, &Identity::default()).await.expect("the operation compiles").stored
    }

    /// The existing functions.
    async fn functions(&self) -> Vec<String> {
        let names = "select coalesce(string_agg(proname, ',' order by proname), '') from pg_proc \
                     where pronamespace = 'glowplug_operations'::regnamespace and proname <> 'enter'";
        let names = harness::ask(&self.owner, names).await.expect("names");
        names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// The number of function calls, after the sessions have reported their statistics.
    async fn calls(&self) -> i64 {
        self.owner.batch_execute("select pg_stat_force_next_flush()").await.expect("PostgreSQL 15");
        let calls = "select coalesce(sum(calls), 0) from pg_stat_user_functions where schemaname = 'glowplug_operations' and funcname <> 'enter'";
        harness::ask(&self.owner, calls).await.expect("a number").parse().expect("a number")
    }
}

fn engine(url: &str, pool_mode: PoolMode, settings: StoredOperations) -> Engine {
    let mut config = harness::config(url, pool_mode);
    config.database.stored_operations = Some(settings);
    Engine::new(&config).expect("an engine")
}

/// Creates the schema as its owner.
pub(crate) async fn set_up(database: &str, grant_to: &[String]) {
    let url = harness::cluster().url(database);
    let owner = Database::new(&harness::config(&url, PoolMode::Direct).database).expect("a pool");
    glowplug::stored::set_up(&owner, grant_to).await.expect("the schema");
}

fn expected(id: i64) -> Value {
    let project = json!({ "name": if id % 2 == 0 { "one" } else { "two" } });
    json!({ "data": { "taskByPk": { "title": format!("task {id}"), "state": "open", "project": project } } })
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_mins(2), "{what}: not yet");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_used_often_is_called_as_a_function() {
    for pool_mode in [PoolMode::Transaction, PoolMode::Statement] {
        let settings = StoredOperations { uses: 5, ..StoredOperations::default() };
        let stand = Stand::start(pool_mode, settings).await;
        // Sessions that the pooler opens from now on count calls.
        let counting = format!("alter database {} set track_functions = 'pl'", stand.name);
        stand.owner.batch_execute(&counting).await.expect("a setting");
        for id in 1..=4 {
            assert_eq!(stand.ask(TASK, json!({ "id": id })).await, expected(id));
        }
        assert_eq!(stand.functions().await, Vec::<String>::new(), "four uses are few");
        let mut id = 4;
        until("calls", async || {
            id = id % 100 + 1;
            assert_eq!(stand.ask(TASK, json!({ "id": id })).await, expected(id));
            stand.calls().await > 10
        })
        .await;
        assert_eq!(stand.functions().await.len(), 1);
        assert_eq!(stand.ask(TASK, json!({ "id": 1000 })).await, json!({ "data": { "taskByPk": null } }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_is_called_as_a_function_once() {
    let stand = Stand::start(PoolMode::Transaction, StoredOperations::default()).await;
    let vote = "mutation ($id: Int!, $votes: Int!) { updatetaskCollection(filter: {id: {eq: $id}}, set: {votes: $votes}, atMost: 1) \
                { affectedCount records { votes project { name } } } }";
    assert!(stand.store(vote, json!({ "id": 1, "votes": 1 })).await > 0);
    for votes in 1..=5 {
        let answer = stand.ask(vote, json!({ "id": 1, "votes": votes })).await;
        let answer = &answer["data"]["updatetaskCollection"];
        assert_eq!((&answer["affectedCount"], &answer["records"][0]["votes"]), (&json!(1), &json!(votes)));
    }
}

/// Creating functions and recording their use does not change the API.
#[tokio::test(flavor = "multi_thread")]
async fn functions_do_not_have_the_database_read_again() {
    let stand = Stand::start(PoolMode::Transaction, StoredOperations::default()).await;
    stand.engine.reload().await.expect("a picture");
    assert_eq!(stand.store(TASK, json!({ "id": 1 })).await, 1);
    assert!(!stand.engine.reload().await.expect("the same picture"));
}
