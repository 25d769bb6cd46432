//! Types of GraphQL in JSON Schema.

use apollo_compiler::Name;
use apollo_compiler::ast::Type;
use serde_json::{Value, json};

use super::JsonSchema;

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the client, in a variable.
    In,
    /// To the client, in an answer.
    Out,
}

/// How values of the scalar `JSON` are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonValues {
    /// As strings that hold the text.
    Strings,
    /// As they are.
    Plain,
}

/// The schema of a scalar; a custom one that is not Glowplug's own may be anything.
///
/// Times have no `format`: that of JSON Schema needs a time zone, and PostgreSQL has `infinity`.
pub(super) fn scalar(name: &str, json_values: JsonValues, way: Way) -> JsonSchema {
    let schema = match (name, way) {
        ("Int", _) => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        ("Float", _) => json!({"type": "number"}),
        ("Boolean", _) => json!({"type": "boolean"}),
        ("ID" | "BigInt", Way::In) => json!({"type": ["string", "integer"]}),
        // In aggregates, these are numbers.
        ("BigInt" | "BigFloat", Way::Out) => json!({"type": ["string", "number"]}),
        ("UUID", Way::In) => json!({"type": "string", "format": "uuid"}),
        ("Date", Way::In) => json!({"type": "string", "format": "date"}),
        ("GeoJSON", Way::In) => json!({"type": ["string", "object"]}),
        ("GeoJSON", Way::Out) if json_values == JsonValues::Plain => json!({"type": "object"}),
        ("JSON", _) if json_values == JsonValues::Plain => json!({}),
        (
            "String" | "ID" | "BigFloat" | "UUID" | "Date" | "Time" | "Datetime" | "Cursor" | "JSON"
            | "GeoJSON",
            _,
        ) => json!({"type": "string"}),
        _ => json!({}),
    };
    object(schema)
}

/// The schema of a type, by those of named types.
pub(super) fn of_type(of: &Type, named: &mut dyn FnMut(&Name) -> JsonSchema) -> JsonSchema {
    let mut list = |items: &Type| object(json!({"type": "array", "items": of_type(items, named)}));
    match of {
        Type::NonNullNamed(name) => named(name),
        Type::Named(name) => nullable(named(name)),
        Type::NonNullList(items) => list(items),
        Type::List(items) => nullable(list(items)),
    }
}

/// The same schema, and null.
pub(super) fn nullable(mut schema: JsonSchema) -> JsonSchema {
    match schema.get("type").cloned() {
        Some(Value::Array(mut types)) => {
            types.push(json!("null"));
            schema.insert("type".to_owned(), Value::Array(types));
        }
        Some(one) => {
            schema.insert("type".to_owned(), json!([one, "null"]));
        }
        _ if schema.contains_key("$ref") => return object(json!({"anyOf": [schema, {"type": "null"}]})),
        // It accepts everything.
        _ => {}
    }
    schema
}

/// The members of an object.
pub(super) fn object(value: Value) -> JsonSchema {
    match value {
        Value::Object(members) => members,
        _ => JsonSchema::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_one_more_value() {
        for (schema, expected) in [
            (
                json!({"type": "string", "format": "uuid"}),
                json!({"type": ["string", "null"], "format": "uuid"}),
            ),
            (json!({"type": ["string", "integer"]}), json!({"type": ["string", "integer", "null"]})),
            (json!({}), json!({})),
            (json!({"$ref": "#/$defs/T"}), json!({"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]})),
        ] {
            assert_eq!(Value::Object(nullable(object(schema))), expected);
        }
    }
}
