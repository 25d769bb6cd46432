//! The size of an operation's arguments, counted before anything is built from them.
//!
//! A variable of a megabyte that thirty fields use is thirty megabytes of SQL, and one long row among 100,000
//! empty ones makes all of them long. So values count at each place of use. Every variable is read only once.

use std::collections::{HashMap, HashSet};

use apollo_compiler::Name;
use apollo_compiler::executable::{Field, Value};
use apollo_compiler::response::serde_json_bytes::ByteString;
use apollo_compiler::response::{JsonMap, JsonValue};

/// The maximum nesting of lists and input objects. A filter that a person writes has less than ten levels.
pub(super) const NESTING: usize = 64;

/// About how many bytes a column's name, an operator and a cast take in SQL.
const NAMED: usize = 64;

/// The bytes that separate the items of a list.
const ITEM: usize = 4;

/// About how many digits a number has.
const NUMBER: usize = 20;

/// The size of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Scalars, lists and objects.
    pub(super) values: usize,
    /// Bytes of SQL, about.
    pub(super) bytes: usize,
    /// Levels of lists and objects.
    pub(super) depth: usize,
    /// Of a list of objects: the number of fields that some of them have and others lack. Inserted rows get a
    /// default for each.
    pub(super) missing: usize,
}

impl Weight {
    fn leaf(bytes: usize) -> Self {
        Self { values: 1, bytes, ..Self::default() }
    }

    fn text(text: &str) -> Self {
        // In a list's text a quotation mark becomes `\"`, and the literal doubles the backslash again.
        let special = text.bytes().filter(|byte| matches!(byte, b'\'' | b'"' | b'\\')).count();
        Self::leaf(text.len().saturating_add(special.saturating_mul(3)))
    }

    fn container(parts: impl Iterator<Item = Self>, each: usize) -> Self {
        let own = Self { values: 1, ..Self::default() };
        let sum = parts.fold(own, |sum, part| Self {
            values: sum.values.saturating_add(part.values),
            bytes: sum.bytes.saturating_add(part.bytes).saturating_add(each),
            depth: sum.depth.max(part.depth),
            missing: 0,
        });
        Self { depth: sum.depth + 1, ..sum }
    }
}

/// The size of arguments.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    /// Scalars, lists and objects.
    pub(super) values: usize,
    /// Bytes of SQL, about.
    pub(super) bytes: usize,
    /// Levels of lists and objects.
    pub(super) nesting: usize,
}

impl Load {
    fn of(weight: Weight, missing: usize) -> Self {
        Self {
            values: weight.values.saturating_add(missing),
            bytes: weight.bytes.saturating_add(missing.saturating_mul("default,".len())),
            nesting: weight.depth,
        }
    }

    /// Combines both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
            nesting: self.nesting.max(other.nesting),
        }
    }

    /// The maximum size with variables that have this number of uses.
    pub(super) fn with_all(self, variables: &JsonMap, uses: usize) -> Self {
        let weights = variables.values().map(of_json);
        let all = weights.fold(Self::default(), |all, weight| all.and(Self::of(weight, weight.missing)));
        Self {
            values: self.values.saturating_add(all.values.saturating_mul(uses)),
            bytes: self.bytes.saturating_add(all.bytes.saturating_mul(uses)),
            nesting: self.nesting.saturating_add(all.nesting),
        }
    }
}

/// The size of a field's arguments.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Arguments {
    /// All of them.
    pub(super) load: Load,
    /// The part that is in the document.
    pub(super) written: Load,
    /// The number of uses of variables.
    pub(super) uses: usize,
}

/// The number of variables in a value.
fn uses(value: &Value) -> usize {
    match value {
        Value::Variable(_) => 1,
        Value::List(items) => items.iter().map(|item| uses(item)).sum(),
        Value::Object(fields) => fields.iter().map(|(_, value)| uses(value)).sum(),
        Value::Null
        | Value::Boolean(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Enum(_) => 0,
    }
}

/// Measures values with variables substituted.
pub(super) struct Scale<'a> {
    variables: &'a JsonMap,
    weighed: HashMap<&'a Name, Weight>,
}

impl<'a> Scale<'a> {
    pub(super) fn new(variables: &'a JsonMap) -> Self {
        Self { variables, weighed: HashMap::new() }
    }

    /// Measures all arguments of a field. `inserts` says that a list of objects becomes rows that all have
    /// the same columns.
    pub(super) fn arguments(&mut self, field: &'a Field, inserts: bool) -> Arguments {
        let mut total = Arguments::default();
        for argument in &field.arguments {
            let weight = self.value(&argument.value);
            let missing = if inserts { weight.missing } else { 0 };
            total.load = total.load.and(Load::of(weight, missing));
            total.uses = total.uses.saturating_add(uses(&argument.value));
            // The fields of an object in the document are fixed, whatever its variables contain.
            let written = if argument.value.as_variable().is_some() { 0 } else { missing };
            let weight = Scale::new(&JsonMap::new()).value(&argument.value);
            total.written = total.written.and(Load::of(weight, written));
        }
        total
    }

