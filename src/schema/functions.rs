//! Functions as fields: of the root types, and of the rows that they take.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::callable::{ExposedArgument, ExposedFunction, Returns, Takes, expose};
use super::claims::{Claim, settle};
use super::expose::take_field;
use super::fields::{collection_arguments, value_reference};
use super::overloads::Names;
use super::{Argument, Field, Kind, MUTATION, Meaning, QUERY, Schema, TypeReference, naming};
use crate::catalog::{Function, FunctionKind, Problem};

/// Adds the fields of all functions that can be exposed; what stands there already keeps its name.
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
        let exposed = exposed.map_err(|reason| tell(schema, function, reason)).ok();
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

/// A field that a function wants to be.
struct WantedField {
    /// The function that it is named after.
    function: usize,
    type_name: String,
    claim: Claim,
    field: Field,
}

fn tell(schema: &mut Schema, function: &Function, reason: impl Into<String>) {
    schema.problems.push(Problem { object: function.qualified_name(), reason: reason.into() });
}

fn computed_field(schema: &Schema, index: usize) -> Option<WantedField> {
    let function = &schema.catalog.functions[index];
    let ExposedFunction { takes: Takes::Row(table), returns } = schema.function(index)? else { return None };
    let field = field(schema, function, returns, Meaning::Computed(index), Vec::new());
    let stem = function.name.strip_prefix('_').unwrap_or(&function.name);
    let usual = naming::field_name(stem, schema.inflects(&function.schema));
    let claim = Claim::new(&function.name, usual, function.directive.name.as_ref());
    Some(WantedField { function: index, type_name: schema.table(*table)?.type_name.clone(), claim, field })
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
            let reason = "the names of its arguments do not tell it from an overload";
            tell(schema, &catalog.functions[*index], reason);
        } else {
            members.push(*index);
        }
    }
    let (first, rest) = members.split_first()?;
    if rest.iter().any(|other| !fit_one_field(schema, *first, *other)) {
        for index in &members {
            let reason = "its overloads cannot be one field: what they return or take under one name differs";
            tell(schema, &catalog.functions[*index], reason);
        }
        return None;
    }
    let (first, function) = (*first, &catalog.functions[*first]);
    let type_name = if function.is_volatile() { MUTATION } else { QUERY }.to_owned();
    let usual = naming::field_name(&function.name, inflect);
    let claim = Claim::new(&function.name, usual, function.directive.name.as_ref());
    let arguments = merged_arguments(schema, &members);
    let returns = schema.function(first)?.returns.clone();
    let field = field(schema, function, &returns, Meaning::Call(members), arguments);
    Some(WantedField { function: first, type_name, claim, field })
}

/// Whether two overloads have the same result and volatility, and the same type for arguments of the same name.
fn fit_one_field(schema: &Schema, left: usize, right: usize) -> bool {
    let functions = &schema.catalog.functions;
    let (Some(one), Some(other)) = (schema.function(left), schema.function(right)) else { return false };
    let agree = |ours: &ExposedArgument, theirs: &ExposedArgument| {
        ours.name != theirs.name || value_reference(&ours.column_type) == value_reference(&theirs.column_type)
    };
    functions[left].is_volatile() == functions[right].is_volatile()
        && one.returns == other.returns
        && functions[left].directive.name == functions[right].directive.name
        && one.arguments().iter().all(|ours| other.arguments().iter().all(|theirs| agree(ours, theirs)))
}

/// The arguments of all overloads: one is required if all of them require it.
fn merged_arguments(schema: &Schema, members: &[usize]) -> Vec<Argument> {
    let overloads: Vec<_> = members.iter().filter_map(|index| schema.function(*index)).collect();
    let mut merged: IndexMap<&str, Argument> = IndexMap::new();
    for found in overloads.iter().flat_map(|overload| overload.arguments()) {
        let is_required = overloads.iter().all(|overload| {
            overload.arguments().iter().any(|other| other.name == found.name && other.is_required)
        });
        merged.entry(&found.name).or_insert_with(|| Argument {
            name: found.name.clone(),
            description: None,
            takes: value_reference(&found.column_type).non_null_if(is_required),
            // Which default holds depends on the overload.
            default: found.default.clone().filter(|_| overloads.len() == 1),
        });
    }
    merged.into_values().collect()
}

fn field(
    schema: &Schema,
    function: &Function,
    returns: &Returns,
    meaning: Meaning,
    mut arguments: Vec<Argument>,
) -> Field {
    let type_name = |table: usize| schema.table(table).map_or("", |exposed| exposed.type_name.as_str());
    let reference = match returns {
        // GraphQL has no type without a value; this one's only value is null.
        Returns::Nothing => TypeReference::named("Opaque"),
        Returns::Value(column_type) => value_reference(column_type),
        Returns::Row(table) => TypeReference::named(type_name(*table)),
        Returns::Rows(table) => {
            arguments.extend(schema.table(*table).map(collection_arguments).unwrap_or_default());
            TypeReference::named(format!("{}Connection", type_name(*table)))
        }
    };
    let description = function.directive.description.clone();
    Field { description, arguments, ..Field::new(reference, meaning) }
}

/// Adds the fields under names that are free on their types: what stands there already keeps its name.
fn add_fields(schema: &mut Schema, wanted: Vec<WantedField>) {
    let catalog = schema.catalog.clone();
    let mut taken: HashMap<&str, HashSet<String>> = HashMap::new();
    for WantedField { type_name, .. } in &wanted {
        let names = match schema.types.get(type_name).map(|found| &found.kind) {
            Some(Kind::Object { fields, .. }) => fields.keys().cloned().collect(),
            _ => HashSet::new(),
        };
        taken.entry(type_name).or_insert(names);
    }
    let claims: Vec<_> = wanted.iter().map(|wanted| wanted.claim.clone()).collect();
    let settled =
        settle(&claims, |index, name| take_field(taken.entry(&wanted[index].type_name).or_default(), name));
    drop(taken);
    for (WantedField { function, type_name, field, .. }, settled) in wanted.into_iter().zip(settled) {
        if let Some(reason) = settled.problem("field") {
            tell(schema, &catalog.functions[function], reason + "; to choose a name, use a comment");
        }
        let Some(name) = settled.name else { continue };
        let fields = match schema.types.get_mut(&type_name).map(|found| &mut found.kind) {
            Some(Kind::Object { fields, .. }) => fields,
            _ => schema.root_fields(&type_name, super::mutations::DESCRIPTION),
        };
        fields.insert(name, field);
    }
}
