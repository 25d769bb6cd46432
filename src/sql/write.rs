//! Mutations of tables: the change in a `WITH`, its rows as JSON outside of it.
//!
//! The statement itself checks `atMost`: if more rows were changed, it casts a text that is not a number.
//! That error undoes the message without a second round trip, and its text says how many rows there were.

use super::ast::{self, Expression, From, Modify, Order, Query, Rows, Select, SelectColumn, With};
use super::call::needs_row;
use super::condition::parameter;
use super::connection::row_columns;
use super::json::JsonText;
use super::rows::OneRow;
use super::{Compiler, RowShape, SessionSettings, TableRef};
use crate::catalog::{SqlType, TypeKind, base_type};
use crate::plan::{Change, InsertedRows, KnownColumns, OnConflict, Operand, Slot, Target, Write, WriteField};

/// The name of the changed rows in the statement.
pub(super) const WRITTEN: &str = "written";

/// The beginning of the text that is not a number. `error` finds it in PostgreSQL's message.
pub const AT_MOST_MARK: &str = "atMost is ";

impl Compiler<'_> {
    /// The select of a mutation's response as JSON.
    pub(super) fn write_select(&mut self, write: &Write) -> OneRow {
        self.change_select(write, |compiler, written| compiler.response_json(written, &write.fields, &[]))
    }

    /// The select that changes the table, with the JSON of the changed rows.
    pub(super) fn change_select(
        &mut self,
        write: &Write,
        answer: impl FnOnce(&mut Self, TableRef<'_>) -> JsonText,
    ) -> OneRow {
        let (target_alias, alias) = (self.alias(), self.alias());
        let condition = KnownColumns::of_condition(write.condition()).and(self.known_tenant(write.table));
        let at = TableRef::of(write.table, &target_alias).knowing(&condition);
        let modify = self.modify(at, write);
        let written = TableRef { alias: &alias, shape: RowShape::Picked, known: &write.known, ..at };
        let json = answer(self, written);
        let json = match &write.change {
            Change::Update { target, .. } | Change::Delete { target } => within(target, json),
            Change::Insert { .. } => json,
        };
        let with = With { name: self.name(WRITTEN), query: Query::Modify(modify) };
        let from = From::With(with.name.clone(), alias.clone());
        OneRow::of_all(json, Some(from), None).with(with, None)
    }

    pub(super) fn modify(&mut self, at: TableRef<'_>, write: &Write) -> Modify {
        let table = &self.schema.catalog.tables[at.table];
        self.depend_on(self.settings_of_change(write));
        let change = match &write.change {
            Change::Insert { columns, rows, on_conflict } => {
                let (columns, rows) = self.inserted(at.table, columns, rows);
                let on_conflict = on_conflict.as_ref().map(|handled| Box::new(self.on_conflict(at, handled)));
                ast::Change::Insert { columns, rows, on_conflict }
            }
            Change::Update { set, target } => ast::Change::Update {
                set: set.iter().map(|(column, becomes)| self.assignment(at, *column, becomes)).collect(),
                condition: self.target(at, target),
            },
            Change::Delete { target } => ast::Change::Delete { condition: self.target(at, target) },
        };
        let (schema, name) = (table.schema.clone(), table.name.clone());
        let (columns, is_row_needed) = self.returned_columns(write.table, &write.fields);
        let returning = self.returning(at, &columns, is_row_needed);
        Modify { schema, name, alias: at.alias.to_owned(), change, returning }
    }

    /// The session settings that a change depends on, without those of related rows.
    fn settings_of_change(&self, write: &Write) -> SessionSettings {
        let table = &self.schema.catalog.tables[write.table];
        let (returned, is_row_needed) = self.returned_columns(write.table, &write.fields);
        match &write.change {
            Change::Insert { columns, on_conflict, .. }
                if !is_row_needed
                    && on_conflict.as_ref().is_none_or(|handled| handled.condition.is_none()) =>
            {
                let columns = columns.iter().copied().chain(returned);
                SessionSettings::of_change(&self.schema.catalog, table, columns)
            }
            // The condition may be on any column.
            Change::Insert { .. } | Change::Update { .. } | Change::Delete { .. } => {
                SessionSettings::of_change(&self.schema.catalog, table, 0..table.columns.len())
            }
        }
    }

    fn target(&self, at: TableRef<'_>, target: &Target) -> Option<Expression> {
        let condition = target.condition.as_ref().map(|condition| self.condition(at, condition));
        self.within_tenant(at, condition)
    }

    fn inserted(&mut self, table: usize, columns: &[usize], rows: &InsertedRows) -> (Vec<String>, Rows) {
        let rows = match rows {
            InsertedRows::Each(rows) => return self.each(table, columns, rows),
            InsertedRows::Columns(arrays) => self.rows_of_arrays(table, columns, arrays),
        };
        (self.names(table, columns), Rows::Select(Box::new(rows)))
    }

    /// The updated columns get the values of the new row.
    pub(super) fn on_conflict(&self, at: TableRef<'_>, handled: &OnConflict) -> ast::OnConflict {
        let table = &self.schema.catalog.tables[at.table];
        let target = &table.conflict_targets[handled.target];
        let new_value = |name: String| (name.clone(), Expression::column("excluded", &name));
        let condition = handled.condition.as_ref().map(|condition| self.condition(at, condition));
        ast::OnConflict {
            target: if target.is_constraint {
                ast::ConflictTarget::Constraint(target.name.clone())
            } else {
                let (terms, predicate) = (target.terms.clone(), target.predicate.clone());
                ast::ConflictTarget::Index { terms, predicate }
            },
            set: self.names(at.table, &handled.columns).into_iter().map(new_value).collect(),
            // Without new values nothing is updated, and there is no condition.
            condition: if handled.columns.is_empty() { condition } else { self.within_tenant(at, condition) },
        }
    }

    pub(super) fn each(
        &self,
        table: usize,
        columns: &[usize],
        rows: &[Vec<Option<Operand>>],
    ) -> (Vec<String>, Rows) {
        // Several rows without any value still need one column, for which they have the default.
        let any = self.schema.catalog.tables[table].columns.iter().position(|column| column.can_insert);
        let padded: &[usize] = if columns.is_empty() && rows.len() > 1 { any.as_slice() } else { columns };
        let row = |row: &Vec<Option<Operand>>| {
            let values = padded.iter().enumerate().map(|(index, column)| match row.get(index) {
                Some(Some(value)) => self.operand(table, *column, value),
                Some(None) | None => Expression::Word("default"),
            });
            values.collect()
        };
        let rows = Rows::Values(rows.iter().map(row).collect());
        (self.names(table, padded), rows)
    }

    /// A row for each index of the arrays. PostgreSQL unnests arrays of arrays down to the last value, and composite values to
    /// their attributes, so both come as texts; so do values whose arrays have no commas.
    pub(super) fn rows_of_arrays(&mut self, table: usize, columns: &[usize], arrays: &[Slot]) -> Select {
        let alias = self.alias();
        let types: Vec<_> = columns.iter().map(|column| self.comparison_type(table, *column)).collect();
        let is_text = |column: usize, sql_type: &Option<SqlType>| {
            sql_type.as_ref().is_some_and(|sql_type| sql_type.is_array) || self.comes_as_text(table, column)
        };
        let array = |((slot, sql_type), column): ((&Slot, &Option<SqlType>), &usize)| {
            let element = sql_type.clone().filter(|_| !is_text(*column, sql_type)).unwrap_or(SqlType::TEXT);
            parameter(slot.clone(), Some(element.array()))
        };
        let names = self.names(table, columns);
        let column = |((name, sql_type), column): ((&String, &Option<SqlType>), &usize)| {
            let value = Expression::column(&alias, name);
            match sql_type {
                Some(of) if is_text(*column, sql_type) => value.cast(of.clone()).unnamed(),
                _ => value.unnamed(),
            }
        };
        Select {
            columns: names.iter().zip(&types).zip(columns).map(column).collect(),
            from: Some(From::Arrays {
                arrays: arrays.iter().zip(&types).zip(columns).map(array).collect(),
                alias: alias.clone(),
                columns: names.clone(),
                place: None,
            }),
            ..Select::default()
        }
    }

    /// Whether an array of the column's values is sent as an array of their texts.
    fn comes_as_text(&self, table: usize, column: usize) -> bool {
        let catalog = &self.schema.catalog;
        let found = catalog.type_of(&catalog.tables[table].columns[column]);
        let base = found.map(|found| base_type(&catalog.types, found));
        base.is_some_and(|base| base.kind == TypeKind::Composite || base.delimiter.is_some())
    }

    pub(super) fn names(&self, table: usize, columns: &[usize]) -> Vec<String> {
        let all = &self.schema.catalog.tables[table].columns;
        columns.iter().map(|column| all[*column].name.clone()).collect()
    }

    /// The columns that the response needs, and whether a function takes the whole row.
    pub(super) fn returned_columns(
        &self,
        table: usize,
        fields: &[(String, WriteField)],
    ) -> (Vec<usize>, bool) {
        let key = self.schema.table(table).map(|exposed| exposed.key.as_slice()).unwrap_or_default();
        let (mut columns, mut is_row_needed) = (Vec::new(), false);
        for (_, field) in fields {
            if let WriteField::Records(fields) = field {
                row_columns(fields, key, &mut columns);
                is_row_needed |= needs_row(fields);
            }
        }
        if self.shapes().reads_changed_rows_again() && has_records(fields) {
            columns.extend_from_slice(key);
        }
        columns.sort_unstable();
        columns.dedup();
        (columns, is_row_needed)
    }

    /// The columns that the change returns: only the needed ones, because the role may not be allowed to read
    /// others.
    pub(super) fn returning(
        &self,
        at: TableRef<'_>,
        columns: &[usize],
        is_row_needed: bool,
    ) -> Vec<SelectColumn> {
        let stays_in_shard = self.stays_in_shard(at);
        if columns.is_empty() && !is_row_needed && stays_in_shard.is_none() {
            return vec![SelectColumn { expression: Expression::Number(1), alias: Some("row".to_owned()) }];
        }
        let mut returning: Vec<_> = columns.iter().map(|column| self.column(at, *column).unnamed()).collect();
        returning.extend(self.table_oid(at).map(Expression::unnamed));
        if is_row_needed {
            returning.push(self.row_as_column(at));
        }
        returning.extend(stays_in_shard);
        returning
    }

    /// The response to a change of rows; `order` is that of the records.
    pub(super) fn response_json(
        &mut self,
        at: TableRef<'_>,
        fields: &[(String, WriteField)],
        order: &[Order],
    ) -> JsonText {
        let mut json = Vec::with_capacity(fields.len());
        for (key, field) in fields {
            let value = match field {
                WriteField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                WriteField::AffectedCount => JsonText::count(),
                WriteField::Records(fields) => {
                    let record = self.row_json(at, fields);
                    JsonText::list(record, order.to_vec(), None)
                }
            };
            json.push((key.clone(), value));
        }
        JsonText::object(json)
    }
}

