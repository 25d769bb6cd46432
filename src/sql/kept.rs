//! Answers that need the state of the database after a change: two statements in place of one.
//!
//! A `WITH` and its main query see one snapshot (PostgreSQL manual, 7.8.4), so rows related to the changed
//! ones would be read as before the change. So the first statement makes the change and keeps its rows in a
//! setting that ends with the transaction. The second one reads them there, and the rest from the tables. The
//! setting has the values in their text form, from which their types read back the same values. A record's
//! columns are those that the change returned.

use std::cell::Cell;

use super::ast::{Expression, From, FunctionCall, Select, SelectColumn};
use super::children::TABLE_OID;
use super::json::JsonText;
use super::print::print;
use super::rows::OneRow;
use super::single::SingleRow;
use super::{CompiledStatement, Compiler, Nulls, RowShape, TableRef};
use crate::catalog::{QualifiedName, SqlType};
use crate::plan::{Action, Call, Change, KnownColumns, Origin, RowField, Write, WriteField};
use crate::schema::Schema;
use crate::schema::scalar::{comparison_type, kept_type};

/// The setting with the rows: a JSON array with an array of texts for each row.
const SETTING: &str = "glowplug.kept_rows";

/// More rows than possible. The limit prevents PostgreSQL from parsing a row's text again for each use of a
/// value.
const ALL_ROWS: u64 = i64::MAX.unsigned_abs();

/// The statements of one root field, one or more: the last one returns its JSON text.
pub fn compile(schema: &Schema, action: &Action) -> Vec<CompiledStatement> {
    let mut compiler =
        Compiler { schema, aliases: Cell::default(), names: 0, kept: None, session: Cell::default() };
    let keeping = compiler.keeping(action);
    compiler.aliases.set(0);
    compiler.names = 0;
    let SingleRow { query, if_no_row } = compiler.answer(action, !keeping.is_empty());
    let session = compiler.session.get();
    let printed = |query, if_no_row| {
        let (template, slots) = print(&query, session, schema.tenant_template.as_deref());
        CompiledStatement::new(template.answering(if_no_row), slots)
    };
    let keeping = keeping.into_iter().map(|select| printed(select.into_query(), None));
    let keeping: Vec<_> = keeping.collect();
    keeping.into_iter().chain([printed(query, if_no_row)]).collect()
}

/// The call of a function that may change the data that its rows' fields read, and the table whose rows it
/// returns.
fn changing_call<'p>(schema: &Schema, action: &'p Action) -> Option<(usize, &'p Call)> {
    let (table, origin, hangs_on) = match action {
        Action::Row(row) => (row.table, &row.origin, hangs_on(schema, &row.fields)),
        Action::Connection(connection) => {
            let hangs_on = connection.nodes().any(|fields| hangs_on(schema, fields));
            (connection.table, &connection.origin, hangs_on)
        }
        Action::Groups(_)
        | Action::Entities(_)
        | Action::Write(_)
        | Action::NestedInsert(_)
        | Action::Value(..) => return None,
    };
    match origin {
        Origin::Called(call) if hangs_on && schema.catalog.functions[call.function].is_volatile() => {
            Some((table, call))
        }
        Origin::Called(_) | Origin::Table | Origin::Joined(_) | Origin::Group(_) => None,
    }
}

fn reads_after(schema: &Schema, write: &Write) -> bool {
    write.fields.iter().any(|(_, field)| match field {
        WriteField::Records(fields) => hangs_on(schema, fields),
        WriteField::Typename(_) | WriteField::AffectedCount => false,
    })
}

/// Whether some of the fields read tables: related rows, and computed fields, unless their function is
/// declared to read nothing.
fn hangs_on(schema: &Schema, fields: &[(String, RowField)]) -> bool {
    fields.iter().any(|(_, field)| match field {
        RowField::Typename(_)
        | RowField::NodeId
        | RowField::Column(_)
        | RowField::Composite(..)
        | RowField::JsonAt { .. }
        | RowField::Measure(_) => false,
        RowField::Computed(function, _) => schema.catalog.functions[*function].reads_tables(),
        RowField::ToOne { .. } | RowField::ToMany(_) => true,
    })
}

