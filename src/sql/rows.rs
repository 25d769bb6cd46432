//! Selects by the number of rows that they return: a select for one JSON value must not return several rows,
//! nor none if there must be a value.

use super::ast::{Expression, From, Order, Query, Select, With};
use super::json::{IfNull, JsonText};
use super::shapes::Shapes;

/// A `SELECT` that returns exactly one row: a JSON text, which is never null.
pub(super) struct OneRow(Select);

/// A `SELECT` that returns one row, a JSON text that is never null, or no row.
pub(super) struct AtMostOneRow(Select);

impl OneRow {
    /// The JSON of all rows together, for any number of rows.
    pub(super) fn of_all(json: JsonText, from: Option<From>, condition: Option<Expression>) -> Self {
        // `having` makes all rows one group if the JSON has no aggregate (PostgreSQL manual, 7.2.3).
        let having = (!json.has_aggregate).then_some(Expression::Word("true"));
        Self(Select {
            columns: vec![json.into_expression().unnamed()],
            from,
            condition,
            having,
            ..Select::default()
        })
    }

    /// Restricts its rows by a condition, if there is one.
    pub(super) fn filtered(self, condition: Option<Expression>) -> Self {
        Self(Select { condition: condition.or(self.0.condition), ..self.0 })
    }

    /// Adds a `WITH`. `having` is true for at least one row, if there is one.
    pub(super) fn with(self, with: With, having: Option<Expression>) -> Self {
        Self(Select { with: vec![with], having: having.or(self.0.having), ..self.0 })
    }

    /// The JSON of its row.
    pub(super) fn into_json(mut self, shapes: Shapes) -> JsonText {
        let needs_no_rows = self.0.from.is_none() && self.0.with.is_empty() && self.0.condition.is_none();
        if needs_no_rows
            && shapes.has_no_select_without_from()
            && let Some(only) = self.0.columns.pop()
        {
            return JsonText::of_piece(only.expression);
        }
        JsonText::of_piece(Expression::Subselect(Box::new(self.into_select())))
    }

    pub(super) fn into_select(self) -> Select {
        self.0
    }

    pub(super) fn into_query(self) -> Query {
        Query::Select(Box::new(self.0))
    }
}

impl AtMostOneRow {
    /// The first row in that order.
    pub(super) fn in_order(self, order: Vec<Order>) -> Self {
        Self(Select { order, ..self.0 })
    }

    /// The first of the rows. Even if a key excludes a second row, the limit prevents PostgreSQL from
    /// searching for one in a table so small that it reads all of it.
    pub(super) fn first(json: JsonText, from: From, condition: Option<Expression>) -> Self {
        Self(Select {
            columns: vec![json.into_expression().unnamed()],
            from: Some(from),
            condition,
            limit: Some(1),
            ..Select::default()
        })
    }

    /// The JSON of its row, if there is one.
    pub(super) fn into_json(self, if_none: IfNull) -> JsonText {
        let row = Expression::Subselect(Box::new(self.into_select()));
        JsonText::of_piece(Expression::Coalesce(vec![row, if_none.json()]))
    }

    pub(super) fn into_select(self) -> Select {
        self.0
    }

    pub(super) fn into_query(self) -> Query {
        Query::Select(Box::new(self.0))
    }
}
