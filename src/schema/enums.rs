//! Enums: PostgreSQL's labels and the API's values.

use std::collections::HashSet;

use super::claims::{Claim, settle};
use crate::catalog::{Catalog, Problem, Type, TypeKind};

/// An exposed enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// Its name in the API.
    pub name: String,
    /// Labels and their values in the API, in the order of declaration.
    pub values: Vec<(String, String)>,
}

impl EnumType {
    /// The label of a value of the API.
    pub fn label(&self, value: &str) -> Option<&str> {
        self.values.iter().find(|(_, name)| name == value).map(|(label, _)| label.as_str())
    }

    /// The labels whose value in the API has another name, with that name.
    pub fn renamed(&self) -> impl Iterator<Item = &(String, String)> {
        self.values.iter().filter(|(label, name)| label != name)
    }
}

/// The end of the sentence that says why an enum is left out.
pub(super) const LEFT_OUT: &str = "; its columns are Opaque";

/// The enums that can be exposed, with their labels and values, in order of schema and name. Reports why
/// others cannot be exposed.
pub(super) fn candidates<'c>(
    catalog: &'c Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<(&'c Type, Vec<(String, String)>)> {
    let mut found: Vec<&Type> =
        catalog.types.values().filter(|found| found.kind == TypeKind::Enum && found.is_exposed).collect();
    // The map is unordered, but which of two equal names wins must not change from run to run.
    found.sort_by_key(|found| {
        let position = catalog.schemas.iter().position(|schema| schema.name == found.schema);
        (position, found.name.as_str())
    });
    let mut candidates = Vec::new();
    for found in found {
        let object = format!("type {}.{}", found.schema, found.name);
        match values(found, |reason| problems.push(Problem { object: object.clone(), reason })) {
            Ok(values) => candidates.push((found, values)),
            Err(reason) => problems.push(Problem { object, reason: reason + LEFT_OUT }),
        }
    }
    candidates
}

/// Labels and their values. If a label has no value, the whole enum is left out, because rows with that label
/// could not be answered.
fn values(found: &Type, mut report: impl FnMut(String)) -> Result<Vec<(String, String)>, String> {
    let labels: Vec<_> = found.labels.iter().flatten().collect();
    let mappings = &found.directive.mappings;
    for label in mappings.keys().filter(|label| !labels.contains(label)) {
        report(format!("its comment maps the label {label:?}, which it does not have"));
    }
    let claims: Vec<_> =
        labels.iter().map(|label| Claim::new(label, (*label).clone(), mappings.get(*label))).collect();
    let mut seen = HashSet::new();
    let settled = settle(&claims, |_, value| match value {
        "true" | "false" | "null" => Err(format!("the name {value} means something else in GraphQL")),
        _ if seen.insert(value.to_owned()) => Ok(()),
        _ => Err(format!("two labels have the name {value}")),
    });
    let mut values = Vec::new();
    for (label, settled) in labels.into_iter().zip(settled) {
        let problem = settled.problem("value").map(|reason| format!("label {label:?}: {reason}"));
        match settled.name {
            Some(value) => {
                problem.into_iter().for_each(&mut report);
                values.push((label.clone(), value));
            }
            None => return Err(problem.unwrap_or_default() + "; map it by a comment"),
        }
    }
    if values.is_empty() { Err("it has no labels".to_owned()) } else { Ok(values) }
}
