//! A subscription whose filter or order uses a relation gets a new answer when a row at the other end
//! changes.

use std::time::Duration;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use glowplug::live::{Live, Subscription, Update, Wishes};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness;

const SETUP: &str = "
    create table artist (id int primary key, name text);
    create table album (id int primary key, artist_id int references artist);
    insert into artist values (1, 'A'), (2, 'B');
    insert into album values (10, 1), (11, 2);
    comment on schema public is '@graphql({\"inflect_names\": true})';";

/// How long the test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The ids in the next answer.
async fn ids(subscription: &mut Subscription) -> Value {
    let next = tokio::time::timeout(PATIENCE, subscription.next()).await;
    match next.expect("an answer in time").expect("the subscription has not ended") {
        Update::Answer(response) => {
            let answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
            let edges = answer["data"]["found"]["edges"].as_array();
            let edges = edges.unwrap_or_else(|| panic!("{answer}"));
            edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
        }
        Update::Ended(end) => panic!("the subscription has ended: {end:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_the_other_end_of_a_relation_is_answered() {
    let url = harness::cluster().url(&harness::database(SETUP).await);
    let config = harness::config(&url, PoolMode::Direct);
    let live = Live::new(Engine::new(&config).expect("an engine"), &config.live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    let poll = tokio::spawn(async move { polled.run(stopped).await });
    let subscribe = async |document: &str| {
        let request = harness::request(document, &json!({}));
        live.subscribe(request, Identity::default(), Wishes::default()).await.expect("a subscription")
    };
    let filtered = "subscription { found: albumCollection(filter: {artist: {name: {eq: \"A\"}}}) { edges { node { id } } } }";
    let ordered = "subscription { found: artistCollection(orderBy: [{albumCollection: {count: DescNullsLast}}]) { edges { node { id } } } }";
    let (mut filtered, mut ordered) = (subscribe(filtered).await, subscribe(ordered).await);
    assert_eq!((ids(&mut filtered).await, ids(&mut ordered).await), (json!([10]), json!([1, 2])));
    let client = harness::connect(&url).await;
    client.batch_execute("update artist set name = 'A' where id = 2").await.expect("a change");
    assert_eq!(ids(&mut filtered).await, json!([10, 11]));
    client.batch_execute("insert into album values (12, 2)").await.expect("a change");
    assert_eq!(ids(&mut ordered).await, json!([2, 1]));
    stop.cancel();
    poll.await.expect("the poll ends");
}
