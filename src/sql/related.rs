//! Filters and orders by the rows at the other end of a relation: `exists`, and subselects of one value. They
//! duplicate no row, and each table is read under its own policies.

use super::ast::{Expression, Order, Select};
use super::condition::compare_system;
use super::order::SortValue;
use super::{Compiler, TableRef};
use crate::catalog::{Comparison, SqlType};
use crate::plan::{KnownColumns, OrderKey, Related, RelatedTest};
use crate::schema::{AggregateFunction, ColumnType, Join};

impl Compiler<'_> {
    /// A condition on the rows that a relation leads to.
    pub(super) fn related(&self, at: TableRef<'_>, Related { join, test }: &Related) -> Expression {
        let alias = self.alias();
        let known = self.known_of_related(join, at).and(KnownColumns::of_condition(test.condition()));
        let other = related_table(join, &alias, &known);
        let exists = |condition: Option<Expression>| {
            let rows = self.related_rows(at, join, other, Expression::Number(1));
            Expression::Exists(Box::new(rows.where_also(condition)))
        };
        match test {
            RelatedTest::Some(condition) => {
                exists(condition.as_ref().map(|inner| self.condition(other, inner)))
            }
            RelatedTest::None(condition) => {
                let some = exists(condition.as_ref().map(|inner| self.condition(other, inner)));
                Expression::Not(Box::new(some))
            }
            RelatedTest::Every(condition) => {
                let differs = Expression::Is(Box::new(self.condition(other, condition)), "not true");
                Expression::Not(Box::new(exists(Some(differs))))
            }
            RelatedTest::Count(operator, operand) => {
                let count = Expression::aggregate("count", Vec::new());
                let count = self.related_rows(at, join, other, count).into_value();
                compare_system(count, &SqlType::system("int8"), operator, operand)
            }
        }
    }

    /// The value to order by of the single row at the other end; null if there is none.
    pub(super) fn value_of_row(&self, at: TableRef<'_>, join: &Join, key: &OrderKey) -> SortValue<'_> {
        let (alias, known) = (self.alias(), self.known_of_related(join, at));
        let other = related_table(join, &alias, &known);
        let of = self.sort_value(other, key);
        let order = if self.is_unique(join) { Vec::new() } else { self.own_first(other) };
        let row = self.related_rows(at, join, other, of.expression);
        SortValue {
            expression: Select { order, limit: Some(1), ..row }.into_value(),
            may_be_null: true,
            ..of
        }
    }

    /// The number of rows at the other end.
    pub(super) fn number_of_rows(&self, at: TableRef<'_>, join: &Join) -> SortValue<'_> {
        let (alias, known) = (self.alias(), self.known_of_related(join, at));
        let count = Expression::aggregate("count", Vec::new());
        let rows = self.related_rows(at, join, related_table(join, &alias, &known), count);
        of_system(rows.into_value(), SqlType::system("int8"), false)
    }

    /// An aggregate function over a column of the rows at the other end.
    pub(super) fn figure_over_rows(
        &self,
        at: TableRef<'_>,
        join: &Join,
        function: AggregateFunction,
        column: usize,
    ) -> SortValue<'_> {
        let (alias, known) = (self.alias(), self.known_of_related(join, at));
        let other = related_table(join, &alias, &known);
        let is_descending = match function {
            AggregateFunction::Minimum => false,
            AggregateFunction::Maximum => true,
            // The schema has no order by the other functions.
            AggregateFunction::Sum
            | AggregateFunction::Average
            | AggregateFunction::CountDistinct
            | AggregateFunction::CountNonNull
            | AggregateFunction::StandardDeviation
            | AggregateFunction::Variance
            | AggregateFunction::BoolAnd
            | AggregateFunction::BoolOr => {
                let exposed = self.schema.column(join.table, column);
                let result = exposed.map_or("numeric", |found| result_type(function, &found.column_type));
                let figure = Expression::aggregate(function.sql(), vec![self.column(other, column)]);
                return of_system(
                    self.related_rows(at, join, other, figure).into_value(),
                    SqlType::system(result),
                    true,
                );
            }
        };
        // The first one in the column's own order, with which all of its operators agree.
        let of = self.column_value(other, column);
        let is_there = Expression::Is(Box::new(of.expression.clone()), "not null");
        let term = Order { expression: of.expression.clone(), is_descending, is_nulls_first: is_descending };
        let rows = self.related_rows(at, join, other, of.expression).where_also(Some(is_there));
        SortValue {
            expression: Select { order: vec![term], limit: Some(1), ..rows }.into_value(),
            may_be_null: true,
            ..of
        }
    }

    /// The select of a column over the rows at the other end.
    fn related_rows(&self, at: TableRef<'_>, join: &Join, other: TableRef<'_>, column: Expression) -> Select {
        Select {
            columns: vec![column.unnamed()],
            from: Some(self.table(other, Self::reads_only(join))),
            condition: self.within_tenant(other, Expression::all(self.tie(join, at, other))),
            ..Select::default()
        }
    }
}

impl Select {
    /// Restricts the rows by a further condition.
    fn where_also(self, condition: Option<Expression>) -> Self {
        let conditions = self.condition.into_iter().chain(condition).collect();
        Self { condition: Expression::all(conditions), ..self }
    }

    /// The value of its one row, or null.
    fn into_value(self) -> Expression {
        Expression::Subselect(Box::new(self))
    }
}

/// The table at the other end of a relation.
fn related_table<'a>(join: &Join, alias: &'a str, known: &'a KnownColumns) -> TableRef<'a> {
    TableRef::of(join.table, alias).knowing(known)
}

/// A number of one of PostgreSQL's own types.
pub(super) fn of_system<'a>(expression: Expression, sql_type: SqlType, may_be_null: bool) -> SortValue<'a> {
    SortValue {
        expression,
        is_json_scalar: true,
        sql_type: Some(sql_type),
        comparison: const { &Comparison::SYSTEM },
        may_be_null,
    }
}

/// The type of a sum or an average (PostgreSQL manual, 9.21).
pub(super) fn result_type(function: AggregateFunction, of: &ColumnType) -> &'static str {
    let is_sum = function == AggregateFunction::Sum;
    match &*of.encoding.sql_type.name.name {
        "int2" | "int4" if is_sum => "int8",
        "float4" if is_sum => "float4",
        "float4" | "float8" => "float8",
        _ => "numeric",
    }
}
