//! Values and identifiers that would break out of a carelessly built statement do not change the database.

use std::fmt::Write as _;

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;

pub(crate) const VALUES: [&str; 20] = [
    "'",
    "''",
    "\\",
    "\\'",
    "'; drop table canary; --",
    "\\'; drop table canary; --",
    "E'\\''; drop table canary; --",
    "\"; drop table canary; --",
    "$1",
    "$2::text); drop table canary; --",
    "$$; drop table canary; $$",
    "$tag$; drop table canary; $tag$",
    "/*",
    "*/ drop table canary; /*",
    "-- \n drop table canary;",
    "1); drop table canary; --",
    "{\"a\",\"'; drop table canary; --\"}",
    "') returning (select set_config('role', 'postgres', false)); --",
    "\u{2019}; drop table canary; --",
    "%'; drop table canary; --",
];

/// Names that need quotation marks, and more.
const NAMES: [&str; 5] = ["a\"; drop table canary; --", "it's", "$1", "back\\slash", "/* no comment"];

#[tokio::test(flavor = "multi_thread")]
async fn no_value_leaves_its_literal() {
    let setup = "create table canary (id integer primary key); insert into canary values (1); \
        create table note (id integer primary key, body text, tags text[], tree jsonb); \
        insert into note values (0, 'untouched', '{}', '{}')";
    for conforming in ["on", "off"] {
        let database = harness::database(setup).await;
        let url = harness::cluster().url(&database);
        let admin = harness::connect(&url).await;
        let setting = format!("alter database {database} set standard_conforming_strings = {conforming}");
        admin.batch_execute(&setting).await.expect("a setting of the database");
        let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
        for (id, value) in (1..).zip(VALUES) {
            write(&engine, id, value).await;
            filter(&engine, id, value).await;
        }
        let state = "select (select string_agg(id::text, ',') from canary) || ' ' || (select count(*) from note) || ' ' \
            || (select count(*) from pg_tables where schemaname = 'public')";
        let expected = format!("1 {} 2", VALUES.len() + 1);
        assert_eq!(harness::ask(&admin, state).await, Some(expected));
        assert_eq!(
            harness::ask(&admin, "select body from note where id = 0").await.as_deref(),
            Some("untouched")
        );
    }
}

async fn write(engine: &Engine, id: i32, value: &str) {
    let query = "mutation ($id: Int!, $text: String!, $json: JSON!) { \
        insertIntonoteCollection(objects: [{ id: $id, body: \"\", tags: [$text], tree: $json }]) { affectedCount } \
        updatenoteCollection(set: { body: $text }, filter: { id: { eq: $id } }) { records { body tags tree } } }";
    let variables = json!({ "id": id, "text": value, "json": Value::from(value).to_string() });
    let answer = harness::graphql(engine, query, variables).await;
    let record = &answer["data"]["updatenoteCollection"]["records"][0];
    assert_eq!(record["body"], value, "{answer}");
    assert_eq!(record["tags"], json!([value]));
    assert_eq!(record["tree"], Value::from(value).to_string());
}

async fn filter(engine: &Engine, id: i32, value: &str) {
    let query = "query ($text: String!, $list: [String!]!) { \
        equal: noteCollection(filter: { body: { eq: $text } }) { edges { node { id } } } \
        any: noteCollection(filter: { body: { in: $list } }) { edges { node { id } } } \
        start: noteCollection(filter: { body: { startsWith: $text }, id: { neq: 0 } }, first: 50) { edges { node { id } } } \
        tag: noteCollection(filter: { tags: { contains: $list } }) { edges { node { id } } } \
        other: noteCollection(filter: { body: { neq: $text, gt: $text, like: $text, ilike: $text } }) { edges { node { id } } } }";
    let answer = harness::graphql(engine, query, json!({ "text": value, "list": [value] })).await;
    let is_bad_pattern = answer["errors"][0]["extensions"]["sqlstate"] == "22025";
    let found = json!({ "edges": [{ "node": { "id": id } }] });
    for field in ["equal", "any", "tag"] {
        assert!(is_bad_pattern || answer["data"][field] == found, "{field}: {answer}");
    }
    let regex = "query ($text: String!) { noteCollection(filter: { body: { regex: $text, iregex: $text } }) { edges { cursor } } }";
    let answer = harness::graphql(engine, regex, json!({ "text": value })).await;
    let code = &answer["errors"][0]["extensions"]["code"];
    assert!(answer["data"].is_object() || code == "BAD_USER_INPUT", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_identifier_leaves_its_quotation_marks() {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let literal = |text: &str| format!(" E'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    let mut setup = "create table canary (id integer primary key);".to_owned();
    for (number, name) in NAMES.into_iter().enumerate() {
        let table = quoted(name);
        write!(
            setup,
            "create type {kind} as enum ({label}); \
             comment on type {kind} is '@graphql({{\"name\": \"Kind{number}\", \"mappings\": {{{key}: \"ODD\"}}}})'; \
             create table {table} ({table} integer primary key, {kind} {kind}, parent integer references {table}); \
             comment on table {table} is '@graphql({{\"name\": \"Odd{number}\"}})'; \
             comment on column {table}.{table} is '@graphql({{\"name\": \"id\"}})'; \
             comment on column {table}.{kind} is '@graphql({{\"name\": \"kind\"}})'; \
             insert into {table} values (1, {label}, null), (2, {label}, 1);",
            kind = quoted(&format!("kind of {name}")),
            label = literal(name),
            key = Value::from(name).to_string().replace('\'', "''"),
        )
        .expect("a string takes everything");
    }
    let database = harness::database(&setup).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    for number in 0..NAMES.len() {
        let query = format!(
            "{{ odd{number}Collection(filter: {{ kind: {{ eq: ODD }}, id: {{ gt: 1 }} }}, orderBy: [{{ kind: DescNullsLast }}]) \
             {{ edges {{ cursor node {{ nodeId id kind odd{number} {{ id }} }} }} pageInfo {{ hasNextPage }} }} }}"
        );
        let answer = harness::graphql(&engine, &query, json!({})).await;
        let node = &answer["data"][format!("odd{number}Collection")]["edges"][0]["node"];
        assert_eq!((&node["id"], &node["kind"]), (&json!(2), &json!("ODD")), "{answer}");
        assert_eq!(node[format!("odd{number}")]["id"], 1, "{answer}");
        let again = format!("query ($id: ID!) {{ node(nodeId: $id) {{ ... on Odd{number} {{ id }} }} }}");
        let answer = harness::graphql(&engine, &again, json!({ "id": node["nodeId"] })).await;
        assert_eq!(answer["data"]["node"]["id"], 2, "{answer}");
        let write = format!(
            "mutation {{ insertIntoOdd{number}Collection(objects: [{{ id: 3, kind: ODD, parent: 1 }}]) {{ affectedCount }} \
             deleteFromOdd{number}Collection(filter: {{ id: {{ eq: 3 }} }}) {{ records {{ kind }} }} }}"
        );
        let answer = harness::graphql(&engine, &write, json!({})).await;
        assert_eq!(
            answer["data"][format!("deleteFromOdd{number}Collection")]["records"][0]["kind"],
            "ODD",
            "{answer}"
        );
    }
    let admin = harness::connect(&url).await;
    assert_eq!(
        harness::ask(&admin, "select count(*) from canary").await.as_deref(),
        Some("0"),
        "the canary lives"
    );
}
