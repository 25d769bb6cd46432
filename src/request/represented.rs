//! The argument that takes representations: where they come from, and the facts about them.

use std::collections::BTreeSet;

use apollo_compiler::Node;
use apollo_compiler::executable::Value;
use apollo_compiler::response::JsonValue;
use serde_json::Number;

use super::facts::About;
use super::input::{Input, Place};
use super::representation::{RepresentationSort, length, sorts};
use super::{Facts, Path};

/// Where the representations of a field come from.
#[derive(Debug)]
pub enum Representations<'a> {
    /// They are in the document.
    Known(JsonValue),
    /// They are in the variables, at this path.
    Variable(&'a JsonValue, &'a Path),
}

impl Input<'_> {
    /// A list of representations. Reads the variables inside of those in the document.
    pub fn representations(&self) -> Representations<'_> {
        match &self.place {
            Place::Document(value) => Representations::Known(json(self.facts, value)),
            Place::Variables(value, path) => {
                self.facts.ask(path, About::Representations);
                Representations::Variable(value, path)
            }
        }
    }

    /// The length of a list, rounded up to a power of two, so that lists of similar lengths are the same.
    pub(super) fn length(&self) -> usize {
        match &self.place {
            Place::Document(value) => value.as_list().map_or(1, <[_]>::len).next_power_of_two(),
            Place::Variables(value, path) => {
                self.facts.ask(path, About::Length);
                length(value)
            }
        }
    }
}

impl Representations<'_> {
    /// The list.
    pub fn value(&self) -> &JsonValue {
        match self {
            Self::Known(value) => value,
            Self::Variable(value, _) => value,
        }
    }

    /// The sorts of representations, in a fixed order.
    pub fn sorts(&self) -> BTreeSet<RepresentationSort<'_>> {
        sorts(self.value())
    }
}

/// A value of the document in the form of variables.
fn json<'a>(facts: &'a Facts<'a>, value: &Value) -> JsonValue {
    match value {
        Value::Null => JsonValue::Null,
        Value::Boolean(value) => JsonValue::Bool(*value),
        Value::Int(number) => json_number(number.as_str()),
        Value::Float(number) => json_number(number.as_str()),
        Value::String(text) => text.as_str().into(),
        Value::Enum(name) => name.as_str().into(),
        // An absent variable in a list or an object of no known type is null.
        Value::Variable(name) => facts.value(name).cloned().unwrap_or(JsonValue::Null),
        Value::List(items) => items.iter().map(|item: &Node<Value>| json(facts, item)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.as_str().into(), json(facts, value)));
            JsonValue::Object(fields.collect())
        }
    }
}

/// A number of the document; it stays a text if it is too large for JSON.
fn json_number(text: &str) -> JsonValue {
    text.parse::<Number>().map_or_else(|_| text.into(), JsonValue::Number)
}
