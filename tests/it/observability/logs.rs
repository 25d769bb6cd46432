//! The log: the content of its lines, and what they never contain.

use glowplug_local::{Cluster, ClusterOptions};
use serde_json::{Value, json};

use super::scrape::Scrape;
use super::{NOTES, Observed};
use crate::cli::program::{client, open_folder};
use crate::harness;

/// Longer than 32 bytes.
const SECRET: &str = "the secret of this test, a marker, which nobody may read";

/// The lines of a target.
fn lines(printed: &str, target: &str) -> Vec<Value> {
    let lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["target"] == target).collect()
}

/// Sends a request whose secrets all contain `marker`.
async fn send(server: &Observed, body: Value, token: &str) -> u16 {
    let request = client()
        .post(server.program.page("/graphql?marker=marker"))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .header("cookie", "session=marker")
        .header("x-request-id", "request-7")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    request.body(body.to_string()).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_line_has_role_operation_and_outcome() {
    let folder = open_folder();
    let name = harness::database(NOTES).await;
    let mut server = Observed::start(folder.path(), &name, &["--log", "access,json"]);
    let body = json!({ "query": "query Notes { noteCollection { edges { node { id } } } }" });
    let request = client().post(server.program.page("/graphql")).header("content-type", "application/json");
    let request = request.header("x-request-id", "request-7").body(body.to_string());
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.program.stop("TERM");

    let printed = server.program.printed();
    let [operation] = &lines(&printed, "operation")[..] else { panic!("one operation:\n{printed}") };
    assert_eq!(operation["message"], "operation answered");
    assert_eq!((&operation["kind"], &operation["name"]), (&json!("query"), &json!("Notes")));
    assert_eq!(operation["outcome"], "ok");
    assert_eq!(operation["span"]["id"], "request-7");
    assert!(operation["seconds"].as_f64().unwrap() > 0.0, "{operation}");
    let access = lines(&printed, "access");
    let access = access.iter().find(|line| line["path"] == "/graphql").unwrap();
    assert_eq!((&access["method"], &access["status"]), (&json!("POST"), &json!(200)));
    assert_eq!(access["span"]["id"], "request-7");
}

#[tokio::test]
async fn the_log_names_the_field_and_the_statement_of_a_defect() {
    let folder = open_folder();
    let setup = "create function broken(secret text) returns integer stable language plpgsql as
        'begin return (select n from nowhere); end'";
    let name = harness::database(setup).await;
    let mut server = Observed::start(folder.path(), &name, &["--log", "info,json"]);
    let body = json!({ "query": "{ first: broken(secret: \"hush\") }" }).to_string();
    let request = client().post(server.program.page("/graphql")).header("content-type", "application/json");
    let request = request.header("x-request-id", "request-7").body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.program.stop("TERM");
    let printed = server.program.printed();
    let lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let failed: Vec<Value> = lines.filter(|line| line["message"] == "request failed").collect();
    let [failed] = &failed[..] else { panic!("one line:\n{printed}") };
    assert_eq!((&failed["field"], &failed["request_id"]), (&json!("first"), &json!("request-7")));
    assert!(failed["error"].as_str().unwrap().contains("nowhere"), "{failed}");
    let statement = failed["statement"].as_str().unwrap();
    assert!(statement.contains("\"broken\"") && !printed.contains("hush"), "{failed}");
}

#[tokio::test]
async fn an_unavailable_database_is_logged_once_and_once_when_it_is_back() {
    let mut cluster = Cluster::start(ClusterOptions::throwaway()).expect("a server");
    let folder = open_folder();
    let mut server = Observed::with(folder.path(), &cluster.url("postgres"), &["--log", "info,json"], &[]);
    let failures = r#"glowplug_database_connect_failures_total{reason="refused"}"#;
    let there = |scrape: &Scrape| scrape.count("glowplug_pool_connections_idle") > 0;
    server.program.query("{ __typename }").await;
    cluster.stop();
    while server.scrape().await.count(failures) < 5 {
        server.metrics("/readyz").await;
    }
    cluster.restart().expect("the server again");
    while !there(&server.scrape().await) {
        server.metrics("/readyz").await;
    }
    server.program.stop("TERM");
    let printed = server.program.printed();
    let told = |message: &str| {
        let lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .filter(|line| line["message"] == message)
            .map(|line| line["error"].to_string())
            .collect::<Vec<_>>()
    };
    let gone = told("no connection to the database");
    // It refuses connections, and while it starts, it says so.
    assert!(
        gone.len() <= 3 && gone.iter().filter(|error| error.contains("refuses")).count() == 1,
        "{printed}"
    );
    assert_eq!(told("connected to the database again").len(), 1, "{printed}");
}

#[tokio::test]
async fn no_token_claim_or_value_is_ever_logged() {
    let folder = open_folder();
    let name = harness::database(NOTES).await;
    let url = harness::cluster().url(&name);
    let arguments = ["--log", "trace,json"];
    let mut server = Observed::with(folder.path(), &url, &arguments, &[("GLOWPLUG_JWT_SECRET", SECRET)]);
    let token = token(&json!({ "role": "postgres", "sub": "marker-claim", "exp": 4_102_444_800_u64 }));
    let read = "query Q($body: String) { noteCollection(filter: { body: { eq: $body } }) { edges { node { id } } } }";
    let requests = [
        json!({ "query": read, "variables": { "body": "marker-value" } }),
        json!({ "query": r#"{ noteCollection(filter: { body: { eq: "marker-literal" } }) { edges { node { id } } } }"# }),
        // A request that the database refuses, one that validation refuses, and one that cannot be parsed.
        json!({ "query": r#"mutation { insertIntonoteCollection(objects: [{ id: 1, body: "marker" }]) { affectedCount } }"# }),
        json!({ "query": read, "variables": { "body": ["marker"] } }),
        json!({ "query": r#"{ noteCollection(filter: { body: "marker" }) { nothing } }"#, "operationName": "marker" }),
        json!({ "query": "{ \"marker" }),
    ];
    for request in requests {
        assert_eq!(send(&server, request, &token).await, 200);
    }
    let forged = format!("{}marker", &token[..token.len() - 8]);
    assert_eq!(send(&server, json!({ "query": read }), &forged).await, 401);
    server.program.stop("TERM");

    let printed = server.program.printed();
    assert_eq!(lines(&printed, "operation").len(), 6, "{printed}");
    assert_eq!(lines(&printed, "operation")[0]["role"], "postgres");
    assert_eq!(lines(&printed, "operation")[0]["span"]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    for part in ["marker", &token, token.rsplit('.').next().unwrap()] {
        let told: Vec<&str> = printed.lines().filter(|line| line.contains(part)).collect();
        assert!(told.is_empty(), "`{part}` is in the log:\n{}", told.join("\n"));
    }
}

fn token(claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}
