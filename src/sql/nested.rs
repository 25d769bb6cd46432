//! Nested inserts: a statement for each step, and one for the answer, in one message.
//!
//! A row that references another needs that row's key, which the database may generate. So each statement
//! keeps the keys of its rows in settings that end with the transaction, in the order of the rows, and later
//! statements read them by index. Policies and triggers see the rows that were inserted before, and so does
//! the answer.
//!
//! PostgreSQL inserts the rows of a statement one after the other, in the order of its `VALUES` or of the
//! `ORDER BY` of its `SELECT`, and returns each as it goes. Rows that are not returned (`DO NOTHING`,
//! triggers) would shift the indexes of the others, so the statement fails if rows are missing and others
//! reference them.

use super::ast::{self, Expression, From, Modify, Order, Query, Rows, Select, With};
use super::condition::parameter;
use super::json::JsonText;
use super::kept::keep;
use super::rows::OneRow;
use super::write::WRITTEN;
use super::{Compiler, RowShape, SessionSettings, TableRef};
use crate::catalog::{SqlType, TableKind, TypeKind};
use crate::plan::{InsertStep, Link, NestedInsert, Operand, Slot};
use crate::schema::scalar::kept_type;

/// The beginning of the text that is not a number. `error` finds it in PostgreSQL's message.
pub const MISSING_ROWS_MARK: &str = "of the rows of ";

/// The name of the array with the indexes of the rows that a link references.
fn link_name(link: usize) -> String {
    format!("link{link}")
}

/// The setting with the values of a column of a step's rows: an array of texts.
fn setting(step: usize, column: usize) -> String {
    format!("glowplug.keys_{step}_{column}")
}

