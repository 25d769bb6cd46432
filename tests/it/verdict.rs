//! Validation follows the specification: graphql-js and Glowplug agree on random documents and variables.

mod generate;
mod mutate;
mod values;
mod variables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use apollo_compiler::Schema as CompiledSchema;
use glowplug::catalog::Catalog;
use glowplug::config::{Limits, PoolMode};
use glowplug::error::{Error, GraphqlError};
use glowplug::request::{Document, Operation, json_map};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use serde_json::json;

use crate::random::Random;
use crate::{harness, node};
pub(crate) use generate::Generator;
pub(crate) use mutate::mutate;

/// An API, from the SDL of a file or from the catalog of a golden case.
pub(crate) fn rendered(name: &str) -> Rendered {
    let own = Path::new("tests/it/verdict").join(format!("{name}.graphql"));
    if let Ok(sdl) = std::fs::read_to_string(&own) {
        let compiled = CompiledSchema::parse_and_validate(sdl.as_str(), own).expect("a valid schema");
        return Rendered::from(compiled);
    }
    Rendered::new(&golden(name)).expect("a valid schema")
}

pub(crate) fn golden(name: &str) -> Schema {
    let picture = std::fs::read_to_string(format!("tests/golden/{name}/catalog.json")).expect("a catalogue");
    Schema::new(Arc::new(Catalog::from_json(&picture).expect("a catalogue")), Options::default())
}

/// graphql-js 16 evaluates constant `@skip` and `@include` at a subscription's root; the specification
/// (September 2025, 5.2.4.1) forbids both there.
fn is_newer_rule(ours: Option<&Error>) -> bool {
    let is_said =
        |told: &GraphqlError| told.message.ends_with("can not specify @skip or @include on root fields.");
    ours.is_some_and(|error| error.for_client().iter().any(is_said))
}

/// Limits that no random document reaches.
pub(crate) fn limits() -> Limits {
    let limits = harness::config("postgres://nobody@localhost/none", PoolMode::Direct).limits;
    Limits {
        depth: 1000,
        aliases: 10_000,
        root_fields: 1000,
        complexity: usize::MAX,
        tokens: 100_000,
        values: usize::MAX,
        message_bytes: usize::MAX,
        ..limits
    }
}

/// Half of the documents are valid, a quarter has mistakes, and a quarter has a damaged text.
fn document(seed: u64, schema: &CompiledSchema) -> String {
    let mut random = Random(seed);
    let slips = [0, 0, 0, 25, 60, 150][random.below(6)];
    let document = Generator::new(random.next(), schema, slips).document();
    if random.once_in(4) { mutate(&mut random, &document) } else { document }
}

/// graphql-js accepts any literal for a custom scalar; apollo-compiler refuses null inside a list for a
/// non-null custom scalar. A custom scalar decides itself which literals it accepts (GraphQL specification,
/// 3.5), and none of ours accepts lists.
fn is_own_decision(ours: Option<&str>) -> bool {
    let scalar = ours.and_then(|message| message.strip_suffix(" cannot represent value: null"));
    scalar.is_some_and(|name| !["Int", "Float", "String", "Boolean", "ID"].contains(&name))
}

/// graphql-js's error for each case, if there is one.
async fn complaints(name: &str, sdl: &str, cases: &[serde_json::Value]) -> Vec<Option<String>> {
    let folder: PathBuf = node::output(name);
    let (schema, list) = (folder.join("schema.graphql"), folder.join("cases.jsonl"));
    std::fs::write(&schema, sdl).expect("the schema can be written");
    let lines: Vec<String> = cases.iter().map(ToString::to_string).collect();
    std::fs::write(&list, lines.join("\n")).expect("the cases can be written");
    let arguments = [schema.to_str().expect("a path"), list.to_str().expect("a path")];
    let printed = node::run(&node::folder().join("verdict.mjs"), &arguments, &folder).await;
    printed.lines().map(|line| serde_json::from_str(line).expect("a string or null")).collect()
}

#[tokio::test]
async fn verdicts_on_random_documents_are_those_of_graphql_js() {
    const DOCUMENTS: u64 = 4000;
    let mut wrong = Vec::new();
    for (name, seed) in [("schema", 1), ("every_type", 2), ("filter", 3)] {
        let rendered = rendered(name);
        let documents: Vec<_> =
            (0..DOCUMENTS).map(|index| document(seed * DOCUMENTS + index, &rendered.compiled)).collect();
        let cases: Vec<_> = documents.iter().map(|document| json!({ "document": document })).collect();
        let theirs = complaints(&format!("verdict-{name}"), &rendered.sdl(), &cases).await;
        assert_eq!(theirs.len(), documents.len(), "graphql-js answers every case");
        let valid = theirs.iter().filter(|complaint| complaint.is_none()).count();
        assert!(valid > documents.len() / 4, "only {valid} documents are valid");
        assert!(valid < documents.len() * 3 / 4, "{valid} documents are valid");
        let limits = limits();
        let differing: Vec<_> = documents
            .iter()
            .zip(&theirs)
            .filter_map(|(document, theirs)| {
                let ours = Document::parse(&rendered, document, &limits).err().map(Error::from);
                let is_newer = is_newer_rule(ours.as_ref());
                let ours = ours.map(|error| error.for_client()[0].message.clone());
                (ours.is_some() != theirs.is_some() && !is_own_decision(ours.as_deref()) && !is_newer)
                    .then(|| format!("{document}\n  graphql-js: {theirs:?}\n  Glowplug: {ours:?}\n"))
            })
            .collect();
        wrong.extend(differing);
    }
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn variables_are_accepted_and_refused_as_by_graphql_js() {
    const SETS: u64 = 4000;
    let (rendered, schema, limits) = (rendered("schema"), golden("filter"), limits());
    let cases: Vec<_> = (0..SETS)
        .map(|seed| {
            let mut generator = Generator::new(seed, &rendered.compiled, 0);
            let (document, variables) = generator.request();
            json!({ "document": document, "variables": variables })
        })
        .collect();
    let theirs = complaints("verdict-variables", &rendered.sdl(), &cases).await;
    assert_eq!(theirs.len(), cases.len(), "graphql-js answers every case");
    let accepted = theirs.iter().filter(|complaint| complaint.is_none()).count();
    assert!((cases.len() / 4..cases.len() * 3 / 4).contains(&accepted), "{accepted} are accepted");
    let differing = cases.iter().zip(&theirs).filter_map(|(case, theirs)| {
        let text = case["document"].as_str().expect("a text");
        let document = Document::parse(&rendered, text, &limits).expect("a valid document");
        let variables = json_map(case["variables"].as_object().expect("an object").clone());
        let api = (&schema, &rendered);
        let ours = Operation::new(Arc::new(document), None, &variables, api, &limits).err();
        (ours.is_some() != theirs.is_some())
            .then(|| format!("{case}\n  graphql-js: {theirs:?}\n  Glowplug: {ours:?}\n"))
    });
    let differing: Vec<_> = differing.collect();
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}
