//! Errors in a filter of documents are client errors, and their messages say what is wrong.

use serde_json::json;

use super::{data, engine, refused};

const SETUP: &str = r#"
    create table doc (id int primary key, d jsonb, j json);
    insert into doc values (1, '{"a": 1}', '{"a": "\u0000"}');"#;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_filters_are_told() {
    let engine = engine(SETUP).await;
    let query = |filter: &str| {
        format!("{{ t: docCollection(filter: {{d: {filter}}}) {{ edges {{ node {{ id }} }} }} }}")
    };
    for (filter, words) in [
        (r#"{eq: "{}"}"#, &["eq", "JSONFilter"][..]),
        ("{contains: \"{\"}", &["json"]),
        ("{contains: 1}", &["contains", "JSON", "string"]),
        ("{contains: {a: 1}}", &["contains", "JSON", "string"]),
        ("{hasKey: 1}", &["String"]),
        ("{hasKey: [\"a\"]}", &["String"]),
        ("{hasAnyKeys: [1]}", &["String"]),
        ("{hasAllKeys: [null]}", &["null"]),
        ("{matches: \"$.a\"}", &["JSONPredicate"]),
        ("{matches: {}}", &["path"]),
        ("{matches: {path: null}}", &["path"]),
        (r#"{matches: {path: "$.a >"}}"#, &["path of JSON", "syntax error"]),
        (r#"{matches: {path: ""}}"#, &["path of JSON"]),
        (r#"{matches: {path: "@.a > 1"}}"#, &["path of JSON", "@"]),
        (r#"{matches: {path: "$[last] > 1 && last > 1"}}"#, &["path of JSON", "LAST"]),
        (r#"{matches: {path: "$.a > $low", vars: "{}"}}"#, &["path of JSON", "low"]),
        (r#"{matches: {path: "$.a > $low", vars: "[1]"}}"#, &["path of JSON", "vars"]),
        (r#"{matches: {path: "$.a > 1", vars: "{"}}"#, &["json"]),
        (r#"{matches: {path: "$.a like_regex \"(\""}}"#, &["regular expression"]),
        ("{path: {eq: \"1\"}}", &["at"]),
        ("{path: {at: null}}", &["at"]),
        ("{path: {at: [null]}}", &["null"]),
        ("{path: {at: [1]}}", &["String"]),
        ("{path: {at: [[\"a\"]]}}", &["String"]),
        ("{path: [null]}", &["null"]),
        ("{path: {at: [\"a\"], eq: 1}}", &["String"]),
        ("{path: {at: [\"a\"], regex: \"(\"}}", &["regular expression"]),
        ("{path: {at: [\"a\"], number: 1}}", &["FloatFilter"]),
        ("{path: {at: [\"a\"], number: {gt: \"1\"}}}", &["Float"]),
        ("{path: {at: [\"a\"], is: null}}", &["is", "NULL or NOT_NULL"]),
        ("{is: null}", &["is", "d", "NULL or NOT_NULL"]),
    ] {
        let message = refused(&engine, &query(filter), json!({})).await;
        for word in words {
            assert!(message.contains(word), "{filter}: {word:?} is missing: {message}");
        }
    }
    // A document that jsonb cannot represent.
    let message = refused(&engine, &query("{hasKey: \"a\"}").replace("d:", "j:"), json!({})).await;
    assert!(message.contains("Unicode"), "{message}");
    let levels = 100_000;
    let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let by_variable =
        "query ($in: JSON) { docCollection(filter: {d: {contains: $in}}) { edges { cursor } } }";
    let message = refused(&engine, by_variable, json!({ "in": deep })).await;
    assert!(message.contains("too complex"), "{message}");
    for (variables, words) in [
        (json!({"f": {"path": {"at": "a", "eq": 1}}}), ["$f.path", "String"]),
        (json!({"f": {"path": {"eq": "a"}}}), ["$f.path", "at"]),
        (json!({"f": {"hasAnyKeys": ["a", null]}}), ["$f.hasAnyKeys[1]", "null"]),
        (json!({"f": {"contains": {"a": 1}}}), ["contains", "string"]),
        (json!({"f": {"matches": {"vars": "{}"}}}), ["$f.matches", "path"]),
    ] {
        let query = "query ($f: JSONFilter) { docCollection(filter: {d: $f}) { edges { cursor } } }";
        let message = refused(&engine, query, variables.clone()).await;
        for word in words {
            assert!(message.contains(word), "{variables}: {word:?} is missing: {message}");
        }
    }
    let all = "{ t: docCollection { edges { node { id } } } }";
    let answer = data(&engine, &glowplug::engine::Identity::default(), all, json!({})).await;
    assert_eq!(answer, json!({"t": {"edges": [{"node": {"id": 1}}]}}));
}
