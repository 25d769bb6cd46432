//! Nulls in marked answers go where the specification (6.4.4) sends them, without a database.

use std::sync::Arc;

use apollo_compiler::Schema as CompiledSchema;
use glowplug::request::{
    CompletedAnswer, Document, JsonMap, MarkedAnswer, Operation, PathSegment, ValueError,
};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::violation::Violation;
use serde_json::{Value, json};

use crate::verdict;

const SDL: &str = "
    type Query { page: Page! pages: Page row: Row node(nodeId: ID!): Node numbers: [Int] count: Int! }
    interface Node { nodeId: ID! }
    type Page { rows: [Row!]! loose: [Row] strict: [Row!] }
    type Row implements Node { nodeId: ID! id: Int! name: String next: Row last: Row! tags: [Int!] level: Level }
    enum Level { LOW HIGH }
";

const NULL: &str = r#""\/null""#;

/// The completed answer of the only root field, whose response key is `r`.
fn completed(document: &str, answer: &str, most_errors: usize) -> CompletedAnswer {
    completed_by(SDL, document, answer, most_errors)
}

fn completed_by(sdl: &str, document: &str, answer: &str, most_errors: usize) -> CompletedAnswer {
    let compiled = CompiledSchema::parse_and_validate(sdl, "schema.graphql").expect("a valid schema");
    let rendered = Rendered::from(compiled);
    let limits = verdict::limits();
    let document = Document::parse(&rendered, document, &limits).expect("a valid document");
    let api = (&verdict::golden("filter"), &rendered);
    let operation =
        Operation::new(Arc::new(document), None, &JsonMap::default(), api, &limits).expect("an operation");
    let marked = MarkedAnswer { key: "r", row_type: Some("Row"), text: answer, most_errors };
    operation.complete_marked(&rendered, marked).expect("JSON of the operation's form")
}

fn path(error: &ValueError) -> Value {
    json!(error.path)
}

/// The document, the marked answer, and the result: its text, and the paths of its errors.
type Expectation = (&'static str, String, Option<&'static str>, Value);

