//! Which server answers an operation, and that the answer is the same as on the primary.

use async_graphql::Executor as _;
use glowplug::config::{Config, Replica, Secret};
use glowplug::engine::{Identity, ReadFrom};
use serde_json::json;

use super::{Servers, WHERE, answer, answer_as, caught_up, command, ready_says};
use crate::server::{Server, json as body};

const MARKS: &str = "{ entryCollection(orderBy: [{ id: AscNullsLast }]) { edges { node { mark } } } }";

const INSERT: &str =
    "mutation { insertIntoentryCollection(objects: [{ id: 2, mark: \"new\" }]) { records { mark } } }";

fn marks(marks: &[&str]) -> serde_json::Value {
    let edges: Vec<_> = marks.iter().map(|mark| json!({ "node": { "mark": mark } })).collect();
    json!({ "data": { "entryCollection": { "edges": edges } } })
}

/// A standby whose recovery is paused keeps its old rows, so the answer shows which server it came from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_are_read_from_a_replica_and_mutations_go_to_the_primary() {
    let servers = Servers::start(1).await;
    let server = Server::start(&servers.primary.url("postgres"), |config| {
        config.database.replicas = servers.config().database.replicas;
    })
    .await;
    let engine = servers.engine(|_| {}).await;
    assert_eq!(answer(&engine, WHERE, ReadFrom::Replica).await, json!({ "data": { "on_replica": true } }));
    assert_eq!(answer(&engine, WHERE, ReadFrom::Primary).await, json!({ "data": { "on_replica": false } }));
    command(&servers.standbys[0], "select pg_wal_replay_pause()").await;
    let inserted = answer(&engine, INSERT, ReadFrom::Replica).await;
    assert_eq!(inserted["data"]["insertIntoentryCollection"]["records"], json!([{ "mark": "new" }]));
    assert_eq!(answer(&engine, MARKS, ReadFrom::Replica).await, marks(&["old"]));
    assert_eq!(answer(&engine, MARKS, ReadFrom::Primary).await, marks(&["old", "new"]));

    // The same over HTTP, and with async-graphql's request.
    ready_says(&server, "ready\n1 of 1 replicas get reads\n").await;
    for (header, expected) in [("replica", marks(&["old"])), ("primary", marks(&["old", "new"]))] {
        let request = server.query(MARKS).header("glowplug-read-from", header);
        assert_eq!(body(request.send().await.unwrap()).await, expected, "{header}");
        let batch = json!([{ "query": MARKS }, { "query": MARKS }]).to_string();
        let request = server.post(batch).header("glowplug-read-from", header);
        assert_eq!(body(request.send().await.unwrap()).await, json!([expected, expected]), "{header}");
        let request = server.get("/graphql").query(&[("query", MARKS)]).header("glowplug-read-from", header);
        assert_eq!(body(request.send().await.unwrap()).await, expected, "{header}");
    }
    let wrong = server.query(MARKS).header("glowplug-read-from", "master").send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    let told = body(wrong).await["errors"][0]["message"].to_string();
    assert!(told.contains("must be `primary` or `replica`"), "{told}");
    let request = async_graphql::Request::new(MARKS).data(ReadFrom::Primary);
    let response = engine.execute(request).await;
    assert_eq!(json!({ "data": response.data.into_json().unwrap() }), marks(&["old", "new"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_claims_and_timeouts_hold_on_a_replica() {
    let servers = Servers::start(1).await;
    command(
        &servers.primary,
        "create role reader; alter role reader set statement_timeout = '321ms';
        create function who() returns text stable language sql as $$
            select concat_ws(' ', pg_is_in_recovery(), current_user, current_setting('request.jwt.claims', true),
                current_setting('statement_timeout'), current_setting('transaction_read_only')) $$;
        create function slow() returns text stable language sql as 'select pg_sleep(30)::text'",
    )
    .await;
    caught_up(&servers.primary, &servers.standbys[0]).await;
    let engine = servers.engine(|_| {}).await;
    let claims = r#"{"sub":"ann"}"#;
    let identity = Identity {
        role: Some("reader".into()),
        settings: [("request.jwt.claims".into(), claims.into())].into(),
        ..Identity::default()
    };
    let who = answer_as(&engine, "{ who }", ReadFrom::Replica, &identity).await;
    assert_eq!(who, json!({ "data": { "who": format!("t reader {claims} 321ms on") } }));
    let slow = answer_as(&engine, "{ slow }", ReadFrom::Replica, &identity).await;
    assert_eq!(slow["errors"][0]["extensions"]["code"], "TIMEOUT", "{slow}");
    assert_eq!(engine.replicas().in_use, 1, "a statement that is slow says nothing against the server");
}

/// The catalog comes from the primary, so the API may have something that has not arrived at the replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_that_a_replica_lacks_are_read_from_the_primary() {
    let servers = Servers::start(1).await;
    let engine = servers.engine(|_| {}).await;
    command(&servers.standbys[0], "select pg_wal_replay_pause()").await;
    command(
        &servers.primary,
        "create role late; create table fresh (id int primary key); insert into fresh values (7);
        grant select on fresh to late; alter table entry add more text default 'more'",
    )
    .await;
    engine.reload().await.unwrap();
    let late = Identity { role: Some("late".into()), ..Identity::default() };
    let fresh = "{ freshCollection { edges { node { id } } } }";
    let expected = json!({ "data": { "freshCollection": { "edges": [{ "node": { "id": 7 } }] } } });
    assert_eq!(answer(&engine, fresh, ReadFrom::Replica).await, expected);
    assert_eq!(answer_as(&engine, fresh, ReadFrom::Replica, &late).await, expected);
    let more = answer(&engine, "{ entryByPk(id: 1) { more } }", ReadFrom::Replica).await;
    assert_eq!(more, json!({ "data": { "entryByPk": { "more": "more" } } }));
    assert_eq!(answer(&engine, WHERE, ReadFrom::Replica).await["data"]["on_replica"], true);
}

#[tokio::test]
async fn a_replica_with_a_wrong_connection_string_is_named() {
    let servers = Servers::start(0).await;
    let mut config: Config = servers.config();
    let url = Secret::new("postgres://ann:hush@db/app?sslmode=perhaps");
    config.database.replicas = vec![Replica { url, max_lag: None }];
    let error = glowplug::engine::Engine::new(&config).err().expect("an error").to_string();
    assert!(error.contains("postgres://ann:***@db/app?sslmode=perhaps (setting replica-url)"), "{error}");
}
