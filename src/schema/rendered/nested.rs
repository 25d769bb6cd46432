//! The inputs of nested inserts.

use super::document::Definitions;
use super::renderer::{Input, Renderer};
use crate::schema::{Cardinality, TableType, TypeId};

impl Renderer<'_> {
    /// The fields for relations whose rows can be inserted along with a row.
    pub(super) fn nested_fields(&mut self, table: usize) -> Vec<Input> {
        let schema = self.schema;
        let fields = schema.all_nested(table).map(|(name, relation)| {
            let part = match relation.cardinality {
                Cardinality::One { .. } => TableType::InsertOneInput,
                Cardinality::Many => TableType::InsertManyInput,
            };
            self.nullable_input(name, TypeId::Table(relation.join.table, part))
        });
        fields.collect()
    }

    fn one_field(&mut self, table: usize) -> Input {
        let row = self.reference(TypeId::Table(table, TableType::InsertInput)).non_null();
        self.input("object", Some("The row"), row)
    }

    fn many_field(&mut self, table: usize) -> Input {
        let rows = self.reference(TypeId::Table(table, TableType::InsertInput)).non_null().list().non_null();
        self.input("objects", Some("The rows"), rows)
    }
}

impl Definitions<'_> {
    /// The input types of relations in the inputs of rows.
    pub(super) fn nested_inputs(&mut self) {
        for table in 0..self.renderer.schema.tables.len() {
            for part in [TableType::InsertOneInput, TableType::InsertManyInput] {
                let id = TypeId::Table(table, part);
                if !self.renderer.used.contains(&id) {
                    continue;
                }
                let (rows, text) = if part == TableType::InsertOneInput {
                    (self.renderer.one_field(table), "A related row to insert together with this one")
                } else {
                    (self.renderer.many_field(table), "Related rows to insert together with this one")
                };
                let on_conflict = self.renderer.conflict_argument(table);
                self.input(id, text, [rows].into_iter().chain(on_conflict).collect());
            }
        }
    }
}
