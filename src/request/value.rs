//! Values of arguments, with the variables put in.

use apollo_compiler::executable::{Argument, Field, Value};
use apollo_compiler::response::JsonValue;
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

use super::Operation;

/// A value that a client gave, as far as syntax tells what it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// null.
    Null,
    /// true or false.
    Boolean(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, or the name of an enum's value: variables do not tell them apart, validation has.
    Text(String),
    /// A list.
    List(Vec<Input>),
    /// An input object. Fields whose variable is absent are absent.
    Object(Inputs),
}

/// Arguments or the fields of an input object, by name, in the order given.
pub type Inputs = IndexMap<String, Input>;

impl Operation {
    /// The arguments of a field. An argument whose variable is absent is absent.
    pub fn arguments(&self, arguments: &[Node<Argument>]) -> Inputs {
        arguments
            .iter()
            .filter_map(|given| Some((given.name.to_string(), self.input(&given.value)?)))
            .collect()
    }

    /// One argument of a field.
    pub(super) fn argument(&self, field: &Field, name: &str) -> Option<Input> {
        let given = field.arguments.iter().find(|given| given.name == name)?;
        self.input(&given.value)
    }

    fn input(&self, value: &Value) -> Option<Input> {
        Some(match value {
            Value::Null => Input::Null,
            Value::Boolean(value) => Input::Boolean(*value),
            Value::Int(number) => Input::Number(number.as_str().to_owned()),
            Value::Float(number) => Input::Number(number.as_str().to_owned()),
            Value::String(text) => Input::Text(text.clone()),
            Value::Enum(name) => Input::Text(name.to_string()),
            Value::Variable(name) => return self.variable(name),
            // An absent variable in a list is null (GraphQL specification, 3.11).
            Value::List(items) => {
                Input::List(items.iter().map(|item| self.input(item).unwrap_or(Input::Null)).collect())
            }
            Value::Object(fields) => Input::Object(
                fields
                    .iter()
                    .filter_map(|(name, value)| Some((name.to_string(), self.input(value)?)))
                    .collect(),
            ),
        })
    }

    fn variable(&self, name: &Name) -> Option<Input> {
        self.variables().get(name.as_str()).map(from_json)
    }
}

fn from_json(value: &JsonValue) -> Input {
    match value {
        JsonValue::Null => Input::Null,
        JsonValue::Bool(value) => Input::Boolean(*value),
        JsonValue::Number(number) => Input::Number(number.to_string()),
        JsonValue::String(text) => Input::Text(text.as_str().to_owned()),
        JsonValue::Array(items) => Input::List(items.iter().map(from_json).collect()),
        JsonValue::Object(fields) => Input::Object(
            fields.iter().map(|(name, value)| (name.as_str().to_owned(), from_json(value))).collect(),
        ),
    }
}
