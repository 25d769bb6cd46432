//! Live queries of a server whose mutations are queued.

use std::time::Duration;

use serde_json::json;

use super::World;
use crate::live_http::transport::Transport;

#[tokio::test]
async fn a_mutation_that_a_worker_has_run_is_seen_at_once() {
    let setup = "create table note (id int primary key)";
    let world = World::with(setup, |config| config.live.interval = Duration::from_mins(10)).await;
    let _worker = world.work();
    let document = json!({ "query": "subscription { noteCollection { edges { node { id } } } }" });
    let mut notes = Transport::Events.subscribe(&world.server.url("/graphql"), None, document).await;
    assert_eq!(notes.data().await, json!({ "noteCollection": { "edges": [] } }));
    for id in 1..=3 {
        let insert =
            format!("mutation {{ insertIntonoteCollection(objects: [{{id: {id}}}]) {{ affectedCount }} }}");
        let written = world.json(&insert, &[]).await;
        assert_eq!(written["data"]["insertIntonoteCollection"]["affectedCount"], 1, "{written}");
        let edges = notes.data().await["noteCollection"]["edges"].clone();
        assert_eq!(edges.as_array().unwrap().len(), id, "{edges}");
    }
}
