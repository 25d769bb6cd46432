//! Clients' answers through the queue.

use std::time::Duration;

use glowplug::config::{Config, DocumentPolicy, Documents, GetRequests, Queued};
use serde_json::{Value, json};

use super::all_queued::everything;
use super::{NOTES, World, bearer, insert, verified_by};
use crate::harness;
use crate::server::Server;

const KEY: &str = "7d9a3c0e-5a6c-4b0f-9f57-1a2b3c4d5e6f";

#[tokio::test]
async fn answers_are_those_of_the_direct_way_byte_for_byte() {
    answers_are_the_same(|_| ()).await;
}

#[tokio::test]
async fn answers_are_those_of_the_direct_way_with_all_queued() {
    answers_are_the_same(everything).await;
}

async fn answers_are_the_same(change: impl FnOnce(&mut Config)) {
    let setup = format!("{NOTES}; alter table note add unique (body) deferrable initially deferred");
    let direct = harness::database(&setup).await;
    let direct = Server::start(&harness::cluster().url(&direct), |_| ()).await;
    let world = World::with(&setup, change).await;
    let _worker = world.work();
    world.until_ready().await;
    let requests = [
        insert(1, "a"),
        insert(2, "ä\u{1F600}\\\""),
        insert(1, "the key is taken"),
        insert(3, ""),
        // PostgreSQL finds it at the end of the transaction.
        insert(4, "a"),
        "mutation { updatenoteCollection(set: { body: \"z\" }, atMost: 1) { affectedCount } }".to_owned(),
        "mutation { a: deleteFromnoteCollection(filter: { id: { eq: 1 } }) { affectedCount } b: __typename \
            c: updatenoteCollection(set: { body: \"y\" }) { records { body } } }"
            .to_owned(),
        "mutation { nothing }".to_owned(),
        "mutation { deleteFromnoteCollection(atMost: -1) { affectedCount } }".to_owned(),
        "mutation {".to_owned(),
        "mutation { __typename }".to_owned(),
        "{ noteCollection { edges { node { id body } } } }".to_owned(),
    ];
    for query in requests {
        let accept = "application/graphql-response+json";
        let expected = direct.query(&query).header("accept", accept).send().await.unwrap();
        let found = world.send(&query, &[]).await;
        assert_eq!(found.status(), expected.status(), "{query}");
        assert_eq!(found.text().await.unwrap(), expected.text().await.unwrap(), "{query}");
    }
    assert_eq!(
        world.ask("select count(*) from glowplug.operation").await,
        "7",
        "those that were run are entered"
    );
}

#[tokio::test]
async fn a_key_gives_the_same_answer_again_and_refuses_another_operation() {
    let world = World::new(NOTES).await;
    let _worker = world.work();
    let key = [("idempotency-key", KEY)];
    let first = world.text(&insert(1, "a"), &key).await;
    assert_eq!(world.text(&insert(1, "a"), &key).await, first);
    assert_eq!(world.ask("select count(*) from note").await, "1");
    let quoted = format!("\"{KEY}\"");
    assert_eq!(world.text(&insert(1, "a"), &[("idempotency-key", &quoted)]).await, first);
    let other = world.json(&insert(2, "b"), &key).await;
    assert_eq!(other["errors"][0]["extensions"]["code"], "CONFLICT", "{other}");
    assert_eq!(world.ask("select count(*) from note").await, "1");

    // An error is an answer, too.
    let failing = [("idempotency-key", "00000000-0000-4000-8000-000000000001")];
    let refused = world.text(&insert(1, "again"), &failing).await;
    world.ask("delete from note").await;
    assert_eq!(world.text(&insert(1, "again"), &failing).await, refused);

    let answer = world.send(&insert(3, "c"), &[("idempotency-key", "order-17")]).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("must be one UUID"));
}

#[tokio::test]
async fn asynchronous_answers_can_be_fetched_later() {
    let world = World::new(NOTES).await;
    let prefer = [("prefer", "respond-async"), ("idempotency-key", KEY)];
    let accepted = world.send(&insert(1, "a"), &prefer).await;
    assert_eq!(accepted.status(), 202);
    assert_eq!(accepted.headers()["preference-applied"], "respond-async");
    let place = accepted.headers()["location"].to_str().unwrap().to_owned();
    let body: Value = accepted.json().await.unwrap();
    assert_eq!(body, json!({ "operation": { "id": KEY, "state": "QUEUED" } }));
    let times =
        format!("{{ operation(id: \"{KEY}\") {{ state attempts enqueuedAt startedAt finishedAt }} }}");
    let waiting = &world.json(&times, &[]).await["data"]["operation"];
    let enqueued = waiting["enqueuedAt"].as_str().expect("a time").to_owned();
    assert_eq!(
        *waiting,
        json!({ "state": "QUEUED", "attempts": 0, "enqueuedAt": enqueued, "startedAt": null, "finishedAt": null })
    );

    let _worker = world.work();
    let operation = world.until(KEY, "SUCCEEDED").await;
    let done = &world.json(&times, &[]).await["data"]["operation"];
    assert_eq!(done["enqueuedAt"], enqueued, "the same in Redis and in the ledger");
    assert_eq!(operation["attempts"], 1);
    let text = operation["result"].as_str().unwrap();
    let result: Value = serde_json::from_str(text).unwrap();
    assert_eq!(result["data"]["insertIntonoteCollection"]["affectedCount"], 1, "{text}");
    let told: Value = at(&world, &place).await;
    assert_eq!(told["data"]["operation"]["state"], "SUCCEEDED", "{told}");

    let failing = world.send(&insert(1, "b"), &[("prefer", "respond-async")]).await;
    let body: Value = failing.json().await.unwrap();
    world.until(body["operation"]["id"].as_str().unwrap(), "FAILED").await;
    let nobody =
        world.json("{ operation(id: \"00000000-0000-4000-8000-000000000009\") { state } }", &[]).await;
    assert_eq!(nobody, json!({ "data": { "operation": null } }));
}