fn expectations() -> Vec<Expectation> {
    vec![
        // A nullable field becomes null itself.
        (
            "{ r: row { name id } }",
            format!(r#"{{"name":{NULL},"id":1}}"#),
            Some(r#"{"name":null,"id":1}"#),
            json!([["r", "name"]]),
        ),
        // A non-null one makes its row null, and that the field above, and so on up to the root.
        (
            "{ r: row { id name } }",
            format!(r#"{{"id":{NULL},"name":"a"}}"#),
            Some("null"),
            json!([["r", "id"]]),
        ),
        (
            "{ r: page { rows { id } } }",
            format!(r#"{{"rows":[{{"id":1}},{{"id":{NULL}}}]}}"#),
            None,
            json!([["r", "rows", 1, "id"]]),
        ),
        (
            "{ r: pages { rows { id } } }",
            format!(r#"{{"rows":[{{"id":1}},{{"id":{NULL}}}]}}"#),
            Some("null"),
            json!([["r", "rows", 1, "id"]]),
        ),
        ("{ r: count }", NULL.to_owned(), None, json!([["r"]])),
        // A list of nullable items keeps the others.
        (
            "{ r: pages { loose { id } strict { id } } }",
            format!(r#"{{"loose":[{{"id":{NULL}}},{{"id":2}}],"strict":[{{"id":3}},{{"id":{NULL}}}]}}"#),
            Some(r#"{"loose":[null,{"id":2}],"strict":null}"#),
            json!([["r", "loose", 0, "id"], ["r", "strict", 1, "id"]]),
        ),
        // Each nullable place has its own error; of several errors below one place, only the first remains.
        (
            "{ r: row { next { id nodeId } name } }",
            format!(r#"{{"next":{{"id":{NULL},"nodeId":{NULL}}},"name":{NULL}}}"#),
            Some(r#"{"next":null,"name":null}"#),
            json!([["r", "next", "id"], ["r", "name"]]),
        ),
        (
            "{ r: row { last { name } } }",
            r#"{"last":"\/row"}"#.to_owned(),
            Some("null"),
            json!([["r", "last"]]),
        ),
        ("{ r: numbers }", r#""\/dimensions""#.to_owned(), Some("null"), json!([["r"]])),
        (
            "{ r: row { tags } }",
            format!(r#"{{"tags":[1,{NULL}]}}"#),
            Some(r#"{"tags":null}"#),
            json!([["r", "tags", 1]]),
        ),
        // A null without a mark is checked against the type, too.
        ("{ r: row { id } }", r#"{"id":null}"#.to_owned(), Some("null"), json!([["r", "id"]])),
    ]
}

/// Expectations about fragments, and about values without marks.
fn further_expectations() -> Vec<Expectation> {
    vec![
        // Aliases, fragments and types that fragments are on.
        (
            "{ r: row { a: id ...F ... on Node { n: nodeId } } } fragment F on Row { b: name }",
            format!(r#"{{"a":1,"b":{NULL},"n":"x"}}"#),
            Some(r#"{"a":1,"b":null,"n":"x"}"#),
            json!([["r", "b"]]),
        ),
        (
            r#"{ r: node(nodeId: "x") { __typename nodeId ... on Row { name level } } }"#,
            r#"{"__typename":"Row","nodeId":"x","name":"a","level":"\/label"}"#.to_owned(),
            Some(r#"{"__typename":"Row","nodeId":"x","name":"a","level":null}"#),
            json!([["r", "level"]]),
        ),
        // A value without a mark keeps its text, whatever it looks like.
        (
            "{ r: row { name id next { name } } }",
            format!(r#"{{"name":"\u0001null \\/null\"","id":1e2,"next":{{"name":{NULL}}}}}"#),
            Some(r#"{"name":"\u0001null \\/null\"","id":1e2,"next":{"name":null}}"#),
            json!([["r", "next", "name"]]),
        ),
    ]
}

#[test]
fn nulls_go_up_to_the_next_nullable_field() {
    for (document, answer, text, paths) in expectations().into_iter().chain(further_expectations()) {
        let found = completed(document, &answer, 20);
        assert_eq!(found.text.as_deref(), text, "{document} over {answer}");
        assert_eq!(found.errors.iter().map(path).collect::<Value>(), paths, "{document} over {answer}");
        assert_eq!(found.further_errors, 0, "{document} over {answer}");
    }
}

#[test]
fn errors_name_their_violation_and_the_fields_place() {
    let found = completed("{\n  r: row {\n    tags\n  }\n}", r#"{"tags":"\/dimensions"}"#, 20);
    let path = ["r", "tags"].map(|key| PathSegment::Key(key.to_owned())).to_vec();
    let error = ValueError { violation: Violation::Dimensions, path, location: Some((3, 5)) };
    assert_eq!(found.errors, [error]);
}

#[test]
fn errors_beyond_the_limit_are_counted() {
    let rows = vec![format!(r#"{{"id":{NULL}}}"#); 50].join(",");
    let found = completed("{ r: pages { loose { id } } }", &format!(r#"{{"loose":[{rows}]}}"#), 7);
    assert_eq!((found.errors.len(), found.further_errors), (7, 43));
    let nulls = vec!["null"; 50].join(",");
    assert_eq!(found.text, Some(format!(r#"{{"loose":[{nulls}]}}"#)));
}

#[test]
fn a_root_field_is_null_if_not_every_null_could_have_its_error() {
    let sdl = format!("directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION {SDL}");
    for (count, is_null) in [(7, false), (8, true)] {
        let rows = vec![format!(r#"{{"id":1,"name":{NULL}}}"#); count].join(",");
        let answer = format!(r#"{{"loose":[{rows}]}}"#);
        let found = completed_by(&sdl, "{ r: pages { loose { id name } } }", &answer, 7);
        assert_eq!((found.errors.len(), found.text.is_none()), (7, is_null));
    }
}
