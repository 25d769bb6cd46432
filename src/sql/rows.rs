//! Selects by how many rows they give: what stands for one JSON value must not give several, nor none where a value has
//! to be.

use super::ast::{Definition, Expression, From, Order, Select};
use super::json::JsonText;

/// A `SELECT` that gives exactly one row: a JSON text, which is never null.
pub(super) struct OneRow(Select);

/// A `SELECT` that gives a row, which is a JSON text and never null, or none.
pub(super) struct AtMostOneRow(Select);

impl OneRow {
    /// The JSON of all rows together, however many there are.
    pub(super) fn of_all(json: JsonText, from: Option<From>, condition: Option<Expression>) -> Self {
        // `having` makes all rows one group, even if the JSON has no aggregate (PostgreSQL manual, 7.2.3).
        let having = Some(Expression::Word("true"));
        Self(Select {
            columns: vec![json.into_expression().unnamed()],
            from,
            condition,
            having,
            ..Select::default()
        })
    }

    /// The same with something that is read under a name. `having` holds for one row at least, if there is one.
    pub(super) fn with(self, with: (&'static str, Definition), having: Option<Expression>) -> Self {
        Self(Select { with: Some(with), having: having.or(self.0.having), ..self.0 })
    }

    pub(super) fn into_select(self) -> Select {
        self.0
    }
}

impl AtMostOneRow {
    /// The first of them in that order.
    pub(super) fn in_order(self, order: Vec<Order>) -> Self {
        Self(Select { order, ..self.0 })
    }

    /// The first of the rows; of those that a key tells apart there is no other, and nothing to look for.
    pub(super) fn first(json: JsonText, from: From, condition: Option<Expression>, is_unique: bool) -> Self {
        Self(Select {
            columns: vec![json.into_expression().unnamed()],
            from: Some(from),
            condition,
            limit: (!is_unique).then_some(1),
            ..Select::default()
        })
    }

    pub(super) fn into_select(self) -> Select {
        self.0
    }
}
