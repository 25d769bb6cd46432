//! Single Root Field (GraphQL specification, 5.2.4.1): all selections of a subscription have one response
//! key.
//!
//! apollo-compiler counts selections. So it refuses a subscription that selects its field twice, as the
//! fragments of several parts of a page do. Here such selections are merged, as in every operation.

use std::collections::HashSet;

use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::validation::{DiagnosticList, Valid, WithErrors};
use apollo_compiler::{ExecutableDocument, Name, Node};

/// The name of apollo-compiler's error.
const COMPLAINT: &str = "SubscriptionUsesMultipleFields";

/// The document, if the only error is that a subscription has several selections, and these have one key.
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
