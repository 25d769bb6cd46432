//! The JSON Schema of a tool's arguments accepts what the API accepts, for random operations and values.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::Schema as CompiledSchema;
use apollo_compiler::ast::Type;
use apollo_compiler::executable;
use apollo_compiler::schema::ExtendedType;
use glowplug::mcp::{Tool, candidates};
use glowplug::persisted::AllowList;
use glowplug::request::{Document, Operation, json_map};
use serde_json::{Value, json};

use crate::node;
use crate::verdict::{Generator, golden, limits, rendered};

/// Whether a value is one that only the API accepts: a single value in place of a list, which the schema excludes to be plain; or
/// anything for a custom scalar, whose own reader decides later.
fn is_special(schema: &CompiledSchema, of: &Type, value: &Value) -> bool {
    match (of.is_list(), value) {
        (_, Value::Null) => false,
        (true, Value::Array(items)) => items.iter().any(|item| is_special(schema, of.item_type(), item)),
        (true, _) => true,
        (false, value) => match (schema.types.get(of.inner_named_type()), value) {
            (Some(ExtendedType::InputObject(object)), Value::Object(fields)) => {
                fields.iter().any(|(name, value)| {
                    let field = object.fields.get(name.as_str());
                    field.is_some_and(|field| is_special(schema, &field.ty, value))
                })
            }
            (Some(ExtendedType::Scalar(scalar)), _) => !scalar.is_built_in() && !value.is_string(),
            _ => false,
        },
    }
}

#[tokio::test]
async fn schemas_of_arguments_accept_what_the_api_accepts() {
    const CASES: u64 = 3000;
    let (rendered, schema) = (rendered("schema"), golden("every_type"));
    let mut cases = Vec::new();
    let mut accepted = Vec::new();
    for seed in 0..CASES {
        let (text, values) = Generator::new(900_000 + seed, &rendered.compiled, 0).request();
        let text = text.replacen("query (", "\"Random\" query Random (", 1);
        let Ok(document) = Document::parse(&rendered, &text, &limits()) else { continue };
        let document = Arc::new(document);
        let list = AllowList::parse(&json!({"random": text}).to_string()).unwrap();
        let (found, left_out) = candidates(&list);
        assert!(left_out.is_empty() && found.len() == 1, "{text}");
        let tool = Tool::new(&found[0], &document, (&schema, &rendered)).unwrap();
        let variables: HashMap<String, Type> = definition(&document)
            .variables
            .iter()
            .map(|variable| (variable.name.to_string(), (*variable.ty).clone()))
            .collect();
        if values.iter().any(|(name, value)| is_special(&rendered.compiled, &variables[name], value)) {
            continue;
        }
        let given = json_map(values.clone());
        let coerced = Operation::coerced(Arc::clone(&document), Some("Random"), &given, &rendered, &limits());
        accepted.push((coerced.is_ok(), text));
        cases.push(json!({"schema": *tool.arguments, "value": values}).to_string());
    }
    assert!(cases.len() > 1000, "only {} cases", cases.len());
    let folder = node::output("schemas-of-tools");
    let file = folder.join("cases.jsonl");
    std::fs::write(&file, cases.join("\n")).unwrap();
    let printed =
        node::run(&node::folder().join("schemas_of_tools.mjs"), &[file.to_str().unwrap()], &folder).await;
    let verdicts: Vec<bool> = serde_json::from_str(&printed).unwrap();
    let valid = accepted.iter().filter(|(is_accepted, _)| *is_accepted).count();
    assert!(valid > 300 && accepted.len() - valid > 300, "{valid} of {} are accepted", accepted.len());
    for ((is_valid, (is_accepted, text)), case) in verdicts.iter().zip(&accepted).zip(&cases) {
        assert_eq!(is_valid, is_accepted, "{text}\n{case}");
    }
    assert_eq!(verdicts.len(), cases.len());
}

fn definition(document: &Document) -> &executable::Operation {
    document.executable().operations.get(Some("Random")).unwrap()
}
