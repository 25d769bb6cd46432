//! Tenants in one schema, divided by a column (setting `tenant`): each way to read and to change rows is restricted to the caller's tenant.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use glowplug::config::{Config, PoolMode, Tenant};
use glowplug::engine::Engine;
use glowplug::live::{Live, Subscription, Update, Wishes};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{ask, ask_as, identity};
use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = "
    create table project (tenant_id int, id int, name text not null, primary key (tenant_id, id));
    create table task (tenant_id int, id int, project_id int, title text not null, primary key (tenant_id, id),
        foreign key (tenant_id, project_id) references project);
    create table kind (code text primary key);
    insert into kind values ('shared');
    insert into project select tenant, n, format('project %s of %s', n, tenant) from generate_series(1, 16) tenant, generate_series(1, 2) n;
    insert into task select tenant, n, 1 + n % 2, format('task %s of %s', n, tenant) from generate_series(1, 16) tenant, generate_series(1, 4) n;
    comment on schema public is '@graphql({\"inflect_names\": true})';";

fn config(url: &str, pool_mode: PoolMode) -> Config {
    let mut config = harness::config(url, pool_mode);
    let claim = ["org", "tenant"].map(str::to_owned);
    let (column, claim) = ("tenant_id".to_owned(), claim.into());
    config.api.tenant = Some(Tenant { column, claim, is_sharding_key: false });
    config.api.federation = true;
    config
}

on_every_way!(each_way_to_a_row_stays_in_the_tenant);

/// Through PgBouncer in transaction mode, but for the queue, whose worker is the only one with connections.
async fn each_way_to_a_row_stays_in_the_tenant(route: Route) {
    let database = harness::database(SETUP).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let answering = if route == Route::Stored {
        Answering::start(route, &config(&harness::cluster().url(&database), PoolMode::Direct)).await
    } else {
        Answering::start(route, &config(&pooler.url(&database), PoolMode::Transaction)).await
    };
    let other = STANDARD.encode("[\"public\", \"project\", 4, 1]");
    for (document, data) in [
        // Keys, ids and representations of another tenant's rows find nothing.
        ("{ projectByPk(tenantId: 4, id: 1) { name } }".to_owned(), json!({ "projectByPk": null })),
        (format!("{{ node(nodeId: \"{other}\") {{ nodeId }} }}"), json!({ "node": null })),
        (
            "{ _entities(representations: [{__typename: \"Project\", tenantId: 4, id: 1}, {__typename: \"Project\", tenantId: 3, id: 1}]) {
                ... on Project { name } } }"
                .to_owned(),
            json!({ "_entities": [null, { "name": "project 1 of 3" }] }),
        ),
        (
            "{ projectCollection(filter: {tenantId: {in: [3, 4]}}, orderBy: [{id: AscNullsLast}]) { edges { node { name
                taskCollection(orderBy: [{id: AscNullsLast}]) { edges { node { title } } } } } } }"
                .to_owned(),
            json!({ "projectCollection": { "edges": [
                { "node": { "name": "project 1 of 3", "taskCollection": { "edges": [
                    { "node": { "title": "task 2 of 3" } }, { "node": { "title": "task 4 of 3" } } ] } } },
                { "node": { "name": "project 2 of 3", "taskCollection": { "edges": [
                    { "node": { "title": "task 1 of 3" } }, { "node": { "title": "task 3 of 3" } } ] } } } ] } }),
        ),
        ("{ kindCollection { edges { node { code } } } }".to_owned(), json!({ "kindCollection": { "edges": [{ "node": { "code": "shared" } }] } })),
        (
            "mutation { updateTaskCollection(set: {title: \"changed\"}, filter: {tenantId: {eq: 4}}) { affectedCount } }".to_owned(),
            json!({ "updateTaskCollection": { "affectedCount": 0 } }),
        ),
        (
            "mutation { deleteFromTaskCollection(filter: {id: {eq: 4}}, atMost: 1) { records { title } } }".to_owned(),
            json!({ "deleteFromTaskCollection": { "records": [{ "title": "task 4 of 3" }] } }),
        ),
        (
            "mutation { insertIntoTaskCollection(objects: [{id: 9, title: \"new of 3\",
                project: {object: {tenantId: 3, id: 9, name: \"nested of 3\"}}}]) { records { title project { name } } } }"
                .to_owned(),
            json!({ "insertIntoTaskCollection": { "records": [
                { "title": "new of 3", "project": { "name": "nested of 3" } } ] } }),
        ),
    ] {
        let answer = ask_as(&answering, &identity(&json!(3)), &document).await;
        assert_eq!(answer["data"], data, "{document}: {answer}");
    }
    wrong_tenants_are_refused(&answering).await;
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    let others =
        "select count(*) from task where tenant_id <> 3 and title = format('task %s of %s', id, tenant_id)";
    assert_eq!(harness::ask(&owner, others).await.as_deref(), Some("60"));
}

async fn wrong_tenants_are_refused(answering: &Answering) {
    // A text is as good as a number, if it is one.
    let answer = ask(answering, "5", "{ projectCollection(first: 1) { edges { node { name } } } }").await;
    assert_eq!(answer["data"]["projectCollection"]["edges"][0]["node"]["name"], "project 1 of 5", "{answer}");
    for wrong in
        [json!("x"), json!("1; drop table task"), json!("1 or true"), json!(1.5), json!(99_999_999_999_u64)]
    {
        let answer =
            ask_as(answering, &identity(&wrong), "{ projectCollection { edges { node { name } } } }").await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}: {answer}");
        assert!(answer["data"].is_null() || answer["data"]["projectCollection"].is_null(), "{answer}");
    }
    for none in [json!(null), json!(true), json!([3]), json!({ "id": 3 })] {
        let answer =
            ask_as(answering, &identity(&none), "{ projectCollection { edges { node { name } } } }").await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("the request names no tenant"), "{none}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_queries_stay_in_the_tenant() {
    let database = harness::database(SETUP).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let config = config(&pooler.url(&database), PoolMode::Transaction);
    let live = Live::new(Engine::new(&config).expect("an engine"), &config.live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    tokio::spawn(async move { polled.run(stopped).await });
    let mut subscriptions = Vec::new();
    for tenant in 1..=16 {
        let document = "subscription { projectCollection(first: 1) { edges { node { name } } } }";
        let request = harness::request(document, &json!({}));
        let subscribed = live.subscribe(request, identity(&json!(tenant)), Wishes::default()).await;
        subscriptions.push((tenant, subscribed.unwrap_or_else(|refused| panic!("{refused:?}"))));
    }
    for (tenant, subscription) in &mut subscriptions {
        assert_eq!(next(subscription).await, format!("project 1 of {tenant}"));
    }
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    owner.batch_execute("update project set name = 'new of ' || tenant_id").await.expect("a change");
    for (tenant, subscription) in &mut subscriptions {
        assert_eq!(next(subscription).await, format!("new of {tenant}"));
    }
    stop.cancel();
}

/// The name in the next answer.
async fn next(subscription: &mut Subscription) -> String {
    let next =
        tokio::time::timeout(Duration::from_mins(1), subscription.next()).await.expect("an answer in time");
    let Some(Update::Answer(response)) = next else { panic!("the subscription has ended: {next:?}") };
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    let name = &answer["data"]["projectCollection"]["edges"][0]["node"]["name"];
    name.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
