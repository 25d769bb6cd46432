//! Enums: PostgreSQL's labels and the API's values.

use std::collections::{HashMap, HashSet};

use super::naming;
use super::{EnumValue, Kind, TypeDefinition};
use crate::catalog::{Catalog, Oid, Problem, Type, TypeKind};

/// An exposed enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// Its name in the API.
    pub name: String,
    /// Labels and the values that stand for them, in the order of declaration.
    pub values: Vec<(String, String)>,
}

impl EnumType {
    /// The label that a value of the API stands for.
    pub fn label(&self, value: &str) -> Option<&str> {
        self.values.iter().find(|(_, name)| name == value).map(|(label, _)| label.as_str())
    }

    /// The labels whose value has another name, with that name.
    pub fn renamed(&self) -> impl Iterator<Item = &(String, String)> {
        self.values.iter().filter(|(label, name)| label != name)
    }

    pub(super) fn definition(&self, description: Option<String>) -> TypeDefinition {
        let values = self.values.iter().map(|(_, name)| EnumValue { name: name.clone(), description: None });
        TypeDefinition { description, kind: Kind::Enum(values.collect()) }
    }
}

/// The enums that can be exposed; claims their names, and tells why others cannot.
pub(super) fn enums(
    catalog: &Catalog,
    claimed: &mut HashSet<String>,
    problems: &mut Vec<Problem>,
) -> HashMap<Oid, EnumType> {
    let mut candidates: Vec<&Type> =
        catalog.types.values().filter(|found| found.kind == TypeKind::Enum && found.is_exposed).collect();
    // The map has no order of its own, and which of two equal names wins must not change from run to run.
    candidates.sort_by_key(|found| {
        let position = catalog.schemas.iter().position(|schema| schema.name == found.schema);
        (position, found.name.as_str())
    });
    let mut exposed = HashMap::new();
    for found in candidates {
        match expose(catalog, found, claimed) {
            Ok(enum_type) => {
                exposed.insert(found.oid, enum_type);
            }
            Err(reason) => problems.push(Problem {
                object: format!("type {}.{}", found.schema, found.name),
                reason: reason + "; its columns are Opaque",
            }),
        }
    }
    exposed
}

fn expose(catalog: &Catalog, found: &Type, claimed: &mut HashSet<String>) -> Result<EnumType, String> {
    let inflect =
        catalog.schema(&found.schema).and_then(|schema| schema.directive.inflect_names).unwrap_or(false);
    let name = found.directive.name.clone().unwrap_or_else(|| naming::type_name(&found.name, inflect));
    if !naming::is_valid(&name) {
        return Err(format!("name is no GraphQL name: {name:?}"));
    }
    let values = values(found)?;
    let family = [name.clone(), format!("{name}Filter"), format!("{name}ListFilter")];
    if let Some(taken) = family.iter().find(|member| claimed.contains(*member)) {
        return Err(format!("the type name {taken} is taken"));
    }
    claimed.extend(family);
    Ok(EnumType { name, values })
}

fn values(found: &Type) -> Result<Vec<(String, String)>, String> {
    let mut seen = HashSet::new();
    let mut values = Vec::new();
    for label in found.labels.iter().flatten() {
        let value = found.directive.mappings.get(label).unwrap_or(label).clone();
        if !naming::is_valid(&value) || matches!(value.as_str(), "true" | "false" | "null") {
            return Err(format!("label is no GraphQL name: {value:?}; map it by a comment"));
        }
        if !seen.insert(value.clone()) {
            return Err(format!("two labels have the name {value}"));
        }
        values.push((label.clone(), value));
    }
    if values.is_empty() { Err("it has no labels".to_owned()) } else { Ok(values) }
}
