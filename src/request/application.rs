//! The two ends of a field that the application answers: its arguments, coerced, and its answer, completed.
//!
//! apollo-compiler does both by the specification (6.4.1 and 6.4.3). Nothing is resolved here: the engine
//! calls the application in between.

use std::cell::RefCell;
use std::collections::HashMap;

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{self, InlineFragment, Selection, SelectionSet};
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{
    ExecutionResponse, GraphQLError, JsonMap, JsonValue, ResponseDataPathSegment,
};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node};
use serde_json::{Map, Value};

use super::{Message, Operation, message};
use crate::schema::rendered::Rendered;

/// The application's answers, by response key.
pub type ApplicationAnswers = HashMap<String, Value>;

/// The application's answers, completed by the operation's selection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Completed {
    /// JSON texts by response key; `None` if a null has propagated up to the root.
    pub values: Option<HashMap<String, String>>,
    /// The answers that do not have their field's type.
    pub mismatches: Vec<TypeMismatch>,
}

/// A part of an answer that does not have its field's type: a defect of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeMismatch {
    /// What was found, and what was expected.
    pub text: String,
    /// The field's places in the document.
    pub locations: Vec<(usize, usize)>,
    /// Response keys and indexes of lists, from the root.
    pub path: Vec<PathSegment>,
}

/// A step from the root of an answer to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// To the field of that response key.
    Key(String),
    /// To the item of a list, from 0.
    Index(usize),
}

impl From<String> for PathSegment {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl Operation {
    /// The arguments of a root field with defaults and variables, coerced to the schema's types.
    pub fn coerced_arguments(&self, rendered: &Rendered, key: &str) -> Result<Map<String, Value>, Message> {
        let asked = Arguments { root: self.root_type(), key, found: RefCell::new(None) };
        let response = self.execute(rendered, &asked, &|found| found == key)?;
        match (asked.found.into_inner(), response.errors.first()) {
            (Some(arguments), _) => {
                Ok(arguments.iter().map(|(name, value)| (name.as_str().to_owned(), plain(value))).collect())
            }
            (None, Some(error)) => Err(message(error)),
            (None, None) => Err(Message { text: format!("{key} is not asked for"), locations: Vec::new() }),
        }
    }

    /// Brings the application's answers into the form of the operation: its fields, their keys and order.
    /// Root fields without an answer are left out.
    pub fn complete(
        &self,
        rendered: &Rendered,
        answers_by_key: &ApplicationAnswers,
    ) -> Result<Completed, Message> {
        let answers =
            answers_by_key.iter().map(|(key, value)| (key.as_str(), JsonValue::from(value.clone())));
        let root = Answers { root: self.root_type(), values: answers.collect() };
        let response = self.execute(rendered, &root, &|key| answers_by_key.contains_key(key))?;
        let as_text = |data: JsonMap| {
            data.into_iter().map(|(key, value)| (key.as_str().to_owned(), value.to_string())).collect()
        };
        Ok(Completed {
            values: response.data.map(as_text),
            mismatches: response.errors.iter().map(TypeMismatch::from).collect(),
        })
    }

    fn root_type(&self) -> &str {
        self.definition().object_type().as_str()
    }

    /// Only the root fields with these keys are executed: the arguments of others may be such as apollo-compiler does not coerce,
    /// a JSON literal with variables in it.
    fn execute(
        &self,
        rendered: &Rendered,
        root: &dyn ObjectValue,
        is_asked: &dyn Fn(&str) -> bool,
    ) -> Result<ExecutionResponse, Message> {
        let mut definition = executable::Operation::clone(self.definition());
        keep_fields(self.document(), &mut definition.selection_set, is_asked);
        Execution::new(&rendered.compiled, self.document())
            .operation(&definition)
            .implementers_map(&rendered.implementers)
            .coerced_variable_values(self.variables())
            // Introspection is answered elsewhere; to refuse it here would end the whole execution.
            .enable_schema_introspection(true)
            .execute_sync(root)
            .map_err(|error| message(&error.to_graphql_error(&self.document().sources)))
    }
}

/// Leaves out the fields without such a key. A named fragment becomes an inline one, because its definition is shared.
fn keep_fields(
    document: &Valid<ExecutableDocument>,
    selections: &mut SelectionSet,
    is_asked: &dyn Fn(&str) -> bool,
) {
    selections.selections.retain_mut(|selection| {
        if let Selection::FragmentSpread(spread) = selection {
            let Some(fragment) = document.fragments.get(&spread.fragment_name) else { return false };
            let mut inline = InlineFragment::with_type_condition(fragment.type_condition().clone());
            inline.directives = spread.directives.clone();
            inline.selection_set = fragment.selection_set.clone();
            *selection = Selection::InlineFragment(Node::new(inline));
        }
        match selection {
            Selection::Field(field) => is_asked(field.response_key()),
            Selection::InlineFragment(fragment) => {
                keep_fields(document, &mut fragment.make_mut().selection_set, is_asked);
                true
            }
            Selection::FragmentSpread(_) => false,
        }
    });
}

impl From<&GraphQLError> for TypeMismatch {
    fn from(error: &GraphQLError) -> Self {
        let segment = |segment: &ResponseDataPathSegment| match segment {
            ResponseDataPathSegment::Field(name) => PathSegment::Key(name.to_string()),
            ResponseDataPathSegment::ListIndex(index) => PathSegment::Index(*index),
        };
        let Message { text, locations } = message(error);
        Self { text, locations, path: error.path.iter().map(segment).collect() }
    }
}

/// A root that answers nothing, and records the arguments of one of its fields.
struct Arguments<'a> {
    root: &'a str,
    key: &'a str,
    found: RefCell<Option<JsonMap>>,
}

