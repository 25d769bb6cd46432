//! `CollectFields` (GraphQL specification, 6.3.2): the fields that an operation selects of an object, merged
//! by response key.

use std::collections::HashSet;

use apollo_compiler::executable::{Directive, DirectiveList, Selection, SelectionSet};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

use super::{Facts, Field};

/// The selected fields, by response key in the order of their first appearance. All fields of one key have
/// the same name and arguments; their selections are merged.
pub type Collected<'a> = IndexMap<&'a Name, Vec<&'a Node<Field>>>;

/// Collects the fields of an object that the selection sets select. `applies` says whether a fragment on a
/// type applies to the object.
pub fn collect_fields<'a>(
    facts: &'a Facts<'a>,
    selections: impl IntoIterator<Item = &'a SelectionSet>,
    applies: &dyn Fn(&str) -> bool,
) -> Collected<'a> {
    let mut collector = Collector { facts, applies, visited: HashSet::new(), fields: Collected::new() };
    for selection_set in selections {
        collector.collect(selection_set);
    }
    collector.fields
}

/// The selection sets of all fields of one response key.
pub fn merged_selections<'a>(fields: &[&'a Node<Field>]) -> impl Iterator<Item = &'a SelectionSet> {
    fields.iter().map(|field| &field.selection_set)
}

struct Collector<'a, 'f> {
    facts: &'a Facts<'a>,
    applies: &'f dyn Fn(&str) -> bool,
    visited: HashSet<&'a Name>,
    fields: Collected<'a>,
}

impl<'a> Collector<'a, '_> {
    fn collect(&mut self, selection_set: &'a SelectionSet) {
        for selection in &selection_set.selections {
            if !is_included(self.facts, selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => self.fields.entry(field.response_key()).or_default().push(field),
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|name| (self.applies)(name)) {
                        self.collect(&fragment.selection_set);
                    }
                }
                Selection::FragmentSpread(spread) => self.spread(&spread.fragment_name),
            }
        }
    }

    /// A fragment counts once for an object, however often it is spread. That also keeps the work linear.
    fn spread(&mut self, name: &'a Name) {
        if !self.visited.insert(name) {
            return;
        }
        if let Some(fragment) = self.facts.operation().document().fragments.get(name)
            && (self.applies)(fragment.type_condition())
        {
            self.collect(&fragment.selection_set);
        }
    }
}

/// Whether neither `@skip` nor `@include` removes the selection (GraphQL specification, 3.13).
fn is_included(facts: &Facts<'_>, directives: &DirectiveList) -> bool {
    !directives.get("skip").is_some_and(|skip| condition(facts, skip))
        && directives.get("include").is_none_or(|include| condition(facts, include))
}

fn condition(facts: &Facts<'_>, directive: &Node<Directive>) -> bool {
    use apollo_compiler::executable::Value;
    match directive.specified_argument_by_name("if").map(AsRef::as_ref) {
        Some(Value::Boolean(value)) => *value,
        Some(Value::Variable(name)) => facts.boolean(name),
        _ => false,
    }
}
