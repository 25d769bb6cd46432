//! Two shards: the setting `tenant` is PgDog's sharding key, and each message goes to the shard of its caller's tenant.

use std::collections::BTreeMap;
use std::time::Duration;

use glowplug::config::{CLAIMS_SETTING, Config, PoolMode, Tenant};
use glowplug::engine::{Engine, Identity};
use glowplug::live::{Live, Subscription, Update, Wishes};
use glowplug_local::{PgDog, PgDogOptions};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::cli::run;
use crate::harness::{self, graphql_as};
use crate::tenants::sharded::TABLES;

const TENANTS: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(30);

/// A PgDog with the database `app` in front of two shards.
struct Stand {
    pgdog: PgDog,
    shards: [String; 2],
}

impl Stand {
    async fn new() -> Self {
        let shards = [harness::database(TABLES).await, harness::database(TABLES).await];
        let mut options = PgDogOptions::of_databases(vec![("app".to_owned(), shards.to_vec())]);
        let sharding =
            "[[sharded_tables]]\ndatabase = \"app\"\ncolumn = \"tenant_id\"\ndata_type = \"bigint\"\n";
        sharding.clone_into(&mut options.sharding);
        let pgdog = harness::pgdog(&options);
        let stand = Self { pgdog, shards };
        let client = stand.client().await;
        for tenant in 1..=TENANTS {
            // PgDog finds the shard by the statement.
            for statement in [
                format!(
                    "insert into project (tenant_id, id, name) values ({tenant}, 1, 'project of {tenant}')"
                ),
                format!(
                    "insert into task (tenant_id, id, project_id, title) values ({tenant}, 1, 1, 'task of {tenant}')"
                ),
            ] {
                client.simple_query(&statement).await.expect("an insert through PgDog");
            }
        }
        stand
    }

    fn url(&self) -> String {
        self.pgdog.url("app")
    }

    async fn client(&self) -> Client {
        harness::connect(&self.url()).await
    }

    fn config(&self, pool_mode: PoolMode) -> Config {
        let mut config = harness::config(&self.url(), pool_mode);
        let (column, claim) = ("tenant_id".to_owned(), vec!["tenant".to_owned()]);
        config.api.tenant = Some(Tenant { column, claim, is_sharding_key: true });
        config.database.is_sharded = true;
        config
    }

    /// The database that PgDog takes for each tenant.
    async fn places(&self) -> BTreeMap<u32, String> {
        let client = self.client().await;
        let mut places = BTreeMap::new();
        for tenant in 1..=TENANTS {
            let ask = format!("/* pgdog_sharding_key: \"{tenant}\" */ select current_database()");
            places.insert(tenant, harness::ask(&client, &ask).await.expect("a database"));
        }
        assert!(self.shards.iter().all(|shard| places.values().any(|place| place == shard)), "{places:?}");
        places
    }

    /// Each row of a tenant is where PgDog looks for it.
    async fn rows_are_where_they_belong(&self) {
        let places = self.places().await;
        for shard in &self.shards {
            let owner = harness::connect(&harness::cluster().url(shard)).await;
            let tenants = "select string_agg(distinct tenant_id::text, ',') from (select tenant_id from task union select tenant_id from project) t";
            let found = harness::ask(&owner, tenants).await.expect("each shard has tenants");
            for tenant in found.split(',') {
                assert_eq!(&places[&tenant.parse::<u32>().expect("a number")], shard, "tenant {tenant}");
            }
        }
    }
}

fn caller(tenant: &Value) -> Identity {
    let claims = json!({ "tenant": tenant }).to_string();
    Identity { settings: [(CLAIMS_SETTING.into(), claims.into())].into(), ..Identity::default() }
}

async fn ask(engine: &Engine, tenant: u32, document: &str, variables: Value) -> Value {
    graphql_as(engine, &caller(&json!(tenant)), document, variables).await
}

const ALL: &str = "{ projectCollection { edges { node { name taskCollection(orderBy: [{id: AscNullsLast}]) { edges { node { title } } } } } } }";

/// The answer to [`ALL`] with these titles of tasks.
fn all(tenant: u32, titles: &[String]) -> Value {
    let tasks: Vec<_> = titles.iter().map(|title| json!({ "node": { "title": title } })).collect();
    let project = json!({ "name": format!("project of {tenant}"), "taskCollection": { "edges": tasks } });
    json!({ "data": { "projectCollection": { "edges": [{ "node": project }] } } })
}

