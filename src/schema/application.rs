//! A Rust program's additions to the API: root fields and their types, in GraphQL's schema language.
//!
//! Contains only the definitions; the engine has the code of a field, by the field's number. Never fails once
//! the text is parsed: definitions that are not possible with the database's part of the API are left out,
//! and reported as problems.

use std::collections::HashSet;
use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, DirectiveList, Document, EnumTypeDefinition, EnumValueDefinition, FieldDefinition,
    InputObjectTypeDefinition, InputValueDefinition, ObjectTypeDefinition, ScalarTypeDefinition,
};
use indexmap::IndexMap;

use super::{
    MUTATION, MutationFieldKind, Options, QUERY, QueryFieldKind, SUBSCRIPTION, Scalar, Schema, reserved,
};
use crate::catalog::Problem;

/// A Rust program's additions to the API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Application {
    types: IndexMap<String, Definition>,
    fields: Vec<(RootType, Node<FieldDefinition>)>,
}

/// A type whose fields are root fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootType {
    /// `Query`.
    Query,
    /// `Mutation`.
    Mutation,
    /// `Subscription`.
    Subscription,
}

/// A definition that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{definition:?} cannot be added to the API: {reason}")]
pub struct DefinitionError {
    /// The text of the definition.
    pub definition: String,
    /// Why it cannot be used.
    pub reason: String,
}

impl RootType {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => QUERY,
            Self::Mutation => MUTATION,
            Self::Subscription => SUBSCRIPTION,
        }
    }
}

impl Application {
    /// Adds object, input, enum and scalar types.
    pub fn add_types(&mut self, text: &str) -> Result<(), DefinitionError> {
        let refused = |reason: String| DefinitionError { definition: text.to_owned(), reason };
        let document = Document::parse(text, "types.graphql").map_err(|error| refused(error.to_string()))?;
        for definition in &document.definitions {
            let (name, definition) = type_definition(definition).map_err(refused)?;
            // Whether the API is a subgraph is a setting that may change.
            let of_subgraph = Options { federation: true, ..Options::default() };
            if reserved::type_names(of_subgraph).contains(&name) {
                return Err(refused(format!("the name {name} belongs to the API itself")));
            }
            if self.types.insert(name.clone(), definition).is_some() {
                return Err(refused(format!("there is a type {name} already")));
            }
        }
        Ok(())
    }

    /// Adds a root field by its signature, such as
    /// `overdueTasks(projectId: UUID!, limit: Int! = 10): [Overdue!]!`; a description may precede it. Fields
    /// are numbered in the order in which they are added, from 0.
    pub fn add_field(&mut self, root: RootType, signature: &str) -> Result<(), DefinitionError> {
        let refused = |reason: String| DefinitionError { definition: signature.to_owned(), reason };
        let text = format!("type Fields {{\n{signature}\n}}");
        let document = Document::parse(text, "field.graphql").map_err(|error| refused(error.to_string()))?;
        let [Definition::ObjectTypeDefinition(holder)] = document.definitions.as_slice() else {
            return Err(refused("it is not the definition of one field".to_owned()));
        };
        let [definition] = holder.fields.as_slice() else {
            return Err(refused("it is not the definition of one field".to_owned()));
        };
        let is_same = |(other, taken): &(RootType, Node<FieldDefinition>)| {
            *other == root && taken.name == definition.name
        };
        if self.fields.iter().any(is_same) {
            let name = &definition.name;
            return Err(refused(format!("there is a field {}.{name} already", root.name())));
        }
        self.fields.push((root, plain_field(definition)));
        Ok(())
    }

    /// The type definitions, in the form of a schema document.
    pub(super) fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.types.values()
    }

    /// The root field with that number.
    pub(super) fn field(&self, number: usize) -> Option<&Node<FieldDefinition>> {
        self.fields.get(number).map(|(_, field)| field)
    }

    /// The names of all types that its types refer to.
    pub(super) fn referred_names(&self) -> impl Iterator<Item = &str> {
        self.types.values().flat_map(references)
    }

    /// Reserves the names of the application's types, so that no table or enum gets them.
    pub(super) fn claim_names(&self, claimed: &mut HashSet<String>) {
        claimed.extend(self.types.keys().cloned());
    }

    /// Adds the types and fields to the API of a database, except those that refer to a missing type.
    pub(super) fn add_to(&self, schema: &mut Schema) {
        let usable = self.usable_types(schema);
        schema.application = Self { types: IndexMap::new(), fields: self.fields.clone() };
        for (name, definition) in &self.types {
            match unknown_name(schema, &usable, &references(definition)) {
                None => {
                    schema.application.types.insert(name.clone(), definition.clone());
                }
                Some(unknown) => leave_out(schema, name.clone(), &unknown),
            }
        }
        for (number, (root, field)) in self.fields.iter().enumerate() {
            let place = format!("{}.{}", root.name(), field.name);
            if let Some(unknown) = unknown_name(schema, &usable, &field_references(field)) {
                leave_out(schema, place, &unknown);
                continue;
            }
            let name = Arc::from(field.name.as_str());
            let hides = match root {
                RootType::Query => schema.query.insert(name, QueryFieldKind::Application(number)).is_some(),
                RootType::Mutation => {
                    schema.mutation.insert(name, MutationFieldKind::Application(number)).is_some()
                }
                RootType::Subscription => {
                    // The database's subscription fields are added later, and only if the name is free.
                    let of_database = schema.query.get(&name);
                    let hides = of_database.is_some_and(QueryFieldKind::is_of_database);
                    schema.subscription.insert(name, QueryFieldKind::Application(number));
                    hides
                }
            };
            if hides {
                let reason = "hidden by the application's own field of that name".to_owned();
                schema.problems.push(Problem { object: place, reason });
            }
        }
    }

    /// The types whose references all exist.
    fn usable_types<'a>(&'a self, schema: &Schema) -> HashSet<&'a str> {
        let mut usable: HashSet<&str> = self.types.keys().map(String::as_str).collect();
        loop {
            let is_usable = |(name, definition): &(&String, &Definition)| {
                usable.contains(name.as_str())
                    && unknown_name(schema, &usable, &references(definition)).is_none()
            };
            let still: HashSet<_> =
                self.types.iter().filter(is_usable).map(|(name, _)| name.as_str()).collect();
            if still.len() == usable.len() {
                return usable;
            }
            usable = still;
        }
    }
}

