//! Live queries of tenants: the same document is a group for each tenant, and a change of one reaches its own subscribers.

use std::time::Duration;

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use glowplug::live::{Live, Subscription, Update, Wishes};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{config, database, identity};
use crate::harness;

const TENANTS: usize = 16;

/// How long a test waits for an answer: longer than a refresh takes.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn each_subscriber_sees_the_rows_of_its_tenant() {
    let tenants: Vec<String> = (0..TENANTS).map(|number| format!("t{number}")).collect();
    let database = database(&tenants.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let config = config(&pooler.url(&database), PoolMode::Transaction);
    let live = Live::new(Engine::new(&config).expect("an engine"), &config.live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    let poll = tokio::spawn(async move { polled.run(stopped).await });
    let mut subscriptions = Vec::new();
    for tenant in tenants.iter().chain(&tenants) {
        let document = "subscription { projectByPk(id: 1) { name } }";
        let request = harness::request(document, &json!({}));
        let subscribed = live.subscribe(request, identity(&tenant.as_str().into()), Wishes::default()).await;
        let subscription = subscribed.unwrap_or_else(|refused| panic!("{refused:?}"));
        subscriptions.push((tenant, subscription));
    }
    assert_eq!(live.count(), (2 * TENANTS, TENANTS), "two subscribers of each tenant are a group");
    for (tenant, subscription) in &mut subscriptions {
        assert_eq!(next(subscription).await, format!("first of {tenant}"));
    }
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    for turn in 0..3 {
        for tenant in &tenants {
            let update = format!("update {tenant}.project set name = 'name {turn} of {tenant}'");
            owner.batch_execute(&update).await.expect("a change");
        }
        for (tenant, subscription) in &mut subscriptions {
            assert_eq!(next(subscription).await, format!("name {turn} of {tenant}"));
        }
    }
    let none = live.subscribe(
        harness::request("subscription { projectByPk(id: 1) { name } }", &json!({})),
        identity(&Value::Null),
        Wishes::default(),
    );
    let refused = none.await.err().expect("a subscriber without a tenant");
    assert!(String::from_utf8_lossy(&refused.body).contains("names no tenant"), "{refused:?}");
    stop.cancel();
    poll.await.expect("the poll ends");
}

/// The name in the next answer.
async fn next(subscription: &mut Subscription) -> String {
    let next = tokio::time::timeout(PATIENCE, subscription.next()).await.expect("an answer comes in time");
    let Some(Update::Answer(response)) = next else { panic!("the subscription has ended: {next:?}") };
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    answer["data"]["projectByPk"]["name"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
