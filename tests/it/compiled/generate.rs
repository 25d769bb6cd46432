//! Random operations on an API whose arguments are mostly variables, and values for these: sets that differ
//! only in values, and some that differ in their structure.

use std::fmt::Write as _;

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::random::Random;

/// Writes one operation.
pub(super) struct Generator<'s> {
    random: Random,
    schema: &'s Schema,
    /// The tables for a `nodeId`.
    tables: &'s [(String, String)],
    variables: Vec<(String, Type)>,
    aliases: usize,
}

/// Values of a variable for each request.
pub(super) type Variables = Map<String, Value>;

impl<'s> Generator<'s> {
    pub(super) fn new(seed: u64, schema: &'s Schema, tables: &'s [(String, String)]) -> Self {
        Self { random: Random(seed), schema, tables, variables: Vec::new(), aliases: 0 }
    }

    /// A document of one operation.
    pub(super) fn document(&mut self) -> String {
        let has_mutation = self.schema.schema_definition.mutation.is_some();
        let (kind, root) = if has_mutation && self.random.once_in(2) {
            ("mutation", "Mutation")
        } else {
            ("query", "Query")
        };
        let selections = self.selections(root, 3);
        let mut definitions = String::new();
        for (name, of) in &self.variables {
            write!(definitions, "${name}: {of} ").expect("a string");
        }
        let definitions = if definitions.is_empty() { definitions } else { format!("({definitions})") };
        format!("{kind} {definitions} {selections}")
    }

    /// Values for its variables; nullable ones may be absent.
    pub(super) fn values(&mut self) -> Variables {
        let mut values = Map::new();
        for (name, of) in self.variables.clone() {
            if of.is_non_null() || !self.random.once_in(6) {
                values.insert(name, self.json(&of, 2));
            }
        }
        values
    }

    /// The same set with other values; one time in four a part of it gets another structure.
    pub(super) fn changed(&mut self, values: &Variables) -> Variables {
        let mut changed = values.clone();
        for (name, of) in self.variables.clone() {
            if self.random.once_in(8) {
                changed.insert(name, self.json(&of, 2));
            } else if let Some(value) = changed.get_mut(&name) {
                self.change(value);
            }
        }
        changed
    }