impl<'s> Compiler<'s> {
    /// The selects that make a change and keep its rows, if the answer needs the state of the database after
    /// it.
    fn keeping(&mut self, action: &'s Action) -> Vec<OneRow> {
        match action {
            Action::Write(write) if reads_after(self.schema, write) => vec![self.keep_written(write)],
            Action::Write(_) => Vec::new(),
            Action::NestedInsert(insert) => self.nested_inserts(insert),
            Action::Connection(_)
            | Action::Groups(_)
            | Action::Row(_)
            | Action::Entities(_)
            | Action::Value(..) => {
                let call = changing_call(self.schema, action).map(|(table, call)| {
                    self.kept = Some(call);
                    self.keep_called(table, call)
                });
                call.into_iter().collect()
            }
        }
    }
}

impl Compiler<'_> {
    /// The query of a root field's answer.
    fn answer(&mut self, action: &Action, is_kept: bool) -> SingleRow {
        let single = match action {
            Action::Connection(connection) => self.single_row_select(connection),
            Action::Write(write) if !is_kept => self.single_row_write(write),
            Action::Groups(_)
            | Action::Write(_)
            | Action::NestedInsert(_)
            | Action::Row(_)
            | Action::Entities(_)
            | Action::Value(..) => None,
        };
        single.unwrap_or_else(|| SingleRow {
            query: match action {
                Action::Connection(connection) => self.connection_select(connection, None).into_query(),
                Action::Groups(groups) => self.groups_select(groups).into_query(),
                Action::Row(row) => self.row_select(row, None).into_query(),
                Action::Entities(entities) => self.entities_select(entities).into_query(),
                Action::Write(write) if is_kept => {
                    let are_there = !matches!(write.change, Change::Delete { .. });
                    self.kept_response(write.table, are_there, &write.known, &write.fields).into_query()
                }
                Action::NestedInsert(insert) => {
                    let table = insert.steps[insert.root].table;
                    self.kept_response(table, true, &insert.known, &insert.fields).into_query()
                }
                Action::Write(write) => self.write_select(write).into_query(),
                Action::Value(call, selected) => {
                    self.value_select(call, selected.as_ref(), None).into_query()
                }
            },
            if_no_row: None,
        })
    }

    pub(super) fn is_volatile(&self, call: &Call) -> bool {
        self.schema.catalog.functions[call.function].is_volatile()
    }

    pub(super) fn is_kept(&self, call: &Call) -> bool {
        self.kept == Some(call)
    }

    /// The select that changes a table and keeps the changed rows.
    fn keep_written(&mut self, write: &Write) -> OneRow {
        let keeping =
            self.change_select(write, |compiler, written| keep(compiler.kept_texts(written, &write.fields)));
        keeping.filtered(self.shapes().stays_here())
    }

    /// The texts of a row to keep.
    pub(super) fn kept_texts(
        &self,
        written: TableRef<'_>,
        fields: &[(String, WriteField)],
    ) -> Vec<Expression> {
        let (columns, is_row_needed) = self.returned_columns(written.table, fields);
        let columns = columns.into_iter().map(|column| self.exact_text(written, column));
        let table_oid = self.table_oid(written).map(|oid| oid.cast(SqlType::TEXT));
        let row = is_row_needed.then(|| self.whole_row(written).cast(SqlType::TEXT));
        columns.chain(table_oid).chain(row).collect()
    }

    /// A text from which the column's type reads back the same value. A cast does that, except for `char(n)`,
    /// where it removes trailing spaces.
    pub(super) fn exact_text(&self, at: TableRef<'_>, column: usize) -> Expression {
        let catalog = &self.schema.catalog;
        let value = self.column(at, column);
        let base = comparison_type(catalog, catalog.tables[at.table].columns[column].type_oid);
        if base != Some(SqlType::system("bpchar")) {
            return value.cast(SqlType::TEXT);
        }
        let is_there = Expression::Is(Box::new(value.clone()), "not null");
        Expression::Case {
            branches: vec![(is_there, Expression::Call("concat", vec![value]))],
            otherwise: None,
        }
    }

    /// The select of the response to a change whose rows are kept, and perhaps still there.
    fn kept_response(
        &mut self,
        table: usize,
        are_there: bool,
        known: &KnownColumns,
        fields: &[(String, WriteField)],
    ) -> OneRow {
        let reread = if are_there { self.reread_select(table, known, fields) } else { None };
        reread.unwrap_or_else(|| self.kept_select(table, known, fields))
    }

    /// The same from the kept rows alone.
    fn kept_select(&mut self, table: usize, known: &KnownColumns, fields: &[(String, WriteField)]) -> OneRow {
        let (kept, alias) = (self.alias(), self.alias());
        let catalog = &self.schema.catalog;
        let place = table;
        let table = &catalog.tables[place];
        let (columns, is_row_needed) = self.returned_columns(place, fields);
        let named = columns.into_iter().map(|column| {
            let column = &table.columns[column];
            (column.name.clone(), kept_type(catalog, column.type_oid))
        });
        let at = TableRef { shape: RowShape::Picked, ..TableRef::of(place, &alias).knowing(known) };
        let table_oid = self.table_oid(at).map(|_| (TABLE_OID.to_owned(), SqlType::system("oid")));
        let row = is_row_needed.then(|| (self.row_column(place), self.row_type(place)));
        let kept_columns = named.chain(table_oid).chain(row);
        let columns = (0..).zip(kept_columns).map(|(place, (name, sql_type))| SelectColumn {
            expression: kept_value(&kept, place, sql_type),
            alias: Some(name),
        });
        let (columns, from) = (columns.collect(), Some(kept_rows(&kept)));
        let condition = self.shapes().stays_here();
        let rows = Select { columns, from, condition, limit: Some(ALL_ROWS), ..Select::default() };
        let json = self.response_json(at, fields, &[]);
        OneRow::of_all(json, Some(From::Subselect(Box::new(rows), alias.clone())), None)
    }

    /// The select that calls a function and keeps the rows that it returns.
    fn keep_called(&mut self, table: usize, call: &Call) -> OneRow {
        let alias = self.alias();
        let at = TableRef { nulls: Nulls::Anywhere, ..TableRef::of(table, &alias) };
        let row = self.whole_row(at);
        // A function without a result returns null, which is a row of nulls in FROM.
        let is_null = Expression::Is(Box::new(row.clone()), "null");
        let is_set = self.schema.catalog.functions[call.function].is_set;
        let condition = (!is_set).then(|| Expression::Not(Box::new(is_null)));
        let from = From::Function(self.function_call(call, None), alias.clone());
        OneRow::of_all(keep(vec![row.cast(SqlType::TEXT)]), Some(from), condition)
    }

    /// The rows that a function returned in an earlier statement.
    pub(super) fn kept_called(&self, at: TableRef<'_>) -> From {
        const KEPT: &str = "kept";
        const ROW: &str = "row";
        let row = kept_value(KEPT, 0, self.row_type(at.table));
        let rows = Select {
            columns: vec![SelectColumn { expression: row, alias: Some(ROW.to_owned()) }],
            from: Some(kept_rows(KEPT)),
            condition: self.shapes().stays_here(),
            limit: Some(ALL_ROWS),
            ..Select::default()
        };
        let columns = Expression::AllFields(Box::new(Expression::column(KEPT, ROW)));
        let from = From::Subselect(Box::new(rows), KEPT.to_owned());
        let columns = Select { columns: vec![columns.unnamed()], from: Some(from), ..Select::default() };
        From::Subselect(Box::new(columns), at.alias.to_owned())
    }

    fn row_type(&self, table: usize) -> SqlType {
        let table = &self.schema.catalog.tables[table];
        SqlType { name: QualifiedName::new(&table.schema, &table.name), is_array: false }
    }
}

