//! Answers `__schema` and `__type` (GraphQL specification, 4) as JSON text, which is written directly and
//! bounded in length.
//!
//! apollo-compiler answers them too, but as a tree in memory of any size that aliases and fragments can
//! produce. Here the selections are merged once, before the first type is read, and each byte is counted.

mod types;

use std::collections::HashMap;

use apollo_compiler::Node;
use apollo_compiler::executable::SelectionSet;

use super::{Facts, Field, Leaf, Message, Operation, RequestError, collect_fields, merged_selections};
use crate::schema::rendered::Rendered;
use types::{Api, Object, Resolved};

/// The maximum number of selected fields, counted at each spread of their fragments. The query of common
/// tools has about two hundred.
const MOST_FIELDS: usize = 1000;

/// The maximum depth of fields. Tools follow the wrappers of a type for nine levels, and reach 15 levels at
/// most.
const MOST_LEVELS: usize = 30;

impl Operation {
    /// Answers the operation's `__schema` and `__type` fields from an API: JSON texts by response key, together no longer than
    /// `limit` bytes.
    pub fn introspect(
        &self,
        visible: &Rendered,
        limit: usize,
    ) -> Result<HashMap<String, String>, RequestError> {
        let root_type = self.definition().object_type();
        let facts = &Facts::of(self);
        let selected = Selection { facts, fields: 0 }.object(
            [&self.definition().selection_set],
            root_type.as_str(),
            0,
        )?;
        let api = Api { schema: &visible.compiled, implementers: &visible.implementers };
        let mut left = limit;
        let mut answers = HashMap::new();
        for field in &selected {
            let value = match field.name {
                "__schema" => Resolved::Object(Object::Schema),
                "__type" => api.type_named(field.type_name.as_deref().unwrap_or_default()),
                _ => continue,
            };
            let mut writer = Writer { api, json: String::new(), limit: left };
            let written = writer.value(&value, field);
            written.map_err(|TooLong| RequestError::TooLarge {
                limit: "answer",
                found: None,
                allowed: limit,
            })?;
            left = left.saturating_sub(writer.json.len());
            answers.insert(field.key.to_owned(), writer.json);
        }
        Ok(answers)
    }
}

/// A field with its selections.
struct Selected<'a> {
    key: &'a str,
    name: &'a str,
    /// The argument of `__type`.
    type_name: Option<String>,
    includes_deprecated: bool,
    fields: Vec<Selected<'a>>,
}

/// Merges selections. All introspection types are objects, so the result does not depend on the answer.
struct Selection<'a> {
    facts: &'a Facts<'a>,
    fields: usize,
}

impl<'a> Selection<'a> {
    fn object(
        &mut self,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
        of: &str,
        level: usize,
    ) -> Result<Vec<Selected<'a>>, RequestError> {
        let collected = collect_fields(self.facts, sets, &|name| name == of);
        let is_root = level == 0;
        let asked = collected.into_iter().filter(|(_, fields)| !is_root || is_introspection(fields));
        asked.map(|(key, fields)| self.field(key, &fields, level + 1)).collect()
    }

    fn field(
        &mut self,
        key: &'a str,
        fields: &[&'a Node<Field>],
        level: usize,
    ) -> Result<Selected<'a>, RequestError> {
        // A response key always has a field.
        let first = fields[0];
        self.fields += fields.len();
        if self.fields > MOST_FIELDS {
            return Err(self.refused(first, format!("introspection asks for more than {MOST_FIELDS} fields")));
        }
        if level > MOST_LEVELS {
            return Err(self.refused(first, format!("introspection is more than {MOST_LEVELS} levels deep")));
        }
        let argument = |name| self.facts.argument(first, name).map(|given| given.value());
        let type_name = match argument("name") {
            Some(Leaf::Text(name)) => Some(name.to_owned()),
            _ => None,
        };
        let includes_deprecated = argument("includeDeprecated") == Some(Leaf::Boolean(true));
        let of = first.ty().inner_named_type().as_str();
        let fields = self.object(merged_selections(fields), of, level)?;
        Ok(Selected { key, name: first.name.as_str(), type_name, includes_deprecated, fields })
    }

    fn refused(&self, field: &Node<Field>, text: String) -> RequestError {
        let locations = self.facts.operation().location(field).into_iter().collect();
        RequestError::Invalid(vec![Message { text, locations }])
    }
}

fn is_introspection(fields: &[&Node<Field>]) -> bool {
    fields.first().is_some_and(|field| matches!(field.name.as_str(), "__schema" | "__type"))
}

/// The answer would be longer than allowed.
struct TooLong;

struct Writer<'a> {
    api: Api<'a>,
    json: String,
    limit: usize,
}

impl<'a> Writer<'a> {
    fn value(&mut self, value: &Resolved<'a>, field: &Selected<'_>) -> Result<(), TooLong> {
        match value {
            Resolved::Null => self.push("null"),
            Resolved::Boolean(value) => self.push(if *value { "true" } else { "false" }),
            Resolved::Text(text) => self.text(text),
            Resolved::Texts(texts) => self.list(texts, |writer, text| writer.text(text)),
            Resolved::Object(object) => self.object(*object, &field.fields),
            Resolved::Objects(objects) => {
                self.list(objects, |writer, object| writer.object(*object, &field.fields))
            }
        }
    }

    fn object(&mut self, object: Object<'a>, fields: &[Selected<'_>]) -> Result<(), TooLong> {
        self.push("{")?;
        for (index, field) in fields.iter().enumerate() {
            // Keys are GraphQL names: nothing in them needs an escape.
            self.push(if index > 0 { ",\"" } else { "\"" })?;
            self.push(field.key)?;
            self.push("\":")?;
            let value = self.api.field(object, field.name, field.includes_deprecated);
            self.value(&value, field)?;
        }
        self.push("}")
    }

    fn list<T>(
        &mut self,
        items: &[T],
        write: impl Fn(&mut Self, &T) -> Result<(), TooLong>,
    ) -> Result<(), TooLong> {
        self.push("[")?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(",")?;
            }
            write(self, item)?;
        }
        self.push("]")
    }

    fn text(&mut self, text: &str) -> Result<(), TooLong> {
        if text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
            return self.push(&serde_json::Value::from(text).to_string());
        }
        self.push("\"")?;
        self.push(text)?;
        self.push("\"")
    }

    fn push(&mut self, text: &str) -> Result<(), TooLong> {
        if self.json.len() + text.len() > self.limit {
            return Err(TooLong);
        }
        self.json.push_str(text);
        Ok(())
    }
}
