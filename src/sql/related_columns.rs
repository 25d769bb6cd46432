//! What the rows of a page take from other tables, as columns of the page itself: relations, and the terms of an order that need them
//! for a cursor. Only for engines that refuse to compute them around the page ([`super::shapes`]).

use super::ast::SelectColumn;
use super::{Compiler, TableRef};
use crate::plan::{OrderKey, OrderTerm, RowField};

/// The names of such columns.
#[derive(Debug, Default)]
pub(super) struct RelatedColumns<'p> {
    fields: Vec<(&'p RowField, String)>,
    keys: Vec<(&'p OrderKey, String)>,
}

impl RelatedColumns<'static> {
    /// No columns.
    pub(super) const NONE: &'static Self = &Self { fields: Vec::new(), keys: Vec::new() };
}

impl RelatedColumns<'_> {
    /// The column with the JSON of a field.
    pub(super) fn field(&self, field: &RowField) -> Option<&str> {
        self.fields.iter().find(|(found, _)| *found == field).map(|(_, name)| name.as_str())
    }

    /// The column with the value of a key.
    pub(super) fn key(&self, key: &OrderKey) -> Option<&str> {
        self.keys.iter().find(|(found, _)| *found == key).map(|(_, name)| name.as_str())
    }
}

impl Compiler<'_> {
    /// The columns for these fields and terms of the rows of a page, and their names.
    pub(super) fn related_columns<'p>(
        &mut self,
        at: TableRef<'_>,
        fields: impl Iterator<Item = &'p RowField>,
        terms: &'p [OrderTerm],
    ) -> (RelatedColumns<'p>, Vec<SelectColumn>) {
        let (mut names, mut columns) = (RelatedColumns::default(), Vec::new());
        for term in terms.iter().filter(|term| is_related(&term.key)) {
            let name = self.related_name(at.table, columns.len());
            let expression = self.sort_value(at, &term.key).expression;
            columns.push(SelectColumn { expression, alias: Some(name.clone()) });
            names.keys.push((&term.key, name));
        }
        for field in fields.filter(|field| is_related_field(field)) {
            if names.field(field).is_none() {
                let name = self.related_name(at.table, columns.len());
                let expression = self.field_json(at, field).into_expression();
                columns.push(SelectColumn { expression, alias: Some(name.clone()) });
                names.fields.push((field, name));
            }
        }
        (names, columns)
    }

    /// The name of the column with that index. No column of the table has it.
    fn related_name(&self, table: usize, place: usize) -> String {
        self.schema.catalog.tables[table].unused_name(&format!("related{}", place + 1))
    }
}

/// Whether a field needs rows of another table, or a function, whose call may be a subselect.
fn is_related_field(field: &RowField) -> bool {
    match field {
        RowField::ToOne { .. } | RowField::ToMany(_) | RowField::Computed(..) => true,
        RowField::Typename(_)
        | RowField::NodeId
        | RowField::Column(_)
        | RowField::Composite(..)
        | RowField::JsonAt { .. }
        | RowField::Measure(_) => false,
    }
}

/// Whether a key needs rows of another table.
fn is_related(key: &OrderKey) -> bool {
    match key {
        OrderKey::Row(..) | OrderKey::Count(_) | OrderKey::Figure(..) => true,
        OrderKey::Column(_) | OrderKey::Measure(_) => false,
    }
}
