//! Live queries with replicas: they read from the primary, because only the primary knows when it has
//! changed.

use glowplug::engine::Identity;
use glowplug::live::{Live, Subscription, Update, Wishes};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Servers, command};
use crate::harness;

/// Fails while a row says so; otherwise returns which server it runs on.
const FRAGILE: &str = "create function fragile() returns boolean stable language plpgsql as $$ begin
        if exists (select from entry where mark = 'bad') then raise exception 'no answer'; end if;
        return pg_is_in_recovery();
    end $$;
    update entry set mark = 'bad'";

async fn answer(subscription: &mut Subscription) -> Value {
    let next = tokio::time::timeout(std::time::Duration::from_secs(20), subscription.next()).await;
    match next.expect("in time") {
        Some(Update::Answer(response)) => serde_json::from_slice(&response.body).expect("JSON"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn live_queries_are_read_from_the_primary_also_where_one_runs_alone() {
    let servers = Servers::start(1).await;
    command(&servers.primary, FRAGILE).await;
    let engine = servers.engine(|_| {}).await;
    let live = Live::new(engine, &servers.config().live);
    let (polled, stop) = (live.clone(), CancellationToken::new());
    tokio::spawn(async move { polled.run(stop).await });
    let subscribe = async |document: &str| {
        let request = harness::request(document, &json!({}));
        let subscribed = live.subscribe(request, Identity::default(), Wishes::default()).await;
        subscribed.unwrap_or_else(|refused| panic!("{refused:?}"))
    };
    let mut together = subscribe("subscription { on_replica }").await;
    assert_eq!(answer(&mut together).await, json!({ "data": { "on_replica": false } }));
    // After an answer with errors, a query runs alone until it succeeds.
    let mut alone = subscribe("subscription { fragile }").await;
    assert!(answer(&mut alone).await["errors"].is_array());
    command(&servers.primary, "update entry set mark = 'good'").await;
    assert_eq!(answer(&mut alone).await, json!({ "data": { "fragile": false } }));
}
