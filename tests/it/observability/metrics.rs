//! `/metrics`: the metrics and their names, and that the documentation lists them.

use std::fmt::Write as _;

use glowplug_local::{Cluster, ClusterOptions};
use glowplug_local::{Redis, RedisOptions};
use serde_json::json;

use super::queue::idle_worker;
use super::scrape::Scrape;
use super::{NOTES, Observed, READ};
use crate::cli::program::{client, open_folder};
use crate::documented;
use crate::harness::{self, ask, connect};

#[tokio::test]
async fn operations_stages_and_requests_are_counted() {
    let folder = open_folder();
    let server = Observed::start(folder.path(), &harness::database(NOTES).await, &["--explore", "on"]);
    for document in [READ, READ, "{ __schema { queryType { name } } }", "{ nothing }"] {
        server.program.query(document).await;
    }
    let write =
        r#"mutation { insertIntonoteCollection(objects: [{ id: 1, body: "again" }]) { affectedCount } }"#;
    server.program.query(write).await;
    server.program.query("mutation { conflict }").await;
    let batch = json!([{ "query": READ }, { "query": READ }]).to_string();
    let post = client().post(server.program.page("/graphql")).header("content-type", "application/json");
    assert_eq!(post.body(batch).send().await.unwrap().status(), 200);
    assert_eq!(server.program.get("/nowhere").await.0, 404);

    let scrape = server.scrape().await;
    for (sample, count) in [
        (r#"glowplug_operations_total{kind="query",outcome="ok",role="none"}"#, 4),
        (r#"glowplug_operations_total{kind="introspection",outcome="ok",role="none"}"#, 1),
        (r#"glowplug_operations_total{kind="unknown",outcome="BAD_USER_INPUT",role="none"}"#, 1),
        (r#"glowplug_operations_total{kind="mutation",outcome="CONFLICT",role="none"}"#, 2),
        (r#"glowplug_operation_duration_seconds_count{kind="query"}"#, 4),
        (r#"glowplug_stage_duration_seconds_count{stage="plan"}"#, 7),
        (r#"glowplug_document_lookups_total{result="hit"}"#, 3),
        // Nothing is cached at the first request of a document.
        (r#"glowplug_operation_lookups_total{result="miss"}"#, 5),
        (r#"glowplug_operation_lookups_total{result="hit"}"#, 2),
        (r#"glowplug_database_conflict_retries_total{reason="40P01"}"#, 3),
        (r#"glowplug_database_conflict_retries_total{reason="40001"}"#, 0),
        ("glowplug_batch_operations_count", 1),
        ("glowplug_batch_operations_sum", 2),
        (r#"glowplug_http_requests_total{route="/graphql",status="200"}"#, 7),
        (r#"glowplug_http_requests_total{route="other",status="404"}"#, 1),
        (r#"glowplug_catalog_loads_total{outcome="ok"}"#, 1),
        // The request for the metrics.
        ("glowplug_http_requests_in_flight", 1),
        ("glowplug_pool_connections_max", 16),
    ] {
        assert_eq!(scrape.count(sample), count, "{sample}\n{}", scrape.text);
    }
    // Each operation on data is one message; so is the read of the catalog.
    assert!(scrape.count("glowplug_database_messages_total") >= 6, "{}", scrape.text);
    assert!(scrape.count("glowplug_database_sent_bytes_total") > 1_000, "{}", scrape.text);
    assert!(scrape.count("glowplug_database_received_bytes_total") > 1_000, "{}", scrape.text);
    for (sample, least) in [
        ("process_resident_memory_bytes", 1e6),
        ("process_virtual_memory_bytes", 1e6),
        ("process_start_time_seconds", 1.7e9),
        ("process_cpu_seconds_total", 0.001),
        ("process_open_fds", 5.0),
        ("process_max_fds", 10.0),
    ] {
        assert!(scrape.value(sample) >= least, "{sample}\n{}", scrape.text);
    }
    // The probe of the pool mode makes its own connections.
    let idle = scrape.count("glowplug_pool_connections_idle");
    assert!(idle >= 1 && idle <= scrape.count("glowplug_database_connect_duration_seconds_count"));
}

#[tokio::test]
async fn an_operation_is_planned_and_printed_once_for_all_values_of_its_variables() {
    const DOCUMENT: &str = "query ($id: Int, $by: [noteOrderBy!], $offset: Int) {
        noteCollection(filter: {id: {eq: $id}}, orderBy: $by, offset: $offset) { edges { node { id } } } }";
    let server = Observed::start(open_folder().path(), &harness::database(NOTES).await, &[]);
    let ask = async |variables: serde_json::Value| {
        let body = json!({ "query": DOCUMENT, "variables": variables }).to_string();
        let request =
            client().post(server.program.page("/graphql")).header("content-type", "application/json");
        let text = request.body(body).send().await.unwrap().text().await.unwrap();
        assert!(text.starts_with(r#"{"data""#), "{text}");
    };
    for number in 0..10 {
        ask(json!({ "id": number, "by": [{ "id": "DescNullsLast" }], "offset": number + 1 })).await;
    }
    let lookups = async |result: &str| {
        let sample = format!(r#"glowplug_operation_lookups_total{{result="{result}"}}"#);
        server.scrape().await.count(&sample)
    };
    assert_eq!((lookups("miss").await, lookups("hit").await), (2, 8));
    // Another order is another statement, and so is a request without an order.
    for _ in 0..3 {
        ask(json!({ "id": 1, "by": [{ "id": "AscNullsLast" }], "offset": 1 })).await;
        ask(json!({ "id": 1 })).await;
    }
    assert_eq!((lookups("miss").await, lookups("hit").await), (4, 12));
}

#[tokio::test]
async fn a_query_beside_queued_mutations_is_planned_once() {
    let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
    let redis_url = redis.url();
    let queued = ["--redis-url", &redis_url, "--queue", "mutations"];
    let server = Observed::start(open_folder().path(), &harness::database(NOTES).await, &queued);
    for _ in 0..5 {
        server.program.query(READ).await;
    }
    let scraped = server.scrape().await;
    let count = |metric: &str, result: &str| scraped.count(&format!(r#"{metric}{{result="{result}"}}"#));
    for (metric, misses) in [("glowplug_document_lookups_total", 1), ("glowplug_operation_lookups_total", 2)]
    {
        assert_eq!((count(metric, "miss"), count(metric, "hit")), (misses, 5 - misses), "{metric}");
    }
}

#[tokio::test]
async fn the_pool_shows_who_waits_and_what_was_given_up() {
    let name = harness::database(NOTES).await;
    let folder = open_folder();
    let server = Observed::start(folder.path(), &name, &["--pool-size", "1"]);
    server.program.query(READ).await;
    let lock = connect(&harness::cluster().url(&name)).await;
    lock.batch_execute("begin; lock table note").await.unwrap();
    let (first, second) = (server.begin(READ), server.begin(READ));
    let busy = server.until(|now| now.count("glowplug_pool_waiting_requests") == 1).await;
    assert_eq!(busy.count("glowplug_pool_connections_in_use"), 1, "{}", busy.text);
    assert_eq!(busy.count("glowplug_pool_connections_idle"), 0, "{}", busy.text);

    first.abort();
    second.abort();
    let requests = r#"glowplug_http_requests_total{route="/graphql",status="abandoned"}"#;
    let operations = r#"glowplug_operations_total{kind="query",outcome="abandoned",role="none"}"#;
    // A dropped request is counted in several steps, and a scrape may come in between.
    let is_over = |now: &Scrape| {
        let is_counted = now.count(requests) == 2 && now.count(operations) == 2;
        is_counted && now.count("glowplug_pool_waiting_requests") == 0
    };
    let after = server.until(is_over).await;
    assert!(after.count("glowplug_database_cancels_total") >= 1, "{}", after.text);
}

#[tokio::test]
async fn the_replicas_in_use_are_reported() {
    let primary = Cluster::start(ClusterOptions::throwaway()).expect("a primary");
    let mut standby = primary.standby().expect("a standby");
    let folder = open_folder();
    let url = standby.url("postgres");
    let server = Observed::with(folder.path(), &primary.url("postgres"), &["--replica-url", &url], &[]);
    let there = server.until(|now| now.count("glowplug_replicas_in_use") == 1).await;
    assert_eq!(there.count("glowplug_replicas"), 1, "{}", there.text);
    standby.stop();
    let gone = server.until(|now| now.count("glowplug_replicas_in_use") == 0).await;
    assert_eq!(gone.count("glowplug_replicas"), 1, "{}", gone.text);
}

#[tokio::test]
async fn connections_that_are_lost_are_counted_by_reason() {
    let name = harness::database(NOTES).await;
    let folder = open_folder();
    let server = Observed::start(folder.path(), &name, &["--pool-size", "1"]);
    server.program.query(READ).await;
    let before = server.scrape().await;
    let lost = r#"glowplug_database_connections_lost_total{reason="ended"}"#;
    assert_eq!(before.count(lost), 0);
    // The second argument waits until the session has ended.
    let kill = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
        where datname = current_database() and application_name = 'glowplug'";
    assert_eq!(ask(&connect(&harness::cluster().url(&name)).await, kill).await.as_deref(), Some("t"));
    server.program.query(READ).await;
    let (after, made) = (server.scrape().await, "glowplug_database_connect_duration_seconds_count");
    assert_eq!(after.count(lost), 1, "{}", after.text);
    assert_eq!(after.count(made), before.count(made) + 1, "it was replaced");
}

#[tokio::test]
async fn the_address_of_the_api_has_no_metrics() {
    let folder = open_folder();
    let server = Observed::start(folder.path(), &harness::database("").await, &[]);
    assert_eq!(server.program.get("/metrics").await.0, 404);
    let response = client().get(format!("http://{}/metrics", server.metrics)).send().await.unwrap();
    let content_type = response.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("application/openmetrics-text; version=1.0.0"), "{content_type}");
    let (status, text) = server.metrics("/graphql").await;
    assert_eq!(status, 404);
    assert!(text.contains("/metrics"), "{text}");
}

/// The table of metrics in the documentation is the server's. `UPDATE=1` writes it.
#[tokio::test]
async fn the_documented_metrics_are_the_real_ones() {
    let folder = open_folder();
    // There is no listener at this address, so failures to connect have a sample.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://nobody@{nobody}/none");
    let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
    let redis_url = redis.url();
    let queued = ["--redis-url", &redis_url, "--queue", "mutations"];
    let server = Observed::with(folder.path(), &url, &queued, &[]);
    server.program.query(READ).await;
    let worker = idle_worker(folder.path(), &url, &redis_url).scrape().await;
    let mut described = server.scrape().await.described();
    for (name, told) in worker.described() {
        described.entry(name).or_insert(told);
    }
    let mut table = "| metric | type | labels | what it is |\n| --- | --- | --- | --- |\n".to_owned();
    for (name, told) in described {
        let labels: Vec<String> = told.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(table, "| `{name}` | {} | {} | {}. |", told.kind, labels.join(", "), told.help).unwrap();
    }
    documented::hold("docs/observability.md", "metrics", &table, "documented_metrics");
}