    fn value(&mut self, value: &'a Value) -> Weight {
        match value {
            Value::Null | Value::Boolean(_) => Weight::leaf(ITEM),
            Value::Int(number) => Weight::leaf(number.as_str().len()),
            Value::Float(number) => Weight::leaf(number.as_str().len()),
            Value::Enum(name) => Weight::leaf(name.len()),
            Value::String(text) => Weight::text(text),
            Value::Variable(name) => self.variable(name),
            Value::List(items) => {
                let missing = self.missing(items.iter().map(|item| &**item));
                Weight { missing, ..Weight::container(items.iter().map(|item| self.value(item)), ITEM) }
            }
            Value::Object(fields) => {
                Weight::container(fields.iter().map(|(_, value)| self.value(value)), NAMED)
            }
        }
    }

    fn variable(&mut self, name: &'a Name) -> Weight {
        if let Some(weight) = self.weighed.get(name) {
            return *weight;
        }
        let weight = self.variables.get(name.as_str()).map_or_else(Weight::default, of_json);
        self.weighed.insert(name, weight);
        weight
    }

    fn missing(&self, items: impl Iterator<Item = &'a Value>) -> usize {
        let mut names = Names::default();
        for item in items {
            match item {
                Value::Object(fields) => names.row(fields.iter().map(|(name, _)| name.as_str())),
                Value::Variable(name) => {
                    if let Some(JsonValue::Object(fields)) = self.variables.get(name.as_str()) {
                        names.row(fields.keys().map(ByteString::as_str));
                    }
                }
                _ => {}
            }
        }
        names.missing()
    }
}

fn of_json(value: &JsonValue) -> Weight {
    match value {
        JsonValue::Null | JsonValue::Bool(_) => Weight::leaf(ITEM),
        JsonValue::Number(_) => Weight::leaf(NUMBER),
        JsonValue::String(text) => Weight::text(text.as_str()),
        JsonValue::Array(items) => {
            let mut names = Names::default();
            for fields in items.iter().filter_map(JsonValue::as_object) {
                names.row(fields.keys().map(ByteString::as_str));
            }
            Weight { missing: names.missing(), ..Weight::container(items.iter().map(of_json), ITEM) }
        }
        JsonValue::Object(fields) => Weight::container(fields.values().map(of_json), NAMED),
    }
}

/// The size of a request's variables, before their use is known.
pub struct Values;

impl Values {
    /// Whether there are more values, or more bytes in their texts, than these. Stops counting there.
    pub fn exceed(variables: &JsonMap, values: usize, bytes: usize) -> bool {
        let mut waiting: Vec<&JsonValue> = variables.values().collect();
        let (mut seen, mut length) = (0, 0);
        while let Some(value) = waiting.pop() {
            seen += 1;
            match value {
                JsonValue::String(text) => length += text.as_str().len(),
                JsonValue::Array(items) if items.len() > values => return true,
                JsonValue::Array(items) => waiting.extend(items),
                JsonValue::Object(fields) => waiting.extend(fields.values()),
                JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) => {}
            }
            if seen + waiting.len() > values || length > bytes {
                return true;
            }
        }
        false
    }
}

/// The names of the fields of objects that become rows.
#[derive(Default)]
struct Names<'n> {
    all: HashSet<&'n str>,
    rows: usize,
    given: usize,
}

impl<'n> Names<'n> {
    fn row(&mut self, names: impl Iterator<Item = &'n str>) {
        self.rows += 1;
        for name in names {
            self.given += 1;
            self.all.insert(name);
        }
    }

    fn missing(&self) -> usize {
        self.rows.saturating_mul(self.all.len()).saturating_sub(self.given)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn weight(json: serde_json::Value) -> Weight {
        of_json(&JsonValue::from(json))
    }

    #[test]
    fn every_value_counts() {
        let weight = weight(serde_json::json!({"and": [{"id": {"in": [1, 22]}}, {}]}));
        assert_eq!((weight.values, weight.depth), (8, 5));
    }

    #[test]
    fn rows_that_lack_columns_of_others_count_them_too() {
        let ragged = weight(serde_json::json!([{"a": 1, "b": 2, "c": 3}, {}, {"d": 1}]));
        assert_eq!(ragged.missing, 3 * 4 - 4);
        assert_eq!(weight(serde_json::json!([{"a": 1}, {"a": 2}])).missing, 0);
    }

    #[test]
    fn a_text_weighs_what_its_literal_takes_at_the_most() {
        for text in ["plain", "it's", "\"\\\"\\", ""] {
            let list = format!("{{\"{}\"}}", text.replace('\\', "\\\\").replace('"', "\\\""));
            let escaped = list.replace('\\', "\\\\").replace('\'', "''");
            assert!(weight(serde_json::json!([text])).bytes + 8 >= escaped.len(), "{text}");
        }
    }
}
