//! GraphQL over HTTP, beyond the audits: batches, request ids, CORS, compression, the other paths.

use std::io::Read;

use glowplug::config::GetRequests;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{TASKS, tasks};
use crate::harness;
use crate::server::{Server, json};
use crate::ways::{Route, on_both_ways};

/// An answer of about 40 KB.
const BIG: &str = "{ taskCollection(first: 1000) { edges { node { id title } } } }";

on_both_ways!(
    the_status_depends_on_the_media_type,
    a_get_is_answered_and_may_not_change_anything,
    a_get_can_be_left_to_persisted_operations_or_refused,
    a_batch_is_answered_in_order,
    a_batch_has_a_limit,
    the_answers_of_a_batch_share_their_limit,
    a_request_keeps_its_id_or_gets_one,
    browsers_may_call_from_the_configured_origins_only,
    without_origins_no_page_of_another_origin_may_read,
    big_answers_are_compressed_and_small_ones_are_not,
    the_schema_is_a_file_that_can_be_kept,
    the_schema_can_be_kept_to_oneself,
    other_paths_and_methods_say_what_there_is,
);

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

async fn the_status_depends_on_the_media_type(route: Route) {
    let server = tasks(route).await;
    let invalid = "{ nothing }";
    for (accept, document, status) in [
        ("application/json", "{ __typename }", StatusCode::OK),
        ("application/json", invalid, StatusCode::OK),
        (GRAPHQL_RESPONSE, "{ __typename }", StatusCode::OK),
        (GRAPHQL_RESPONSE, invalid, StatusCode::BAD_REQUEST),
    ] {
        let response = server.query(document).header("accept", accept).send().await.unwrap();
        assert_eq!(response.status(), status, "{accept} {document}");
        assert_eq!(response.headers()["content-type"], format!("{accept}; charset=utf-8"));
        assert_eq!(response.headers()["vary"], "accept");
    }
}

async fn a_get_is_answered_and_may_not_change_anything(route: Route) {
    let server = tasks(route).await;
    let path = "/graphql/v1?query=query($first:Int){taskCollection(first:$first){edges{node{title}}}}&variables=%7B%22first%22:1%7D";
    let body = json(server.get(path).send().await.unwrap()).await;
    assert_eq!(body, json!({"data": {"taskCollection": {"edges": [{"node": {"title": "Task 1"}}]}}}));

    let mutation = "/graphql?query=mutation%7B__typename%7D";
    let response = server.get(mutation).header("accept", GRAPHQL_RESPONSE).send().await.unwrap();
    assert!(response.status().is_client_error(), "{}", response.status());
    let head = server.client.head(server.url("/graphql?query=%7B__typename%7D")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.text().await.unwrap(), "");
}

