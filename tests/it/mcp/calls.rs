//! Described persisted operations as tools, called by the official client.

use glowplug::config::{DocumentPolicy, Mcp};
use serde_json::json;

use super::{ADD, DROP, FIND, SILENT, called, client, list, names, notes, text};
use crate::ways::{Route, on_both_ways};

on_both_ways!(a_client_lists_and_calls_described_operations, errors_are_results_that_an_agent_can_read);

async fn a_client_lists_and_calls_described_operations(route: Route) {
    let folder = list(&[FIND, ADD, DROP, SILENT]);
    let listed_only =
        |config: &mut glowplug::config::Config| config.documents.policy = DocumentPolicy::ListOnly;
    let server = notes(route, Mcp::Tools, folder.path(), listed_only).await;
    let steps = json!([
        "list",
        {"name": "FindNotes", "arguments": {"part": "%milk%"}},
        {"name": "FindNotes", "arguments": {"part": "%milk%", "mood": "busy", "first": 1}},
        {"name": "AddNote", "arguments": {"title": "tea"}},
        {"name": "DropNote", "arguments": {"id": 1}},
        {"name": "FindNotes", "arguments": {"part": "%e%"}},
    ]);
    let results = client(&server, &json!({}), &steps).await;
    let [listed, all, busy, added, dropped, rest] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(names(listed), ["FindNotes", "AddNote", "DropNote"]);
    let hints = |index: usize| &listed["tools"][index]["annotations"];
    let told = |reads, destroys, repeats| json!({"readOnlyHint": reads, "destructiveHint": destroys, "idempotentHint": repeats, "openWorldHint": false});
    assert_eq!(hints(0), &told(true, false, true));
    assert_eq!(hints(1), &told(false, false, false));
    assert_eq!(hints(2), &told(false, true, true));
    assert_eq!(listed["tools"][0]["description"], "Notes whose title contains a text.");

    let milk = json!({"node": {"id": 1, "title": "milk", "mood": "calm", "amount": "1"}});
    let bread = json!({"node": {"id": 2, "title": "milk and bread", "mood": "busy", "amount": null}});
    assert_eq!(all["structuredContent"], json!({"noteCollection": {"edges": [milk, bread]}}));
    let shown: serde_json::Value = serde_json::from_str(text(all, false)).unwrap();
    assert_eq!(shown, all["structuredContent"]);
    assert_eq!(busy["structuredContent"]["noteCollection"]["edges"], json!([bread]));
    let inserted = json!({"affectedCount": 1, "records": [{"title": "tea", "owner": "ann"}]});
    assert_eq!(added["structuredContent"]["insertIntonoteCollection"], inserted);
    assert_eq!(dropped["structuredContent"]["deleteFromnoteCollection"]["affectedCount"], 1);
    assert_eq!(rest["structuredContent"]["noteCollection"]["edges"].as_array().unwrap().len(), 2);
}

async fn errors_are_results_that_an_agent_can_read(route: Route) {
    let folder = list(&[FIND, ADD]);
    let server = notes(route, Mcp::Tools, folder.path(), |_| {}).await;
    for (name, arguments, told) in [
        (
            "FindNotes",
            json!({}),
            "BAD_USER_INPUT: variable \"$part\" of type \"String!\" is needed, and was not given",
        ),
        (
            "FindNotes",
            json!({"part": 7}),
            "BAD_USER_INPUT: variable \"$part\" must be of type \"String!\", and 7 is not",
        ),
        ("FindNotes", json!({"part": "", "mood": "sad"}), "must be of type \"mood\", and \"sad\" is not"),
        (
            "FindNotes",
            json!({"part": "", "limit": 1}),
            "FindNotes has no argument \"limit\"; it has part, mood, first",
        ),
        ("AddNote", json!({"title": "forbidden"}), "violates check constraint \"note_title_check\""),
    ] {
        let result = called(&server, name, arguments).await;
        let shown = text(&result, true);
        assert!(shown.contains(told), "{shown}");
        assert!(result.get("structuredContent").is_none(), "{result}");
    }
    assert!(
        text(&called(&server, "AddNote", json!({"title": "fine"})).await, false)
            .contains("\"affectedCount\"")
    );
}

#[tokio::test]
async fn answers_for_agents_are_short_and_limits_are_those_of_all_requests() {
    let long = r#""Long" query Long { noteCollection { edges { node { title } } } }"#;
    let deep = r#""Deep" query Deep { noteCollection { edges { node { title } } } }"#;
    let folder = list(&[long, deep, ADD]);
    let server = notes(Route::Direct, Mcp::Tools, folder.path(), |config| {
        config.limits.body_bytes = 4 << 20;
    })
    .await;
    let title = "a".repeat(1 << 20);
    let told = called(&server, "AddNote", json!({"title": title})).await;
    assert!(text(&told, true).contains("The operation has run"), "{told}");
    assert!(text(&called(&server, "Long", json!({})).await, true).contains("Ask for fewer rows"));
    let shallow = notes(Route::Direct, Mcp::Tools, folder.path(), |config| config.limits.depth = 2).await;
    let told = called(&shallow, "Deep", json!({})).await;
    assert!(text(&told, true).contains("depth"), "{told}");
}
