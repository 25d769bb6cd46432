//! Orders of rows: `ORDER BY`, the positions in them that cursors hold, and what lies behind one.

use super::ast::{Expression, Order};
use super::condition::parameter;
use super::row::identifier;
use super::{Compiler, Nulls, TableRef};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{Bound, OrderTerm, Slot};
use crate::schema::OrderKey;

/// What rows are ordered by: one term of an `ORDER BY` under an alias.
struct SortKey<'a> {
    value: Expression,
    /// The same as a cursor holds it.
    identifying: Expression,
    sql_type: Option<SqlType>,
    comparison: &'a Comparison,
    is_descending: bool,
    is_nulls_first: bool,
    may_be_null: bool,
}

impl Compiler<'_> {
    /// The terms of an ORDER BY.
    pub(super) fn order_by(&self, at: TableRef<'_>, order: &[OrderTerm]) -> Vec<Order> {
        self.sort_keys(at, order).into_iter().map(SortKey::into_order).collect()
    }

    /// The position of a row in an order.
    pub(super) fn cursor(&self, at: TableRef<'_>, order: &[OrderTerm]) -> Expression {
        identifier(self.sort_keys(at, order).into_iter().map(|key| key.identifying).collect())
    }

    /// The rows that come behind a position in an order.
    pub(super) fn behind(&self, at: TableRef<'_>, order: &[OrderTerm], bound: &Bound) -> Expression {
        let keys = self.sort_keys(at, order);
        if let Some(comparison) = row_comparison(&keys, bound) {
            return comparison;
        }
        let mut behind = None;
        for (key, value) in keys.iter().zip(&bound.values).rev() {
            let tied = behind.map(|rest| Expression::And(vec![key.equal(value.as_ref()), rest]));
            behind =
                Expression::any_of(key.strictly_behind(value.as_ref()).into_iter().chain(tied).collect());
        }
        behind.unwrap_or(Expression::Word("false"))
    }

    /// The terms, and behind them the table that a row stands in, where several may hold one key.
    fn sort_keys(&self, at: TableRef<'_>, order: &[OrderTerm]) -> Vec<SortKey<'_>> {
        let mut keys: Vec<_> = order.iter().map(|term| self.sort_key(at, *term)).collect();
        keys.extend(self.table_oid(at).map(|value| SortKey {
            identifying: value.clone(),
            value,
            sql_type: Some(SqlType::system("oid")),
            comparison: const { &Comparison::SYSTEM },
            is_descending: order.last().is_some_and(|term| term.is_descending),
            is_nulls_first: false,
            may_be_null: false,
        }));
        keys
    }

    fn sort_key(
        &self,
        at: TableRef<'_>,
        OrderTerm { key, is_descending, is_nulls_first }: OrderTerm,
    ) -> SortKey<'_> {
        match key {
            OrderKey::Column(column) => SortKey {
                value: self.column(at, column),
                identifying: self.identifying(at, column),
                sql_type: self.comparison_type(at.table, column),
                comparison: self.comparison_of(at.table, column),
                is_descending,
                is_nulls_first,
                may_be_null: self.may_be_null(at, column),
            },
        }
    }

    /// Whether a column of these rows can be null, as far as the catalogue knows. Children may let in what the table does not.
    fn may_be_null(&self, at: TableRef<'_>, column: usize) -> bool {
        let table = &self.schema.catalog.tables[at.table];
        at.nulls == Nulls::Anywhere || table.has_children || !table.columns[column].not_null
    }
}

impl SortKey<'_> {
    fn into_order(self) -> Order {
        Order {
            expression: self.value,
            is_descending: self.is_descending,
            // Where there are no nulls the default reads best, and an index fits it whichever way it is read.
            is_nulls_first: if self.may_be_null { self.is_nulls_first } else { self.is_descending },
        }
    }

    /// The operator of what is behind a value, in the key's direction.
    fn beyond(&self) -> &QualifiedName {
        if self.is_descending { &self.comparison.less } else { &self.comparison.greater }
    }

    /// `None` where nothing can be behind the value.
    fn strictly_behind(&self, value: Option<&Slot>) -> Option<Expression> {
        let column = || self.value.clone();
        if value.is_none() {
            return self.is_nulls_first.then(|| Expression::Is(Box::new(column()), "not null"));
        }
        let beyond = column().operator(self.beyond().clone(), self.bound(value));
        if self.may_be_null && !self.is_nulls_first {
            return Some(Expression::Or(vec![beyond, Expression::Is(Box::new(column()), "null")]));
        }
        Some(beyond)
    }

    fn equal(&self, value: Option<&Slot>) -> Expression {
        match value {
            Some(_) => self.value.clone().operator(self.comparison.equal.clone(), self.bound(value)),
            None => Expression::Is(Box::new(self.value.clone()), "null"),
        }
    }

    fn bound(&self, value: Option<&Slot>) -> Expression {
        parameter(value.cloned().unwrap_or(Slot::NULL), self.sql_type.clone())
    }
}

/// `(a, b) > (x, y)`, which an index can follow: where all columns are never null, go one way, and have operators of one
/// name and schema, for it is written once.
fn row_comparison(keys: &[SortKey<'_>], bound: &Bound) -> Option<Expression> {
    let first = keys.first()?;
    let goes_along = |key: &SortKey<'_>| {
        key.is_descending == first.is_descending && !key.may_be_null && key.beyond() == first.beyond()
    };
    if keys.len() < 2 || !keys.iter().all(goes_along) || bound.values.iter().any(Option::is_none) {
        return None;
    }
    let left = keys.iter().map(|key| key.value.clone()).collect();
    let right = keys.iter().zip(&bound.values).map(|(key, value)| key.bound(value.as_ref())).collect();
    Some(Expression::Row(left).operator(first.beyond().clone(), Expression::Row(right)))
}
