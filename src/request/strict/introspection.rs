//! Limits how far introspection may follow lists: types -> fields -> their types -> fields, and so on,
//! multiply at each step. graphql-js has this rule with the same limit and measure, so the same documents
//! pass.

use std::collections::HashMap;

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};

use super::at;
use crate::request::Message;

/// The maximum number of nested lists.
const LISTS: usize = 3;

pub(super) fn check(document: &ExecutableDocument) -> Result<(), Message> {
    let mut measure = Measure { document, fragments: HashMap::new() };
    let operations = document.operations.iter().map(|operation| &operation.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    operations.chain(fragments).try_for_each(|selections| measure.root(selections))
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// Each fragment is measured once, which keeps the work linear.
    fragments: HashMap<&'a Name, usize>,
}

impl<'a> Measure<'a> {
    /// `__schema` and `__type` are at the root of an operation, or of fragments there.
    fn root(&mut self, selections: &'a SelectionSet) -> Result<(), Message> {
        selections.selections.iter().try_for_each(|selection| match selection {
            Selection::Field(field) if matches!(field.name.as_str(), "__schema" | "__type") => {
                if self.depth(&field.selection_set) < LISTS {
                    return Ok(());
                }
                let text = format!(
                    "introspection follows fields, interfaces, possibleTypes and inputFields less than {LISTS} times; ask for \
                     types by name instead"
                );
                Err(at(&self.document.sources, field.name.location(), text))
            }
            Selection::InlineFragment(fragment) => self.root(&fragment.selection_set),
            Selection::Field(_) | Selection::FragmentSpread(_) => Ok(()),
        })
    }

    fn depth(&mut self, selections: &'a SelectionSet) -> usize {
        let depths = selections.selections.iter().map(|selection| match selection {
            Selection::Field(field) => {
                let is_list =
                    matches!(field.name.as_str(), "fields" | "interfaces" | "possibleTypes" | "inputFields");
                usize::from(is_list) + self.depth(&field.selection_set)
            }
            Selection::InlineFragment(fragment) => self.depth(&fragment.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
        });
        depths.max().unwrap_or(0)
    }

    fn fragment(&mut self, name: &'a Name) -> usize {
        if let Some(depth) = self.fragments.get(name) {
            return *depth;
        }
        let depth = self.document.fragments.get(name).map_or(0, |found| self.depth(&found.selection_set));
        self.fragments.insert(name, depth);
        depth
    }
}
