//! `--queue all`: a server without a database, for clients and operators.

use std::time::Duration;

use futures_util::FutureExt as _;
use glowplug::config::{Config, DocumentPolicy, Introspection, PoolMode, Queued, Secret};
use glowplug::engine::{Extension, FieldCode};
use glowplug::queue::Worker;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::{NOTES, Working, World, insert, queue};
use crate::harness;
use crate::server::Server;

const SETUP: &str = "create table note (id integer primary key, body text not null check (body <> '')); \
    insert into note values (1, 'a'), (2, 'ä\u{1F600}'); \
    create function fails() returns text stable language plpgsql as $$ begin raise exception 'on purpose'; end $$";

/// Headers that differ in every answer.
const PASSING: [&str; 2] = ["date", "x-request-id"];

/// Configures a server that queues all operations and has no database.
pub(super) fn everything(config: &mut Config) {
    config.queue.queued = Queued::Everything;
    config.database.url = Secret::new("");
}

impl World {
    /// Waits until the server is ready.
    pub(super) async fn until_ready(&self) {
        while self.server.get("/readyz").send().await.unwrap().status() != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Status, headers and body.
async fn seen(request: RequestBuilder) -> (StatusCode, Vec<(String, String)>, String) {
    let response = request.send().await.unwrap();
    let headers = response.headers().iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(name, _)| !PASSING.contains(&name.as_str()))
        .collect();
    headers.sort();
    let (status, body) = (response.status(), response.text().await.unwrap());
    // A page has another nonce each time.
    let policy = headers.iter().find(|(name, _)| name == "content-security-policy");
    let nonce = policy.and_then(|(_, policy)| policy.split("'nonce-").nth(1)?.split('\'').next());
    let Some(nonce) = nonce.map(str::to_owned) else { return (status, headers, body) };
    let plain = |text: &str| text.replace(&nonce, "");
    let headers = headers.into_iter().map(|(name, value)| (name, plain(&value))).collect();
    (status, headers, plain(&body))
}

/// Queries and refused requests, with the same answers from both servers.
fn requests(server: &Server) -> Vec<RequestBuilder> {
    let typename = json!({ "query": "{ __typename }" });
    let hash = "d2dc5b4c1f1d41c4ae8a0a1bb3f6ddf2a1e2a9f1f8a52d5f6d1a6f1c7e0e2f3a";
    let documents = [
        "{ noteCollection { edges { node { id body } } pageInfo { hasNextPage } } }",
        "{ a: noteByPk(id: 1) { body } fails b: noteByPk(id: 2) { body } }",
        "{ __typename noteByPk(id: 1) { id } __type(name: \"note\") { name fields { name } } }",
        "{ __schema { types { name fields { name type { name kind } } } } }",
        "{ noteCollection(filter: { id: { eq: \"1\" } }) { edges { cursor } } }",
        "query ($id: Int!) { noteByPk(id: $id) { body } }",
        "{ noteCollecton { edges { cursor } } }",
        "{ noteCollection(first: -1) { edges { cursor } } }",
        "{",
        "subscription { noteCollection { edges { cursor } } }",
        "query A { __typename } query B { noteByPk(id: 1) { id } }",
        "mutation { insertIntonoteCollection(objects: [{ nothing: 1 }]) { affectedCount } }",
    ];
    let mut all = Vec::new();
    for document in documents {
        for accept in ["application/json", "application/graphql-response+json"] {
            all.push(server.query(document).header("accept", accept));
        }
    }
    let variables = json!({ "query": documents[5], "variables": { "id": 2 } });
    let named = json!({ "query": documents[10], "operationName": "B" });
    let unknown = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    for body in
        [&variables, &named, &unknown, &json!([typename, variables, { "query": "{ fails }" }]), &json!(7)]
    {
        all.push(server.post(body.to_string()));
    }
    for path in [
        "/graphql?query={noteByPk(id:1){id}}",
        "/graphql?query=mutation{deleteFromnoteCollection{affectedCount}}",
        "/schema.graphql",
        "/",
        "/nowhere",
        "/healthz",
        "/readyz",
    ] {
        all.push(server.get(path));
    }
    all.push(server.query("{ __typename }").header("glowplug-read-from", "primary"));
    all.push(server.query("{ __typename }").header("glowplug-read-from", "nowhere"));
    all.push(server.query("{ __typename }").header("accept", "text/plain"));
    all
}

/// The other server queues only mutations, so its API has the field `operation`, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_database_reads_and_refuses_as_one_with_a_database_does() {
    let world = World::with(SETUP, everything).await;
    let _worker = world.work();
    world.until_ready().await;
    let direct = Server::start(&world.url, |config| {
        config.queue = queue(&world.redis.url());
        config.queue.queued = Queued::Mutations;
    })
    .await;
    for (expected, found) in requests(&direct).into_iter().zip(requests(&world.server)) {
        let asked = format!("{found:?}");
        assert_eq!(seen(found).await, seen(expected).await, "{asked}");
    }
    assert_eq!(world.ask("select count(*) from glowplug.operation").await, "0", "reading is not entered");
    let connections = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    direct.stop().await;
    assert!(world.ask(connections).await.parse::<u32>().unwrap() <= 4, "the worker's alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_requests_fail_at_once() {
    let world = World::with(NOTES, everything).await;
    let read = "{ noteCollection { edges { node { id } } } }";
    let told = async |query: &str| {
        let answer = tokio::time::timeout(Duration::from_secs(15), world.send(query, &[])).await;
        let answer = answer.expect("an answer in bounded time");
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["errors"][0]["message"].clone())
    };
    let nobody = (503, json!("no worker answers; try again later"));
    for query in [read, "{ __typename }", &insert(1, "a")] {
        assert_eq!(told(query).await, nobody, "{query}");
    }
    let ready = world.server.get("/readyz").send().await.unwrap();
    assert_eq!(
        (ready.status().as_u16(), ready.text().await.unwrap()),
        (503, "not ready: no worker answers; try again later\n".to_owned())
    );
    assert_eq!(world.server.get("/schema.graphql").send().await.unwrap().status(), 503);

