//! `CompleteValue` for a database answer with marked values, which break the schema's promises (GraphQL
//! specification, 6.4.3 and 6.4.4). Each becomes null with an error; if its type is non-null, the null
//! propagates to the next nullable field.
//!
//! Only answers with marks come here; all others go out unparsed. Values without marks keep their text.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;
use serde_json::value::RawValue;

use super::{Facts, Field, JsonValue, Operation, PathSegment, collect_fields, items, merged_selections};
use crate::schema::rendered::Rendered;
use crate::schema::violation::Violation;
use crate::schema::{REPRESENTATIONS, TYPE_NAME};

/// A root field's answer from the database.
#[derive(Debug, Clone, Copy)]
pub struct MarkedAnswer<'a> {
    /// The field's response key.
    pub key: &'a str,
    /// The object type of its row, for a field of type `Node`.
    pub row_type: Option<&'a str>,
    /// The JSON text with marks.
    pub text: &'a str,
    /// The maximum number of violations to report.
    pub most_errors: usize,
}

/// A root field's answer without marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedAnswer {
    /// The JSON text; `None` if null has propagated beyond the root field.
    pub text: Option<String>,
    /// The violations in the order of the answer, up to the maximum.
    pub errors: Vec<ValueError>,
    /// The number of further violations.
    pub further_errors: usize,
}

/// A value that breaks the schema's promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// The kind of violation.
    pub violation: Violation,
    /// Response keys and indexes of lists, from the root.
    pub path: Vec<PathSegment>,
    /// The place of its field in the document.
    pub location: Option<(usize, usize)>,
}

impl Operation {
    /// Completes a root field's answer. Fails if it is not JSON of the operation's form.
    pub fn complete_marked(
        &self,
        rendered: &Rendered,
        marked: MarkedAnswer<'_>,
    ) -> Result<CompletedAnswer, serde_json::Error> {
        let MarkedAnswer { key, row_type, text, most_errors } = marked;
        let root_type = self.definition().object_type();
        let facts = &Facts::of(self);
        let roots =
            collect_fields(facts, [&self.definition().selection_set], &|name| name == root_type.as_str());
        let Some((_, fields)) = roots.into_iter().find(|(found, _)| *found == key) else {
            return Err(serde::de::Error::custom(format!("the operation does not ask for {key}")));
        };
        let mut completion = Completion {
            facts,
            rendered,
            row_type,
            entity_types: entity_types(facts, fields[0]),
            most_errors,
            path: vec![PathSegment::Key(key.to_owned())],
            completed: CompletedAnswer { text: None, errors: Vec::new(), further_errors: 0 },
            text: String::with_capacity(text.len()),
        };
        let is_null = match completion.value(fields[0].ty(), &fields, serde_json::from_str(text)?) {
            Ok(()) => false,
            Err(Stop::Null | Stop::TooMany) => true,
            Err(Stop::NoJson(error)) => return Err(error),
        };
        Ok(CompletedAnswer { text: (!is_null).then_some(completion.text), ..completion.completed })
    }
}

/// Why a value cannot be completed.
enum Stop {
    /// It is null, but its type is non-null; an error has been recorded.
    Null,
    /// There are more violations than are reported, in an API that promises an error for each null: then the root field is
    /// null, whose reported errors lead below it.
    TooMany,
    /// It does not have the operation's form.
    NoJson(serde_json::Error),
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::NoJson(error)
    }
}

struct Completion<'a> {
    facts: &'a Facts<'a>,
    rendered: &'a Rendered,
    row_type: Option<&'a str>,
    /// The types of the rows of `_entities`, in the order of the representations.
    entity_types: Vec<String>,
    most_errors: usize,
    /// The path of the current value.
    path: Vec<PathSegment>,
    /// The text that is completed so far.
    text: String,
    completed: CompletedAnswer,
}