async fn a_get_can_be_left_to_persisted_operations_or_refused(route: Route) {
    let name = harness::database(TASKS).await;
    for (setting, text, id) in [
        (GetRequests::On, StatusCode::OK, StatusCode::OK),
        (GetRequests::Persisted, StatusCode::METHOD_NOT_ALLOWED, StatusCode::OK),
        (GetRequests::Off, StatusCode::METHOD_NOT_ALLOWED, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let server = Server::start_on(route, &harness::cluster().url(&name), |config| {
            config.http.get_requests = setting;
        })
        .await;
        for (path, status) in [("/graphql?query=%7B__typename%7D", text), ("/graphql?documentId=x", id)] {
            let response = server.get(path).send().await.unwrap();
            assert_eq!(response.status(), status, "{setting:?} {path}");
            if status == StatusCode::METHOD_NOT_ALLOWED {
                assert_eq!(response.headers()["allow"], "POST");
                let message = json(response).await["errors"][0]["message"].to_string();
                assert!(message.contains("POST"), "{message}");
            }
        }
        assert_eq!(server.query("{ __typename }").send().await.unwrap().status(), StatusCode::OK);
    }
}

async fn a_batch_is_answered_in_order(route: Route) {
    let server = tasks(route).await;
    let requests: Vec<Value> = (1..=5)
        .map(|id| json!({"query": format!("{{ taskCollection(filter: {{id: {{eq: {id}}}}}) {{ edges {{ node {{ id }} }} }} }}")}))
        .chain([json!({"query": "{ nothing }"})])
        .collect();
    let response =
        server.post(json!(requests).to_string()).header("accept", GRAPHQL_RESPONSE).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let answers = json(response).await;
    for id in 1..=5_usize {
        assert_eq!(answers[id - 1]["data"]["taskCollection"]["edges"][0]["node"]["id"], id);
    }
    assert!(
        answers[5]["errors"][0]["message"].is_string() && answers[5].get("data").is_none(),
        "{}",
        answers[5]
    );
    assert_eq!(answers.as_array().unwrap().len(), 6);
}

async fn a_batch_has_a_limit(route: Route) {
    let name = harness::database(TASKS).await;
    let server =
        Server::start_on(route, &harness::cluster().url(&name), |config| config.limits.batch = 2).await;
    let batch =
        json!([{"query": "{ __typename }"}, {"query": "{ __typename }"}, {"query": "{ __typename }"}]);
    let response = server.post(batch.to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let message = &json(response).await["errors"][0]["message"];
    assert_eq!(message, "The batch has 3 operations; 2 are allowed.");
}

async fn the_answers_of_a_batch_share_their_limit(route: Route) {
    let name = harness::database(TASKS).await;
    let server =
        Server::start_on(route, &harness::cluster().url(&name), |config| config.limits.answer_bytes = 80)
            .await;
    let short = json!({"query": "{ __typename }"});
    let batch =
        json!([short, {"query": "{ a: __typename b: __typename c: __typename d: __typename }"}, short]);
    let response = server.post(batch.to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let answers = json(response).await;
    assert_eq!(answers[0], json!({"data": {"__typename": "Query"}}));
    for (answer, what) in [(1, "has run, without its answer"), (2, "has not run")] {
        assert!(answers[answer].get("data").is_none(), "{answers}");
        let error = &answers[answer]["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("80 bytes (setting max-answer)") && message.contains(what), "{message}");
    }
}

async fn a_request_keeps_its_id_or_gets_one(route: Route) {
    let server = tasks(route).await;
    let sent = "4bf92f3577b34da6a3ce929d0e0e4736";
    let response = server.query("{ __typename }").header("x-request-id", sent).send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], sent);
    let mut seen = Vec::new();
    for path in ["/healthz", "/healthz", "/nothing"] {
        let response = server.get(path).header("x-request-id", "two words").send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        uuid::Uuid::parse_str(&id).unwrap();
        assert!(!seen.contains(&id), "{id} is new");
        seen.push(id);
    }
}

async fn browsers_may_call_from_the_configured_origins_only(route: Route) {
    let name = harness::database(TASKS).await;
    let server = Server::start_on(route, &harness::cluster().url(&name), |config| {
        config.http.cors_origins = vec!["https://app.example".into()];
    })
    .await;
    let preflight = |origin: &'static str| {
        server
            .client
            .request(Method::OPTIONS, server.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,authorization")
            .send()
    };
    let allowed = preflight("https://app.example").await.unwrap();
    assert_eq!(allowed.status(), StatusCode::OK);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(allowed.headers()["access-control-allow-methods"], "GET,POST,QUERY");
    assert_eq!(allowed.headers()["access-control-allow-headers"], "content-type,authorization");
    let refused = preflight("https://other.example").await.unwrap();
    assert!(!refused.headers().contains_key("access-control-allow-origin"));

    let answer = server.query("{ __typename }").header("origin", "https://app.example").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(
        answer.headers()["access-control-expose-headers"],
        "x-request-id,retry-after,www-authenticate,location"
    );
}

async fn without_origins_no_page_of_another_origin_may_read(route: Route) {
    let server = tasks(route).await;
    let answer = server.query("{ __typename }").header("origin", "https://app.example").send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
}

async fn big_answers_are_compressed_and_small_ones_are_not(route: Route) {
    let server = tasks(route).await;
    let plain = server.query(BIG).send().await.unwrap().bytes().await.unwrap();
    assert!(plain.len() > 16 * 1024, "{} bytes are a big answer", plain.len());
    for coding in ["gzip", "br"] {
        let response = server.query(BIG).header("accept-encoding", coding).send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], coding);
        let packed = response.bytes().await.unwrap();
        let mut unpacked = Vec::new();
        match coding {
            "gzip" => flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap(),
            _ => brotli::Decompressor::new(&packed[..], 4096).read_to_end(&mut unpacked).unwrap(),
        };
        assert!(packed.len() < plain.len() / 2, "{coding} saves more than half");
        assert_eq!(unpacked, plain);
    }
    let small = server.query("{ __typename }").header("accept-encoding", "gzip, br").send().await.unwrap();
    assert!(!small.headers().contains_key("content-encoding"));
}

async fn the_schema_is_a_file_that_can_be_kept(route: Route) {
    let server = tasks(route).await;
    let response = server.get("/schema.graphql").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let tag = response.headers()["etag"].clone();
    let sdl = response.text().await.unwrap();
    assert!(sdl.contains("type Task "), "{sdl}");
    let again = server.get("/schema.graphql").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], tag);
    assert_eq!(again.text().await.unwrap(), "");
}

async fn the_schema_can_be_kept_to_oneself(route: Route) {
    let name = harness::database(TASKS).await;
    let server =
        Server::start_on(route, &harness::cluster().url(&name), |config| config.http.sdl = false).await;
    for path in ["/schema.graphql", "/nothing"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let text = response.text().await.unwrap();
        assert!(!text.contains("definition language"), "{text}");
    }
}

async fn other_paths_and_methods_say_what_there_is(route: Route) {
    let server = tasks(route).await;
    assert_eq!(server.get("/healthz").send().await.unwrap().text().await.unwrap(), "alive\n");
    assert_eq!(server.get("/readyz").send().await.unwrap().text().await.unwrap(), "ready\n");
    let lost = server.get("/graphq").send().await.unwrap();
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    let text = lost.text().await.unwrap();
    assert!(text.contains("nothing at /graphq.") && text.contains("/schema.graphql"), "{text}");
    let put = server.client.put(server.url("/graphql")).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.headers()["allow"], "GET,HEAD,POST");
    assert_eq!(json(put).await["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
