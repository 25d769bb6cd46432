//! Persisted operations over HTTP: how clients name them, what is refused, and the file.

mod clients;
mod file;

use std::path::Path;

use glowplug::config::DocumentPolicy;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness;
use crate::server::{Server, json};
use crate::ways::{Route, on_both_ways};

const NOTES: &str = "create table note (id int primary key, title text not null);
    insert into note values (1, 'one'), (2, 'two');";

const TITLE: &str = "query Title($id: Int!) { noteByPk(id: $id) { title } }";
const RENAME: &str = "mutation Rename { updatenoteCollection(set: {title: \"new\"}, filter: {id: {eq: 1}}) { affectedCount } }";
const OTHER: &str = "{ noteCollection { edges { node { id } } } }";

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

on_both_ways!(
    a_document_is_named_in_every_way_that_clients_have,
    a_persisted_mutation_may_not_be_sent_by_get,
    an_unknown_id_is_never_a_path_and_is_an_error,
    a_hash_is_registered_with_its_text_and_then_stands_for_it,
    without_automatic_queries_clients_learn_that_they_are_not_supported,
    with_only_persisted_nothing_else_runs,
);

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

/// Writes a list with two documents, and serves the notes with it.
async fn notes(route: Route, policy: DocumentPolicy, folder: &Path) -> Server {
    let list = folder.join("persisted.json");
    std::fs::write(&list, json!({"title": TITLE, "rename": RENAME}).to_string()).unwrap();
    let name = harness::database(NOTES).await;
    Server::start_on(route, &harness::cluster().url(&name), |config| {
        config.documents.list = Some(list);
        config.documents.policy = policy;
    })
    .await
}

/// Sends a request as `application/graphql-response+json`; the status, and the answer.
async fn send(server: &Server, request: &Value) -> (StatusCode, Value) {
    let response = server.post(request.to_string()).header("accept", GRAPHQL_RESPONSE).send().await.unwrap();
    (response.status(), json(response).await)
}

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

async fn a_document_is_named_in_every_way_that_clients_have(route: Route) {
    let folder = tempfile::tempdir().unwrap();
    let server = notes(route, DocumentPolicy::Automatic, folder.path()).await;
    let variables = json!({"id": 2});
    let two = json!({"data": {"noteByPk": {"title": "two"}}});
    let prefixed = format!("sha256:{}", sha256(TITLE));
    let hash = json!({"persistedQuery": {"version": 1, "sha256Hash": sha256(TITLE)}});
    let named = [
        json!({"documentId": "title", "variables": variables}),
        json!({"documentId": prefixed, "variables": variables}),
        json!({"doc_id": "title", "variables": variables}),
        json!({"id": "title", "variables": variables}),
        json!({"extensions": hash, "variables": variables}),
        json!({"query": TITLE, "id": 7, "variables": variables}),
    ];
    for request in &named {
        assert_eq!(send(&server, request).await, (StatusCode::OK, two.clone()), "{request}");
    }
    let (status, answers) = send(&server, &json!(named)).await;
    assert_eq!((status, answers), (StatusCode::OK, json!(vec![two.clone(); named.len()])));
    for (parameter, value) in
        [("documentId", "title"), ("doc_id", "title"), ("id", "title"), ("extensions", &hash.to_string())]
    {
        let get = server.get("/graphql").query(&[(parameter, value), ("variables", &variables.to_string())]);
        assert_eq!(json(get.send().await.unwrap()).await, two, "GET by {parameter}");
    }
}

async fn a_persisted_mutation_may_not_be_sent_by_get(route: Route) {
    let folder = tempfile::tempdir().unwrap();
    let server = notes(route, DocumentPolicy::Automatic, folder.path()).await;
    let response = server.get("/graphql?documentId=rename").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
    let renamed = json!({"data": {"updatenoteCollection": {"affectedCount": 1}}});
    assert_eq!(send(&server, &json!({"documentId": "rename"})).await.1, renamed);
}