impl Compiler<'_> {
    /// The inserting selects in order. The last one need not be that of the mutation's own rows.
    pub(super) fn nested_inserts(&mut self, insert: &NestedInsert) -> Vec<OneRow> {
        self.depend_on(SessionSettings::ALL);
        let select = |place: usize| {
            self.aliases.set(0);
            self.names = 0;
            self.step_select(insert, place)
        };
        (0..insert.steps.len()).map(select).collect()
    }

    fn step_select(&mut self, insert: &NestedInsert, place: usize) -> OneRow {
        let step = &insert.steps[place];
        let (target_alias, alias) = (self.alias(), self.alias());
        let at = |alias| TableRef::of(step.table, alias);
        let keys = referred_columns(&insert.steps, place);
        let is_root = place == insert.root;
        let (mut returned, is_row_needed) =
            if is_root { self.returned_columns(step.table, &insert.fields) } else { (Vec::new(), false) };
        returned.extend(&keys);
        returned.sort_unstable();
        returned.dedup();
        let (columns, rows) = self.step_rows(step);
        let on_conflict = step.on_conflict.as_ref();
        let on_conflict = on_conflict.map(|handled| Box::new(self.on_conflict(at(&target_alias), handled)));
        let table = &self.schema.catalog.tables[step.table];
        let modify = Modify {
            schema: table.schema.clone(),
            name: table.name.clone(),
            alias: target_alias.clone(),
            change: ast::Change::Insert { columns, rows, on_conflict },
            returning: self.returning(at(&target_alias), &returned, is_row_needed),
        };
        let written = TableRef { shape: RowShape::Picked, ..at(&alias) };
        let mut kept: Vec<_> = keys.iter().map(|column| self.kept_key(written, place, *column)).collect();
        if is_root {
            kept.push(keep(self.kept_texts(written, &insert.fields)).into_expression());
        }
        let kept =
            Expression::Call("concat", if kept.is_empty() { vec![Expression::text("")] } else { kept });
        let kept = if keys.is_empty() { kept } else { self.unless_rows_are_missing(step, kept) };
        let json = JsonText::of_piece(kept);
        let json = if is_root || !keys.is_empty() { json.aggregating() } else { json };
        let with = With { name: self.name(WRITTEN), query: Query::Modify(modify) };
        let from = From::With(with.name.clone(), alias.clone());
        OneRow::of_all(json, Some(from), self.shapes().stays_here()).with(with, None)
    }

    /// Keeps the values of a column for the rows that reference it. The result of the expression itself is an
    /// empty text.
    fn kept_key(&self, written: TableRef<'_>, step: usize, column: usize) -> Expression {
        let values = Expression::aggregate("array_agg", vec![self.exact_text(written, column)]);
        let values = Expression::Coalesce(vec![values.cast(SqlType::TEXT), Expression::text("{}")]);
        let kept = vec![Expression::text(setting(step, column)), values, Expression::Word("true")];
        Expression::Call("left", vec![Expression::Call("set_config", kept), Expression::Number(0)])
    }

    /// The text, or an error if fewer rows were written than given.
    fn unless_rows_are_missing(&self, step: &InsertStep, kept: Expression) -> Expression {
        let count = || Expression::aggregate("count", Vec::new());
        let slot = Slot::Known(Some(step.rows.len().to_string()));
        let expected = || parameter(slot.clone(), Some(SqlType::system("int8")));
        let type_name = self.schema.table(step.table).map_or("", |exposed| &exposed.type_name);
        let text = vec![
            Expression::text(format!("{MISSING_ROWS_MARK}{type_name} to insert ")),
            count(),
            Expression::text(" of "),
            expected(),
            Expression::text(" were written"),
        ];
        let fail = Expression::Call("concat", text).cast(SqlType::system("int4")).cast(SqlType::TEXT);
        let branches = vec![(count().binary("<>", expected()), fail)];
        Expression::Case { branches, otherwise: Some(Box::new(kept)) }
    }

    /// The columns of a step's rows, and the rows.
    fn step_rows(&mut self, step: &InsertStep) -> (Vec<String>, Rows) {
        let linked = step.links.iter().flat_map(|link| &link.columns).map(|(ours, _)| *ours);
        let mut columns: Vec<_> = step.columns.iter().copied().chain(linked).collect();
        columns.sort_unstable();
        columns.dedup();
        if columns.is_empty() {
            return self.each(step.table, &columns, &step.rows);
        }
        let rows = if self.fits_arrays(step, &columns) {
            Rows::Select(Box::new(self.rows_of_step(step, &columns)))
        } else {
            Rows::Values((0..step.rows.len()).map(|row| self.row_of_step(step, &columns, row)).collect())
        };
        (self.names(step.table, &columns), rows)
    }

    /// Whether null can stand for a missing value, and every column has one origin and a type that can be
    /// named.
    fn fits_arrays(&self, step: &InsertStep, columns: &[usize]) -> bool {
        columns.iter().all(|column| {
            let links = step.links.iter().filter(|link| link.columns.iter().any(|(ours, _)| ours == column));
            let links: Vec<_> = links.collect();
            let given = step.columns.iter().position(|given| given == column);
            let is_everywhere = match (links.as_slice(), given) {
                ([link], None) => link.rows.iter().all(Option::is_some),
                ([], Some(place)) => step.rows.iter().all(|row| row[place].is_some()),
                _ => return false,
            };
            let can_be_named = given.is_none() || self.comparison_type(step.table, *column).is_some();
            can_be_named && (is_everywhere || !self.may_have_default(step.table, *column))
        })
    }

    /// Whether a missing value may become something else than null. A view may have the defaults of its
    /// table.
    fn may_have_default(&self, table: usize, column: usize) -> bool {
        let table = &self.schema.catalog.tables[table];
        let column = &table.columns[column];
        let kind = self.schema.catalog.type_of(column).map(|found| found.kind);
        column.has_default
            || column.is_identity
            || table.kind == TableKind::View
            || kind.is_none_or(|kind| kind == TypeKind::Domain)
    }

    /// The rows, from one array for each given column and one array of indexes for each link, so that the
    /// statement does not depend on the number of rows.
    fn rows_of_step(&mut self, step: &InsertStep, columns: &[usize]) -> Select {
        const PLACE: &str = "place";
        let given = (0..step.columns.len()).map(|place| {
            let value = |row: &Vec<Option<Operand>>| match &row[place] {
                Some(
                    Operand::Value(slot) | Operand::List(slot) | Operand::Text(slot) | Operand::Element(slot),
                ) => slot.clone(),
                None => Slot::NULL,
            };
            Slot::Array(step.rows.iter().map(value).collect())
        });
        let given: Vec<_> = given.collect();
        let mut select = self.rows_of_arrays(step.table, &step.columns, &given);
        let Some(From::Arrays { arrays, alias, columns: names, place }) = &mut select.from else {
            return select;
        };
        for (number, link) in step.links.iter().enumerate() {
            let places = link.rows.iter().map(|row| Slot::Known(row.map(|row| (row + 1).to_string())));
            let places = Slot::Array(places.collect());
            arrays.push(parameter(places, Some(SqlType::system("int4").array())));
            names.push(self.unused(step.table, &link_name(number)));
        }
        let number = self.unused(step.table, PLACE);
        *place = Some(number.clone());
        let alias = alias.clone();
        let given = std::mem::take(&mut select.columns);
        let mut by_column: Vec<_> = step.columns.iter().copied().zip(given).collect();
        for (link, name) in step.links.iter().enumerate().map(|(number, link)| (link, link_name(number))) {
            let row = Expression::column(&alias, &self.unused(step.table, &name));
            by_column.extend(
                link.columns
                    .iter()
                    .map(|(ours, theirs)| (*ours, self.linked(link, *theirs, row.clone()).unnamed())),
            );
        }
        by_column.sort_by_key(|(column, _)| *column);
        debug_assert_eq!(by_column.len(), columns.len(), "each column has one origin");
        select.columns = by_column.into_iter().map(|(_, value)| value).collect();
        let expression = Expression::column(&alias, &number);
        select.order = vec![Order { expression, is_descending: false, is_nulls_first: false }];
        select
    }

    /// One row with a value or a default for each column.
    fn row_of_step(&self, step: &InsertStep, columns: &[usize], row: usize) -> Vec<Expression> {
        let value = |column: &usize| {
            let linked = step.links.iter().find_map(|link| {
                let (_, theirs) = link.columns.iter().find(|(ours, _)| ours == column)?;
                let place = u64::try_from(link.rows[row]? + 1).ok()?;
                Some(self.linked(link, *theirs, Expression::Number(place)))
            });
            let given = step.columns.iter().position(|given| given == column);
            let given = given.and_then(|place| step.rows[row][place].as_ref());
            linked.or_else(|| given.map(|value| self.operand(step.table, *column, value)))
        };
        columns.iter().map(|column| value(column).unwrap_or(Expression::Word("default"))).collect()
    }

    /// The value of a column in the row with that index of an earlier step. The array is read once, not for
    /// each row.
    fn linked(&self, link: &Link, column: usize, place: Expression) -> Expression {
        let catalog = &self.schema.catalog;
        let name = Expression::text(setting(link.step, column));
        let values = Expression::Call("current_setting", vec![name]).cast(SqlType::TEXT_ARRAY);
        let values = Select { columns: vec![values.unnamed()], ..Select::default() };
        let value = Expression::Element(Box::new(Expression::Subselect(Box::new(values))), Box::new(place));
        value.cast(kept_type(catalog, catalog.tables[link.table].columns[column].type_oid))
    }

    fn unused(&self, table: usize, name: &str) -> String {
        self.schema.catalog.tables[table].unused_name(name)
    }
}

/// The columns of a step's rows that later steps reference.
fn referred_columns(steps: &[InsertStep], place: usize) -> Vec<usize> {
    let links = steps.iter().flat_map(|step| &step.links).filter(|link| link.step == place);
    let mut columns: Vec<_> = links.flat_map(|link| &link.columns).map(|(_, theirs)| *theirs).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}
