//! The name of the field that identifies a row among all rows: `nodeId`, or `id` where a comment on a schema says so. Relay and other
//! clients look for `id` without being told.

use crate::catalog::{Catalog, Problem};

/// The name that the field has without a comment.
pub const NODE_ID: &str = "nodeId";

/// The other name.
const ID: &str = "id";

/// What a column becomes that would have the name `id` otherwise.
const ROW_ID: &str = "rowId";

/// The name of the field, by the first schema that says something. It is one for the whole API, for `Node` has it.
pub(super) fn name(catalog: &Catalog, problems: &mut Vec<Problem>) -> &'static str {
    let mut named = None;
    for schema in &catalog.schemas {
        let found = match schema.directive.node_id.as_deref() {
            None => continue,
            Some(ID) => Some(ID),
            Some(NODE_ID) => Some(NODE_ID),
            Some(_) => None,
        };
        if found.is_none() || named.is_some_and(|named| found != Some(named)) {
            let object = format!("schema {}", schema.name);
            let reason = "node_id can be id or nodeId, the same in all schemas".to_owned();
            problems.push(Problem { object, reason });
        }
        named = named.or(found);
    }
    named.unwrap_or(NODE_ID)
}

/// The usual name of a column's field, which gives way to the field that identifies the row.
pub(super) fn beside(node_id: &str, usual: String) -> String {
    if usual == node_id && node_id == ID { ROW_ID.to_owned() } else { usual }
}