async fn an_unknown_id_is_never_a_path_and_is_an_error(route: Route) {
    let folder = tempfile::tempdir().unwrap();
    let server = notes(route, DocumentPolicy::Automatic, folder.path()).await;
    for id in ["nothing", "persisted.json", "../persisted.json", "/etc/passwd", "", "sha256:", "title\0"] {
        let (status, answer) = send(&server, &json!({"documentId": id})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{id}");
        assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_FOUND", "{answer}");
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
        assert!(answer.get("data").is_none());
    }
    let both = json!({"documentId": "title", "query": OTHER});
    let (status, answer) = send(&server, &both).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT")), "{answer}");
}

/// The answers are those of Apollo's servers: status 200, these messages and codes, and no caching.
async fn a_hash_is_registered_with_its_text_and_then_stands_for_it(route: Route) {
    let folder = tempfile::tempdir().unwrap();
    let server = notes(route, DocumentPolicy::Automatic, folder.path()).await;
    let hash = |text: &str| json!({"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}});
    let by_hash = json!({"extensions": hash(OTHER)});
    let rows = json!({"data": {"noteCollection": {"edges": [{"node": {"id": 1}}, {"node": {"id": 2}}]}}});

    let response = server.post(by_hash.to_string()).header("accept", GRAPHQL_RESPONSE).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer = json(response).await;
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_FOUND");

    let forged = json!({"query": "{ __typename }", "extensions": hash(OTHER)});
    let (status, answer) = send(&server, &forged).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT")), "{answer}");
    assert_eq!(code(&send(&server, &by_hash).await.1), "PERSISTED_QUERY_NOT_FOUND");

    let registering = json!({"query": OTHER, "extensions": hash(OTHER)});
    assert_eq!(send(&server, &registering).await, (StatusCode::OK, rows.clone()));
    assert_eq!(send(&server, &by_hash).await, (StatusCode::OK, rows.clone()));
    let get = server.get("/graphql").query(&[("extensions", hash(OTHER).to_string())]);
    assert_eq!(json(get.send().await.unwrap()).await, rows);

    let version = json!({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "x"}}});
    let (status, answer) = send(&server, &version).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT")), "{answer}");
}

async fn without_automatic_queries_clients_learn_that_they_are_not_supported(route: Route) {
    let name = harness::database(NOTES).await;
    let server = Server::start_on(route, &harness::cluster().url(&name), |config| {
        config.documents.policy = DocumentPolicy::Any;
    })
    .await;
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": sha256(OTHER)}});
    let (status, answer) = send(&server, &json!({"extensions": extensions})).await;
    assert_eq!((status, code(&answer)), (StatusCode::OK, &json!("PERSISTED_QUERY_NOT_SUPPORTED")));
    let (_, answer) = send(&server, &json!({"query": OTHER, "extensions": extensions})).await;
    assert!(answer["data"].is_object(), "{answer}");
}

async fn with_only_persisted_nothing_else_runs(route: Route) {
    let folder = tempfile::tempdir().unwrap();
    let server = notes(route, DocumentPolicy::ListOnly, folder.path()).await;
    let two = json!({"data": {"noteByPk": {"title": "two"}}});
    for listed in [json!({"documentId": "title"}), json!({"query": TITLE})] {
        let mut request = listed;
        request["variables"] = json!({"id": 2});
        assert_eq!(send(&server, &request).await, (StatusCode::OK, two.clone()), "{request}");
    }
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": sha256(OTHER)}});
    for refused in [
        json!({"query": OTHER}),
        json!({"query": format!("{TITLE} ")}),
        json!({"query": "{ __typename }"}),
        json!({"query": "{ __schema { queryType { name } } }"}),
        json!({"query": OTHER, "extensions": extensions}),
        json!({"query": format!("{TITLE} {OTHER}"), "operationName": "Title", "variables": {"id": 2}}),
    ] {
        let (status, answer) = send(&server, &refused).await;
        assert_eq!(
            (status, code(&answer)),
            (StatusCode::BAD_REQUEST, &json!("FORBIDDEN")),
            "{refused}: {answer}"
        );
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("only persisted operations may run"), "{message}");
        let (_, answers) =
            send(&server, &json!([refused, {"documentId": "title", "variables": {"id": 2}}])).await;
        assert_eq!((code(&answers[0]), &answers[1]), (&json!("FORBIDDEN"), &two));
    }
    assert_eq!(code(&send(&server, &json!({"extensions": extensions})).await.1), "PERSISTED_QUERY_NOT_FOUND");
    let get = server.get("/graphql?query=%7B__typename%7D").send().await.unwrap();
    assert_eq!(code(&json(get).await), "FORBIDDEN");
}
