//! The API as SDL text, for the parser of `rendered`; people read what that prints again.

use std::fmt::{self, Write};

use super::{Field, InputField, Kind, Schema, TypeDefinition};

/// The schema definition document.
pub(super) fn write(schema: &Schema) -> String {
    let mut text = String::new();
    for (name, definition) in &schema.types {
        // Writing to a String cannot fail.
        let _ = write_type(&mut text, name, definition);
    }
    text
}

fn write_type(text: &mut String, name: &str, definition: &TypeDefinition) -> fmt::Result {
    write_description(text, definition.description.as_deref())?;
    match &definition.kind {
        Kind::Scalar => writeln!(text, "scalar {name}"),
        Kind::Enum(values) => {
            writeln!(text, "enum {name} {{")?;
            for value in values {
                write_description(text, value.description.as_deref())?;
                writeln!(text, "{}", value.name)?;
            }
            writeln!(text, "}}")
        }
        Kind::Interface(fields) => write_fields(text, &format!("interface {name}"), fields.iter()),
        Kind::Object { is_node, fields } => {
            let implements = if *is_node { " implements Node" } else { "" };
            write_fields(text, &format!("type {name}{implements}"), fields.iter())
        }
        Kind::Input(fields) => write_inputs(text, name, fields.iter()),
    }
}

fn write_fields<'a>(
    text: &mut String,
    head: &str,
    fields: impl Iterator<Item = (&'a String, &'a Field)>,
) -> fmt::Result {
    writeln!(text, "{head} {{")?;
    for (name, field) in fields {
        write_description(text, field.description.as_deref())?;
        text.push_str(name);
        if !field.arguments.is_empty() {
            text.push('(');
            for argument in &field.arguments {
                write_description(text, argument.description.as_deref())?;
                write!(text, "{}: {}", argument.name, argument.takes)?;
                if let Some(default) = &argument.default {
                    write!(text, " = {default}")?;
                }
                text.push('\n');
            }
            text.push(')');
        }
        writeln!(text, ": {}", field.returns)?;
    }
    writeln!(text, "}}")
}

fn write_inputs<'a>(
    text: &mut String,
    name: &str,
    fields: impl Iterator<Item = (&'a String, &'a InputField)>,
) -> fmt::Result {
    writeln!(text, "input {name} {{")?;
    for (field, input) in fields {
        write_description(text, input.description.as_deref())?;
        writeln!(text, "{field}: {}", input.takes)?;
    }
    writeln!(text, "}}")
}

/// As a quoted string: GraphQL's escapes are those of JSON (GraphQL specification, 2.9.4).
fn write_description(text: &mut String, description: Option<&str>) -> fmt::Result {
    match description {
        Some(description) => writeln!(text, "{}", serde_json::Value::from(description)),
        None => Ok(()),
    }
}
