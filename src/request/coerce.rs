//! The variables of a request -> values of their types (GraphQL specification, 6.1.2, `CoerceVariableValues`).
//!
//! apollo-compiler's own coercion refuses values that the specification accepts (a `Float` beyond 2^53, an
//! `ID` beyond 2^63). And its messages about a field of an input object have the type, but not the field.

use std::fmt;

use apollo_compiler::ast::{Type, Value, VariableDefinition};
use apollo_compiler::executable::Operation;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::Number;

use super::{Message, shortened, strict::at};

/// The maximum length of a value in a message.
const SHOWN: usize = 60;

/// The path to a value: `$filter.id.in[3]`. It is written out only for an error.
#[derive(Clone, Copy)]
enum Path<'p> {
    Variable(&'p str),
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "${name}"),
            Self::Field(object, name) => write!(formatter, "{object}.{name}"),
            Self::Item(list, index) => write!(formatter, "{list}[{index}]"),
        }
    }
}

/// The values of the operation's variables; absent ones without a default stay absent.
pub(super) fn variables(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
    given: &JsonMap,
) -> Result<Valid<JsonMap>, Message> {
    let mut coerced = JsonMap::new();
    for definition in &operation.variables {
        let value = variable(schema, definition, given)
            .map_err(|text| at(&document.sources, definition.location(), text))?;
        if let Some(value) = value {
            coerced.insert(definition.name.as_str(), value);
        }
    }
    Ok(Valid::assume_valid(coerced))
}

fn variable(
    schema: &Schema,
    definition: &VariableDefinition,
    given: &JsonMap,
) -> Result<Option<JsonValue>, String> {
    let name = definition.name.as_str();
    match (given.get(name), &definition.default_value) {
        (Some(value), _) => coerce(schema, Path::Variable(name), &definition.ty, value).map(Some),
        (None, Some(default)) => Ok(Some(literal(default))),
        (None, None) if definition.ty.is_non_null() => {
            Err(format!("variable \"${name}\" of type \"{}\" is needed, and was not given", definition.ty))
        }
        (None, None) => Ok(None),
    }
}

fn coerce(schema: &Schema, path: Path<'_>, of: &Type, value: &JsonValue) -> Result<JsonValue, String> {
    if value.is_null() {
        return if of.is_non_null() { Err(unfit(path, of, value)) } else { Ok(JsonValue::Null) };
    }
    if of.is_list() {
        return match value {
            JsonValue::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| coerce(schema, Path::Item(&path, index), of.item_type(), item))
                .collect(),
            // A single value stands for a list of one (GraphQL specification, 3.11).
            single => Ok(JsonValue::Array(vec![coerce(schema, path, of.item_type(), single)?])),
        };
    }
    match (schema.types.get(of.inner_named_type()), value) {
        (Some(ExtendedType::InputObject(object)), JsonValue::Object(fields)) => {
            input_object(schema, path, object, fields)
        }
        (Some(ExtendedType::Enum(found)), JsonValue::String(name))
            if found.values.contains_key(name.as_str()) =>
        {
            Ok(value.clone())
        }
        (Some(ExtendedType::Scalar(scalar)), _) => {
            scalar_value(&scalar.name, value).ok_or_else(|| unfit(path, of, value))
        }
        _ => Err(unfit(path, of, value)),
    }
}

fn input_object(
    schema: &Schema,
    path: Path<'_>,
    object: &InputObjectType,
    given: &JsonMap,
) -> Result<JsonValue, String> {
    if let Some(unknown) = given.keys().find(|name| !object.fields.contains_key(name.as_str())) {
        let unknown = shortened(unknown.as_str(), SHOWN);
        return Err(format!("{path}: \"{}\" has no field \"{unknown}\"", object.name));
    }
    let mut fields = JsonMap::new();
    // In the order given, because an orderBy depends on it.
    for (name, value) in given {
        if let Some(definition) = object.fields.get(name.as_str()) {
            let path = Path::Field(&path, name.as_str());
            fields.insert(name.clone(), coerce(schema, path, &definition.ty, value)?);
        }
    }
    for (name, definition) in &object.fields {
        match &definition.default_value {
            _ if given.contains_key(name.as_str()) => {}
            Some(default) => drop(fields.insert(name.as_str(), literal(default))),
            None if definition.ty.is_non_null() => {
                return Err(format!("{path}: field \"{name}\" of type \"{}\" is needed", definition.ty));
            }
            None => {}
        }
    }
    Ok(JsonValue::Object(fields))
}

/// Coerces built-in scalars by the specification (3.5). Custom scalars accept anything here; the plan checks
/// them.
fn scalar_value(name: &str, value: &JsonValue) -> Option<JsonValue> {
    let is_accepted = match (name, value) {
        ("Int", JsonValue::Number(number)) => {
            return integer(number).and_then(|number| i32::try_from(number).ok()).map(JsonValue::from);
        }
        ("ID", JsonValue::Number(number)) => integer(number).is_some(),
        ("Float", JsonValue::Number(_))
        | ("String" | "ID", JsonValue::String(_))
        | ("Boolean", JsonValue::Bool(_)) => true,
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => true,
    };
    is_accepted.then(|| value.clone())
}

/// JSON has only one kind of number: 1.0 is an integer, as in JavaScript.
fn integer(number: &Number) -> Option<i128> {
    if let Some(integer) = number.as_i128() {
        return Some(integer);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it has no fraction, and beyond the range it stays out of it"
    )]
    Some(float as i128)
}

/// The JSON of a literal without variables.
pub fn literal_json(value: &Value) -> serde_json::Value {
    // Every value of this type is JSON.
    serde_json::to_value(literal(value)).unwrap_or_default()
}

/// A default value: a literal without variables.
fn literal(value: &Value) -> JsonValue {
    // A number that is too large for JSON is possible only for a custom scalar, which accepts anything; it is
    // passed on as its text.
    let number = |text: &str| text.parse().map_or_else(|_| text.into(), JsonValue::Number);
    match value {
        Value::Null | Value::Variable(_) => JsonValue::Null,
        Value::Boolean(value) => JsonValue::Bool(*value),
        Value::Int(value) => number(value.as_str()),
        Value::Float(value) => number(value.as_str()),
        Value::String(text) => text.as_str().into(),
        Value::Enum(name) => name.as_str().into(),
        Value::List(items) => items.iter().map(|item| literal(item)).collect(),
        Value::Object(fields) => JsonValue::Object(
            fields.iter().map(|(name, value)| (name.as_str().into(), literal(value))).collect(),
        ),
    }
}

fn unfit(path: Path<'_>, of: &Type, value: &JsonValue) -> String {
    let shown = match value {
        JsonValue::String(text) => format!("{:?}", shortened(text.as_str(), SHOWN)),
        JsonValue::Array(_) => "a list".to_owned(),
        JsonValue::Object(_) => "an object".to_owned(),
        scalar => scalar.to_string(),
    };
    format!("variable \"{path}\" must be of type \"{of}\", and {shown} is not")
}
