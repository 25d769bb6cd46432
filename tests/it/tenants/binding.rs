//! To fill a tenant's name into a compiled statement gives the statement that would have been compiled for a database with that schema.

use std::sync::Arc;

use glowplug::catalog::Catalog;
use glowplug::config::PoolMode;
use glowplug::plan::{Source, plan};
use glowplug::request::{Document, Facts, Operation, json_map};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::{Statement, compile};
use glowplug::statement::TenantSchema;
use serde_json::Value;

use crate::golden::{Case, cases};
use crate::harness;
use crate::random::Random;

#[test]
fn a_filled_statement_is_the_one_that_is_compiled_for_the_schema() {
    let (mut statements, mut filled) = (0, 0);
    for (number, case) in cases().iter().enumerate() {
        // The ids in a request are of the one schema.
        if ["node(", "_entities"].iter().any(|field| case.read("request.graphql").contains(field)) {
            continue;
        }
        let picture = case.read("catalog.json");
        let name = name(&mut Random(number as u64));
        let tenant = TenantSchema::new(&name, &[]).expect("a name that a tenant may have");
        let of_template = compiled(case, &picture, Some("public"));
        let afresh = compiled(case, &renamed(&picture, &name), None);
        assert_eq!(of_template.len(), afresh.len());
        for (statement, expected) in of_template.into_iter().zip(afresh) {
            let unfilled = statement.numbered().into_owned();
            let statement = statement.within(Some(&tenant));
            // The schema in a `nodeId` stays the template's, so that the id means the same row of each tenant's.
            let own = format!("E'{}'::pg_catalog.text", name.replace('\\', "\\\\").replace('\'', "''"));
            let expected_text = expected.numbered().replace(&own, "'public'::pg_catalog.text");
            assert_eq!(statement.numbered(), expected_text, "{}", case.folder.display());
            assert_eq!(statement.parameters, expected.parameters, "{}", case.folder.display());
            statements += 1;
            filled += usize::from(unfilled.contains("{tenant}"));
        }
    }
    assert!(statements > 150 && filled > 140, "{filled} of {statements} statements");
}

/// A name with everything that needs care. The backslash makes each literal with it an `E'…'`.
fn name(random: &mut Random) -> String {
    let letters: Vec<char> = r#"ab"'\$. é"#.chars().collect();
    (0..random.below(12)).map(|_| *random.choose(&letters)).chain(['\\', 'z']).collect()
}

/// The same catalog of a database in which `public` has another name.
fn renamed(picture: &str, name: &str) -> String {
    fn rename(value: &mut Value, name: &str) {
        match value {
            Value::String(text) if text == "public" => name.clone_into(text),
            Value::String(text) => {
                let in_comment = format!("\"foreign_schema\": {}", Value::from(name));
                let quoted = format!("\"{}\".", name.replace('"', "\"\""));
                *text =
                    text.replace("\"foreign_schema\": \"public\"", &in_comment).replace("public.", &quoted);
            }
            Value::Array(items) => items.iter_mut().for_each(|item| rename(item, name)),
            Value::Object(fields) => fields.values_mut().for_each(|field| rename(field, name)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut picture: Value = serde_json::from_str(picture).expect("a catalog");
    rename(&mut picture, name);
    picture.to_string()
}

fn compiled(case: &Case, picture: &str, template: Option<&str>) -> Vec<Statement> {
    let limits = harness::config("postgres://nobody@localhost/none", PoolMode::Direct).limits;
    let catalog = Catalog::from_json(picture).expect("a catalog");
    let options = Options { federation: case.folder.ends_with("entities"), ..Options::default() };
    let mut schema = Schema::new(Arc::new(catalog), options);
    schema.tenant_template = template.map(Arc::from);
    let rendered = Rendered::new(&schema).expect("a valid schema");
    let text = case.read("request.graphql");
    let document = Document::parse(&rendered, &text, &limits).expect("a document");
    let variables: Value = serde_json::from_str(&case.read("variables.json")).expect("variables");
    let variables = json_map(variables.as_object().expect("an object").clone());
    let operation = Operation::new(Arc::new(document), None, &variables, (&schema, &rendered), &limits);
    let operation = operation.expect("an operation");
    let roots = plan(&schema, &Facts::of(&operation)).expect("a plan").roots.into_iter();
    let actions = roots.filter_map(|root| match root.source {
        Source::Database(action) => Some(action),
        _ => None,
    });
    let statements = actions.flat_map(|action| compile(&schema, &action));
    statements.map(|found| found.bind(&schema, operation.variables()).expect("values")).collect()
}
