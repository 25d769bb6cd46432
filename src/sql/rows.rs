//! Selects by how many rows they give: what stands for one JSON value must not give several, nor none where a value has
//! to be.

use super::ast::{Expression, From, Order, Query, Select, With};
use super::json::{IfNull, JsonText};

/// A `SELECT` that gives exactly one row: a JSON text, which is never null.
pub(super) struct OneRow(Select);

/// A `SELECT` that gives a row, which is a JSON text and never null, or none.
pub(super) struct AtMostOneRow(Select);

impl OneRow {
    /// The JSON of all rows together, however many there are.
    pub(super) fn of_all(json: JsonText, from: Option<From>, condition: Option<Expression>) -> Self {
        // `having` makes all rows one group where the JSON has no aggregate (PostgreSQL manual, 7.2.3).
        let having = (!json.has_aggregate).then_some(Expression::Word("true"));
        Self(Select {
            columns: vec![json.into_expression().unnamed()],
            from,
            condition,
            having,
            ..Select::default()
        })
    }

    /// The same with something that is read under a name. `having` holds for one row at least, if there is one.
    pub(super) fn with(self, with: With, having: Option<Expression>) -> Self {
        Self(Select { with: vec![with], having: having.or(self.0.having), ..self.0 })
    }

    /// The JSON of its row.
    pub(super) fn into_json(self) -> JsonText {
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
    /// The first of them in that order.
    pub(super) fn in_order(self, order: Vec<Order>) -> Self {
        Self(Select { order, ..self.0 })
    }

    /// The first of the rows. Where a key says that there is no other, the limit still keeps PostgreSQL from looking for one
    /// in a table so small that it reads all of it.
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
