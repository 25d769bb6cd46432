//! The state that another client of a pooler leaves on the server connection: its role, its path, its
//! formats. PgBouncer 1.18 in transaction mode resets nothing.

use std::time::Duration;

use glowplug::config::{ContextForm, PoolMode};
use glowplug::db::{Access, Connector, Database, Scope};
use glowplug::engine::{Engine, Identity};
use glowplug::sql::Statement;
use serde_json::{Value, json};

use super::{hostile_database, leave_behind, surround};
use crate::harness;

const SETUP: &str = "
    do $$ begin create role memo_reader; exception when duplicate_object or unique_violation then null; end $$;
    create table memo (id integer primary key, owner text not null, at timestamptz not null, took interval not null);
    insert into memo values (1, 'me', '2024-07-01 12:00+00', '1 day -02:00'), (2, 'you', '2024-07-02 12:00+00', '1 month');
    alter table memo enable row level security;
    create policy mine on memo to memo_reader using (owner = 'me');
    create function who() returns text stable language sql as 'select current_user::text';
    create function path() returns text stable language sql as $$ select current_setting('search_path') $$;
    create function note() returns trigger language plpgsql as $$
        begin new.owner = current_user || ' ' || current_setting('search_path'); return new; end $$;
    create trigger note before insert on memo for each row execute function note();
    grant usage on schema public to memo_reader;
    grant select, insert on memo to memo_reader;";

/// A probe takes some forty round trips.
const PATIENCE: Duration = Duration::from_secs(20);

const READ: &str = "{ memoCollection { edges { node { id owner at took } } } who path }";
const WRITE: &str = "mutation { insertIntomemoCollection(objects: [{id: 3, owner: \"\", at: \"2024-07-03\", took: \"PT1H\"}]) { \
    records { owner at took } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_role_and_settings_left_by_another_client_change_no_answer() {
    let calm = harness::database(SETUP).await;
    let url = harness::cluster().url(&calm);
    let engine = Engine::new(&harness::config(&url, PoolMode::Transaction)).expect("an engine");
    let right = answers(&engine).await;
    assert_eq!(right[0]["data"]["memoCollection"]["edges"].as_array().map(Vec::len), Some(2), "{}", right[0]);

    let database = hostile_database(SETUP).await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    let url = pooler.url(&database);
    let engines = ContextForm::ALL.map(|context| {
        let mut config = harness::config(&url, PoolMode::Transaction);
        (config.database.pool_size, config.database.context) = (2, Some(context));
        Engine::new(&config).expect("an engine")
    });
    let other = harness::connect(&url).await;
    let leave = "set role memo_reader";
    other.batch_execute(leave).await.expect("another client may take a role");
    for engine in &engines {
        let answer = harness::graphql(engine, READ, json!({})).await;
        assert_eq!(answer, right[0], "after {leave}");
    }
    leave_behind(&url).await;
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    for engine in &engines {
        assert_eq!(answers(engine).await, right, "after all that another client may leave");
        owner.batch_execute("delete from public.memo where id = 3").await.expect("the row that was written");
    }
    // The leftovers still exist: nothing of the other client's state was reset permanently.
    let role = harness::ask(&other, "select pg_catalog.current_user()").await;
    assert_eq!(role.as_deref(), Some("trapper"));
}

/// As the connection's own user, and as a role.
async fn answers(engine: &Engine) -> Vec<Value> {
    let mut answers = vec![harness::graphql(engine, READ, json!({})).await];
    for role in [None, Some("memo_reader".into())] {
        let identity = Identity { role, ..Identity::default() };
        answers.push(harness::graphql_as(engine, &identity, READ, json!({})).await);
    }
    answers.push(harness::graphql(engine, WRITE, json!({})).await);
    answers
}

