//! The tenant as PgDog's sharding key (setting `tenant = "pgdog:…"`): what each message begins with, and that no row becomes another
//! tenant's. PostgreSQL takes the key for a comment. `pgdog/shards.rs` runs the same behind a PgDog.

use glowplug::config::{Config, PoolMode, Tenant};
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::identity;
use crate::harness::{self, graphql_as};

/// Tables that a tenant's column divides, and one that it does not.
pub(crate) const TABLES: &str = "
    create table project (tenant_id bigint, id int, name text not null, primary key (tenant_id, id));
    create table task (tenant_id bigint, id int, project_id int, title text not null, primary key (tenant_id, id),
        foreign key (tenant_id, project_id) references project);
    create table kind (code text primary key);
    insert into kind values ('shared');
    comment on schema public is '@graphql({\"inflect_names\": true})';";

const ROWS: &str = "
    insert into project select tenant, 1, 'project of ' || tenant from generate_series(3, 4) tenant;
    insert into task select tenant, 1, 1, 'task of ' || tenant from generate_series(3, 4) tenant;
    create function said() returns text stable language sql as 'select pg_catalog.current_query()';
    create function done() returns text volatile language sql as 'select pg_catalog.current_query()';";

/// A database with the rows of two tenants.
async fn two_tenants() -> String {
    harness::database(&format!("{TABLES}{ROWS}")).await
}

fn config(url: &str, pool_mode: PoolMode) -> Config {
    let mut config = harness::config(url, pool_mode);
    let (column, claim) = ("tenant_id".to_owned(), ["org", "tenant"].map(str::to_owned).into());
    config.api.tenant = Some(Tenant { column, claim, is_sharding_key: true });
    config.database.is_sharded = true;
    config
}

async fn ask(engine: &Engine, document: &str) -> Value {
    graphql_as(engine, &identity(&json!("3")), document, json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_begins_with_the_sharding_key() {
    let database = two_tenants().await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    for (url, pool_mode) in [
        (harness::cluster().url(&database), PoolMode::Direct),
        (pooler.url(&database), PoolMode::Transaction),
        (pooler.url(&database), PoolMode::Auto),
    ] {
        let engine = Engine::new(&config(&url, pool_mode)).expect("an engine");
        // More than once, so that statements would be prepared.
        for _ in 0..3 {
            let answer = ask(&engine, "{ said }").await;
            let said = answer["data"]["said"].as_str().unwrap_or_else(|| panic!("{answer}"));
            assert!(said.starts_with("/* pgdog_sharding_key: \"3\" */ se"), "{said}");
            let answer = ask(&engine, "mutation { done }").await;
            let done = answer["data"]["done"].as_str().unwrap_or_else(|| panic!("{answer}"));
            assert!(done.starts_with("/* pgdog_role: primary pgdog_sharding_key: \"3\" */ se"), "{done}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_becomes_another_tenants() {
    let database = two_tenants().await;
    let engine =
        Engine::new(&config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine");
    for (document, data) in [
        (
            "mutation { insertIntoTaskCollection(objects: [{tenantId: \"3\", id: 5, title: \"a\"}]) { affectedCount records { title } } }",
            json!({ "insertIntoTaskCollection": { "affectedCount": 1, "records": [{ "title": "a" }] } }),
        ),
        (
            "mutation { insertIntoTaskCollection(objects: [{id: 6, title: \"b\", project: {object: {tenantId: \"3\", id: 6, name: \"c\"}}}]) {
                records { title project { name } } } }",
            json!({ "insertIntoTaskCollection": { "records": [{ "title": "b", "project": { "name": "c" } }] } }),
        ),
        (
            "mutation { updateTaskCollection(set: {title: \"d\"}, filter: {id: {in: [5, 6]}}, atMost: 2) { affectedCount } }",
            json!({ "updateTaskCollection": { "affectedCount": 2 } }),
        ),
        (
            "mutation { deleteFromTaskCollection(filter: {title: {eq: \"d\"}}, atMost: 2) { affectedCount } }",
            json!({ "deleteFromTaskCollection": { "affectedCount": 2 } }),
        ),
        ("{ kindCollection { edges { node { code } } } }", json!({ "kindCollection": { "edges": [{ "node": { "code": "shared" } }] } })),
    ] {
        let answer = ask(&engine, document).await;
        assert_eq!(answer["data"], data, "{document}: {answer}");
    }
    for document in [
        "mutation { insertIntoTaskCollection(objects: [{tenantId: \"4\", id: 9, title: \"x\"}]) { affectedCount } }",
        "mutation { insertIntoTaskCollection(objects: [{tenantId: \"3\", id: 8, title: \"x\"}, {tenantId: \"4\", id: 9, title: \"x\"}]) { records { title } } }",
        "mutation { insertIntoTaskCollection(objects: [{id: 9, title: \"x\", project: {object: {tenantId: \"4\", id: 9, name: \"x\"}}}]) { affectedCount } }",
        "mutation { insertIntoTaskCollection(objects: [{tenantId: \"3\", id: 9, title: \"x\"}]) { affectedCount }
            insertIntoProjectCollection(objects: [{tenantId: \"4\", id: 9, name: \"x\"}]) { __typename } }",
        "mutation { updateTaskCollection(set: {tenantId: \"4\", id: 9}, filter: {id: {eq: 1}}) { affectedCount } }",
    ] {
        let answer = ask(&engine, document).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{document}: {answer}"));
        assert_eq!(
            message,
            "a row would be of the tenant 4; nothing was changed: give the column the tenant that the token names",
            "{document}"
        );
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
    // The other tenant has a row with that key.
    let answer = ask(
        &engine,
        "mutation { insertIntoProjectCollection(objects: [{tenantId: \"4\", id: 1, name: \"x\"}],
            onConflict: {constraint: project_pkey, updateColumns: [name]}) { affectedCount } }",
    )
    .await;
    assert_eq!(answer["data"]["insertIntoProjectCollection"]["affectedCount"], 0, "{answer}");
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    let wrong = "select (select count(*) from task where title not in ('task of 3', 'task of 4'))
        + (select count(*) from project where name not in ('project of 3', 'project of 4', 'c'))";
    assert_eq!(harness::ask(&owner, wrong).await.as_deref(), Some("0"));
    // Each shard would have its own copy of the table without tenants.
    let sdl = engine.planning().sdl(&Identity::default()).await.expect("a schema");
    assert!(sdl.contains("insertIntoTaskCollection") && !sdl.contains("IntoKindCollection"), "{sdl}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_no_key_is_refused() {
    let database = two_tenants().await;
    let engine =
        Engine::new(&config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine");
    for tenant in [json!(null), json!(true), json!("x"), json!(1.5), json!("3\" */ select 1 --"), json!("")] {
        for document in
            ["{ taskCollection { edges { node { id } } } }", "{ kindCollection { edges { node { code } } } }"]
        {
            let answer = graphql_as(&engine, &identity(&tenant), document, json!({})).await;
            assert_eq!(
                answer["errors"][0]["message"],
                "the request names no tenant: send a token with the claim org.tenant, an integer",
                "{tenant}: {answer}"
            );
        }
    }
    let answer = graphql_as(&engine, &Identity::default(), "{ __typename }", json!({})).await;
    assert_eq!(answer["data"]["__typename"], "Query", "{answer}");
}
