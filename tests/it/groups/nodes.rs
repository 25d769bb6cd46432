//! The rows of a group, and its values as lists, on every way to the database; what is wrong with their arguments.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = "
    create type mood as enum ('calm', 'so-so');
    comment on type mood is '@graphql({\"mappings\": {\"so-so\": \"SO_SO\"}})';
    create domain share as int;
    create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table artist (id int primary key, name text);
    create table track (id int primary key, artist_id int references artist, title text not null, mood mood, part share,
        place text collate folded, weight float8, at date, address inet, details jsonb, tags text[], played timestamptz);
    create table live_track () inherits (track);
    insert into artist values (1, 'A'), (2, 'B');
    insert into track values (1, 1, 'one', 'calm', 3, 'Paris', 0.5, '2024-02-29', '10.0.0.1', '{}', '{a}', '2024-12-31 23:30Z'),
        (2, 1, 'two', 'so-so', 3, 'PARIS', 1.5, '2024-02-01', null, null, null, '2025-01-01 00:30Z'),
        (3, null, 'three', null, null, null, 'NaN', null, null, '[1]', null, null);
    insert into live_track values (1, null, 'one', 'calm', 1, 'Rome', 2, '2024-02-29', '10.0.0.2', null, '{b}', '2024-12-31 23:40Z');
    comment on schema public is '@graphql({\"inflect_names\": true, \"max_rows\": 2})';
    comment on table track is '@graphql({\"aggregate\": {\"enabled\": true}})';";

/// `by`, the selection of each group, and the groups.
const CASES: &[(&str, &str, &str)] = &[
    (
        "{column: artistId}",
        "nodes { id title artist { name } nodeId }",
        r#"[{"nodes": [{"id": 1, "title": "one", "artist": {"name": "A"}, "nodeId": "WyJwdWJsaWMiLCAidHJhY2siLCAxXQ=="},
            {"id": 2, "title": "two", "artist": {"name": "A"}, "nodeId": "WyJwdWJsaWMiLCAidHJhY2siLCAyXQ=="}]},
           {"nodes": [{"id": 1, "title": "one", "artist": null, "nodeId": "@"},
            {"id": 3, "title": "three", "artist": null, "nodeId": "WyJwdWJsaWMiLCAidHJhY2siLCAzXQ=="}]}]"#,
    ),
    (
        "{column: place}",
        "nodes(first: 1, orderBy: [{title: DescNullsLast}]) { title }",
        r#"[{"nodes": [{"title": "two"}]}, {"nodes": [{"title": "one"}]}]"#,
    ),
    (
        "[{column: mood}, {column: part}]",
        "nodes(filter: {artist: {name: {eq: \"A\"}}}) { title } count",
        r#"[{"nodes": [], "count": 1}, {"nodes": [{"title": "one"}], "count": 1}]"#,
    ),
    (
        "{column: played, truncate: YEAR, timeZone: \"Europe/Paris\"}",
        "all: nodes(orderBy: {played: DescNullsLast}) { title } none: nodes(first: 0) { title } one: nodes(distinctOn: [title], offset: 1) { title }",
        r#"[{"all": [{"title": "two"}, {"title": "one"}], "none": [], "one": [{"title": "two"}]}, {"all": [{"title": "three"}], "none": [], "one": []}]"#,
    ),
    (
        "{column: at}",
        "arrayAgg(distinct: true, direction: DescNullsLast) { id title mood part at weight } countNonNull { weight tags details mood }",
        r#"[{"arrayAgg": {"id": [2], "title": ["two"], "mood": ["SO_SO"], "part": [3], "at": ["2024-02-01"], "weight": [1.5]},
             "countNonNull": {"weight": 1, "tags": 0, "details": 0, "mood": 1}},
            {"arrayAgg": {"id": [1], "title": ["one"], "mood": ["calm"], "part": [3, 1], "at": ["2024-02-29"], "weight": [2, 0.5]},
             "countNonNull": {"weight": 2, "tags": 2, "details": 1, "mood": 2}}]"#,
    ),
    (
        "{column: mood}",
        "arrayAgg(first: 1) { __typename id title } a: arrayAgg { mood }",
        r#"[{"arrayAgg": {"__typename": "TrackArrayAggregateResult", "id": [1], "title": ["one"]}, "a": {"mood": ["calm", "calm"]}},
            {"arrayAgg": {"__typename": "TrackArrayAggregateResult", "id": [2], "title": ["two"]}, "a": {"mood": ["SO_SO"]}}]"#,
    ),
];

