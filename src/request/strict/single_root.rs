//! Single Root Field (GraphQL specification, 5.2.4.1): what a subscription asks for stands under one key of the answer.
//!
//! apollo-compiler counts selections, and so refuses a subscription that names its field twice, as fragments of several parts of a
//! page do. Their selections are merged as everywhere.

use std::collections::HashSet;

use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::validation::{DiagnosticList, Valid, WithErrors};
use apollo_compiler::{ExecutableDocument, Name, Node};

/// What apollo-compiler calls its complaint.
const COMPLAINT: &str = "SubscriptionUsesMultipleFields";

/// The document, if all that is said against it is that a subscription has several selections, and those are of one key.
pub(in crate::request) fn with_one_root(
    invalid: WithErrors<ExecutableDocument>,
) -> Result<Valid<ExecutableDocument>, DiagnosticList> {
    let is_counted_only =
        invalid.errors.iter().all(|error| error.error.unstable_error_name() == Some(COMPLAINT));
    let document = invalid.partial;
    let has_one_root =
        |operation: &Node<Operation>| !operation.is_subscription() || has_one_root(&document, operation);
    if is_counted_only && document.operations.iter().all(has_one_root) {
        return Ok(Valid::assume_valid(document));
    }
    Err(invalid.errors)
}

fn has_one_root(document: &ExecutableDocument, operation: &Operation) -> bool {
    let (mut keys, mut fragments) = (HashSet::new(), HashSet::new());
    collect_keys(document, &operation.selection_set, &mut keys, &mut fragments);
    keys.len() == 1
}

fn collect_keys<'d>(
    document: &'d ExecutableDocument,
    selections: &'d SelectionSet,
    keys: &mut HashSet<&'d Name>,
    fragments: &mut HashSet<&'d Name>,
) {
    for selection in &selections.selections {
        match selection {
            Selection::Field(field) => drop(keys.insert(field.response_key())),
            Selection::InlineFragment(fragment) => {
                collect_keys(document, &fragment.selection_set, keys, fragments);
            }
            Selection::FragmentSpread(spread) => {
                if fragments.insert(&spread.fragment_name)
                    && let Some(fragment) = document.fragments.get(&spread.fragment_name)
                {
                    collect_keys(document, &fragment.selection_set, keys, fragments);
                }
            }
        }
    }
}
