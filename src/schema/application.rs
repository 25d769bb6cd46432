//! What a Rust program adds to the API: root fields and their types, written in GraphQL's schema language.
//!
//! Only says what there is; what a field does is known to the engine, by the field's number. Never fails once the text is
//! read: what the database's part of the API does not allow is left out, and told as a problem.

use std::collections::HashSet;

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, FieldDefinition, InputValueDefinition, Type};
use indexmap::IndexMap;

use super::shared::{base_name, is_scalar, reserved_names};
use super::{
    Argument, EnumValue, Field, InputField, InputMeaning, Kind, MUTATION, Meaning, QUERY, Schema,
    TypeDefinition, TypeReference,
};
use crate::catalog::Problem;

/// What a Rust program adds to the API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Application {
    types: IndexMap<String, TypeDefinition>,
    fields: Vec<(RootType, String, Field)>,
}

/// A type whose fields are root fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootType {
    /// `Query`.
    Query,
    /// `Mutation`.
    Mutation,
}

/// A definition that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{definition:?} cannot be added to the API: {reason}")]
pub struct DefinitionError {
    /// The definition as it was given.
    pub definition: String,
    /// Why not.
    pub reason: String,
}

impl RootType {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => QUERY,
            Self::Mutation => MUTATION,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Query => "What can be read",
            Self::Mutation => "What can be changed; the fields run in order, all of them or none",
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
            if reserved_names().contains(&name) {
                return Err(refused(format!("the name {name} belongs to the API itself")));
            }
            if self.types.insert(name.clone(), definition).is_some() {
                return Err(refused(format!("there is a type {name} already")));
            }
        }
        Ok(())
    }

    /// Adds a root field by its signature, such as `overdueTasks(projectId: UUID!, limit: Int! = 10): [Overdue!]!`; a
    /// description may stand in front. Fields are numbered in the order in which they are added, from 0.
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
        let name = definition.name.to_string();
        if self.fields.iter().any(|(taken_root, taken, _)| *taken_root == root && *taken == name) {
            return Err(refused(format!("there is a field {}.{name} already", root.name())));
        }
        let meaning = Meaning::Application(self.fields.len());
        self.fields.push((root, name, field(definition, meaning)));
        Ok(())
    }

    /// Keeps the names of the application's types from tables and enums.
    pub(super) fn claim_names(&self, claimed: &mut HashSet<String>) {
        claimed.extend(self.types.keys().cloned());
    }

    /// Adds the types and fields to the API of a database, except those that refer to a type that it does not have.
    pub(super) fn add_to(&self, schema: &mut Schema) {
        let usable = self.usable_types(schema);
        for (name, definition) in &self.types {
            match unknown_name(schema, &usable, &references(definition)) {
                None => {
                    schema.types.insert(name.clone(), definition.clone());
                }
                Some(unknown) => leave_out(schema, name.clone(), &unknown),
            }
        }
        for (root, name, field) in &self.fields {
            let place = format!("{}.{name}", root.name());
            if let Some(unknown) = unknown_name(schema, &usable, &field_references(field)) {
                leave_out(schema, place, &unknown);
                continue;
            }
            let fields = schema.root_fields(root.name(), root.description());
            if fields.insert(name.clone(), field.clone()).is_some() {
                let reason = "hidden by the application's own field of that name".to_owned();
                schema.problems.push(Problem { object: place, reason });
            }
        }
    }

    /// The types all of whose references lead somewhere.
    fn usable_types<'a>(&'a self, schema: &Schema) -> HashSet<&'a str> {
        let mut usable: HashSet<&str> = self.types.keys().map(String::as_str).collect();
        loop {
            let is_usable = |(name, definition): &(&String, &TypeDefinition)| {
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
    let is_known = |name: &str| {
        usable.contains(name) || is_scalar(name) || schema.enums.values().any(|found| found.name == name)
    };
    names.iter().find(|name| !is_known(name)).map(|name| (*name).to_owned())
}

fn leave_out(schema: &mut Schema, object: String, unknown: &str) {
    let reason = format!("its type {unknown} is neither a scalar, nor an enum, nor the application's own");
    schema.problems.push(Problem { object, reason });
}

fn references(definition: &TypeDefinition) -> Vec<&str> {
    match &definition.kind {
        Kind::Scalar | Kind::Enum(_) => Vec::new(),
        Kind::Input(fields) => fields.values().map(|field| base_name(&field.takes)).collect(),
        Kind::Interface(fields) | Kind::Object { fields, .. } => {
            fields.values().flat_map(field_references).collect()
        }
    }
}

fn field_references(field: &Field) -> Vec<&str> {
    let arguments = field.arguments.iter().map(|argument| base_name(&argument.takes));
    std::iter::once(base_name(&field.returns)).chain(arguments).collect()
}

fn type_definition(definition: &Definition) -> Result<(String, TypeDefinition), String> {
    let text = |description: &Option<Node<str>>| description.as_ref().map(ToString::to_string);
    let (name, description, kind) = match definition {
        Definition::ScalarTypeDefinition(found) => (&found.name, text(&found.description), Kind::Scalar),
        Definition::EnumTypeDefinition(found) => {
            let values = found.values.iter().map(|value| EnumValue {
                name: value.value.to_string(),
                description: text(&value.description),
            });
            (&found.name, text(&found.description), Kind::Enum(values.collect()))
        }
        Definition::ObjectTypeDefinition(found) if found.implements_interfaces.is_empty() => {
            if found.fields.iter().any(|field| !field.arguments.is_empty()) {
                return Err(format!("the fields of {} cannot have arguments; root fields can", found.name));
            }
            // The value of such a field is what the root field's answer has under its name.
            let fields =
                found.fields.iter().map(|found| (found.name.to_string(), field(found, Meaning::Part)));
            (&found.name, text(&found.description), Kind::Object { is_node: false, fields: fields.collect() })
        }
        Definition::InputObjectTypeDefinition(found) => {
            let fields: Result<IndexMap<_, _>, String> =
                found.fields.iter().map(|field| input(field)).collect();
            (&found.name, text(&found.description), Kind::Input(fields?))
        }
        other => {
            let name = other.name().map_or_else(|| "this definition".to_owned(), ToString::to_string);
            return Err(format!("{name} is no scalar, enum, input, or type without interfaces"));
        }
    };
    Ok((name.to_string(), TypeDefinition { description, kind }))
}

fn field(definition: &FieldDefinition, meaning: Meaning) -> Field {
    let argument = |definition: &Node<InputValueDefinition>| Argument {
        name: definition.name.to_string(),
        description: definition.description.as_ref().map(ToString::to_string),
        takes: reference(&definition.ty),
        default: definition.default_value.as_ref().map(|value| value.serialize().no_indent().to_string()),
    };
    Field {
        description: definition.description.as_ref().map(ToString::to_string),
        arguments: definition.arguments.iter().map(argument).collect(),
        returns: reference(&definition.ty),
        meaning,
    }
}

fn input(definition: &InputValueDefinition) -> Result<(String, InputField), String> {
    if definition.default_value.is_some() {
        return Err(format!("{} cannot have a default; a root field's argument can", definition.name));
    }
    let field = InputField {
        description: definition.description.as_ref().map(ToString::to_string),
        takes: reference(&definition.ty),
        meaning: InputMeaning::Part,
    };
    Ok((definition.name.to_string(), field))
}

fn reference(found: &Type) -> TypeReference {
    match found {
        Type::Named(name) => TypeReference::named(name.as_str()),
        Type::NonNullNamed(name) => TypeReference::named(name.as_str()).non_null(),
        Type::List(inner) => reference(inner).list(),
        Type::NonNullList(inner) => reference(inner).list().non_null(),
    }
}
