//! The engine behind async-graphql's own interface, as its integrations use it.

use async_graphql::{BatchRequest, Executor, Request, Variables};
use futures_util::StreamExt as _;
use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::json;

use crate::harness;

#[tokio::test(flavor = "multi_thread")]
async fn answers_keep_their_order_and_their_digits() {
    let database = harness::database(
        "create table fact (id integer primary key, exact numeric not null, note text); \
         insert into fact values (1, 1.10, 'one'), (2, 2, null)",
    )
    .await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let query = "query ($id: Int!) { factByPk(id: $id) { note id exact } }";
    let request = |id: i32| Request::new(query).variables(Variables::from_json(json!({ "id": id })));

    let response = engine.execute(request(1)).await;
    let text = serde_json::to_string(&response).expect("JSON");
    assert_eq!(text, r#"{"data":{"factByPk":{"note":"one","id":1,"exact":"1.10"}}}"#);

    let batch = engine.execute_batch(BatchRequest::Batch(vec![request(1), request(2)])).await;
    let text = serde_json::to_value(&batch).expect("JSON");
    assert_eq!(text[1], json!({ "data": { "factByPk": { "note": null, "id": 2, "exact": "2" } } }));

    let refused = engine.execute(Request::new("{ nothing }")).await;
    assert!(refused.errors[0].message.contains("nothing"), "{:?}", refused.errors);

    let nobody =
        Request::new("{ __typename }").data(Identity { role: Some("nobody".into()), ..Identity::default() });
    let answers: Vec<_> = engine.execute_stream(nobody, None).collect().await;
    assert_eq!(answers.len(), 1);
    assert!(!answers[0].errors.is_empty(), "the role does not exist, and it was asked for");
}