/// The answer at a `Location`, resolved like a client that uses a proxy with a path prefix.
async fn at(world: &World, location: &str) -> Value {
    let known = reqwest::Url::parse("https://proxy.example/some/prefix/graphql").unwrap();
    let resolved = known.join(location).unwrap();
    let path = resolved.path().strip_prefix("/some/prefix").expect("below the prefix");
    let asked = format!("{path}?{}", resolved.query().unwrap());
    world.server.get(&asked).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn asynchronous_answers_can_be_fetched_where_documents_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("documents.json");
    let document = insert(1, "a");
    std::fs::write(&list, json!({ "one": document }).to_string()).unwrap();
    let world = World::with(NOTES, |config| {
        config.http.get_requests = GetRequests::Off;
        config.documents = Documents { list: Some(list), policy: DocumentPolicy::ListOnly };
    })
    .await;
    let accepted = world.send(&document, &[("prefer", "respond-async")]).await;
    let place = accepted.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(at(&world, &place).await["data"]["operation"]["state"], "QUEUED");
    let _worker = world.work();
    while at(&world, &place).await["data"]["operation"]["state"] != "SUCCEEDED" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let wrong = at(&world, "?operation=order-17").await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}");
    let other = world.server.get("/graphql?query=%7B__typename%7D").send().await.unwrap();
    assert_eq!(other.status(), 405, "other requests by GET are refused");
}

#[tokio::test]
async fn only_the_sender_sees_an_operation_and_no_role_sees_the_ledger() {
    let setup = "create table note (id integer primary key, body text); \
        do $$ begin create role queue_ann; exception when duplicate_object then null; end $$; \
        do $$ begin create role queue_bob; exception when duplicate_object then null; end $$; \
        grant all on note to queue_ann, queue_bob; \
        create function peek() returns text language plpgsql volatile as $$ \
        begin return (select count(*) from glowplug.operation)::text; end $$";
    let secret = "a secret that is longer than thirty-two bytes";
    let world = World::with(setup, |config| {
        config.auth.jwt = Some(verified_by(secret));
    })
    .await;
    let _worker = world.work();
    let token = |role: &str, expires: u64| bearer(secret, role, expires);
    let (ann, renewed) = (token("queue_ann", 4_000_000_000), token("queue_ann", 4_000_000_001));
    let bob = token("queue_bob", 4_000_000_000);
    let key = ("idempotency-key", KEY);
    let first = world.text(&insert(1, "a"), &[key, ("authorization", &ann)]).await;
    assert!(first.contains("affectedCount"), "{first}");
    assert_eq!(
        world.text(&insert(1, "a"), &[key, ("authorization", &renewed)]).await,
        first,
        "a renewed token"
    );
    let other = world.json(&insert(1, "a"), &[key, ("authorization", &bob)]).await;
    assert_eq!(other["errors"][0]["extensions"]["code"], "CONFLICT", "{other}");
    let query = format!("{{ operation(id: \"{KEY}\") {{ state }} }}");
    let own = world.json(&query, &[("authorization", &renewed)]).await;
    assert_eq!(own["data"]["operation"]["state"], "SUCCEEDED", "{own}");
    let foreign = world.json(&query, &[("authorization", &bob)]).await;
    assert_eq!(foreign, json!({ "data": { "operation": null } }));
    let peeked = world.json("mutation { peek }", &[("authorization", &ann)]).await;
    assert_eq!(peeked["errors"][0]["extensions"]["sqlstate"], "42501", "{peeked}");
}

#[tokio::test]
async fn the_direct_way_knows_nothing_of_operations() {
    let world = World::with(NOTES, |config| config.queue.queued = Queued::Nothing).await;
    let answer = world.send("{ operation(id: \"1\") { state } }", &[("idempotency-key", "nonsense")]).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("operation"));
}