impl ObjectValue for Arguments<'_> {
    fn type_name(&self) -> &str {
        self.root
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        if key_of(info) == self.key {
            self.found.replace(Some(info.arguments().clone()));
        }
        Ok(ResolvedValue::SkipForPartialExecution)
    }
}

/// A root whose fields are the application's answers.
struct Answers<'a> {
    root: &'a str,
    values: HashMap<&'a str, JsonValue>,
}

impl ObjectValue for Answers<'_> {
    fn type_name(&self) -> &str {
        self.root
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let value = self.values.get(key_of(info));
        Ok(value.map_or(ResolvedValue::SkipForPartialExecution, |value| {
            resolved(info, &info.field_definition().ty, value)
        }))
    }
}

/// An object in an answer: its fields are those of the JSON object, by name.
struct Part<'a> {
    type_name: &'a str,
    fields: &'a JsonMap,
}

impl ObjectValue for Part<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let value = self.fields.get(info.field_name());
        Ok(value.map_or(ResolvedValue::null(), |value| resolved(info, &info.field_definition().ty, value)))
    }
}

/// A value as the type that the rest of the program uses.
fn plain(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(value) => Value::Bool(*value),
        JsonValue::Number(number) => Value::Number(number.clone()),
        JsonValue::String(text) => Value::from(text.as_str()),
        JsonValue::Array(items) => items.iter().map(plain).collect(),
        JsonValue::Object(fields) => {
            fields.iter().map(|(name, value)| (name.as_str().to_owned(), plain(value))).collect()
        }
    }
}

fn key_of<'a>(info: &ResolveInfo<'a>) -> &'a str {
    // A resolved field has been selected at least once.
    info.field_selections()[0].response_key()
}

/// A value as apollo-compiler's type. A value of a wrong type is passed on unchanged, and refused there.
fn resolved<'a>(info: &ResolveInfo<'a>, field_type: &'a Type, value: &'a JsonValue) -> ResolvedValue<'a> {
    match (field_type, value) {
        (_, JsonValue::Null) => ResolvedValue::null(),
        (Type::List(item) | Type::NonNullList(item), JsonValue::Array(values)) => {
            let items: Vec<_> = values.iter().map(|value| resolved(info, item, value)).collect();
            ResolvedValue::list(items)
        }
        (Type::Named(name) | Type::NonNullNamed(name), value) => {
            match (info.schema().types.get(name), value) {
                (Some(ExtendedType::Object(_)), JsonValue::Object(fields)) => {
                    ResolvedValue::object(Part { type_name: name, fields })
                }
                _ => ResolvedValue::Leaf(leaf(name, value)),
            }
        }
        (_, value) => ResolvedValue::Leaf(value.clone()),
    }
}

/// A scalar in the convention's form: large numbers and JSON are strings.
fn leaf(type_name: &str, value: &JsonValue) -> JsonValue {
    match (type_name, value) {
        ("BigInt" | "BigFloat", JsonValue::Number(number)) => number.to_string().into(),
        ("JSON", value) => value.to_string().into(),
        // A whole number is a float, too.
        ("Float", JsonValue::Number(number)) => number.as_f64().map_or(JsonValue::Null, JsonValue::from),
        (_, value) => value.clone(),
    }
}
