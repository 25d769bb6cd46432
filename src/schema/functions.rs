//! Functions as fields of the root types, and of the rows that they take.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::callable::{ExposedArgument, ExposedFunction, Takes, expose};
use super::claims::take_field;
use super::claims::{Claim, settle};
use super::overloads::Names;
use super::{MutationFieldKind, QueryFieldKind, Schema, naming};
use crate::catalog::{Function, FunctionKind, Problem};

/// Adds the fields of all functions that can be exposed; existing fields keep their names.
pub(super) fn add(schema: &mut Schema) {
    let catalog = schema.catalog.clone();
    let mut overloads: IndexMap<(&str, &str), Vec<usize>> = IndexMap::new();
    let mut computed = Vec::new();
    for (index, function) in catalog.functions.iter().enumerate() {
        let exposed = expose(schema, function);
        let takes_row = matches!(&exposed, Ok(ExposedFunction { takes: Takes::Row(_), .. }));
        if function.kind == FunctionKind::Function && !takes_row {
            overloads.entry((&function.schema, &function.name)).or_default().push(index);
        }
        let exposed = exposed.map_err(|reason| report(schema, function, reason)).ok();
        schema.functions.push(exposed);
        if takes_row {
            computed.push(index);
        }
    }
    let computed = computed.into_iter().filter_map(|index| computed_field(schema, index));
    let computed: Vec<_> = computed.collect();
    let roots: Vec<_> = overloads.into_values().filter_map(|group| root_field(schema, &group)).collect();
    add_fields(schema, computed.into_iter().chain(roots).collect());
}

/// A field for one or more functions, which has no name yet.
struct WantedField {
    /// The functions that it calls; it is named after the first one.
    functions: Vec<usize>,
    place: Place,
    claim: Claim,
}

/// A type that gets fields for functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Query,
    Mutation,
    /// The rows of a table.
    Row(usize),
}

fn report(schema: &mut Schema, function: &Function, reason: impl Into<String>) {
    schema.problems.push(Problem { object: function.qualified_name(), reason: reason.into() });
}

fn computed_field(schema: &Schema, index: usize) -> Option<WantedField> {
    let function = &schema.catalog.functions[index];
    let Takes::Row(table) = schema.function(index)?.takes else { return None };
    let stem = function.name.strip_prefix('_').unwrap_or(&function.name);
    let usual = naming::field_name(stem, schema.inflects(&function.schema));
    let claim = Claim::new(&function.name, usual, function.directive.name.as_ref());
    Some(WantedField { functions: vec![index], place: Place::Row(table), claim })
}

/// One field for all overloads of a function.
fn root_field(schema: &mut Schema, group: &[usize]) -> Option<WantedField> {
    let catalog = schema.catalog.clone();
    let inflect = schema.inflects(&catalog.functions[group[0]].schema);
    let names: Vec<_> = group.iter().map(|index| Names::of(&catalog.functions[*index], inflect)).collect();
    let is_confused = |position: usize| {
        names
            .iter()
            .enumerate()
            .any(|(other, found)| other != position && found.may_be_confused_with(&names[position]))
    };
    let mut members = Vec::new();
    for (position, index) in group.iter().enumerate() {
        if schema.function(*index).is_none() {
            continue;
        }
        if is_confused(position) {
            let reason = "the names of its arguments do not distinguish it from an overload";
            report(schema, &catalog.functions[*index], reason);
        } else {
            members.push(*index);
        }
    }
    let (first, rest) = members.split_first()?;
    if rest.iter().any(|other| !fit_one_field(schema, *first, *other)) {
        for index in &members {
            let reason = "its overloads cannot be one field: they return different types, or arguments of the same name have different types";
            report(schema, &catalog.functions[*index], reason);
        }
        return None;
    }
    let function = &catalog.functions[*first];
    let place = if function.is_volatile() { Place::Mutation } else { Place::Query };
    let usual = naming::field_name(&function.name, inflect);
    let claim = Claim::new(&function.name, usual, function.directive.name.as_ref());
    Some(WantedField { functions: members, place, claim })
}

/// Whether two overloads have the same result and volatility, and the same types for arguments with the same
/// names.
fn fit_one_field(schema: &Schema, left: usize, right: usize) -> bool {
    let functions = &schema.catalog.functions;
    let (Some(one), Some(other)) = (schema.function(left), schema.function(right)) else { return false };
    let agree = |ours: &ExposedArgument, theirs: &ExposedArgument| {
        let of = |argument: &ExposedArgument| (argument.column_type.value, argument.column_type.is_list);
        ours.name != theirs.name || of(ours) == of(theirs)
    };
    functions[left].is_volatile() == functions[right].is_volatile()
        && one.returns == other.returns
        && functions[left].directive.name == functions[right].directive.name
        && one.arguments().iter().all(|ours| other.arguments().iter().all(|theirs| agree(ours, theirs)))
}

/// Adds the fields under names that are free in their types; existing fields keep their names.
fn add_fields(schema: &mut Schema, wanted: Vec<WantedField>) {
    let catalog = schema.catalog.clone();
    let mut taken: HashMap<Place, HashSet<String>> = HashMap::new();
    for WantedField { place, .. } in &wanted {
        taken.entry(*place).or_insert_with(|| names(schema, *place));
    }
    let claims: Vec<_> = wanted.iter().map(|wanted| wanted.claim.clone()).collect();
    let settled =
        settle(&claims, |index, name| take_field(taken.entry(wanted[index].place).or_default(), name));
    for (WantedField { functions, place, .. }, settled) in wanted.into_iter().zip(settled) {
        if let Some(reason) = settled.problem("field") {
            report(schema, &catalog.functions[functions[0]], reason + "; to choose a name, use a comment");
        }
        let Some(name) = settled.name.map(Arc::from) else { continue };
        match place {
            Place::Query => {
                schema.query.insert(name, QueryFieldKind::Call(functions));
            }
            Place::Mutation => {
                schema.mutation.insert(name, MutationFieldKind::Call(functions));
            }
            Place::Row(table) => {
                if let Some(exposed) = &mut schema.tables[table] {
                    exposed.computed.insert(name, functions[0]);
                }
            }
        }
    }
}

/// The names of the fields that a type has.
fn names(schema: &Schema, place: Place) -> HashSet<String> {
    match place {
        Place::Query => schema.query.keys().map(ToString::to_string).collect(),
        Place::Mutation => schema.mutation.keys().map(ToString::to_string).collect(),
        Place::Row(table) => schema.table(table).map_or_else(HashSet::new, |exposed| {
            let columns = exposed.readable_columns().map(|(_, column)| &*column.field);
            let relations = exposed.relations.keys().map(|name| &**name);
            columns.chain(relations).chain([schema.node_id]).map(str::to_owned).collect()
        }),
    }
}
