//! The results of each operator, for every source of rows, on every route to the database, and for roles with
//! different rights.

use glowplug::config::PoolMode;
use glowplug::engine::Identity;
use serde_json::{Value, json};

use super::{data, engine, found, ids};
use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = r#"
    create table doc (id int primary key, d jsonb, j json, owner text not null default 'x');
    insert into doc (id, d, owner) values
        (1, '{"kind": "book", "price": 12.50, "tags": ["new", "red"], "size": {"w": 10, "h": "20"}}', 'a'),
        (2, '{"kind": "pen", "price": "12.50", "tags": []}', 'a'),
        (3, '["new", "red", 3]', 'b'),
        (4, '"new"', 'b'),
        (5, 'null', 'b'),
        (6, null, 'c'),
        (7, '{"kind": null, "price": 2, "size": {"w": 9}}', 'c');
    update doc set j = d;"#;

#[tokio::test(flavor = "multi_thread")]
async fn each_operator_finds_its_documents_in_jsonb_and_in_json() {
    let engine = engine(SETUP).await;
    for (filter, expected) in [
        (r#"{contains: "{\"kind\": \"book\"}"}"#, json!([1])),
        (r#"{contains: "{}"}"#, json!([1, 2, 7])),
        (r#"{contains: "\"new\""}"#, json!([3, 4])),
        (r#"{contains: "{\"tags\": [\"red\"]}"}"#, json!([1])),
        ("{contains: null}", json!([])),
        (r#"{containedBy: "[3, \"new\", \"red\", \"blue\"]"}"#, json!([3, 4])),
        (r#"{hasKey: "kind"}"#, json!([1, 2, 7])),
        (r#"{hasKey: "new"}"#, json!([3, 4])),
        (r#"{hasAnyKeys: ["size", "red"]}"#, json!([1, 3, 7])),
        (r#"{hasAnyKeys: "size"}"#, json!([1, 7])),
        (r#"{hasAllKeys: ["size", "tags"]}"#, json!([1])),
        ("{hasAnyKeys: []}", json!([])),
        ("{hasAllKeys: []}", json!([1, 2, 3, 4, 5, 7])),
        ("{hasAnyKeys: null}", json!([])),
        ("{is: NULL}", json!([6])),
        ("{is: NOT_NULL, hasKey: \"price\"}", json!([1, 2, 7])),
        ("{}", json!([1, 2, 3, 4, 5, 6, 7])),
        (r#"{matches: {path: "$.price > 2"}}"#, json!([1])),
        (r#"{matches: {path: "exists($.tags[*] ? (@ == \"red\"))"}}"#, json!([1])),
        (r#"{matches: {path: "$.price > $low", vars: "{\"low\": 1}"}}"#, json!([1, 7])),
        (r#"{matches: {path: "$.price > 2", vars: null}}"#, json!([1])),
        // A path that is not a predicate is neither true nor false.
        (r#"{matches: {path: "$.price"}}"#, json!([])),
        (r#"{matches: {path: "strict $.price > 2"}}"#, json!([1])),
        ("{matches: null, path: null}", json!([1, 2, 3, 4, 5, 6, 7])),
        (r#"{path: {at: ["size", "w"], eq: "10"}}"#, json!([1])),
        (r#"{path: {at: ["size", "w"], gt: "10"}}"#, json!([7])),
        (r#"{path: {at: ["size", "w"], number: {gt: 9}}}"#, json!([1])),
        (r#"{path: {at: ["price"], number: {gte: 2, lt: 12.51}}}"#, json!([1, 7])),
        (r#"{path: {at: ["price"], eq: "12.50"}}"#, json!([1, 2])),
        (r#"{path: {at: ["price"], number: {in: [12.5, 2]}}}"#, json!([1, 7])),
        (r#"{path: {at: ["price"], number: {is: NOT_NULL}}}"#, json!([1, 7])),
        (r#"{path: {at: "kind", in: ["pen", "cap"]}}"#, json!([2])),
        (r#"{path: {at: "kind", neq: "pen"}}"#, json!([1])),
        (r#"{path: {at: ["kind"], is: NULL}}"#, json!([3, 4, 5, 6, 7])),
        (r#"{path: {at: ["tags", "-1"], eq: "red"}}"#, json!([1])),
        (r#"{path: {at: [], eq: "new"}}"#, json!([4])),
        (r#"{path: {at: ["kind"], like: "b%", iregex: "^BOO"}}"#, json!([1])),
        (r#"{path: {at: ["kind"], startsWith: "p"}}"#, json!([2])),
        (r#"{path: {at: ["kind"], eq: null}}"#, json!([])),
        (r#"{path: {at: ["kind"]}}"#, json!([1, 2, 3, 4, 5, 6, 7])),
        (r#"{path: [{at: ["kind"], is: NOT_NULL}, {at: ["tags", "0"], is: NULL}]}"#, json!([2])),
    ] {
        for column in ["d", "j"] {
            let filter = format!("{{{column}: {filter}}}");
            assert_eq!(found(&engine, &filter).await, expected, "{filter}");
        }
    }
    let filter = r#"{or: [{d: {hasKey: "red"}}, {not: {j: {hasKey: "kind"}}}], d: {is: NOT_NULL}}"#;
    assert_eq!(found(&engine, filter).await, json!([3, 4, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_documents_and_domains_over_them_have_the_filters_that_they_had() {
    let engine = engine(
        "create domain details as jsonb;
        create table doc (id int primary key, d details, l jsonb[], p jsonb);
        insert into doc values (1, '{}', '{1}', '{}');",
    )
    .await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    let (_, filter) = sdl.split_once("input docFilter {").expect("the filter");
    let fields: Vec<_> = filter.split('}').next().expect("its fields").split_whitespace().collect();
    let fields = fields.join(" ");
    assert!(fields.contains("d: OpaqueFilter") && fields.contains("p: JSONFilter"), "{fields}");
    assert!(!fields.contains("l:"), "{fields}");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_filtered_wherever_rows_come_from() {
    let engine = engine(&format!(
        "{SETUP} create table part (id int primary key, doc_id int references doc, d jsonb);
        insert into part values (1, 1, '{{\"n\": 1}}'), (2, 1, '{{\"n\": 2}}'), (3, 7, null);
        create function kept() returns setof doc stable language sql as 'select * from doc where id > 1';
        create function touched() returns setof doc volatile language sql
            as 'update doc set d = d || ''{{\"seen\": true}}'' where id in (1, 2) returning *';"
    ))
    .await;
    let all = Identity::default();
    let some = r#"{partCollection: {some: {d: {path: {at: "n", number: {gt: 1}}}}}}"#;
    assert_eq!(found(&engine, some).await, json!([1]));
    let query = r#"{ t: partCollection(filter: {doc: {d: {hasKey: "price"}}}) { edges { node { id } } } }"#;
    assert_eq!(ids(&data(&engine, &all, query, json!({})).await["t"]), json!([1, 2, 3]));
    let query = r#"{ t: kept(filter: {d: {hasKey: "price"}}) { edges { node { id } } } }"#;
    assert_eq!(ids(&data(&engine, &all, query, json!({})).await["t"]), json!([2, 7]));
    let query =
        r#"mutation { t: touched(filter: {d: {hasAllKeys: ["seen", "size"]}}) { edges { node { id } } } }"#;
    assert_eq!(ids(&data(&engine, &all, query, json!({})).await["t"]), json!([1]));
    let query = r#"mutation { updatedocCollection(set: {owner: "z"}, filter: {d: {hasKey: "seen"}}, atMost: 5) { affectedCount }
        deleteFromdocCollection(filter: {d: {path: {at: [], eq: "new"}}}) { records { id } } }"#;
    let answer = data(&engine, &all, query, json!({})).await;
    let expected = json!({"updatedocCollection": {"affectedCount": 2}, "deleteFromdocCollection": {"records": [{"id": 4}]}});
    assert_eq!(answer, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_filters_only_what_it_may_read() {
    let setup = format!(
        "{SETUP} create role json_part; grant select (id, d) on doc to json_part;
        alter table doc enable row level security;
        create policy own on doc to json_part using (owner <> 'a');"
    );
    let engine = engine(&setup).await;
    let part = Identity { role: Some("json_part".into()), ..Identity::default() };
    let query = r#"{ t: docCollection(filter: {d: {hasKey: "kind"}}) { edges { node { id } } } }"#;
    assert_eq!(ids(&data(&engine, &part, query, json!({})).await["t"]), json!([7]));
    let answer = harness::graphql_as(&engine, &part, &query.replace("d:", "j:"), json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
}

async fn documents_are_filtered_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "query ($in: JSON, $keys: [String!], $path: String!, $vars: JSON, $at: [String!]!, $text: String, $low: Float) {
        a: docCollection(filter: {d: {contains: $in, hasAnyKeys: $keys}}) { edges { node { id } } }
        b: docCollection(filter: {d: {matches: {path: $path, vars: $vars}}}) { edges { node { id } } }
        c: docCollection(filter: {j: {path: {at: $at, eq: $text, number: {gte: $low}}}}) { edges { node { id } } } }";
    let ask = async |variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    };
    for _ in 0..3 {
        let answer = ask(json!({
            "in": "{}", "keys": ["tags", "size"], "path": "$.price > $low", "vars": "{\"low\": 3}", "at": ["price"], "low": 2
        }))
        .await;
        let found: Vec<_> = ["a", "b", "c"].iter().map(|key| ids(&answer["data"][key])).collect();
        assert_eq!(found, [json!([1, 2, 7]), json!([1]), json!([1, 7])], "{answer}");
        let answer = ask(json!({"path": "$.kind == \"pen\"", "at": ["size", "h"], "text": "20"})).await;
        let found: Vec<_> = ["a", "b", "c"].iter().map(|key| ids(&answer["data"][key])).collect();
        assert_eq!(found, [json!([1, 2, 3, 4, 5, 6, 7]), json!([2]), json!([1])], "{answer}");
        // The fields of collections are non-null, so all of the data is null.
        let answer = ask(json!({"path": "$.kind ==", "at": []})).await;
        let error = &answer["errors"][0];
        let (path, code) = (&error["path"], &error["extensions"]["code"]);
        assert_eq!(
            (&answer["data"], path, code),
            (&Value::Null, &json!(["b"]), &json!("BAD_USER_INPUT")),
            "{answer}"
        );
    }
}

on_every_way!(documents_are_filtered_by_each_way);
