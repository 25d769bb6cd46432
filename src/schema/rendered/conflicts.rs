//! `onConflict` and its types.

use super::document::Definitions;
use super::renderer::{Input, Renderer};
use crate::schema::{ExposedColumn, ExposedTable, TableType, TypeId};

impl Renderer<'_> {
    /// The argument `onConflict`, if the table's inserts have it.
    pub(super) fn conflict_argument(&mut self, table: usize) -> Option<Input> {
        self.schema.table(table)?.conflicts.as_ref()?;
        let takes = self.reference(TypeId::Table(table, TableType::OnConflict));
        Some(self.input(
            "onConflict",
            Some("What becomes of rows whose key is there; without it they are an error"),
            takes,
        ))
    }

    fn conflict_fields(&mut self, table: usize, updates: bool) -> Vec<Input> {
        let of = |part| TypeId::Table(table, part);
        let constraint = self.reference(of(TableType::Constraint)).non_null();
        let text = "The constraint or unique index that rows may conflict with";
        let mut fields = vec![self.input("constraint", Some(text), constraint)];
        if updates {
            let columns = self.reference(of(TableType::UpdateColumn)).non_null().list();
            let text = "The columns of the row that is there that get the values of the row that was to be inserted; without them \
                        it is left as it is";
            fields.push(self.input("updateColumns", Some(text), columns));
            let filter = self.reference(of(TableType::Filter));
            let text = "Only rows that match are updated, as they are before";
            fields.push(self.input("filter", Some(text), filter));
        }
        fields
    }
}

impl Definitions<'_> {
    /// The types of `onConflict`, if the table's inserts have it.
    pub(super) fn conflicts(&mut self, table: usize, exposed: &ExposedTable) {
        let Some(handling) = &exposed.conflicts else { return };
        let names = handling.targets.iter().map(|(name, _)| name);
        let text = "The constraints and unique indexes that inserted rows may conflict with";
        self.own_enum(TypeId::Table(table, TableType::Constraint), text, names);
        if handling.updates {
            let columns = exposed.columns_that(ExposedColumn::is_taken_over);
            let text = "The columns that may be updated where an inserted row conflicts";
            let names = columns.map(|(_, column)| &column.field);
            self.own_enum(TypeId::Table(table, TableType::UpdateColumn), text, names);
        }
        let fields = self.renderer.conflict_fields(table, handling.updates);
        let text = "What becomes of inserted rows whose key is there";
        self.input(TypeId::Table(table, TableType::OnConflict), text, fields);
    }
}
