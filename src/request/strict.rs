//! Rules of the specification that apollo-compiler does not check, or only in part. They are checked on
//! documents that it accepts, so every name is known, and fragments have no cycles.
//!
//! A test compares the verdict with graphql-js on random documents.

mod conflict;
mod introspection;
mod single_root;
mod usage;

use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::parser::{SourceMap, SourceSpan};
use apollo_compiler::{ExecutableDocument, Node, Schema};

use super::Message;

pub(super) use single_root::with_one_root;

/// Checks all of the rules.
pub(super) fn check(schema: &Schema, document: &ExecutableDocument) -> Result<(), Message> {
    fields_are_unique(document)?;
    usage::check(schema, document)?;
    conflict::check(schema, document)?;
    introspection::check(document)
}

/// A message at a place of the document.
pub(super) fn at(sources: &SourceMap, place: Option<SourceSpan>, text: String) -> Message {
    let place = place.and_then(|span| span.line_column(sources));
    Message { text, locations: place.map(|place| (place.line, place.column)).into_iter().collect() }
}

/// Input Object Field Uniqueness (GraphQL specification, 5.6.3): no input object names a field twice.
fn fields_are_unique(document: &ExecutableDocument) -> Result<(), Message> {
    let checker = Checker { sources: &document.sources };
    for operation in document.operations.iter() {
        checker.directives(&operation.directives)?;
        for variable in &operation.variables {
            checker.directives(&variable.directives)?;
            variable.default_value.iter().try_for_each(|value| checker.value(value))?;
        }
        checker.selections(&operation.selection_set)?;
    }
    for fragment in document.fragments.values() {
        checker.directives(&fragment.directives)?;
        checker.selections(&fragment.selection_set)?;
    }
    Ok(())
}

struct Checker<'a> {
    sources: &'a SourceMap,
}

impl Checker<'_> {
    fn selections(&self, selections: &SelectionSet) -> Result<(), Message> {
        for selection in &selections.selections {
            self.directives(selection.directives())?;
            match selection {
                Selection::Field(field) => {
                    field.arguments.iter().try_for_each(|argument| self.value(&argument.value))?;
                    self.selections(&field.selection_set)?;
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set)?,
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &DirectiveList) -> Result<(), Message> {
        let arguments = directives.iter().flat_map(|directive| &directive.arguments);
        arguments.into_iter().try_for_each(|argument| self.value(&argument.value))
    }

    fn value(&self, value: &Node<Value>) -> Result<(), Message> {
        match value.as_ref() {
            Value::List(items) => items.iter().try_for_each(|item| self.value(item)),
            Value::Object(fields) => {
                let mut names = std::collections::HashSet::new();
                for (name, field) in fields {
                    if !names.insert(name) {
                        let text = format!("there can be only one input field named \"{name}\"");
                        return Err(at(self.sources, value.location(), text));
                    }
                    self.value(field)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
