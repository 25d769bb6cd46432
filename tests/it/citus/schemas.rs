//! Schema-based sharding: one server for the schemas of all tenants (setting `tenant`), each on one of the workers. Answers and
//! rows are compared with those of PostgreSQL.

use std::time::Duration;

use glowplug::config::{CLAIMS_SETTING, Config, PoolMode, SchemaPerTenant, TenantSource};
use glowplug::engine::{Engine, Identity};
use glowplug::live::{Live, Update, Wishes};
use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::harness::{self, graphql_as};

const TENANTS: usize = 6;

const SHAPE: &str = "
    create type state as enum ('open', 'done');
    create table project (id int primary key, name text not null);
    create table task (id int primary key, project_id int references project, title text not null, state state not null default 'open');
    create function titled(pattern text) returns setof task stable language plpgsql
        as 'begin return query select * from task where title like pattern order by id; end';
    create function label(task) returns text stable language sql as 'select upper($1.title) || $1.state::text';";

const OPERATIONS: [&str; 12] = [
    "{ projectByPk(id: 1) { name taskCollection(orderBy: [{id: AscNullsLast}]) { edges { node { title label state } } } } }",
    "{ taskCollection(orderBy: [{id: DescNullsLast}], first: 3) { edges { node { id title project { name } } } pageInfo { hasNextPage } } }",
    "{ taskCollection(filter: {project: {name: {like: \"first%\"}}, state: {in: [open]}}, orderBy: [{id: AscNullsLast}]) { edges { node { title } } } }",
    "{ projectCollection(orderBy: [{id: AscNullsLast}]) { edges { node { name taskCollection(first: 1, orderBy: [{id: AscNullsLast}]) {
        edges { node { title project { name } } } } } } } }",
    "{ titled(pattern: \"task 1%\") { edges { node { title } } } }",
    "mutation { insertIntoprojectCollection(objects: [{id: 8, name: \"new\"}]) { records { name } } }",
    "mutation { insertIntotaskCollection(objects: [{id: 9, title: \"new\", project_id: 8}]) { records { title state project { name } } } }",
    "mutation { insertIntotaskCollection(objects: [{id: 10, title: \"nested\", project: {object: {id: 10, name: \"nested\"}}}]) {
        records { title project { name } } } }",
    "mutation { updatetaskCollection(set: {state: done}, filter: {id: {lt: 3}}, atMost: 5) { affectedCount records { title state } } }",
    "mutation { a: updatetaskCollection(set: {title: \"twice\"}, filter: {id: {eq: 1}}) { records { title } }
        b: updateprojectCollection(set: {name: \"twice\"}, filter: {id: {eq: 1}}) { records { name } } }",
    "mutation { deleteFromtaskCollection(filter: {id: {eq: 4}}) { records { title } } }",
    "{ taskCollection(orderBy: [{id: AscNullsLast}]) { edges { node { title state project { name } } } } }",
];

fn config(url: &str) -> Config {
    let mut config = harness::config(url, PoolMode::Transaction);
    config.api.schemas = vec!["glowplug_base".to_owned()];
    let named_by = TenantSource::Claim(vec!["tenant".to_owned()]);
    config.api.schema_per_tenant = Some(SchemaPerTenant { template: "glowplug_base".to_owned(), named_by });
    config
}

fn tenants() -> impl Iterator<Item = String> {
    (0..TENANTS).map(|number| format!("tenant {number}"))
}

fn identity(tenant: &str) -> Identity {
    let claims = json!({ "tenant": tenant }).to_string();
    Identity { settings: [(CLAIMS_SETTING.into(), claims.into())].into(), ..Identity::default() }
}

async fn create(client: &Client, is_citus: bool) {
    let mut setup = format!("create schema glowplug_base; set search_path = glowplug_base, public; {SHAPE}");
    if is_citus {
        setup += "set citus.enable_schema_based_sharding = on;";
    }
    let shapes = tenants().map(|tenant| {
        format!(
            "create schema \"{tenant}\"; set search_path = \"{tenant}\", public; {SHAPE}
            insert into project values (1, 'first of {tenant}'), (2, 'second of {tenant}');
            insert into task select n, 1 + n % 2, format('task %s of {tenant}', n) from generate_series(1, 6) n;"
        )
    });
    setup.extend(shapes);
    client.batch_execute(&setup).await.expect("the schemas");
}

async fn drop(client: &Client) {
    for schema in tenants().chain(["glowplug_base".to_owned()]) {
        client
            .batch_execute(&format!("drop schema if exists \"{schema}\" cascade"))
            .await
            .expect("it is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_of_tenants_have_the_answers_of_postgresql() {
    let Ok(dsn) = std::env::var("CITUS_DSN") else {
        say("not run: CITUS_DSN leads to no coordinator of Citus");
        return;
    };
    let postgresql = harness::cluster().url(&harness::database("").await);
    let clients = [harness::connect(&dsn).await, harness::connect(&postgresql).await];
    drop(&clients[0]).await;
    create(&clients[0], true).await;
    create(&clients[1], false).await;
    let engines = [&dsn, &postgresql].map(|url| Engine::new(&config(url)).expect("an engine"));
    let (mut right, mut wrong) = (0, Vec::new());
    for operation in OPERATIONS {
        for tenant in tenants() {
            let [citus, expected] = [
                graphql_as(&engines[0], &identity(&tenant), operation, json!({})).await,
                graphql_as(&engines[1], &identity(&tenant), operation, json!({})).await,
            ];
            assert!(expected["errors"].is_null(), "{operation}: {expected}");
            if citus == expected {
                right += 1;
            } else {
                wrong.push(format!("{tenant} {operation}: {citus}\n    in place of {expected}"));
            }
        }
    }
    say(&format!(
        "{right} of {} operations of {TENANTS} tenants have the answers of PostgreSQL",
        OPERATIONS.len() * TENANTS
    ));
    live_queries_follow(&engines[0], &clients[0]).await;
    for unknown in ["tenant 99", "glowplug_base"] {
        let refused = graphql_as(&engines[0], &identity(unknown), OPERATIONS[0], json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    }
    drop(&clients[0]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A change at a worker reaches the subscribers of its tenant. The coordinator has written the commit to its own log.
async fn live_queries_follow(engine: &Engine, client: &Client) {
    let live = Live::new(engine.clone(), &config("").live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    tokio::spawn(async move { polled.run(stopped).await });
    let mut subscriptions = Vec::new();
    for tenant in tenants() {
        let request = harness::request("subscription { projectByPk(id: 2) { name } }", &json!({}));
        let subscribed = live.subscribe(request, identity(&tenant), Wishes::default()).await;
        subscriptions.push((tenant, subscribed.unwrap_or_else(|refused| panic!("{refused:?}"))));
    }
    for round in ["second", "changed"] {
        for (tenant, subscription) in &mut subscriptions {
            let next = tokio::time::timeout(Duration::from_mins(1), subscription.next()).await;
            let Ok(Some(Update::Answer(response))) = next else { panic!("{tenant}, {round}: {next:?}") };
            let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
            assert_eq!(answer["data"]["projectByPk"]["name"], format!("{round} of {tenant}"));
        }
        for tenant in tenants().filter(|_| round == "second") {
            let update = format!("update \"{tenant}\".project set name = 'changed of {tenant}' where id = 2");
            client.batch_execute(&update).await.expect("a change");
        }
    }
    say("live queries of all tenants follow changes at the workers");
    stop.cancel();
}
