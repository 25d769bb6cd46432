//! Values with parts, as one JSON text in which variables have places.

use crate::request::{Input, JsonMap, JsonValue, Leaf, Path, Source};

/// A part of a JSON text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonPiece {
    /// Text.
    Text(String),
    /// A value in the variables.
    Value(Path),
}

/// The JSON text of a value, in pieces: one, if no variable stands in it.
pub(super) fn pieces(input: &Input<'_>) -> Vec<JsonPiece> {
    let mut pieces = Vec::new();
    add(&mut pieces, input);
    pieces
}

fn add(pieces: &mut Vec<JsonPiece>, input: &Input<'_>) {
    match input.source() {
        Source::Variable(path) => pieces.push(JsonPiece::Value(path.clone())),
        Source::Items(items) => {
            let mut separator = "[";
            for item in &items {
                add_text(pieces, separator);
                add(pieces, item);
                separator = ",";
            }
            add_text(pieces, if items.is_empty() { "[]" } else { "]" });
        }
        Source::Known(Leaf::Compound) => {
            let fields = input.fields();
            let mut separator = "{";
            for (name, value) in &fields {
                // Names need no escapes.
                add_text(pieces, &format!("{separator}\"{name}\":"));
                add(pieces, value);
                separator = ",";
            }
            add_text(pieces, if fields.is_empty() { "{}" } else { "}" });
        }
        Source::Known(Leaf::Null) => add_text(pieces, "null"),
        Source::Known(Leaf::Boolean(value)) => add_text(pieces, if value { "true" } else { "false" }),
        Source::Known(Leaf::Number(number)) => add_text(pieces, &number),
        Source::Known(Leaf::Text(text)) => add_text(pieces, &JsonValue::from(text).to_string()),
    }
}

fn add_text(pieces: &mut Vec<JsonPiece>, text: &str) {
    match pieces.last_mut() {
        Some(JsonPiece::Text(last)) => last.push_str(text),
        Some(JsonPiece::Value(_)) | None => pieces.push(JsonPiece::Text(text.to_owned())),
    }
}

/// The whole text, with the values of a request.
pub(super) fn joined(pieces: &[JsonPiece], variables: &JsonMap) -> String {
    let text = |piece: &JsonPiece| match piece {
        JsonPiece::Text(text) => text.clone(),
        JsonPiece::Value(path) => path.find(variables).unwrap_or(&JsonValue::Null).to_string(),
    };
    pieces.iter().map(text).collect()
}