    fn change(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => {
                if self.random.once_in(3)
                    && let Some(first) = items.first().cloned()
                {
                    items.push(first);
                }
                for item in items {
                    self.change(item);
                }
            }
            Value::Object(fields) => {
                for value in fields.values_mut() {
                    self.change(value);
                }
            }
            Value::Number(_) => *value = json!(self.random.below(40)),
            Value::Bool(_) => *value = json!(self.random.once_in(2)),
            Value::String(text) if text.chars().all(|letter| letter.is_ascii_digit()) => {
                *value = json!(self.random.below(1000).to_string());
            }
            Value::String(text) if text.starts_with("text") => {
                *value = json!(format!("text'\\\"{}", self.random.below(1000)));
            }
            Value::String(_) | Value::Null => {}
        }
    }

    fn selections(&mut self, parent: &str, depth: usize) -> String {
        let mut text = "{".to_owned();
        for _ in 0..=self.random.below(3) {
            let Some(field) = self.choose_field(parent, depth) else {
                text.push_str(" __typename");
                continue;
            };
            self.aliases += 1;
            let arguments = self.arguments(&field);
            let directive = self.directive();
            let inner = field.ty.inner_named_type().clone();
            let is_leaf = self.schema.types.get(&inner).is_none_or(ExtendedType::is_leaf);
            let below =
                if is_leaf { String::new() } else { self.selections(&inner, depth.saturating_sub(1)) };
            write!(text, " a{}: {}{arguments}{directive}{below}", self.aliases, field.name)
                .expect("a string");
        }
        text + "}"
    }

    fn directive(&mut self) -> String {
        if !self.random.once_in(10) {
            return String::new();
        }
        let name = if self.random.once_in(2) { "include" } else { "skip" };
        format!(" @{name}(if: {})", self.variable(&Type::parse("Boolean!", "type").expect("a type")))
    }

    fn arguments(&mut self, field: &FieldDefinition) -> String {
        let mut given = Vec::new();
        for definition in &field.arguments {
            if !definition.is_required() && !self.random.once_in(3) {
                continue;
            }
            given.push(format!("{}: {}", definition.name, self.argument(definition)));
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    fn argument(&mut self, definition: &InputValueDefinition) -> String {
        if self.random.once_in(3) {
            let value = self.json(&definition.ty, 2);
            return self.literal(&definition.ty, &value);
        }
        self.variable(&definition.ty)
    }

    fn variable(&mut self, of: &Type) -> String {
        let name = format!("v{}", self.variables.len());
        self.variables.push((name.clone(), of.clone()));
        format!("${name}")
    }

    /// A value as a GraphQL literal, with variables for some of its parts.
    fn literal(&mut self, of: &Type, value: &Value) -> String {
        if self.random.once_in(6) {
            return self.variable(of);
        }
        match value {
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.literal(of.item_type(), item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) => {
                let schema = self.schema;
                let Some(ExtendedType::InputObject(object)) = schema.types.get(of.inner_named_type()) else {
                    return value.to_string();
                };
                let fields = fields.iter().map(|(key, value)| {
                    format!("{key}: {}", self.literal(&object.fields[key.as_str()].ty, value))
                });
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Value::String(text) => match self.schema.types.get(of.inner_named_type()) {
                Some(ExtendedType::Enum(_)) => text.clone(),
                _ => value.to_string(),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        }
    }

    fn json(&mut self, of: &Type, depth: usize) -> Value {
        if !of.is_non_null() && self.random.once_in(12) {
            return Value::Null;
        }
        if of.is_list() {
            let item = of.item_type().clone();
            return (0..=self.random.below(3)).map(|_| self.json(&item, depth)).collect();
        }
        let schema = self.schema;
        match schema.types.get(of.inner_named_type()) {
            Some(ExtendedType::Enum(found)) => {
                let names: Vec<_> = found.values.keys().collect();
                json!(self.random.choose(&names).as_str())
            }
            Some(ExtendedType::InputObject(found)) => {
                let mut fields = Map::new();
                for (key, field) in &found.fields {
                    let ends = depth == 0 && self.leads_on(&field.ty);
                    if !field.is_required() && (ends || !self.random.once_in(3)) {
                        continue;
                    }
                    fields.insert(key.to_string(), self.json(&field.ty, depth.saturating_sub(1)));
                }
                Value::Object(fields)
            }
            _ => self.scalar(of.inner_named_type().as_str()),
        }
    }

    /// Whether it is an input with nested inputs, so that it may contain itself.
    fn leads_on(&self, of: &Type) -> bool {
        let object = |of: &Type| match self.schema.types.get(of.inner_named_type()) {
            Some(ExtendedType::InputObject(found)) => Some(found),
            _ => None,
        };
        object(of).is_some_and(|found| found.fields.values().any(|field| object(&field.ty).is_some()))
    }

    fn scalar(&mut self, name: &str) -> Value {
        match name {
            "Int" => json!(self.random.below(5)),
            "Float" => json!(1.5),
            "Boolean" => json!(self.random.once_in(2)),
            "ID" => {
                let (schema, table) = self.random.choose(self.tables).clone();
                json!(STANDARD.encode(json!([schema, table, self.random.below(9)]).to_string()))
            }
            "Cursor" => {
                let values = [json!([1]), json!(["text", 1]), json!([null, 1]), json!([1, 1])];
                json!(STANDARD.encode(self.random.choose(&values).to_string()))
            }
            "BigInt" | "BigFloat" => json!(self.random.below(99).to_string()),
            "String" | "JSON" | "Opaque" => json!(format!("text {}", self.random.below(99))),
            "UUID" => json!("00000000-0000-4000-8000-000000000001"),
            _ => json!("2024-02-29"),
        }
    }

    fn choose_field(&mut self, parent: &str, depth: usize) -> Option<FieldDefinition> {
        let fields = match self.schema.types.get(parent)? {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return None,
        };
        let is_leaf = |field: &FieldDefinition| {
            self.schema.types.get(field.ty.inner_named_type()).is_none_or(ExtendedType::is_leaf)
        };
        let fitting: Vec<FieldDefinition> = fields
            .values()
            .filter(|field| depth > 0 || is_leaf(field))
            .map(|field| FieldDefinition::clone(field))
            .collect();
        if fitting.is_empty() { None } else { Some(self.random.choose(&fitting).clone()) }
    }
}