/// The first name that is neither a scalar, nor an enum of the database, nor a usable type.
fn unknown_name(schema: &Schema, usable: &HashSet<&str>, names: &[&str]) -> Option<String> {
    let is_scalar = |name: &str| Scalar::ALL.iter().any(|scalar| scalar.name() == name);
    let is_known = |name: &str| {
        usable.contains(name) || is_scalar(name) || schema.enums.values().any(|found| found.name == name)
    };
    names.iter().find(|name| !is_known(name)).map(|name| (*name).to_owned())
}

fn leave_out(schema: &mut Schema, object: String, unknown: &str) {
    let reason = format!("its type {unknown} is neither a scalar, nor an enum, nor the application's own");
    schema.problems.push(Problem { object, reason });
}

/// The names of the types that a type refers to.
fn references(definition: &Definition) -> Vec<&str> {
    match definition {
        Definition::ObjectTypeDefinition(found) => {
            found.fields.iter().flat_map(|field| field_references(field)).collect()
        }
        Definition::InputObjectTypeDefinition(found) => {
            found.fields.iter().map(|field| field.ty.inner_named_type().as_str()).collect()
        }
        // No other kind of type with references is accepted.
        _ => Vec::new(),
    }
}

/// The names of the types that a field refers to.
pub(super) fn field_references(field: &FieldDefinition) -> Vec<&str> {
    let arguments = field.arguments.iter().map(|argument| argument.ty.inner_named_type());
    std::iter::once(field.ty.inner_named_type()).chain(arguments).map(apollo_compiler::Name::as_str).collect()
}

/// A type that can be added, without directives and source locations.
fn type_definition(definition: &Definition) -> Result<(String, Definition), String> {
    let directives = DirectiveList::default();
    let (name, definition) = match definition {
        Definition::ScalarTypeDefinition(found) => {
            let plain = ScalarTypeDefinition { directives, ..ScalarTypeDefinition::clone(found) };
            (&found.name, Node::new(plain).into())
        }
        Definition::EnumTypeDefinition(found) => {
            let values = found.values.iter().map(|value| {
                let mut plain = EnumValueDefinition::clone(value);
                plain.directives = DirectiveList::default();
                Node::new(plain)
            });
            let values = values.collect();
            let plain = EnumTypeDefinition { directives, values, ..EnumTypeDefinition::clone(found) };
            (&found.name, Node::new(plain).into())
        }
        Definition::ObjectTypeDefinition(found) if found.implements_interfaces.is_empty() => {
            if found.fields.iter().any(|field| !field.arguments.is_empty()) {
                return Err(format!("the fields of {} cannot have arguments; root fields can", found.name));
            }
            // The value of such a field is the member of that name in the root field's answer.
            let fields = found.fields.iter().map(|field| plain_field(field)).collect();
            let plain = ObjectTypeDefinition { directives, fields, ..ObjectTypeDefinition::clone(found) };
            (&found.name, Node::new(plain).into())
        }
        Definition::InputObjectTypeDefinition(found) => {
            if let Some(field) = found.fields.iter().find(|field| field.default_value.is_some()) {
                return Err(format!("{} cannot have a default; a root field's argument can", field.name));
            }
            let fields = found.fields.iter().map(|field| plain_input(field)).collect();
            let plain =
                InputObjectTypeDefinition { directives, fields, ..InputObjectTypeDefinition::clone(found) };
            (&found.name, Node::new(plain).into())
        }
        other => {
            let name = other.name().map_or_else(|| "this definition".to_owned(), ToString::to_string);
            return Err(format!("{name} is no scalar, enum, input, or type without interfaces"));
        }
    };
    Ok((name.to_string(), definition))
}

fn plain_field(definition: &FieldDefinition) -> Node<FieldDefinition> {
    let arguments = definition.arguments.iter().map(|argument| plain_input(argument)).collect();
    let directives = DirectiveList::default();
    Node::new(FieldDefinition { arguments, directives, ..definition.clone() })
}

fn plain_input(definition: &InputValueDefinition) -> Node<InputValueDefinition> {
    Node::new(InputValueDefinition { directives: DirectiveList::default(), ..definition.clone() })
}
