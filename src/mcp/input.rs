//! The variables of an operation -> the JSON Schema of a tool's arguments.
//!
//! It accepts what the API accepts, except for the short form of lists: a single value in place of a list of one.

use std::collections::{HashMap, VecDeque};

use apollo_compiler::ast::{InputValueDefinition, VariableDefinition};
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::{EnumType, ExtendedType, InputObjectType};
use apollo_compiler::{Name, Node, Schema};
use serde_json::{Value, json};

use super::JsonSchema;
use super::value::{JsonValues, Way, object, of_type, scalar};
use crate::request::literal_json;

/// The maximum number of types in a schema. A filter leads to those of all related tables; what is beyond is an object whose
/// fields the schema does not say.
const TYPES: usize = 100;

/// The schema of the operation's variables. `described` has the variables' own descriptions.
pub(super) fn arguments(
    schema: &Schema,
    operation: &Operation,
    described: &HashMap<String, String>,
    json_values: JsonValues,
) -> JsonSchema {
    let mut types = Types { schema, json_values, waiting: VecDeque::new(), known: Vec::new() };
    let mut properties = JsonSchema::new();
    for variable in &operation.variables {
        let description = described.get(variable.name.as_str()).map(String::as_str);
        properties.insert(variable.name.to_string(), Value::Object(types.variable(variable, description)));
    }
    let is_required =
        |variable: &&Node<VariableDefinition>| variable.ty.is_non_null() && variable.default_value.is_none();
    let required = operation.variables.iter().filter(is_required).map(|variable| variable.name.as_str());
    let mut arguments = object_of(&properties, &required.collect::<Vec<_>>());
    let definitions = types.definitions();
    if !definitions.is_empty() {
        arguments.insert("$defs".to_owned(), Value::Object(definitions));
    }
    arguments
}

/// An object with these members and no others.
fn object_of(properties: &JsonSchema, required: &[&str]) -> JsonSchema {
    let mut schema = object(json!({"type": "object", "properties": properties}));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

struct Types<'s> {
    schema: &'s Schema,
    json_values: JsonValues,
    /// The types that are referenced, and not defined so far.
    waiting: VecDeque<&'s ExtendedType>,
    /// The names of all that are or will be defined.
    known: Vec<&'s Name>,
}

impl<'s> Types<'s> {
    fn variable(&mut self, variable: &VariableDefinition, description: Option<&str>) -> JsonSchema {
        let mut schema = of_type(&variable.ty, &mut |name| self.named(name));
        let of_scalar = || self.scalar_description(variable.ty.inner_named_type());
        if let Some(description) = description.or_else(of_scalar) {
            schema.insert("description".to_owned(), json!(description));
        }
        if let Some(default) = &variable.default_value {
            schema.insert("default".to_owned(), literal_json(default));
        }
        schema
    }

    /// Scalars are written out, and all others are references.
    fn named(&mut self, name: &Name) -> JsonSchema {
        let found = self.schema.types.get(name);
        let Some(found) = found.filter(|found| !matches!(found, ExtendedType::Scalar(_))) else {
            return scalar(name, self.json_values, Way::In);
        };
        if !self.known.contains(&found.name()) {
            if self.known.len() >= TYPES {
                let text = format!("A {name}, whose fields are in the API's schema");
                return object(json!({"type": "object", "description": text}));
            }
            self.known.push(found.name());
            self.waiting.push_back(found);
        }
        object(json!({"$ref": format!("#/$defs/{name}")}))
    }

    fn scalar_description(&self, name: &Name) -> Option<&'s str> {
        match self.schema.types.get(name)? {
            ExtendedType::Scalar(found) if !found.is_built_in() => found.description.as_deref(),
            _ => None,
        }
    }

    /// All referenced types, and those that they reference.
    fn definitions(&mut self) -> JsonSchema {
        let mut definitions = JsonSchema::new();
        while let Some(found) = self.waiting.pop_front() {
            let schema = match found {
                ExtendedType::InputObject(found) => self.input_object(found),
                ExtendedType::Enum(found) => enumeration(found),
                // A variable has no other type.
                _ => JsonSchema::new(),
            };
            definitions.insert(found.name().to_string(), Value::Object(schema));
        }
        definitions
    }

    fn input_object(&mut self, found: &'s InputObjectType) -> JsonSchema {
        let mut properties = JsonSchema::new();
        let mut required = Vec::new();
        for field in found.fields.values() {
            properties.insert(field.name.to_string(), Value::Object(self.field(field)));
            if field.ty.is_non_null() && field.default_value.is_none() {
                required.push(field.name.as_str());
            }
        }
        with_description(object_of(&properties, &required), found.description.as_deref())
    }

    fn field(&mut self, field: &InputValueDefinition) -> JsonSchema {
        let schema = of_type(&field.ty, &mut |name| self.named(name));
        let mut schema = with_description(schema, field.description.as_deref());
        if let Some(default) = &field.default_value {
            schema.insert("default".to_owned(), literal_json(default));
        }
        schema
    }
}

/// The values, with their descriptions in the type's: JSON Schema has no place for them.
fn enumeration(found: &EnumType) -> JsonSchema {
    let names: Vec<&str> = found.values.keys().map(Name::as_str).collect();
    let values = found.values.values().filter_map(|value| {
        let description = value.description.as_deref()?;
        Some(format!("{}: {description}", value.value))
    });
    let lines: Vec<String> = found.description.iter().map(ToString::to_string).chain(values).collect();
    let description = Some(lines.join("\n")).filter(|text| !text.is_empty());
    with_description(object(json!({"type": "string", "enum": names})), description.as_deref())
}

fn with_description(mut schema: JsonSchema, description: Option<&str>) -> JsonSchema {
    if let Some(description) = description {
        schema.insert("description".to_owned(), json!(description));
    }
    schema
}
