//! Rows: their fields as JSON, and the selects that read one row.

use super::ast::{Expression, From};
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use super::rows::AtMostOneRow;
use super::{Compiler, SessionSettings, TableRef};
use crate::catalog::{QualifiedName, SqlType};
use crate::plan::{Origin, Row, RowField, Slot};
use crate::schema::violation::Violation;
use crate::schema::{Join, KeySide};

impl Compiler<'_> {
    /// The select of one row as JSON. `parent` is the row that it is related to.
    pub(super) fn row_select(&mut self, row: &Row, parent: Option<TableRef<'_>>) -> AtMostOneRow {
        let alias = self.alias();
        let known = self.known((row.table, &row.origin), parent, row.condition.as_ref());
        let is_single = parent.is_none_or(|parent| parent.is_single);
        let nulls = row.origin.nulls();
        let at = TableRef { nulls, is_single, ..TableRef::of(row.table, &alias).knowing(&known) };
        let json = self.row_json(at, &row.fields);
        let mut conditions = self.join(&row.origin, parent, at);
        conditions.extend(row.condition.iter().map(|condition| self.condition(at, condition)));
        let is_unique = match &row.origin {
            Origin::Table => self.has_unique_key(row.table),
            Origin::Joined(join) => self.is_unique(join),
            // The function may return a set by now; a group has several rows.
            Origin::Called(_) | Origin::Group(_) => false,
        };
        if let Origin::Called(_) = row.origin {
            // A function without a result returns null, which is a row of nulls in FROM.
            let is_null = Expression::Is(Box::new(self.whole_row(at)), "null");
            conditions.push(Expression::Not(Box::new(is_null)));
        }
        let from = self.origin(&row.origin, parent, at);
        let select = AtMostOneRow::first(json, from, Expression::all(conditions));
        if is_unique { select } else { select.in_order(self.own_first(at)) }
    }

    pub(super) fn has_unique_key(&self, table: usize) -> bool {
        let table = &self.schema.catalog.tables[table];
        table.primary_key.is_some() && !table.has_children
    }

    /// A table under an alias, with or without its children.
    pub(super) fn table(&self, at: TableRef<'_>, is_only: bool) -> From {
        let table = &self.schema.catalog.tables[at.table];
        self.depend_on(self.schema.table(at.table).map_or(SessionSettings::ALL, |exposed| exposed.session));
        let (schema, name) = (table.schema.clone(), table.name.clone());
        From::Table { is_only, schema, name, alias: at.alias.to_owned() }
    }

    /// A column of a table under an alias.
    pub(super) fn column(&self, at: TableRef<'_>, column: usize) -> Expression {
        Expression::column(at.alias, &self.schema.catalog.tables[at.table].columns[column].name)
    }

    /// The fields of a row as a JSON object.
    pub(super) fn row_json(&mut self, at: TableRef<'_>, fields: &[(String, RowField)]) -> JsonText {
        let mut json = Vec::with_capacity(fields.len());
        for (key, field) in fields {
            json.push((key.clone(), self.field_json(at, field)));
        }
        JsonText::object(json)
    }

    pub(super) fn field_json(&mut self, at: TableRef<'_>, field: &RowField) -> JsonText {
        if let Some(column) = at.related.field(field) {
            return JsonText::of_piece(Expression::column(at.alias, column));
        }
        match field {
            RowField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
            RowField::NodeId => JsonText::quoted(self.node_id(at)),
            RowField::Column(column) => self.column_json(at, *column),
            RowField::Composite(column, selection) => self.composite_column(at, *column, selection),
            RowField::JsonAt { column, path } => self.json_at(at, *column, path),
            RowField::Measure(measure) => self.measure_json(at, measure),
            RowField::Computed(function, selected) => self.computed_json(at, *function, selected.as_ref()),
            RowField::ToOne { row, nullability } => {
                let if_none = IfNull::by(*nullability, Violation::MissingRow);
                self.row_select(row, Some(at)).into_json(if_none)
            }
            RowField::ToMany(connection) => {
                let shapes = self.shapes();
                self.connection_select(connection, Some(at)).into_json(shapes)
            }
        }
    }

    /// The conditions that relate a row to its parent row, and to the caller's tenant.
    pub(super) fn join(
        &self,
        origin: &Origin,
        parent: Option<TableRef<'_>>,
        at: TableRef<'_>,
    ) -> Vec<Expression> {
        let mut conditions = match (origin, parent) {
            (Origin::Joined(join), Some(parent)) => self.tie(join, parent, at),
            (Origin::Group(by), Some(group)) => self.is_of_group(by, group, at),
            _ => Vec::new(),
        };
        conditions.extend(match origin {
            Origin::Table | Origin::Joined(_) | Origin::Group(_) => self.is_of_tenant(at),
            // A function says itself which rows it returns.
            Origin::Called(_) => None,
        });
        conditions
    }

    /// The conditions that relate a row to its parent row by a key. Where the value of a column is known, it stands in place of the
    /// parent's column.
    pub(super) fn tie(&self, join: &Join, parent: TableRef<'_>, at: TableRef<'_>) -> Vec<Expression> {
        if !parent.is_single && self.schema.catalog.has_default_page_cost {
            self.depend_on(SessionSettings::CACHED_PAGES);
        }
        let known = parent.known.through(&self.schema.catalog, parent.table, join);
        let pairs = join.columns.iter().zip(&join.operators);
        let equal = pairs.map(|((ours, theirs), operator)| {
            if let Some(value) = known.get(*theirs).and_then(|slot| self.known_value(at.table, *theirs, slot))
            {
                return self.column(at, *theirs).operator(operator.clone(), value);
            }
            let (theirs, ours) = ((at, *theirs), (parent, *ours));
            let (referenced, referring) = match join.side {
                KeySide::Referenced => (theirs, ours),
                KeySide::Referring => (ours, theirs),
            };
            self.column(referenced.0, referenced.1)
                .operator(operator.clone(), self.in_collation_of(referenced, referring))
        });
        equal.chain(self.is_referred_to(join, parent)).collect()
    }

    /// The conditions that columns of a row have the values that are known.
    pub(super) fn known_conditions(&self, at: TableRef<'_>) -> Vec<Expression> {
        let conditions = at.known.iter().filter_map(|(column, slot)| {
            let value = self.known_value(at.table, column, slot)?;
            Some(self.column(at, column).operator(self.comparison_of(at.table, column).equal.clone(), value))
        });
        conditions.collect()
    }

    /// The known value of a column, if the role may name its type.
    fn known_value(&self, table: usize, column: usize, slot: &Slot) -> Option<Expression> {
        self.comparison_type(table, column).map(|sql_type| parameter(slot.clone(), Some(sql_type)))
    }

    /// A referencing column with the referenced column's collation, by which the constraint compares them.
    fn in_collation_of(
        &self,
        referenced: (TableRef<'_>, usize),
        referring: (TableRef<'_>, usize),
    ) -> Expression {
        let collation = |(at, column): (TableRef<'_>, usize)| {
            self.schema.catalog.tables[at.table].columns[column].collation.as_ref().map(|found| &found.name)
        };
        let column = self.column(referring.0, referring.1);
        match (collation(referenced), collation(referring)) {
            (to, from) if to == from => column,
            (Some(to), _) => Expression::Collate(Box::new(column), to.clone()),
            (None, _) => Expression::Collate(Box::new(column), QualifiedName::system("default")),
        }
    }

    /// Whether there is at most one row on the other side; a key that a comment declares need not be unique.
    pub(super) fn is_unique(&self, join: &Join) -> bool {
        let table = &self.schema.catalog.tables[join.table];
        let is_reached = !table.has_children || Self::reads_only(join);
        is_reached
            && table.unique_keys.iter().any(|unique| {
                unique
                    .iter()
                    .all(|name| join.columns.iter().any(|(_, theirs)| table.columns[*theirs].name == *name))
            })
    }

    fn node_id(&self, at: TableRef<'_>) -> Expression {
        let found = &self.schema.catalog.tables[at.table];
        let key = self.schema.table(at.table).map(|exposed| exposed.key.as_slice()).unwrap_or_default();
        let mut values = vec![
            Expression::text(&found.schema).cast(SqlType::TEXT),
            Expression::text(&found.name).cast(SqlType::TEXT),
        ];
        values.extend(key.iter().map(|column| self.column_value(at, *column).identifying()));
        match (self.is_own(at), self.table_oid(at)) {
            (Some(is_own), Some(table)) => {
                let of_child = identifier(values.iter().cloned().chain([table]).collect());
                let branches = vec![(is_own, identifier(values))];
                Expression::Case { branches, otherwise: Some(Box::new(of_child)) }
            }
            _ => identifier(values),
        }
    }
}

/// Base64 of the values as a JSON array; `encode` breaks lines, as MIME requires, so the line breaks are
/// removed.
pub(super) fn identifier(values: Vec<Expression>) -> Expression {
    let array = Expression::Call("jsonb_build_array", values).cast(SqlType::TEXT);
    let bytes = Expression::Call("convert_to", vec![array, Expression::text("UTF8")]);
    let encoded = Expression::Call("encode", vec![bytes, Expression::text("base64")]);
    let line_feed = Expression::Call("chr", vec![Expression::Number(10)]);
    Expression::Call("translate", vec![encoded, line_feed, Expression::text("")])
}
