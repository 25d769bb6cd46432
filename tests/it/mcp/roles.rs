//! Agents are callers like all others: a role's tools are those that it may run, on the rows that it may see.

use std::sync::atomic::{AtomicU32, Ordering};

use glowplug::config::{Auth, Mcp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ADD, FIND, NOTES, client, list, message, names, post};
use crate::auth::{jwt, token};
use crate::harness;
use crate::server::{Server, json as body};

/// Roles belong to the whole cluster, so each test has its own.
static NUMBER: AtomicU32 = AtomicU32::new(1);

const ROLES: &str = "
    create role mcp_gateway# login noinherit; create role mcp_reader#; create role mcp_writer#; create role mcp_none#;
    grant mcp_reader#, mcp_writer#, mcp_none# to mcp_gateway#;
    grant select on note to mcp_reader#, mcp_writer#; grant insert on note to mcp_writer#;
    alter table note enable row level security;
    create policy reading on note for select using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
    create policy writing on note for insert with check (owner = 'ann');";

/// A server whose callers need tokens.
async fn serve(folder: &std::path::Path) -> (Server, u32) {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = harness::database(&format!("{NOTES}{ROLES}").replace('#', &number.to_string())).await;
    let url = harness::cluster().url(&name);
    let (_, rest) = url.split_once('@').unwrap();
    let server = Server::start(&format!("postgres://mcp_gateway{number}@{rest}"), |config| {
        config.documents.list = Some(folder.join("persisted.json"));
        config.http.mcp = Mcp::Explore;
        config.auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() };
    })
    .await;
    (server, number)
}

#[tokio::test]
async fn two_roles_see_their_own_tools_and_rows() {
    let folder = list(&[FIND, ADD]);
    let (server, number) = serve(folder.path()).await;
    let ask = async |role: &str, sub: &str| {
        let token = token(&json!({"role": format!("{role}{number}"), "sub": sub}));
        let steps = json!([
            "list",
            {"name": "FindNotes", "arguments": {"part": "%"}},
            {"name": "AddNote", "arguments": {"title": "new"}},
            {"name": "query", "arguments": {"document": "{ noteCollection { edges { node { title } } } }"}},
        ]);
        client(&server, &json!({"authorization": format!("Bearer {token}")}), &steps).await
    };
    let titles = |result: &Value| -> Vec<String> {
        let edges = result["structuredContent"]["noteCollection"]["edges"].as_array().cloned();
        let edges = edges.unwrap_or_else(|| panic!("{result}"));
        edges.iter().map(|edge| edge["node"]["title"].as_str().unwrap().to_owned()).collect()
    };
    let reader = ask("mcp_reader", "bob").await;
    assert_eq!(names(&reader[0]), ["FindNotes", "search_schema", "describe_type", "query"]);
    assert_eq!(titles(&reader[1]), ["milk and bread"]);
    assert_eq!(reader[2]["code"], -32602, "{reader:?}");
    assert!(reader[2]["message"].as_str().unwrap().contains("there is no tool \"AddNote\""), "{reader:?}");
    assert_eq!(titles(&reader[3]), ["milk and bread"]);

    let writer = ask("mcp_writer", "ann").await;
    assert_eq!(names(&writer[0]), ["FindNotes", "AddNote", "search_schema", "describe_type", "query"]);
    assert_eq!(titles(&writer[1]), ["milk"]);
    assert_eq!(writer[2]["structuredContent"]["insertIntonoteCollection"]["affectedCount"], 1);
    assert_eq!(titles(&writer[3]), ["milk", "new"]);

    let none = ask("mcp_none", "ann").await;
    assert_eq!(names(&none[0]), ["search_schema", "describe_type", "query"]);
}

#[tokio::test]
async fn a_wrong_or_missing_token_is_refused_before_the_body_is_read() {
    let folder = list(&[FIND]);
    let (server, number) = serve(folder.path()).await;
    let ping = || post(&server, message("ping", &json!({})));
    for (request, challenge) in [
        (ping(), "Bearer realm=\"glowplug\""),
        (ping().bearer_auth("wrong"), "Bearer realm=\"glowplug\", error=\"invalid_token\""),
        (post(&server, "no JSON"), "Bearer realm=\"glowplug\""),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with(challenge));
    }
    let refused = token(&json!({"role": "mcp_nobody", "sub": "ann"}));
    let answer = post(&server, message("tools/list", &json!({}))).bearer_auth(refused).send().await.unwrap();
    let answer = body(answer).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("FORBIDDEN"), "{answer}");
    let known = token(&json!({"role": format!("mcp_reader{number}"), "sub": "ann"}));
    assert_eq!(body(ping().bearer_auth(known).send().await.unwrap()).await["result"], json!({}));
}