async fn rows_and_lists_of_groups_come_by_each_way(route: Route) {
    let url = harness::cluster().url(&harness::database(SETUP).await);
    let answering = Answering::start(route, &harness::config(&url, PoolMode::Direct)).await;
    let ask = async |query: &str| -> Value {
        let response = answering.respond(harness::request(query, &json!({})), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    };
    for (by, selection, expected) in CASES {
        let answer =
            ask(&format!("{{ trackGroups(by: {by}) {{ edges {{ node {{ {selection} }} }} }} }}")).await;
        assert!(answer["errors"].is_null(), "{selection}: {answer}");
        let mut expected: Value = serde_json::from_str(expected).expect("JSON");
        let edges = answer["data"]["trackGroups"]["edges"].as_array().expect("edges");
        let nodes: Vec<_> = edges.iter().map(|edge| edge["node"].clone()).collect();
        // The id of a row in a child has the oid of that table.
        if let Some(id) = expected.pointer_mut("/1/nodes/0/nodeId") {
            *id = nodes[1]["nodes"][0]["nodeId"].clone();
        }
        assert_eq!(json!(nodes), expected, "{selection}");
    }
    // Lists of the whole collection, and values that are none in their type.
    let answer = ask("{ t: trackCollection(filter: {weight: {lt: 2}}) { aggregate { arrayAgg { weight title } countNonNull { at } } }
        n: trackCollection(filter: {id: {eq: 9}}) { aggregate { arrayAgg { weight title } countNonNull { at } } } }").await;
    let some =
        json!({"arrayAgg": {"weight": [0.5, 1.5], "title": ["one", "two"]}, "countNonNull": {"at": 2}});
    let none = json!({"arrayAgg": {"weight": [], "title": []}, "countNonNull": {"at": 0}});
    assert_eq!(answer["data"], json!({"t": {"aggregate": some}, "n": {"aggregate": none}}), "{answer}");
    let answer = ask("{ t: trackGroups(by: {column: artistId}, offset: 1) { edges { node { arrayAgg(direction: DescNullsLast) { weight } nodes(last: 1) { weight } } } } }").await;
    let group = json!({"arrayAgg": {"weight": null}, "nodes": [{"weight": null}]});
    assert_eq!(answer["data"]["t"]["edges"], json!([{ "node": group }]), "{answer}");
    let path = |rest: &[Value]| [&[json!("t"), json!("edges"), json!(0), json!("node")], rest].concat();
    let paths: Vec<_> =
        answer["errors"].as_array().expect("errors").iter().map(|error| error["path"].clone()).collect();
    let expected =
        [path(&[json!("arrayAgg"), json!("weight")]), path(&[json!("nodes"), json!(0), json!("weight")])];
    assert_eq!(json!(paths), json!(expected), "{answer}");
}

on_every_way!(rows_and_lists_of_groups_come_by_each_way);

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_lists_count_toward_the_limits_and_are_checked() {
    let setup = SETUP.replace("\"max_rows\": 2", "\"max_rows\": 50");
    let mut config =
        harness::config(&harness::cluster().url(&harness::database(&setup).await), PoolMode::Direct);
    config.limits.complexity = 1000;
    let engine = Engine::new(&config).expect("an engine");
    for (selection, words) in [
        ("nodes { id }", ["complexity", ""]),
        (
            "nodes(first: 1, orderBy: {artist: {name: AscNullsLast}}, filter: {artist: {id: {eq: 1}}}) { id }",
            ["", ""],
        ),
        ("nodes(first: 20) { id }", ["complexity", ""]),
        ("nodes(first: 1, last: 1) { id }", ["first and last", ""]),
        ("nodes(first: -1) { id }", ["first", ""]),
        ("nodes(first: 1, after: \"WzFd\") { id }", ["after", "nodes"]),
        ("nodes(first: 1, filter: {nothing: {eq: 1}}) { id }", ["nothing", ""]),
        ("nodes(first: 1)", ["nodes", ""]),
        ("arrayAgg(first: -1) { id }", ["first", ""]),
        ("arrayAgg(distinct: 1) { id }", ["Boolean", ""]),
        ("arrayAgg(direction: Up) { id }", ["Up", ""]),
        ("arrayAgg { details }", ["details", ""]),
        ("arrayAgg { tags }", ["tags", ""]),
        ("arrayAgg { address }", ["address", ""]),
        ("countNonNull { nothing }", ["nothing", ""]),
    ] {
        let page = if words[0] == "complexity" { "" } else { ", first: 2" };
        let query = format!(
            "{{ trackGroups(by: {{column: artistId}}{page}) {{ edges {{ node {{ {selection} }} }} }} }}"
        );
        let answer = harness::graphql(&engine, &query, json!({})).await;
        if words == ["", ""] {
            assert!(answer["errors"].is_null(), "{selection}: {answer}");
            continue;
        }
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{selection}: {answer}");
        let message = error["message"].as_str().expect("a message");
        assert!(words.iter().all(|word| message.contains(word)), "{selection}: {message}");
    }
    for arguments in [
        "having: {arrayAgg: {id: {eq: 1}}}",
        "having: {countNonNull: {tags: {eq: 1}}}",
        "having: {countNonNull: {id: {is: NULL}}}",
        "orderBy: {arrayAgg: {id: AscNullsLast}}",
        "orderBy: {nodes: {id: AscNullsLast}}",
    ] {
        let query = format!("{{ trackGroups(by: {{column: artistId}}, {arguments}) {{ totalCount }} }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{arguments}: {answer}");
    }
}