    let worker = world.work();
    world.until_ready().await;
    assert_eq!(told(read).await, (200, Value::Null));
    worker.stop().await;
    // The API stays known; a moment later the server also notices that there is no worker.
    assert_eq!(told("{ __typename }").await, (200, Value::Null));
    assert_eq!(told(read).await, nobody);
    assert_eq!(world.redis::<u64>("XLEN glowplug:{test:0}:operations").await, 0, "nothing is left behind");
    let ready = world.server.get("/readyz").send().await.unwrap();
    assert_eq!(ready.text().await.unwrap(), "not ready: no worker answers\n");
}

/// There is no listener at the address of the worker's database; a server with that address gives the same
/// answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_unavailable_to_the_worker_is_reported_like_the_servers_own() {
    let away = "postgres://nobody@127.0.0.1:1/none";
    let world = World::at(away.to_owned(), everything).await;
    let _worker = world.work();
    let direct = Server::start(away, |_| ()).await;
    let read = "{ noteCollection { edges { node { id } } } }";
    let expected = seen(direct.query(read)).await;
    assert!(expected.2.contains("the database cannot be reached"), "{expected:?}");
    loop {
        let found = seen(world.server.query(read)).await;
        if !found.2.contains("no worker answers") {
            assert_eq!(found, expected);
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_exposes_something_else_is_no_worker_for_the_server() {
    let world = World::with(NOTES, |config| {
        everything(config);
        config.api.introspection = Introspection::Off;
    })
    .await;
    let _worker = world.work();
    loop {
        let answer = world.text("{ __typename }", &[]).await;
        if !answer.contains("no worker answers") {
            assert!(answer.contains("give both the same schemas, explore"), "{answer}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The server has loaded a newer catalog than the worker.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_learns_of_a_schema_change_from_the_server() {
    let world = World::with(NOTES, everything).await;
    let _worker = world.work();
    world.until_ready().await;
    assert_eq!(world.send(&insert(1, "a"), &[]).await.status(), 200);
    world.ask("alter table note add headline text").await;
    // Another server, which has not loaded the catalog before.
    let late = Server::start("", |config| {
        config.queue = queue(&world.redis.url());
        config.queue.queued = Queued::Everything;
    });
    let late = late.await;
    let read = "{ noteByPk(id: 1) { id headline } }";
    let answer = late.query(read).send().await.unwrap().text().await.unwrap();
    assert_eq!(answer, r#"{"data":{"noteByPk":{"id":1,"headline":null}}}"#);
    world.ask("alter table note add subtitle text").await;
    let latest = Server::start("", |config| {
        config.queue = queue(&world.redis.url());
        config.queue.queued = Queued::Everything;
    });
    let latest = latest.await;
    let write = "mutation { updatenoteCollection(set: { subtitle: \"b\" }) { records { subtitle } } }";
    let answer = latest.query(write).send().await.unwrap().text().await.unwrap();
    assert_eq!(answer, r#"{"data":{"updatenoteCollection":{"records":[{"subtitle":"b"}]}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_persisted_operations_run_where_the_server_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("persisted.json");
    std::fs::write(&list, json!({ "one": "{ noteCollection { edges { node { id } } } }" }).to_string())
        .unwrap();
    let world = World::with(NOTES, |config| {
        everything(config);
        config.documents.list = Some(list);
        config.documents.policy = DocumentPolicy::ListOnly;
    })
    .await;
    let _worker = world.work();
    world.until_ready().await;
    let answer = world.server.post(json!({ "documentId": "one" }).to_string()).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"data":{"noteCollection":{"edges":[]}}}"#);
    let refused = world.json("{ noteByPk(id: 1) { id } }", &[]).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}

/// The server has the fields' signatures; their code runs only at the worker.
#[tokio::test(flavor = "multi_thread")]
async fn fields_written_in_rust_run_at_the_worker() {
    let world = World::with(NOTES, everything).await;
    let extension = |answer: &'static str| {
        let mut extension = Extension::default();
        let resolver = move |_, _| async move { Ok(json!(answer)) }.boxed();
        extension.add_field("where: String!", FieldCode::Query(Box::new(resolver))).unwrap();
        extension
    };
    let mut config = harness::config(&world.url, PoolMode::Direct);
    config.queue = queue(&world.redis.url());
    let worker = Worker::new(&config, extension("at the worker")).unwrap();
    let server = Server::start_extended(
        "",
        |config| {
            config.queue = queue(&world.redis.url());
            config.queue.queued = Queued::Everything;
        },
        extension("at the server"),
    );
    let (server, _worker) = (server.await, Working::of(worker));
    loop {
        let answer = server.query("{ where noteCollection { edges { cursor } } }").send().await.unwrap();
        let text = answer.text().await.unwrap();
        if !text.contains("no worker answers") {
            assert_eq!(text, r#"{"data":{"where":"at the worker","noteCollection":{"edges":[]}}}"#);
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
