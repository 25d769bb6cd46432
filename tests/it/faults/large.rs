//! Huge messages: an answer of 200 MB, and a value of 50 MB; complete, or cut off in the middle.

use std::time::Duration;

use glowplug::config::{Config, PoolMode};
use serde_json::{Value, json};

use super::relay::Relay;
use super::{INSERT, SETUP};
use crate::harness;
use crate::server::{Server, json as body};

const MEGABYTE: usize = 1 << 20;

/// Removes time limits and size limits, which these tests are not about.
fn patient(config: &mut Config) {
    config.database.statement_timeout = Duration::from_mins(1);
    config.limits.body_bytes = 64 * MEGABYTE;
    config.limits.message_bytes = 256 * MEGABYTE;
    config.limits.answer_bytes = 256 * MEGABYTE;
    config.http.sockets.answer_bytes = 512 * MEGABYTE;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_200_megabytes() {
    let setup = "create table page (id int primary key, body text not null);
        comment on schema public is '@graphql({\"max_rows\": 1000})';
        insert into page select number, repeat(chr(96 + number % 26 + 1), 1048576) from generate_series(1, 200) number";
    let name = harness::database(setup).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let server = Server::start(&pooler.url(&name), patient).await;
    let query =
        "{ pageCollection(first: 200, orderBy: [{ id: AscNullsLast }]) { edges { node { id body } } } }";
    let answer = body(server.query(query).send().await.unwrap()).await;
    let edges = answer["data"]["pageCollection"]["edges"].as_array().expect("edges");
    assert_eq!(edges.len(), 200);
    for (edge, number) in edges.iter().zip(1_u8..) {
        let text = edge["node"]["body"].as_str().expect("a text");
        let letter = 96 + number % 26 + 1;
        assert!(text.len() == MEGABYTE && text.bytes().all(|byte| byte == letter), "page {number}");
    }
    let after =
        body(server.query("{ pageCollection(first: 0) { edges { cursor } } }").send().await.unwrap()).await;
    assert_eq!(after, json!({ "data": { "pageCollection": { "edges": [] } } }));
}

fn insert_of(mark: &str) -> String {
    json!({ "query": INSERT, "variables": { "mark": mark } }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_50_megabytes() {
    // An index cannot contain such a value.
    let name = harness::database(&format!("{SETUP}; drop index entry_mark_idx")).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let server = Server::start(&pooler.url(&name), patient).await;
    let mark = "it's \\ 25 bytes of text.\n".repeat(2 * MEGABYTE);
    let answer: Value = body(server.post(insert_of(&mark)).send().await.unwrap()).await;
    assert_eq!(answer, json!({ "data": { "insertIntoentryCollection": { "affectedCount": 1 } } }));
    let client = harness::connect(&harness::cluster().url(&name)).await;
    let is_whole = format!(
        "select length(mark) = {} and mark = repeat(E'it''s \\\\ 25 bytes of text.\\n', {}) from entry",
        mark.len(),
        2 * MEGABYTE
    );
    assert_eq!(harness::ask(&client, &is_whole).await.unwrap(), "t");
}

/// The network transports only the beginning of the message: the statement never runs, and blocks no other
/// request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_50_megabytes_that_is_cut_off() {
    let name = harness::database(SETUP).await;
    let (direct, port) = (harness::cluster().url(&name), harness::cluster().port());
    let relay = Relay::start(port, usize::MAX).await;
    let change = |config: &mut Config| {
        patient(config);
        config.database.statement_timeout = Duration::from_secs(1);
        // Another connection would be frozen as well, and the next request might use it.
        config.database.pool_size = 1;
    };
    let server = Server::start(&relay.url(&direct, port), change).await;
    let ready = server.query("{ __typename }").send().await.unwrap();
    assert_eq!(ready.status(), 200);
    relay.freeze();
    let answer = body(server.post(insert_of(&"x".repeat(50 * MEGABYTE))).send().await.unwrap()).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT", "{answer}");
    let after = body(server.post(insert_of("small")).send().await.unwrap()).await;
    assert_eq!(after, json!({ "data": { "insertIntoentryCollection": { "affectedCount": 1 } } }));
    let client = harness::connect(&direct).await;
    let marks = harness::ask(&client, "select string_agg(mark, ', ') from entry").await;
    assert_eq!(marks.as_deref(), Some("small"));
}