/// Whether a response has the changed rows.
fn has_records(fields: &[(String, WriteField)]) -> bool {
    fields.iter().any(|(_, field)| matches!(field, WriteField::Records(_)))
}

/// The JSON, or an error if more rows were changed than allowed.
fn within(target: &Target, json: JsonText) -> JsonText {
    let count = || Expression::aggregate("count", Vec::new());
    let at_most = || match &target.at_most {
        // Few documents have different values.
        Slot::Known(Some(count)) => Expression::text(count.as_str()).cast(SqlType::system("int8")),
        slot @ (Slot::Known(_) | Slot::Variable(_) | Slot::Array(_) | Slot::Document(_)) => {
            parameter(slot.clone(), Some(SqlType::system("int8")))
        }
    };
    let text = Expression::Call(
        "concat",
        vec![
            Expression::text(AT_MOST_MARK),
            at_most(),
            Expression::text(", but "),
            count(),
            Expression::text(" rows match"),
        ],
    );
    let is_too_many = count().binary(">", at_most());
    let fail = text.cast(SqlType::system("int4")).cast(SqlType::TEXT);
    let otherwise = Some(Box::new(json.into_expression()));
    JsonText::of_piece(Expression::Case { branches: vec![(is_too_many, fail)], otherwise }).aggregating()
}
