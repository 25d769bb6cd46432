//! Representations: the objects by which a gateway names rows, in the argument of `_entities`.
//!
//! A statement depends on their sorts, not on their values, because a gateway sends the same document
//! repeatedly with other keys.

use std::collections::BTreeSet;

use apollo_compiler::response::JsonValue;
use apollo_compiler::response::serde_json_bytes::{ByteString, Map};

use crate::schema::TYPE_NAME;

/// The type and the fields that some representations have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepresentationSort<'a> {
    /// The name of the type; empty if there is none.
    pub type_name: &'a str,
    /// The names of the fields.
    pub fields: BTreeSet<&'a str>,
}

/// The items of a list; a single value stands for a list of one (GraphQL specification, 3.11).
pub fn items(value: &JsonValue) -> &[JsonValue] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

pub(super) fn sorts(value: &JsonValue) -> BTreeSet<RepresentationSort<'_>> {
    items(value).iter().map(RepresentationSort::of).collect()
}

pub(super) fn length(value: &JsonValue) -> usize {
    items(value).len().next_power_of_two()
}

impl<'a> RepresentationSort<'a> {
    fn of(value: &'a JsonValue) -> Self {
        let type_name = value.get(TYPE_NAME).and_then(JsonValue::as_str).unwrap_or_default();
        let fields = value.as_object().into_iter().flat_map(Map::keys);
        Self { type_name, fields: fields.map(ByteString::as_str).collect() }
    }
}
