//! All Variable Usages Are Allowed, All Variable Uses Defined (GraphQL specification, 5.8.5 and 5.8.3).
//!
//! apollo-compiler compares the whole types only if a variable is an argument by itself, not inside a list or
//! an input object. It treats a default of null as a value. And it does not check objects for custom scalars.

use std::collections::HashSet;

use apollo_compiler::ast::{Argument, DirectiveList, InputValueDefinition, Type, Value, VariableDefinition};
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};

use super::at;
use crate::request::Message;

pub(super) fn check(schema: &Schema, document: &ExecutableDocument) -> Result<(), Message> {
    document.operations.iter().try_for_each(|operation| {
        let mut checker = Checker { schema, document, operation, visited: HashSet::new() };
        checker.directives(&operation.directives)?;
        checker.selections(&operation.selection_set)
    })
}

/// The position of a variable: its expected type, if known, and whether it has a default.
#[derive(Clone, Copy)]
struct Place<'a> {
    expected: Option<&'a Type>,
    has_default: bool,
}

struct Checker<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    operation: &'a Operation,
    visited: HashSet<&'a Name>,
}

impl<'a> Checker<'a> {
    fn selections(&mut self, selections: &'a SelectionSet) -> Result<(), Message> {
        for selection in &selections.selections {
            self.directives(selection.directives())?;
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.arguments, &field.definition.arguments)?;
                    self.selections(&field.selection_set)?;
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    if self.visited.insert(&spread.fragment_name)
                        && let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                    {
                        self.directives(&fragment.directives)?;
                        self.selections(&fragment.selection_set)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &DirectiveList) -> Result<(), Message> {
        directives.iter().try_for_each(|directive| {
            let definition = self.schema.directive_definitions.get(&directive.name);
            let definitions = definition.map(|found| found.arguments.as_slice()).unwrap_or_default();
            self.arguments(&directive.arguments, definitions)
        })
    }

    fn arguments(
        &self,
        arguments: &[Node<Argument>],
        definitions: &[Node<InputValueDefinition>],
    ) -> Result<(), Message> {
        arguments.iter().try_for_each(|argument| {
            let definition = definitions.iter().find(|definition| definition.name == argument.name);
            self.value(&argument.value, place(definition.map(|found| &**found)))
        })
    }

    fn value(&self, value: &Node<Value>, place: Place<'_>) -> Result<(), Message> {
        match value.as_ref() {
            Value::Variable(name) => self.variable(value, name, place),
            Value::List(items) => {
                // A custom scalar may accept lists of itself.
                let expected = place.expected.map(Type::item_type);
                items.iter().try_for_each(|item| self.value(item, Place { expected, has_default: false }))
            }
            Value::Object(fields) => {
                let known = place.expected.and_then(|of| self.schema.types.get(of.inner_named_type()));
                fields.iter().try_for_each(|(name, value)| {
                    let definition = match known {
                        Some(ExtendedType::InputObject(object)) => {
                            object.fields.get(name).map(|field| &***field)
                        }
                        _ => None,
                    };
                    self.value(value, self::place(definition))
                })
            }
            _ => Ok(()),
        }
    }

    fn variable(&self, value: &Node<Value>, name: &Name, place: Place<'_>) -> Result<(), Message> {
        let refuse = |text| Err(at(&self.document.sources, value.location(), text));
        let Some(definition) = self.operation.variables.iter().find(|definition| definition.name == *name)
        else {
            return refuse(format!("variable \"${name}\" is not defined by the operation"));
        };
        match place.expected {
            Some(expected) if !is_allowed(definition, expected, place.has_default) => refuse(format!(
                "variable \"${name}\" of type \"{}\" is used where \"{expected}\" is expected",
                definition.ty
            )),
            _ => Ok(()),
        }
    }
}

fn place(definition: Option<&InputValueDefinition>) -> Place<'_> {
    Place {
        expected: definition.map(|definition| &*definition.ty),
        has_default: definition.is_some_and(|definition| definition.default_value.is_some()),
    }
}

/// `IsVariableUsageAllowed` of the specification.
fn is_allowed(definition: &VariableDefinition, expected: &Type, has_default: bool) -> bool {
    if !expected.is_non_null() || definition.ty.is_non_null() {
        return definition.ty.is_assignable_to(expected);
    }
    let has_own_default = definition.default_value.as_ref().is_some_and(|value| !value.is_null());
    (has_own_default || has_default) && definition.ty.is_assignable_to(&expected.clone().nullable())
}
