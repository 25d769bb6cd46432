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
            Some("What to do with rows whose key already exists; without this, they are an error"),
            takes,
        ))
    }

    fn conflict_fields(&mut self, table: usize, updates: bool) -> Vec<Input> {
        let of = |part| TypeId::Table(table, part);
        let constraint = self.reference(of(TableType::Constraint)).non_null();
        let text = "The constraint or unique index whose conflicts are handled";
        let mut fields = vec![self.input("constraint", Some(text), constraint)];
        if updates {
            let columns = self.reference(of(TableType::UpdateColumn)).non_null().list();
            let text = "The columns of the existing row that get the values of the inserted row; without any, the existing row stays as it is";
            fields.push(self.input("updateColumns", Some(text), columns));
            let filter = self.reference(of(TableType::Filter));
            let text = "Only existing rows that match before the update are updated";
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
        let text = "The constraints and unique indexes that an inserted row can conflict with";
        self.own_enum(TypeId::Table(table, TableType::Constraint), text, names);
        if handling.updates {
            let columns = exposed.columns_that(ExposedColumn::is_taken_over);
            let text = "The columns that can be updated if an inserted row conflicts";
            let names = columns.map(|(_, column)| &column.field);
            self.own_enum(TypeId::Table(table, TableType::UpdateColumn), text, names);
        }
        let fields = self.renderer.conflict_fields(table, handling.updates);
        let text = "What to do with inserted rows whose key already exists";
        self.input(TypeId::Table(table, TableType::OnConflict), text, fields);
    }
}
