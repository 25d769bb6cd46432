//! Apollo Federation: the root fields of a subgraph, and the keys by which other subgraphs reference its
//! rows.

use std::sync::Arc;

use super::lookup::key_columns;
use super::{ExposedTable, FixedFields, QueryFieldKind, Schema, key_text};
use crate::catalog::base_type;

/// The argument of `_entities`.
pub const REPRESENTATIONS: &str = "representations";

/// The key of a representation that names the type of its row.
pub const TYPE_NAME: &str = "__typename";

/// A key that identifies the rows of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntityKey {
    /// The fields of the primary key.
    Primary,
    /// `nodeId`.
    NodeId,
}

/// A field of `_Service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceFieldKind {
    /// `sdl`.
    Sdl,
}

impl FixedFields for ServiceFieldKind {
    const ALL: &'static [Self] = &[Self::Sdl];

    fn name(self) -> &'static str {
        match self {
            Self::Sdl => "sdl",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Sdl => "The subgraph in GraphQL's definition language, with the directives of Federation",
        }
    }
}

impl Schema {
    /// The columns by which other subgraphs may look up the rows of a table, besides `nodeId`: those of its
    /// primary key, if the convention allows the types of all of them in look-ups. Rows of children may have
    /// the same key, and only `nodeId` distinguishes them.
    pub fn entity_columns(&self, table: usize) -> Option<&[usize]> {
        let exposed = self.table(table)?;
        let columns = key_columns(&self.catalog, table, exposed)?;
        let can_look_up = columns.iter().all(|column| column.is_readable);
        (can_look_up && !self.catalog.tables[table].tells_children_apart()).then_some(&exposed.key)
    }

    /// The table whose rows have the type with that name, and its index in the catalog.
    pub fn entity(&self, type_name: &str) -> Option<(usize, &ExposedTable)> {
        let table = *self.row_types.get(type_name)?;
        Some((table, self.table(table)?))
    }

    /// The key by which an object with some fields names a row of a table.
    pub fn key_of_entity(&self, table: usize, has: impl Fn(&str) -> bool) -> Option<EntityKey> {
        let has_column =
            |column: &usize| self.column(table, *column).is_some_and(|column| has(&column.field));
        let is_primary = self.entity_columns(table).is_some_and(|key| key.iter().all(has_column));
        if is_primary { Some(EntityKey::Primary) } else { has(self.node_id).then_some(EntityKey::NodeId) }
    }

    /// A value of a key column, if the column's type reads it; of types that are seldom keys, only PostgreSQL can decide that.
    pub fn key_value(&self, table: usize, column: usize, text: String) -> Option<String> {
        let found = self.catalog.type_of(&self.catalog.tables[table].columns[column])?;
        let is_read = key_text::is_read(base_type(&self.catalog.types, found), &text);
        // No text of PostgreSQL has this character.
        is_read.unwrap_or(!text.contains('\0')).then_some(text)
    }

    /// Whether [`Schema::key_value`] knows that PostgreSQL reads a text as a value of the key. Others must not be read.
    pub fn knows_key_text(&self, table: usize, column: usize) -> bool {
        let found = self.catalog.type_of(&self.catalog.tables[table].columns[column]);
        found.is_some_and(|found| key_text::is_read(base_type(&self.catalog.types, found), "").is_some())
    }

    /// Whether the rows of a table only reference those of another subgraph.
    pub fn is_stub(&self, table: usize) -> bool {
        self.catalog.tables[table].directive.is_stub
    }

    /// The exposed tables, with their indexes in the catalog.
    pub(super) fn exposed_tables(&self) -> impl Iterator<Item = (usize, &ExposedTable)> {
        self.tables.iter().enumerate().filter_map(|(index, table)| Some((index, table.as_ref()?)))
    }
}

/// Adds the root fields of a subgraph. Without tables there are no entities.
pub(super) fn add(schema: &mut Schema) {
    if schema.exposed_tables().next().is_some() {
        schema.query.insert(Arc::from("_entities"), QueryFieldKind::Entities);
    }
    schema.query.insert(Arc::from("_service"), QueryFieldKind::Service);
}
