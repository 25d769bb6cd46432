//! The type `Subscription`: which servers have it, and what a subscription may select.

use serde_json::{Value, json};

use super::{LIVE, tasks};
use crate::harness;
use crate::server::{Server, json};
use crate::ways::{Route, on_both_ways};

on_both_ways!(a_subscription_is_not_answered_where_there_is_one_answer, a_subscription_has_one_root_field);

async fn ask(server: &Server, document: &str) -> Value {
    json(server.query(document).send().await.unwrap()).await
}

fn message(answer: &Value) -> &str {
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    answer["errors"][0]["message"].as_str().unwrap()
}

async fn a_subscription_is_not_answered_where_there_is_one_answer(route: Route) {
    let server = tasks(route).await;
    let answer = ask(&server, LIVE).await;
    assert!(message(&answer).contains("text/event-stream"), "{answer}");
    assert_eq!(answer.get("data"), None);
    let batch = json!([{ "query": LIVE }, { "query": "{ __typename }" }]);
    let answer = json(server.post(batch.to_string()).send().await.unwrap()).await;
    assert!(message(&answer[0]).contains("text/event-stream"), "{answer}");
    assert_eq!(answer[1], json!({"data": {"__typename": "Query"}}));
}

async fn a_subscription_has_one_root_field(route: Route) {
    let server = tasks(route).await;
    for (selections, complaint) in [
        ("a: taskByPk(id: 1) { id } b: taskByPk(id: 1) { id }", "must select only one top level field"),
        ("__typename", "must not select an introspection top level field"),
        ("taskByPk(id: 1) @skip(if: false) { id }", "can not specify @skip or @include on root fields"),
        ("nothing", "nothing"),
        ("... on Subscription { taskByPk(id: 1) { id } } taskByPk(id: 1) { title }", "text/event-stream"),
    ] {
        let answer = ask(&server, &format!("subscription {{ {selections} }}")).await;
        assert!(message(&answer).contains(complaint), "{selections}: {answer}");
    }
}

#[tokio::test]
async fn live_queries_can_be_left_out() {
    let name = harness::database(super::TASKS).await;
    let server =
        Server::start(&harness::cluster().url(&name), |config| config.api.subscriptions = false).await;
    let answer = ask(&server, "{ __schema { subscriptionType { name } } }").await;
    assert_eq!(answer, json!({"data": {"__schema": {"subscriptionType": null}}}));
    assert!(message(&ask(&server, LIVE).await).contains("ubscription"), "the schema has none");
}
