//! Introspection answers equal those of graphql-js on the same SDL, and a client schema built from them
//! equals the original. Random introspection queries get the answers of apollo-compiler, and no answer is
//! longer than allowed.

use std::sync::Arc;

use apollo_compiler::introspection::partial_execute;
use glowplug::config::PoolMode;
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use glowplug::request::{Document, Operation, RequestError, json_map};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::bad_input::repeated;
use crate::random::Random;
use crate::{harness, node, verdict};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compared {
    types: usize,
    found: Vec<String>,
    is_same_printed: bool,
}

#[tokio::test]
async fn answers_are_those_of_graphql_js() {
    let script = node::folder().join("introspection.mjs");
    let folder = node::output("introspection");
    let query = node::run(&script, &[], &folder).await;
    let (schema, limits) = (verdict::golden("filter"), verdict::limits());
    let mut wrong = Vec::new();
    for name in ["schema", "deprecated", "every_type", "filter", "odd_names", "views_and_partitions"] {
        let rendered = verdict::rendered(name);
        let document = Arc::new(Document::parse(&rendered, &query, &limits).expect("a valid document"));
        let api = (&schema, &rendered);
        let operation =
            Operation::new(document, None, &json_map(Map::new()), api, &limits).expect("an operation");
        let answers = operation.introspect(&rendered, limits.answer_bytes).expect("an answer");
        let data: Map<String, Value> = answers
            .into_iter()
            .map(|(key, value)| (key, serde_json::from_str(&value).expect("JSON")))
            .collect();
        let (sdl, answer) = (folder.join(format!("{name}.graphql")), folder.join(format!("{name}.json")));
        std::fs::write(&sdl, &*rendered.sdl()).expect("the SDL can be written");
        std::fs::write(&answer, serde_json::json!({ "data": data }).to_string()).expect("the answer too");
        let paths = [sdl.to_str().expect("a path"), answer.to_str().expect("a path")];
        let printed = node::run(&script, &paths, &folder).await;
        let compared: Compared = serde_json::from_str(&printed).expect("the comparison");
        assert!(compared.types > 15, "{name}: only {} types are compared", compared.types);
        wrong.extend(compared.found.iter().map(|difference| format!("{name}{difference}")));
        if !compared.is_same_printed {
            wrong.push(format!("{name}: the schema that a client makes of the answer is another one"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An introspection type: its leaf fields, and its other fields with their types.
type Introspected = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const TYPES: [Introspected; 6] = [
    (
        "__Schema",
        &["description"],
        &[
            ("types", "__Type"),
            ("queryType", "__Type"),
            ("mutationType", "__Type"),
            ("subscriptionType", "__Type"),
            ("directives", "__Directive"),
        ],
    ),
    (
        "__Type",
        &["kind", "name", "description", "specifiedByURL"],
        &[
            ("fields", "__Field"),
            ("interfaces", "__Type"),
            ("possibleTypes", "__Type"),
            ("enumValues", "__EnumValue"),
            ("inputFields", "__InputValue"),
            ("ofType", "__Type"),
            ("ofType", "__Type"),
        ],
    ),
    (
        "__Field",
        &["name", "description", "isDeprecated", "deprecationReason"],
        &[("args", "__InputValue"), ("type", "__Type"), ("type", "__Type")],
    ),
    (
        "__InputValue",
        &["name", "description", "defaultValue", "isDeprecated", "deprecationReason"],
        &[("type", "__Type")],
    ),
    ("__EnumValue", &["name", "description", "isDeprecated", "deprecationReason"], &[]),
    ("__Directive", &["name", "description", "locations", "isRepeatable"], &[("args", "__InputValue")]),
];

/// Selections of a type, with aliases, fragments and directives. `lists` is the number of lists that may
/// still be nested.
fn selections(random: &mut Random, of: &str, depth: usize, lists: usize) -> String {
    let (_, plain, nested) = TYPES.iter().find(|(name, ..)| *name == of).expect("a type of introspection");
    let mut text = String::from("{ __typename ");
    for _ in 0..=random.below(4) {
        let (name, inner) = match nested.get(random.below(nested.len() + 2)) {
            Some((name, of)) if depth > 0 => {
                let is_counted = ["fields", "interfaces", "possibleTypes", "inputFields"].contains(name);
                let Some(lists) = lists.checked_sub(usize::from(is_counted)) else { continue };
                (*name, selections(random, of, depth - 1, lists))
            }
            _ => (plain[random.below(plain.len())], String::new()),
        };
        let takes_argument = ["fields", "enumValues", "inputFields", "args"].contains(&name);
        let argument = if takes_argument && random.once_in(2) { "(includeDeprecated: $yes)" } else { "" };
        // Fields with the same key are merged, so they must not have different arguments.
        let has_alias = !argument.is_empty() || random.once_in(3);
        let alias = if has_alias { format!("a{}: ", random.next()) } else { String::new() };
        let directive = ["", "", "", "@skip(if: true) ", "@include(if: $yes) "][random.below(5)];
        let field = format!("{alias}{name}{argument} {directive}{inner} ");
        let field = if random.once_in(5) { format!("... on {of} {{ {field}}} ") } else { field };
        text.push_str(&field);
    }
    text + "}"
}

#[test]
fn random_questions_are_answered_as_apollo_compiler_does() {
    let (schema, limits) = (verdict::golden("every_type"), verdict::limits());
    let rendered = ["deprecated", "every_type", "views_and_partitions"].map(verdict::rendered);
    let (mut answered, mut random) = (0, Random(12));
    for number in 0..600 {
        let rendered = &rendered[number % 3];
        let (whole, one) =
            (selections(&mut random, "__Schema", 6, 2), selections(&mut random, "__Type", 5, 2));
        let names = ["Query", "Node", "every_type", "String", "Old", "nothing"];
        let name = names[random.below(names.len())];
        let text =
            format!("query($yes: Boolean = true) {{ __schema {whole} b: __type(name: {name:?}) {one} }}");
        let Ok(document) = Document::parse(rendered, &text, &limits) else { continue };
        let (document, api) = (Arc::new(document), (&schema, rendered));
        let operation = Operation::new(document, None, &json_map(Map::new()), api, &limits).expect(&text);
        let ours = operation.introspect(rendered, usize::MAX).expect(&text);
        let theirs = partial_execute(
            &rendered.compiled,
            &rendered.implementers,
            operation.document(),
            operation.definition(),
            operation.variables(),
        );
        for (key, value) in theirs.expect(&text).data.expect(&text) {
            assert_eq!(ours.get(key.as_str()), Some(&value.to_string()), "{text}");
        }
        answered += 1;
    }
    assert!(answered > 300, "only {answered} of 600 documents are valid");
}

#[test]
fn introspection_is_bounded_by_its_answer_its_fields_and_its_depth() {
    let (schema, limits) = (verdict::golden("filter"), verdict::limits());
    let rendered = verdict::rendered("filter");
    let ask = |text: &str, limit: usize| {
        let document = Arc::new(Document::parse(&rendered, text, &limits).expect("a valid document"));
        let operation = Operation::new(document, None, &json_map(Map::new()), (&schema, &rendered), &limits);
        operation.expect("an operation").introspect(&rendered, limit)
    };
    let length = ask("{ __schema { types { name } } }", usize::MAX).expect("an answer")["__schema"].len();
    assert!(ask("{ __schema { types { name } } }", length).is_ok());
    for limit in [0, 1, length / 2, length - 1] {
        let refused = ask("{ __schema { types { name } } }", limit).expect_err("too long");
        assert_eq!(refused, RequestError::TooLarge { limit: "answer", found: None, allowed: limit });
    }
    // The limit is that of the whole answer.
    assert!(ask("{ __schema { types { name } } again: __schema { types { name } } }", length).is_err());
    let message = |refused: RequestError| match refused {
        RequestError::Invalid(messages) => messages[0].text.clone(),
        other => panic!("{other:?}"),
    };
    let many = |count: usize| {
        let aliases = repeated(count, "a$i: name ");
        format!("{{ __schema {{ types {{ {aliases} }} }} }}")
    };
    assert!(ask(&many(998), usize::MAX).is_ok());
    assert!(message(ask(&many(999), usize::MAX).expect_err("too many")).contains("more than 1000 fields"));
    let fragments =
        "fragment A on __Type { a: ofType { ...B } b: ofType { ...B } c: ofType { ...B } d: ofType { ...B } }
        fragment B on __Type { a: ofType { ...C } b: ofType { ...C } c: ofType { ...C } d: ofType { ...C } }
        fragment C on __Type { a: ofType { ...D } b: ofType { ...D } c: ofType { ...D } d: ofType { ...D } }
        fragment D on __Type { a: ofType { ...E } b: ofType { ...E } c: ofType { ...E } d: ofType { ...E } }
        fragment E on __Type { a: name b: name c: name d: name }";
    let spread = format!("{{ __schema {{ types {{ ...A }} }} }} {fragments}");
    assert!(message(ask(&spread, usize::MAX).expect_err("too many")).contains("more than 1000 fields"));
    let deep = |levels: usize| {
        format!(
            "{{ __type(name: \"Query\") {{ {} name {} }} }}",
            "ofType { ".repeat(levels),
            "}".repeat(levels)
        )
    };
    assert!(ask(&deep(28), usize::MAX).is_ok());
    assert!(message(ask(&deep(29), usize::MAX).expect_err("too deep")).contains("more than 30 levels"));
}

#[tokio::test(flavor = "multi_thread")]
async fn remembered_answers_are_those_of_the_same_question_only() {
    let database = harness::database("create table one (id int primary key)").await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let query = "query A($name: String!, $with: Boolean = true) { __type(name: $name) { name kind @include(if: $with) } }
        query B($name: String!) { __type(name: $name) { name } }";
    let ask = async |operation: &str, variables: Value| {
        let request = Request {
            document: query.into(),
            operation_name: Some(operation.to_owned()),
            variables: variables.as_object().expect("an object").clone(),
            extensions: Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        let response = engine.respond(request, &Identity::default()).await;
        let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
        answer["data"]["__type"].clone()
    };
    for _ in 0..2 {
        assert_eq!(ask("A", json!({"name": "one"})).await, json!({"name": "one", "kind": "OBJECT"}));
        assert_eq!(ask("A", json!({"name": "Int"})).await, json!({"name": "Int", "kind": "SCALAR"}));
        assert_eq!(ask("A", json!({"name": "Int", "with": false})).await, json!({"name": "Int"}));
        assert_eq!(ask("B", json!({"name": "Int"})).await, json!({"name": "Int"}));
        assert_eq!(ask("B", json!({"name": "two"})).await, Value::Null);
    }
    let client = harness::connect(&url).await;
    client.batch_execute("create table two (id int primary key)").await.expect("a second table");
    assert!(engine.reload().await.expect("a fresh picture"), "the picture has changed");
    assert_eq!(
        ask("B", json!({"name": "two"})).await,
        json!({"name": "two"}),
        "the new schema has new answers"
    );
}