/// One tenant's reads and writes. Each answer has its rows alone.
async fn work(engine: Engine, tenant: u32) {
    let insert = "mutation($objects: [TaskInsertInput!]!) { insertIntoTaskCollection(objects: $objects) { affectedCount records { title } } }";
    let mut titles = vec![format!("task of {tenant}")];
    for id in 2..12 {
        let title = format!("task {id} of {tenant}");
        let objects = json!([{ "tenantId": tenant.to_string(), "id": id, "projectId": 1, "title": title }]);
        let answer = ask(&engine, tenant, insert, json!({ "objects": objects })).await;
        assert_eq!(
            answer["data"]["insertIntoTaskCollection"]["records"],
            json!([{ "title": title }]),
            "{answer}"
        );
        titles.push(title);
        assert_eq!(ask(&engine, tenant, ALL, json!({})).await, all(tenant, &titles));
        let update = format!(
            "mutation {{ updateTaskCollection(set: {{title: \"changed\"}}, filter: {{id: {{eq: {id}}}}}) {{ affectedCount }} }}"
        );
        let answer = ask(&engine, tenant, &update, json!({})).await;
        assert_eq!(answer["data"]["updateTaskCollection"]["affectedCount"], 1, "{answer}");
        let last = titles.len() - 1;
        "changed".clone_into(&mut titles[last]);
        if id % 3 == 0 {
            let delete = format!(
                "mutation {{ deleteFromTaskCollection(filter: {{id: {{eq: {id}}}}}) {{ affectedCount }} }}"
            );
            let answer = ask(&engine, tenant, &delete, json!({})).await;
            assert_eq!(answer["data"]["deleteFromTaskCollection"]["affectedCount"], 1, "{answer}");
            titles.pop();
        }
        assert_eq!(ask(&engine, tenant, ALL, json!({})).await, all(tenant, &titles));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn each_tenants_operations_go_to_its_shard() {
    let stand = Stand::new().await;
    for pool_mode in [PoolMode::Auto, PoolMode::Transaction] {
        let engine = Engine::new(&stand.config(pool_mode)).expect("an engine");
        let mut tenants = JoinSet::new();
        for tenant in 1..=TENANTS {
            tenants.spawn(work(engine.clone(), tenant));
        }
        tenants.join_all().await;
        stand.rows_are_where_they_belong().await;
        let client = stand.client().await;
        client.simple_query("delete from task where id > 1").await.expect("it is deleted in all shards");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn rows_of_another_tenant_are_refused() {
    let stand = Stand::new().await;
    let engine = Engine::new(&stand.config(PoolMode::Auto)).expect("an engine");
    for document in [
        "mutation { insertIntoTaskCollection(objects: [{tenantId: \"4\", id: 9, projectId: 1, title: \"x\"}]) { affectedCount } }",
        "mutation { insertIntoTaskCollection(objects: [{tenantId: \"3\", id: 8, title: \"x\"}, {tenantId: \"4\", id: 9, title: \"x\"}]) { records { title } } }",
        "mutation { insertIntoTaskCollection(objects: [{id: 9, title: \"x\", project: {object: {tenantId: \"4\", id: 9, name: \"x\"}}}]) { affectedCount } }",
        "mutation { insertIntoProjectCollection(objects: [{tenantId: \"4\", id: 99, name: \"x\"}], onConflict: {constraint: project_pkey, updateColumns: [name]}) { affectedCount } }",
        "mutation { updateTaskCollection(set: {tenantId: \"4\", id: 77, projectId: null}, filter: {id: {eq: 1}}) { affectedCount } }",
    ] {
        let answer = ask(&engine, 3, document, json!({})).await;
        let message =
            answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{document}: {answer}"));
        assert!(
            message.starts_with("a row would be of the tenant 4; nothing was changed"),
            "{document}: {answer}"
        );
    }
    // The row of another tenant is in one shard or the other, and stays as it is.
    let upsert = "mutation { insertIntoProjectCollection(objects: [{tenantId: \"4\", id: 1, name: \"x\"}],
        onConflict: {constraint: project_pkey, updateColumns: [name]}) { affectedCount } }";
    let answer = ask(&engine, 3, upsert, json!({})).await;
    let is_refused = answer["errors"].is_array();
    assert!(is_refused || answer["data"]["insertIntoProjectCollection"]["affectedCount"] == 0, "{answer}");
    for shard in &stand.shards {
        let owner = harness::connect(&harness::cluster().url(shard)).await;
        let new = "select (select count(*) from task where id > 1 or title = 'x') + (select count(*) from project where id > 1 or name = 'x')";
        assert_eq!(harness::ask(&owner, new).await.as_deref(), Some("0"));
    }
    stand.rows_are_where_they_belong().await;
    // Each shard has a copy of a table without tenants. It can be read, and not changed.
    let answer = ask(&engine, 3, "{ kindCollection { edges { node { code } } } }", json!({})).await;
    assert_eq!(answer["data"]["kindCollection"]["edges"][0]["node"]["code"], "shared", "{answer}");
    let sdl = engine.planning().sdl(&Identity::default()).await.expect("a schema");
    assert!(sdl.contains("insertIntoTaskCollection") && !sdl.contains("insertIntoKindCollection"), "{sdl}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn a_request_needs_a_tenant_that_pgdog_can_read() {
    let stand = Stand::new().await;
    let engine = Engine::new(&stand.config(PoolMode::Auto)).expect("an engine");
    for tenant in [
        json!(null),
        json!(true),
        json!(""),
        json!("3\" pgdog_shard: 1"),
        json!("*/ select 1; /*"),
        json!("3 pgdog_role: replica"),
        json!("3\\"),
        json!("3\n"),
        json!("3".repeat(256)),
        json!("x"),
        json!(1.5),
    ] {
        for document in [ALL, "{ kindCollection { edges { node { code } } } }"] {
            let answer = graphql_as(&engine, &caller(&tenant), document, json!({})).await;
            let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer}"));
            assert!(
                message.starts_with("the request names no tenant: send a token with the claim tenant"),
                "{tenant}: {answer}"
            );
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        }
    }
    // What asks only about the API needs none.
    let answer = graphql_as(&engine, &Identity::default(), "{ __typename }", json!({})).await;
    assert_eq!(answer["data"]["__typename"], "Query", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn live_queries_of_tenants_in_both_shards_see_their_changes() {
    let stand = Stand::new().await;
    let config = stand.config(PoolMode::Auto);
    let engine = Engine::new(&config).expect("an engine");
    let live = Live::new(engine.clone(), &config.live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    tokio::spawn(async move { polled.run(stopped).await });
    let mut subscriptions = Vec::new();
    for tenant in 1..=TENANTS {
        let request =
            harness::request("subscription { taskCollection { edges { node { title } } } }", &json!({}));
        let subscribed = live.subscribe(request, caller(&json!(tenant)), Wishes::default()).await;
        subscriptions.push((tenant, subscribed.unwrap_or_else(|refused| panic!("{refused:?}"))));
    }
    for (tenant, subscription) in &mut subscriptions {
        assert_eq!(titles(subscription).await, json!([format!("task of {tenant}")]));
    }
    let client = stand.client().await;
    client
        .simple_query("update task set title = 'new of ' || tenant_id")
        .await
        .expect("a change in all shards");
    for (tenant, subscription) in &mut subscriptions {
        assert_eq!(titles(subscription).await, json!([format!("new of {tenant}")]));
    }
    stop.cancel();
}

/// The titles in the next answer.
async fn titles(subscription: &mut Subscription) -> Value {
    let next = tokio::time::timeout(PATIENCE, subscription.next()).await.expect("an answer in time");
    let Some(Update::Answer(response)) = next else { panic!("the subscription has ended: {next:?}") };
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    let edges = answer["data"]["taskCollection"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    edges.iter().map(|edge| edge["node"]["title"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn without_the_sharding_key_no_operation_runs() {
    let stand = Stand::new().await;
    for pool_mode in [PoolMode::Auto, PoolMode::Transaction] {
        let engine = Engine::new(&harness::config(&stand.url(), pool_mode)).expect("an engine");
        let refused = async {
            while engine.database().check().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, refused).await.expect("the probe's results");
        let refused = engine.ready().await.expect_err("it is not ready").to_string();
        assert!(
            refused.contains("2 shards") && refused.contains("pgdog:tenant_id=claims.tenant"),
            "{refused}"
        );
    }
    let url = stand.url();
    for (arguments, code) in [(vec![], 1), (vec!["--tenant", "pgdog:tenant_id=claims.tenant"], 0)] {
        let url = url.clone();
        let output = tokio::task::spawn_blocking(move || {
            run(&[&["doctor", &url, "--json"], arguments.as_slice()].concat())
        });
        let output = output.await.expect("it ran");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(output.status.code(), Some(code), "{report:#}");
        assert_eq!(report["checks"].to_string().contains("pgdog-sharded"), code == 1, "{report:#}");
    }
}
