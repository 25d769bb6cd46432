//! Orders of rows: `ORDER BY`, the positions in cursors, and the condition for rows after a position.

use super::ast::{Expression, Order};
use super::condition::parameter;
use super::row::identifier;
use super::{Compiler, Nulls, TableRef};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{Bound, OrderKey, OrderTerm, Slot};
use crate::schema::scalar::is_json_scalar;

/// A value that rows are ordered by.
pub(super) struct SortValue<'a> {
    /// The value.
    pub(super) expression: Expression,
    /// Whether its type reads back the same value from JSON.
    pub(super) is_json_scalar: bool,
    /// The type that it is compared as, if the role may name it.
    pub(super) sql_type: Option<SqlType>,
    /// The operators that agree with its order.
    pub(super) comparison: &'a Comparison,
    /// Whether it can be null.
    pub(super) may_be_null: bool,
}

/// One term of an `ORDER BY`.
pub(super) struct SortKey<'a> {
    pub(super) of: SortValue<'a>,
    pub(super) is_descending: bool,
    pub(super) is_nulls_first: bool,
}

impl Compiler<'_> {
    /// The terms of an ORDER BY.
    pub(super) fn order_by(&self, at: TableRef<'_>, order: &[OrderTerm]) -> Vec<Order> {
        self.sort_keys(at, order).into_iter().map(SortKey::into_order).collect()
    }

    /// The position of a row in an order.
    pub(super) fn cursor(&self, at: TableRef<'_>, order: &[OrderTerm]) -> Expression {
        position(self.sort_keys(at, order))
    }

    /// The condition for rows after a position in an order.
    pub(super) fn behind(&self, at: TableRef<'_>, order: &[OrderTerm], bound: &Bound) -> Expression {
        all_behind(&self.sort_keys(at, order), bound)
    }

    /// The terms, followed by the table that contains a row if several tables may have the same key.
    fn sort_keys(&self, at: TableRef<'_>, order: &[OrderTerm]) -> Vec<SortKey<'_>> {
        let key = |term: &OrderTerm| SortKey {
            of: self.sort_value(at, &term.key),
            is_descending: term.is_descending,
            is_nulls_first: term.is_nulls_first,
        };
        let table_oid = self.table_oid(at).map(|expression| SortKey {
            of: SortValue {
                expression,
                is_json_scalar: true,
                sql_type: Some(SqlType::system("oid")),
                comparison: const { &Comparison::SYSTEM },
                may_be_null: false,
            },
            is_descending: order.last().is_some_and(|term| term.is_descending),
            is_nulls_first: false,
        });
        order.iter().map(key).chain(table_oid).collect()
    }

    /// The value of a key for a row of a table.
    pub(super) fn sort_value(&self, at: TableRef<'_>, key: &OrderKey) -> SortValue<'_> {
        let value = match key {
            OrderKey::Column(column) => self.column_value(at, *column),
            OrderKey::Measure(measure) => self.measure_value(at, measure),
            OrderKey::Row(join, key) => self.value_of_row(at, join, key),
            OrderKey::Count(join) => self.number_of_rows(at, join),
            OrderKey::Figure(join, function, column) => self.figure_over_rows(at, join, *function, *column),
        };
        match at.related.key(key) {
            Some(column) => SortValue { expression: Expression::column(at.alias, column), ..value },
            None => value,
        }
    }

    /// A column as a value to order by.
    pub(super) fn column_value(&self, at: TableRef<'_>, column: usize) -> SortValue<'_> {
        let (catalog, table) = (&self.schema.catalog, &self.schema.catalog.tables[at.table]);
        SortValue {
            expression: self.column(at, column),
            is_json_scalar: is_json_scalar(catalog, table.columns[column].type_oid),
            sql_type: self.comparison_type(at.table, column),
            comparison: self.comparison_of(at.table, column),
            // As far as the catalog says. Children may allow nulls that the table does not.
            may_be_null: at.nulls == Nulls::Anywhere || table.has_children || !table.columns[column].not_null,
        }
    }
}

/// The position of a row with these keys, as a cursor has it.
pub(super) fn position(keys: Vec<SortKey<'_>>) -> Expression {
    identifier(keys.into_iter().map(|key| key.of.identifying()).collect())
}

/// What comes behind a position in the order of these keys.
pub(super) fn all_behind(keys: &[SortKey<'_>], bound: &Bound) -> Expression {
    if let Some(comparison) = row_comparison(keys, bound) {
        return comparison;
    }
    let mut behind = None;
    for (key, value) in keys.iter().zip(&bound.values).rev() {
        let tied = behind.map(|rest| Expression::And(vec![key.equal(value.as_ref()), rest]));
        behind = Expression::any_of(key.strictly_behind(value.as_ref()).into_iter().chain(tied).collect());
    }
    behind.unwrap_or(Expression::Word("false"))
}

impl SortValue<'_> {
    /// The value in the form for cursors, from which its type reads back the same value.
    pub(super) fn identifying(self) -> Expression {
        if self.is_json_scalar { self.expression } else { self.expression.cast(SqlType::TEXT) }
    }
}

impl SortKey<'_> {
    pub(super) fn into_order(self) -> Order {
        Order {
            // Without nulls, the default is the most readable, and an index supports it in both directions.
            is_nulls_first: if self.of.may_be_null { self.is_nulls_first } else { self.is_descending },
            expression: self.of.expression,
            is_descending: self.is_descending,
        }
    }

    /// The operator for rows after a value, in the key's direction.
    fn beyond(&self) -> &QualifiedName {
        if self.is_descending { &self.of.comparison.less } else { &self.of.comparison.greater }
    }

    /// `None` if nothing can be after the value.
    fn strictly_behind(&self, value: Option<&Slot>) -> Option<Expression> {
        let own = || self.of.expression.clone();
        if value.is_none() {
            return self.is_nulls_first.then(|| Expression::Is(Box::new(own()), "not null"));
        }
        let beyond = own().operator(self.beyond().clone(), self.bound(value));
        if self.of.may_be_null && !self.is_nulls_first {
            return Some(Expression::Or(vec![beyond, Expression::Is(Box::new(own()), "null")]));
        }
        Some(beyond)
    }

    fn equal(&self, value: Option<&Slot>) -> Expression {
        let own = self.of.expression.clone();
        match value {
            Some(_) => own.operator(self.of.comparison.equal.clone(), self.bound(value)),
            None => Expression::Is(Box::new(own), "null"),
        }
    }

    fn bound(&self, value: Option<&Slot>) -> Expression {
        parameter(value.cloned().unwrap_or(Slot::NULL), self.of.sql_type.clone())
    }
}

/// `(a, b) > (x, y)`, which can use an index. It is possible if all columns are non-null, have one direction,
/// and have operators of one name and schema, because the operator is written only once.
fn row_comparison(keys: &[SortKey<'_>], bound: &Bound) -> Option<Expression> {
    let first = keys.first()?;
    let goes_along = |key: &SortKey<'_>| {
        key.is_descending == first.is_descending && !key.of.may_be_null && key.beyond() == first.beyond()
    };
    if keys.len() < 2 || !keys.iter().all(goes_along) || bound.values.iter().any(Option::is_none) {
        return None;
    }
    let left = keys.iter().map(|key| key.of.expression.clone()).collect();
    let right = keys.iter().zip(&bound.values).map(|(key, value)| key.bound(value.as_ref())).collect();
    Some(Expression::Row(left).operator(first.beyond().clone(), Expression::Row(right)))
}