/// Keeps the texts of each row. The result of the expression itself is an empty text.
pub(super) fn keep(texts: Vec<Expression>) -> JsonText {
    // An empty array has no type, and a row without selected fields still counts.
    let texts = if texts.is_empty() { vec![Expression::text("")] } else { texts };
    let rows = Expression::aggregate("json_agg", vec![Expression::Array(texts)]).cast(SqlType::TEXT);
    let rows = Expression::Coalesce(vec![rows, Expression::text("[]")]);
    let kept = vec![Expression::text(SETTING), rows, Expression::Word("true")];
    let kept = Expression::Call("set_config", kept);
    JsonText::of_piece(Expression::Call("left", vec![kept, Expression::Number(0)])).aggregating()
}

/// The kept rows under an alias.
pub(super) fn kept_rows(alias: &str) -> From {
    let setting = Expression::Call("current_setting", vec![Expression::text(SETTING)]);
    let call = FunctionCall {
        schema: "pg_catalog".to_owned(),
        name: "json_array_elements".to_owned(),
        arguments: vec![(None, setting.cast(SqlType::system("json")))],
    };
    From::Function(call, alias.to_owned())
}

/// The value with that index in a kept row.
pub(super) fn kept_value(alias: &str, place: u64, sql_type: SqlType) -> Expression {
    Expression::column(alias, "value").binary("->>", Expression::Number(place)).cast(sql_type)
}
