//! Sample values for the variables of an operation, with which it is compiled before its first request.
//!
//! A statement's text depends only on values of few types: on the fields of input objects, on the table of a
//! node id, and on the nulls of a cursor. There are no sample values for those.

use apollo_compiler::ast::{Type, VariableDefinition};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};
use serde_json::Value;

use super::Document;
use crate::schema::rendered::Rendered;

/// An operation of a document with values for its variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The operation's name, if it has one.
    pub name: Option<String>,
    /// The values of the required variables, and the values of all variables for which there are samples.
    pub variables: [serde_json::Map<String, Value>; 2],
}

impl Document {
    /// Its operations, each with values for its variables; `None` for an operation that needs values without
    /// samples.
    pub fn samples(&self, rendered: &Rendered) -> Vec<Option<Sample>> {
        let sample = |operation: &Node<apollo_compiler::executable::Operation>| {
            let mut variables = [serde_json::Map::new(), serde_json::Map::new()];
            for definition in &operation.variables {
                let value = value(&rendered.compiled, &definition.ty);
                if is_required(definition) {
                    variables[0].insert(definition.name.to_string(), value.clone()?);
                }
                if let Some(value) = value {
                    variables[1].insert(definition.name.to_string(), value);
                }
            }
            Some(Sample { name: operation.name.as_ref().map(ToString::to_string), variables })
        };
        self.executable.operations.iter().map(sample).collect()
    }
}

fn is_required(definition: &VariableDefinition) -> bool {
    definition.ty.is_non_null() && definition.default_value.is_none()
}

/// A value of a type, if statements do not depend on its values.
fn value(schema: &Schema, of: &Type) -> Option<Value> {
    match of {
        Type::List(item) | Type::NonNullList(item) => Some(Value::Array(vec![value(schema, item)?])),
        Type::Named(name) | Type::NonNullNamed(name) => match schema.types.get(name)? {
            ExtendedType::Enum(found) => Some(Value::String(found.values.keys().next()?.to_string())),
            ExtendedType::Scalar(_) => scalar(name),
            ExtendedType::Object(_)
            | ExtendedType::Interface(_)
            | ExtendedType::Union(_)
            | ExtendedType::InputObject(_) => None,
        },
    }
}

fn scalar(name: &str) -> Option<Value> {
    Some(match name {
        // A statement depends on the table of an id, and on the nulls of a cursor.
        "ID" | "Cursor" => return None,
        "Int" => 1.into(),
        "Float" => 1.5.into(),
        "Boolean" => true.into(),
        "UUID" => "00000000-0000-4000-8000-000000000000".into(),
        "Date" => "2000-01-01".into(),
        "Time" => "00:00:00".into(),
        "Datetime" => "2000-01-01T00:00:00Z".into(),
        "JSON" => "{}".into(),
        _ => "1".into(),
    })
}
