//! An operation as a tool.

use std::sync::Arc;

use apollo_compiler::executable;
use apollo_compiler::{ExecutableDocument, Node};

use super::value::JsonValues;
use super::{Candidate, JsonSchema, input, output};
use crate::catalog::JsonForm;
use crate::request::Document;
use crate::request::OperationType;
use crate::schema::MutationFieldKind;
use crate::schema::Schema;
use crate::schema::rendered::Rendered;

/// A tool that runs an operation.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name, which is the operation's.
    pub name: String,
    /// What it is for, in the words of the operation.
    pub description: String,
    /// The schema of its arguments, which are the operation's variables.
    pub arguments: Arc<JsonSchema>,
    /// The schema of its answer, which is the operation's data, unless it would be too large.
    pub data: Option<Arc<JsonSchema>>,
    /// What it may do.
    pub hints: Hints,
    /// The document that it runs.
    pub document: Arc<str>,
}

/// What a tool may do, for people who have to permit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    /// What it does with the database.
    pub effect: ToolEffect,
    /// Whether it reaches nothing but the database.
    pub is_closed: bool,
}

/// What a tool does with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolEffect {
    /// It changes nothing.
    Reads,
    /// It only adds rows.
    Adds,
    /// It deletes rows, so the second of two equal calls changes nothing more.
    Deletes,
    /// It may change or delete what is there.
    Changes,
}

impl Tool {
    /// The tool of an operation of a valid document.
    pub fn new(
        candidate: &Candidate,
        document: &Document,
        (schema, rendered): (&Schema, &Rendered),
    ) -> Option<Self> {
        let Candidate { name, document: text, operation: described } = candidate;
        let executable = document.executable();
        let operation = executable.operations.named.get(name.as_str())?;
        let json_values = match schema.catalog.json_form() {
            JsonForm::String => JsonValues::Strings,
            JsonForm::Raw => JsonValues::Plain,
        };
        let compiled = &rendered.compiled;
        let data = output::data(compiled, executable, operation, json_values);
        Some(Self {
            name: name.clone(),
            description: described.description.clone(),
            arguments: Arc::new(input::arguments(compiled, operation, &described.variables, json_values)),
            data: data.map(Arc::new),
            hints: hints(schema, executable, operation),
            document: Arc::clone(text),
        })
    }

    /// The first of these names that is none of the tool's arguments.
    pub fn unknown_argument<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Option<&'n str> {
        let known = self.arguments.get("properties").and_then(serde_json::Value::as_object);
        let is_known = |name: &String| known.is_some_and(|known| known.contains_key(name));
        names.into_iter().find(|name| !is_known(name)).map(String::as_str)
    }

    /// The names of the tool's arguments.
    pub fn argument_names(&self) -> Vec<&str> {
        let known = self.arguments.get("properties").and_then(serde_json::Value::as_object);
        known.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect()
    }
}

fn hints(schema: &Schema, document: &ExecutableDocument, operation: &executable::Operation) -> Hints {
    if operation.operation_type != OperationType::Mutation {
        return Hints { effect: ToolEffect::Reads, is_closed: true };
    }
    let kinds: Vec<&MutationFieldKind> = operation
        .root_fields(document)
        .filter_map(|field| schema.mutation.get(field.name.as_str()))
        .collect();
    let only = |is_kind: fn(&MutationFieldKind) -> bool| kinds.iter().all(|kind| is_kind(kind));
    // An insert with this argument may update rows.
    let is_upsert = |field: &Node<executable::Field>| field.argument_by_name("onConflict").is_ok();
    let effect = if only(|kind| matches!(kind, MutationFieldKind::Delete(_))) {
        ToolEffect::Deletes
    } else if only(|kind| matches!(kind, MutationFieldKind::Insert(_)))
        && !operation.root_fields(document).any(is_upsert)
    {
        ToolEffect::Adds
    } else {
        ToolEffect::Changes
    };
    Hints { effect, is_closed: only(|kind| !matches!(kind, MutationFieldKind::Application(_))) }
}