impl Completion<'_> {
    /// Appends a value, or null if the value cannot be completed and its type is nullable.
    fn value(&mut self, of: &Type, fields: &[&Node<Field>], value: &RawValue) -> Result<(), Stop> {
        let length = self.text.len();
        let depth = self.path.len();
        match self.non_null(of, fields, value) {
            Err(Stop::Null) if !of.is_non_null() => {
                self.text.truncate(length);
                self.path.truncate(depth);
                self.text.push_str("null");
                Ok(())
            }
            completed => completed,
        }
    }

    fn non_null(&mut self, of: &Type, fields: &[&Node<Field>], value: &RawValue) -> Result<(), Stop> {
        let text = value.get();
        if let Some(violation) = marked(text) {
            return self.fail(violation, fields);
        }
        if text == "null" {
            return if of.is_non_null() { self.fail(Violation::Null, fields) } else { Err(Stop::Null) };
        }
        match of {
            Type::List(item) | Type::NonNullList(item) => self.list(item, fields, text),
            Type::Named(name) | Type::NonNullNamed(name) => match self.rendered.compiled.types.get(name) {
                Some(ExtendedType::Object(_)) => self.object(name, fields, text),
                Some(ExtendedType::Interface(_)) => self.object(self.row_type.unwrap_or(name), fields, text),
                Some(ExtendedType::Union(_)) => {
                    let of_place = self.entity_type().unwrap_or_else(|| name.to_string());
                    self.object(&of_place, fields, text)
                }
                _ => {
                    self.text.push_str(text);
                    Ok(())
                }
            },
        }
    }

    /// The type of the row at this place of `_entities`, the only field whose type is a union.
    fn entity_type(&self) -> Option<String> {
        match self.path.last()? {
            PathSegment::Index(index) => self.entity_types.get(*index).cloned(),
            PathSegment::Key(_) => None,
        }
    }

    fn fail(&mut self, violation: Violation, fields: &[&Node<Field>]) -> Result<(), Stop> {
        if self.completed.errors.len() < self.most_errors {
            let location = fields.first().and_then(|field| self.facts.operation().location(field));
            self.completed.errors.push(ValueError { violation, path: self.path.clone(), location });
        } else {
            self.completed.further_errors += 1;
            if self.rendered.has_semantic_non_null() {
                return Err(Stop::TooMany);
            }
        }
        Err(Stop::Null)
    }

    fn list(&mut self, item: &Type, fields: &[&Node<Field>], text: &str) -> Result<(), Stop> {
        let items: Vec<&RawValue> = serde_json::from_str(text)?;
        self.text.push('[');
        for (index, value) in items.into_iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.path.push(PathSegment::Index(index));
            self.value(item, fields, value)?;
            self.path.pop();
        }
        self.text.push(']');
        Ok(())
    }

    fn object(&mut self, type_name: &str, fields: &[&Node<Field>], text: &str) -> Result<(), Stop> {
        let parts: HashMap<&str, &RawValue> = serde_json::from_str(text)?;
        let compiled = Arc::clone(&self.rendered.compiled);
        let applies = |name: &str| name == type_name || compiled.is_subtype(name, type_name);
        let mut separator = '{';
        for (key, fields) in collect_fields(self.facts, merged_selections(fields), &applies) {
            let Some(part) = parts.get(key.as_str()) else { continue };
            self.text.push(separator);
            // Keys are GraphQL names: nothing in them needs an escape.
            self.text.extend(["\"", key.as_str(), "\":"]);
            self.path.push(PathSegment::Key(key.to_string()));
            self.value(fields[0].ty(), &fields, part)?;
            self.path.pop();
            separator = ',';
        }
        self.text.push_str(if separator == '{' { "{}" } else { "}" });
        Ok(())
    }
}

/// The types of the rows that a field's representations name; none of a field that takes none.
fn entity_types(facts: &Facts<'_>, field: &Field) -> Vec<String> {
    let given = facts.argument(field, REPRESENTATIONS).filter(|_| field.name == "_entities");
    let Some(given) = given else { return Vec::new() };
    let representations = given.representations();
    let type_name =
        |value: &JsonValue| value.get(TYPE_NAME).and_then(JsonValue::as_str).unwrap_or_default().to_owned();
    items(representations.value()).iter().map(type_name).collect()
}

/// The violation that replaces a value.
fn marked(text: &str) -> Option<Violation> {
    Violation::of_mark(text.strip_prefix('"')?.strip_suffix('"')?)
}