/// Writes in a message, in a transaction of several messages, and in one that begins with a typed query.
async fn write_each_way(database: &Database, id: i32) -> [Result<(), String>; 3] {
    let scope = Scope { access: Access::ReadWrite, ..Scope::of_catalog(Duration::from_secs(10)) };
    let insert = |id: i32| format!("insert into public.item values ({id}) returning id");
    let told = |error: glowplug::db::Error| error.sqlstate().unwrap_or_default().to_owned();
    let message = database.run(&scope, &[Statement::new(insert(id), Vec::new())]).await;
    let several = async {
        let mut transaction = database.begin(&scope).await?;
        transaction.run(&Statement::new(insert(id + 1), Vec::new())).await?;
        transaction.commit().await
    };
    let joined = async {
        let query = diesel::sql_query(insert(id + 2));
        let (transaction, changed) = database.begin_with(&scope, query).await?;
        assert_eq!(changed, 1);
        transaction.commit().await
    };
    [
        message.map(|_| ()).map_err(|failure| told(failure.error)),
        several.await.map_err(told),
        joined.await.map_err(told),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_work_where_another_client_left_the_session_read_only_and_not_where_it_is_configured_so() {
    let name = harness::database("create table item (id integer primary key)").await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    let url = pooler.url(&name);
    let database = Database::new(&harness::config(&url, PoolMode::Transaction).database).expect("a database");
    let other = harness::connect(&url).await;
    other.batch_execute("set default_transaction_read_only = on").await.expect("another client may do so");
    let refused = other.batch_execute("insert into item values (0)").await;
    assert!(refused.is_err(), "the pooler lends the same session to all");
    assert_eq!(write_each_way(&database, 1).await, [Ok(()), Ok(()), Ok(())]);
    // Nothing of the other client's state was reset.
    let left = harness::ask(&other, "show default_transaction_read_only").await;
    assert_eq!(left.as_deref(), Some("on"));

    let owner = harness::connect(&harness::cluster().url(&name)).await;
    let configure = format!("alter database {name} set default_transaction_read_only = on");
    owner.batch_execute(&configure).await.expect("a setting of the database");
    let fresh = harness::pooler(PoolMode::Transaction, 1);
    let database = Database::new(&harness::config(&fresh.url(&name), PoolMode::Transaction).database)
        .expect("a database");
    let refused = || Err("25006".to_owned());
    assert_eq!(write_each_way(&database, 4).await, [refused(), refused(), refused()]);
    let count = harness::ask(&owner, "select pg_catalog.count(*)::text from item").await;
    assert_eq!(count.as_deref(), Some("3"));
}

/// A restored dump may leave the database with an empty path.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_where_the_path_is_empty_or_hostile() {
    for path in ["''", "traps, pg_catalog", "pg_temp"] {
        let database = hostile_database(
            "create table item (id integer primary key, name text); insert into item values (1, 'a')",
        )
        .await;
        let owner = harness::connect(&harness::cluster().url(&database)).await;
        let statement = format!("alter database {database} set search_path = {path}");
        owner.batch_execute(&statement).await.expect("a path");
        for pool_mode in [PoolMode::Auto, PoolMode::Direct, PoolMode::Transaction] {
            let config = harness::config(&harness::cluster().url(&database), pool_mode);
            let engine = Engine::new(&config).expect("an engine");
            let answer =
                harness::graphql(&engine, "{ itemCollection { edges { node { nodeId name } } } }", json!({}))
                    .await;
            assert_eq!(answer["data"]["itemCollection"]["edges"][0]["node"]["name"], "a", "{path}: {answer}");
        }
    }
}

/// The probe's findings do not depend on the path, either.
#[tokio::test(flavor = "multi_thread")]
async fn the_probe_finds_the_same_in_hostile_surroundings() {
    let (calm, hostile) = (harness::database("").await, hostile_database("").await);
    surround(&hostile).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let found = async |url: String| {
        Connector::new(&url).expect("a connector").probe(PATIENCE).await.expect("findings")
    };
    let urls = |database: &str| [harness::cluster().url(database), pooler.url(database)];
    for (calm, hostile) in urls(&calm).into_iter().zip(urls(&hostile)) {
        let (right, found) = (found(calm).await, found(hostile).await);
        assert!(right.is_complete(), "{right:?}");
        assert_eq!(
            (
                right.lending,
                right.named_statements,
                right.several_statements,
                right.unnamed_statement,
                right.typed_writes
            ),
            (
                found.lending,
                found.named_statements,
                found.several_statements,
                found.unnamed_statement,
                found.typed_writes
            )
        );
    }
}
