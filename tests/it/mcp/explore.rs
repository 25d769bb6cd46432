//! The tools that explore the API and run an agent's own queries.

use glowplug::config::{DocumentPolicy, Introspection, Mcp};
use serde_json::{Value, json};

use super::{ADD, called, client, list, message, names, notes, post, text};
use crate::server::{Server, json as body};
use crate::ways::Route;

async fn tools(server: &Server) -> Vec<String> {
    let listed = super::result(post(server, message("tools/list", &json!({}))).send().await.unwrap()).await;
    names(&listed).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_agent_searches_the_api_and_runs_queries() {
    let folder = list(&[ADD]);
    let server = notes(Route::Direct, Mcp::Explore, folder.path(), |_| {}).await;
    let query =
        "query ($title: String) { noteCollection(filter: {title: {eq: $title}}) { edges { node { id } } } }";
    let steps = json!([
        "list",
        {"name": "search_schema", "arguments": {"words": "note collection"}},
        {"name": "describe_type", "arguments": {"names": ["note", "mood"]}},
        {"name": "query", "arguments": {"document": query, "variables": {"title": "milk"}}},
    ]);
    let results = client(&server, &json!({}), &steps).await;
    let [listed, found, described, answered] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(names(listed), ["AddNote", "search_schema", "describe_type", "query"]);
    let found: Value = serde_json::from_str(text(found, false)).unwrap();
    assert_eq!(found["results"][0]["field"], "Query.noteCollection");
    assert_eq!(found["results"][0]["type"], "noteConnection!");
    let sdl = text(described, false);
    assert!(sdl.contains("type note implements Node {") && sdl.contains("enum mood {"), "{sdl}");
    assert_eq!(answered["structuredContent"], json!({"noteCollection": {"edges": [{"node": {"id": 1}}]}}));
}

#[tokio::test]
async fn only_queries_run_and_mistakes_are_explained() {
    let folder = list(&[]);
    let server = notes(Route::Direct, Mcp::Explore, folder.path(), |_| {}).await;
    let add = ADD.split_once('"').unwrap().1.split_once('"').unwrap().1;
    let subscription = "subscription { noteCollection { edges { node { id } } } }";
    let both = format!("query Q {{ __typename }} {add}");
    for (arguments, told) in [
        (json!({"document": add, "variables": {"title": "x"}}), "query only runs queries"),
        (
            json!({"document": both, "operationName": "AddNote", "variables": {"title": "x"}}),
            "query only runs queries",
        ),
        (json!({"document": subscription}), "query only runs queries"),
        (json!({"document": "{ nothing }"}), "nothing"),
        (json!({"document": "{"}), "syntax error"),
        (json!({}), "document is needed"),
        (json!({"document": 1}), "document must be a text"),
        (json!({"document": "{ __typename }", "variables": [1]}), "variables must be an object"),
    ] {
        let result = called(&server, "query", arguments).await;
        assert!(text(&result, true).contains(told), "{result}");
    }
    for (name, arguments, told) in [
        ("search_schema", json!({}), "words are needed"),
        ("describe_type", json!({"names": [1]}), "names must be a list"),
        ("describe_type", json!({"names": ["Nothing"]}), "search_schema finds"),
    ] {
        assert!(text(&called(&server, name, arguments).await, true).contains(told));
    }
    let count =
        called(&server, "query", json!({"document": "{ noteCollection { edges { node { id } } } }"})).await;
    assert_eq!(count["structuredContent"]["noteCollection"]["edges"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_tools_that_work_are_offered() {
    let folder = list(&[ADD]);
    let all = ["AddNote", "search_schema", "describe_type", "query"];
    for (mcp, introspection, policy, expected) in [
        (Mcp::Explore, Introspection::On, DocumentPolicy::Any, &all[..]),
        (Mcp::Explore, Introspection::Off, DocumentPolicy::Any, &["AddNote", "query"]),
        (Mcp::Explore, Introspection::On, DocumentPolicy::ListOnly, &all[..3]),
        (Mcp::Tools, Introspection::On, DocumentPolicy::Any, &all[..1]),
    ] {
        let server = notes(Route::Direct, mcp, folder.path(), |config| {
            config.api.introspection = introspection;
            config.documents.policy = policy;
        })
        .await;
        assert_eq!(tools(&server).await, expected);
        let hidden = all.iter().filter(|name| !expected.contains(name));
        for name in hidden {
            let sent = super::call(name, &json!({"document": "{ __typename }"}));
            let answer = body(post(&server, sent).send().await.unwrap()).await;
            assert_eq!(answer["error"]["message"], format!("there is no tool {name:?}"), "{answer}");
        }
    }
}
