//! Rules of the specification that apollo-compiler does not hold.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::Node;
use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::parser::SourceMap;

use super::Message;

/// Input Object Field Uniqueness (GraphQL specification, 5.6.3): no input object names a field twice.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), Message> {
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
                for (index, (name, field)) in fields.iter().enumerate() {
                    if fields[..index].iter().any(|(earlier, _)| earlier == name) {
                        let place = value.location().and_then(|span| span.line_column(self.sources));
                        return Err(Message {
                            text: format!("there can be only one input field named \"{name}\""),
                            locations: place.map(|place| (place.line, place.column)).into_iter().collect(),
                        });
                    }
                    self.value(field)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
