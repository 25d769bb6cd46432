//! Field Selection Merging (GraphQL specification, 5.3.2). apollo-compiler considers two lists equal if one
//! is a prefix of the other: `{ a(ids: [1]) a(ids: [1, 2]) }`.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Argument, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};
use indexmap::IndexMap;

use super::at;
use crate::request::Message;

type Fields<'a> = Vec<(&'a Name, &'a Node<Field>)>;

pub(super) fn check(schema: &Schema, document: &ExecutableDocument) -> Result<(), Message> {
    if !may_conflict(document) {
        return Ok(());
    }
    let mut merger = Merger { schema, document, seen: HashSet::new() };
    document.operations.iter().try_for_each(|operation| merger.merge(&[&operation.selection_set]))
}

/// Whether the same field has the same key anywhere with lists of different lengths. That is very rare, so
/// the rest of the work is skipped for most documents.
fn may_conflict(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|operation| &operation.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    let mut waiting: Vec<_> = operations.chain(fragments).collect();
    let mut lengths: HashMap<_, Vec<usize>> = HashMap::new();
    while let Some(selections) = waiting.pop() {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    waiting.push(&field.selection_set);
                    let own = list_lengths(&field.arguments);
                    let key = (field.response_key(), &field.name);
                    if *lengths.entry(key).or_insert_with(|| own.clone()) != own {
                        return true;
                    }
                }
                Selection::InlineFragment(fragment) => waiting.push(&fragment.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    false
}

/// The lengths of all lists in the arguments, in no order of meaning.
fn list_lengths(arguments: &[Node<Argument>]) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut waiting: Vec<&Value> = arguments.iter().map(|argument| &*argument.value).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::List(items) => {
                lengths.push(items.len());
                waiting.extend(items.iter().map(|item| &**item));
            }
            Value::Object(fields) => waiting.extend(fields.iter().map(|(_, value)| &**value)),
            _ => {}
        }
    }
    lengths.sort_unstable();
    lengths
}

struct Merger<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    /// The sets of fields that have been checked. Without it, fragments that spread each other would multiply
    /// the work.
    seen: HashSet<Vec<*const Field>>,
}

impl<'a> Merger<'a> {
    /// Checks the fields of the selection sets of one object.
    fn merge(&mut self, sets: &[&'a SelectionSet]) -> Result<(), Message> {
        let fields = self.expand(sets);
        if !self.seen.insert(fields.iter().map(|(_, field)| std::ptr::from_ref(&***field)).collect()) {
            return Ok(());
        }
        let mut by_key: IndexMap<&Name, Fields<'a>> = IndexMap::new();
        for (parent, field) in fields {
            by_key.entry(field.response_key()).or_default().push((parent, field));
        }
        let groups: Vec<_> = by_key.into_values().flat_map(|fields| self.by_common_parent(fields)).collect();
        for group in groups {
            let Some(((_, first), others)) = group.split_first() else { continue };
            for (_, other) in others {
                if !is_same(&first.arguments, &other.arguments) {
                    let text = format!(
                        "\"{}\" is selected twice with different arguments; use an alias for one of them",
                        first.response_key()
                    );
                    return Err(at(&self.document.sources, other.name.location(), text));
                }
            }
            let below: Vec<_> = group.iter().map(|(_, field)| &field.selection_set).collect();
            self.merge(&below)?;
        }
        Ok(())
    }

    fn expand(&self, sets: &[&'a SelectionSet]) -> Fields<'a> {
        let mut waiting = sets.to_vec();
        let (mut fields, mut spread) = (Fields::new(), HashSet::new());
        while let Some(set) = waiting.pop() {
            for selection in &set.selections {
                match selection {
                    Selection::Field(field) => fields.push((&set.ty, field)),
                    Selection::InlineFragment(fragment) => waiting.push(&fragment.selection_set),
                    Selection::FragmentSpread(found) => {
                        if spread.insert(&found.fragment_name)
                            && let Some(fragment) = self.document.fragments.get(&found.fragment_name)
                        {
                            waiting.push(&fragment.selection_set);
                        }
                    }
                }
            }
        }
        fields
    }

    /// Fields of different object types never belong to the same object; those of an interface may belong to
    /// any of them.
    fn by_common_parent(&self, fields: Fields<'a>) -> Vec<Fields<'a>> {
        let is_object = |name: &Name| matches!(self.schema.types.get(name), Some(ExtendedType::Object(_)));
        let (own, shared): (Fields<'a>, Fields<'a>) =
            fields.into_iter().partition(|(parent, _)| is_object(parent));
        let mut groups: IndexMap<&Name, Fields<'a>> = IndexMap::new();
        for (parent, field) in own {
            groups.entry(parent).or_insert_with(|| shared.clone()).push((parent, field));
        }
        if groups.is_empty() { vec![shared] } else { groups.into_values().collect() }
    }
}

/// Whether the same arguments have the same values, in any order.
fn is_same(left: &[Node<Argument>], right: &[Node<Argument>]) -> bool {
    left.len() == right.len()
        && left.iter().all(|one| {
            right.iter().any(|other| one.name == other.name && is_same_value(&one.value, &other.value))
        })
}

fn is_same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| is_same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let find = |name: &Name| right.iter().find(|(other, _)| other == name);
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, value)| find(name).is_some_and(|(_, other)| is_same_value(value, other)))
        }
        _ => left == right,
    }
}
