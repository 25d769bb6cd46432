//! Tenants whose schemas are not as the template: behind in migrations, or ahead.

use glowplug::config::PoolMode;
use serde_json::json;

use super::{ask, config, database};
use crate::harness;
use crate::ways::{Answering, Route, on_both_ways};

on_both_ways!(a_schema_that_is_behind_gets_an_error_that_says_so, the_template_may_move_first);

async fn a_schema_that_is_behind_gets_an_error_that_says_so(route: Route) {
    let name = database(&["a", "old"]).await;
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    let missing = "alter table old.task drop column price; drop table old.note; drop function old.state_of";
    owner.batch_execute(missing).await.expect("an older schema");
    let answering = Answering::start(route, &config(&harness::cluster().url(&name), PoolMode::Direct)).await;
    for document in [
        "{ taskCollection { edges { node { price { amount } } } } }",
        "{ noteCollection { edges { node { text } } } }",
        "{ stateOf(taskId: 1) }",
        "mutation { updateTaskCollection(set: {price: {amount: 1}}, filter: {id: {eq: 2}}) { affectedCount } }",
    ] {
        // Again and again, as its clients send it.
        for _ in 0..3 {
            let answer = ask(&answering, "old", document).await;
            let error = &answer["errors"][0];
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.starts_with("the tenant's schema lacks something"), "{document}: {answer}");
            assert_eq!(error["extensions"]["code"], "UNAVAILABLE");
        }
        let answer = ask(&answering, "a", document).await;
        assert!(answer["errors"].is_null(), "{document}: {answer}");
    }
    let both = "{ a: stateOf(taskId: 1) projectByPk(id: 1) { name } }";
    let answer = ask(&answering, "old", both).await;
    assert_eq!(answer["data"], json!({ "a": null, "projectByPk": { "name": "first of old" } }), "{answer}");
}

/// The API changes with the template; a tenant that has not followed yet answers what it can.
async fn the_template_may_move_first(route: Route) {
    let name = database(&["a", "b"]).await;
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    let answering = Answering::start(route, &config(&harness::cluster().url(&name), PoolMode::Direct)).await;
    let read = "{ projectByPk(id: 1) { name } }";
    ask(&answering, "a", read).await;
    let add = "alter table base.project add color text default 'red'; alter table a.project add color text default 'red'";
    owner.batch_execute(add).await.expect("a migration");
    assert!(answering.reload().await.expect("the catalog is read"));
    let colored = "{ projectByPk(id: 1) { name color } }";
    let answer = ask(&answering, "a", colored).await;
    assert_eq!(answer["data"]["projectByPk"], json!({ "name": "first of a", "color": "red" }), "{answer}");
    let answer = ask(&answering, "b", colored).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    let answer = ask(&answering, "b", read).await;
    assert_eq!(answer["data"]["projectByPk"]["name"], "first of b", "{answer}");
    let rename =
        "alter table base.project rename color to colour; alter table a.project rename color to colour";
    owner.batch_execute(rename).await.expect("a migration");
    assert!(answering.reload().await.expect("the catalog is read"));
    let answer = ask(&answering, "a", colored).await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("color"), "the field is gone: {answer}");
    let answer = ask(&answering, "a", "{ projectByPk(id: 1) { colour } }").await;
    assert_eq!(answer["data"]["projectByPk"]["colour"], "red", "{answer}");
}
