//! Searches, similarities, ranks, groups, distances and entities: the same answers on every way to the database, and new answers as live
//! queries.

use std::time::Duration;

use glowplug::config::{Config, PoolMode};
use glowplug::engine::{Engine, Identity};
use glowplug::live::{Live, Subscription, Update, Wishes};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = "
    create schema \"Ext 1\"; create extension pg_trgm schema \"Ext 1\";
    create table note (id int primary key, title text, words tsvector, kind text);
    create table day (at date primary key, note text);
    insert into note select id, title, to_tsvector('english', title), kind from (values
        (1, 'The cats are running', 'a'), (2, 'A cat', 'b'), (3, 'dogs and a house', 'a'), (4, null, null), (5, 'catalogue', 'b')
    ) as v(id, title, kind);
    insert into day values ('2024-02-29', 'leap');
    comment on table note is '@graphql({\"aggregate\": {\"enabled\": true}})';";

/// Documents with their variables.
fn operations() -> Vec<(&'static str, Value)> {
    let day = "WyJwdWJsaWMiLCAiZGF5IiwgIjIwMjQtMDItMjkiXQ==";
    vec![
        (
            "query ($q: String!) { r: noteCollection(filter: {or: [{title: {search: {query: $q, config: \"english\"}}}, {words: {search: {query: $q}}}]}) {
                edges { node { id } } } }",
            json!({"q": "cat -house"}),
        ),
        (
            "query ($q: String!, $c: String) { r: noteCollection(filter: {title: {search: {query: $q, config: $c}}}) { edges { node { id } } } }",
            json!({"q": "cats", "c": "simple"}),
        ),
        (
            "query ($to: String!, $least: Float) { r: noteCollection(filter: {title: {similar: {to: $to, threshold: $least}}}) { edges { node { id } } } }",
            json!({"to": "catalog", "least": 0.25}),
        ),
        (
            "query ($to: String!) { r: noteCollection(filter: {title: {wordSimilar: {to: $to}}}) { edges { node { id } } } }",
            json!({"to": "runing"}),
        ),
        (
            "query ($q: String!, $to: String!) { r: noteCollection(orderBy: [{titleRank: {query: $q, config: \"english\"}}, {titleSimilarity: {to: $to}}]) {
                edges { cursor node { id } } } }",
            json!({"q": "cat", "to": "house"}),
        ),
        (
            "query ($by: [noteGroupBy!]!, $most: Int) { r: noteGroups(by: $by, having: {count: {gt: 1}}) {
                edges { cursor node { key { kind } count nodes(first: $most) { title } arrayAgg { id } } } } }",
            json!({"by": [{"column": "kind"}], "most": 1}),
        ),
        (
            "query ($r: [_Any!]!) { r: _entities(representations: $r) { ... on note { title } ... on day { note } } }",
            json!({"r": [{"__typename": "note", "id": 2}, {"__typename": "day", "nodeId": day}, {"__typename": "note", "id": 99}]}),
        ),
    ]
}

async fn config(setup: &str) -> Config {
    let mut config =
        harness::config(&harness::cluster().url(&harness::database(setup).await), PoolMode::Direct);
    config.api.federation = true;
    config
}

async fn operations_give_the_same_answers_by_each_way(route: Route) {
    let config = config(SETUP).await;
    let engine = Engine::new(&config).expect("an engine");
    let answering = Answering::start(route, &config).await;
    for (query, variables) in operations() {
        let expected = harness::graphql(&engine, query, variables.clone()).await;
        assert!(expected["errors"].is_null() && !expected["data"]["r"].is_null(), "{query}: {expected}");
        // The third time it is a function, where statements become functions.
        for _ in 0..3 {
            let request = harness::request(query, &variables);
            let response = answering.respond(request, &Identity::default()).await;
            let answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
            assert_eq!(answer, expected, "{query}");
        }
    }
}

on_every_way!(operations_give_the_same_answers_by_each_way);

/// How long the test waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

async fn next(subscription: &mut Subscription) -> Value {
    let next = tokio::time::timeout(PATIENCE, subscription.next()).await;
    match next.expect("an answer in time").expect("the subscription has not ended") {
        Update::Answer(response) => serde_json::from_slice(&response.body).expect("the answer is JSON"),
        Update::Ended(end) => panic!("the subscription has ended: {end:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_a_live_query() {
    let change = "update note set title = 'cats running in a catalog house', words = to_tsvector('cat'), kind = 'b' where id in (2, 3)";
    changes_are_answered(&config(SETUP).await, &operations(), change).await;
}

/// Subscribes to the operations, which are queries; after one change, every answer has to be another one, as that of the query is.
pub(crate) async fn changes_are_answered(config: &Config, operations: &[(&str, Value)], change: &str) {
    let engine = Engine::new(config).expect("an engine");
    let live = Live::new(engine.clone(), &config.live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    let poll = tokio::spawn(async move { polled.run(stopped).await });
    let mut subscriptions = Vec::new();
    for (query, variables) in operations {
        let document = query.replacen("query", "subscription", 1);
        let request = harness::request(&document, variables);
        let subscribed = live.subscribe(request, Identity::default(), Wishes::default()).await;
        let mut subscription = subscribed.unwrap_or_else(|error| panic!("{query}: {error:?}"));
        let first = next(&mut subscription).await;
        assert_eq!(first, harness::graphql(&engine, query, variables.clone()).await, "{query}");
        subscriptions.push((query, variables, subscription, first));
    }
    let client = harness::connect(config.database.url.expose()).await;
    client.batch_execute(change).await.expect("a change");
    for (query, variables, mut subscription, first) in subscriptions {
        let second = next(&mut subscription).await;
        assert_ne!(second, first, "{query}");
        assert_eq!(second, harness::graphql(&engine, query, variables.clone()).await, "{query}");
    }
    stop.cancel();
    poll.await.expect("the poll ends");
}
