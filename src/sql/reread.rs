//! Changed rows that are read again from their table for the response. Citus relates only rows of tables to others, not those that a
//! setting has kept; and with a known value it finds them, and what they are related to, on one server.

use super::ast::{Expression, From, Order, Select, SelectColumn};
use super::kept::{kept_rows, kept_value};
use super::order::SortKey;
use super::rows::OneRow;
use super::{Compiler, RowShape, TableRef};
use crate::plan::{KnownColumns, WriteField};
use crate::schema::scalar::kept_type;

impl Compiler<'_> {
    /// The select of the response to a change whose rows have kept keys and are still in their table; `None` if the engine needs no
    /// such form, or no single operator compares the keys.
    pub(super) fn reread_select(
        &mut self,
        table: usize,
        known: &KnownColumns,
        fields: &[(String, WriteField)],
    ) -> Option<OneRow> {
        if !self.shapes().reads_changed_rows_again() || !self.has_unique_key(table) {
            return None;
        }
        let (base, alias) = (self.alias(), self.alias());
        let at = TableRef::of(table, &base).knowing(known);
        let mut conditions = self.known_conditions(at);
        conditions.push(self.is_kept_row(at, fields)?);
        let records = fields.iter().filter_map(|(_, field)| match field {
            WriteField::Records(fields) => Some(fields),
            WriteField::Typename(_) | WriteField::AffectedCount => None,
        });
        let (related, related_columns) =
            self.related_columns(at, records.flatten().map(|(_, field)| field), &[]);
        let (columns, is_row_needed) = self.returned_columns(table, fields);
        let mut picked: Vec<_> =
            columns.into_iter().map(|column| self.column(at, column).unnamed()).collect();
        picked.extend(is_row_needed.then(|| self.row_as_column(at)));
        picked.extend(related_columns);
        let rows = Select {
            columns: picked,
            from: Some(self.table(at, false)),
            condition: Expression::all(conditions),
            ..Select::default()
        };
        let at = TableRef { alias: &alias, shape: RowShape::Picked, related: &related, ..at };
        let order: Vec<_> = self.key_of(table).iter().map(|column| self.by(at, *column)).collect();
        let json = self.response_json(at, fields, &order);
        Some(OneRow::of_all(json, Some(From::Subselect(Box::new(rows), alias.clone())), None))
    }

    /// The condition that the key of a row was kept.
    fn is_kept_row(&self, at: TableRef<'_>, fields: &[(String, WriteField)]) -> Option<Expression> {
        let (catalog, key) = (&self.schema.catalog, self.key_of(at.table));
        let equal = &self.comparison_of(at.table, *key.first()?).equal;
        let (kept_columns, _) = self.returned_columns(at.table, fields);
        let alias = self.alias();
        let mut kept = Vec::with_capacity(key.len());
        for column in key {
            let place = kept_columns.iter().position(|kept| kept == column)?;
            if self.comparison_of(at.table, *column).equal != *equal {
                return None;
            }
            let sql_type = kept_type(catalog, catalog.tables[at.table].columns[*column].type_oid);
            let expression = kept_value(&alias, place.try_into().ok()?, sql_type);
            kept.push(SelectColumn { expression, alias: None });
        }
        let rows = Select {
            columns: kept,
            from: Some(kept_rows(&alias)),
            condition: self.shapes().stays_here(),
            ..Select::default()
        };
        let key = Expression::Row(key.iter().map(|column| self.column(at, *column)).collect());
        Some(Expression::AnyRow(Box::new(key), equal.clone(), Box::new(rows)))
    }

    fn key_of(&self, table: usize) -> &[usize] {
        self.schema.table(table).map(|exposed| exposed.key.as_slice()).unwrap_or_default()
    }

    fn by(&self, at: TableRef<'_>, column: usize) -> Order {
        SortKey { of: self.column_value(at, column), is_descending: false, is_nulls_first: false }
            .into_order()
    }
}
