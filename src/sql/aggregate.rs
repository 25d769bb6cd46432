//! Aggregates over all rows of a collection, not only those of the page: `totalCount` and `aggregate`.

use super::ast::{Aggregate, Expression};
use super::connection::ConnectionSite;
use super::json::{IfNull, JsonText};
use super::rows::OneRow;
use super::{Compiler, TableRef};
use crate::catalog::SqlType;
use crate::plan::{AggregateColumn, AggregateField};
use crate::schema::AggregateFunction;
use crate::schema::encoding::Form;

impl Compiler<'_> {
    /// JSON over all rows of the collection, not only those of the page.
    pub(super) fn over_all_rows(
        &mut self,
        site: &ConnectionSite<'_>,
        json: impl FnOnce(&Self, TableRef<'_>) -> JsonText,
    ) -> JsonText {
        let alias = self.alias();
        let at = site.rows_at(&alias);
        let (from, condition) = (self.rows_of(site, at), Expression::all(self.rows(site, at)));
        OneRow::of_all(json(self, at), Some(from), condition).into_json()
    }

    pub(super) fn aggregate_json(&self, at: TableRef<'_>, fields: &[(String, AggregateField)]) -> JsonText {
        JsonText::object(fields.iter().map(|(key, field)| {
            let json = match field {
                AggregateField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                AggregateField::Count => JsonText::count(),
                AggregateField::Function(function, columns) => {
                    self.aggregate_columns_json(at, *function, columns)
                }
            };
            (key.clone(), json)
        }))
    }

    fn aggregate_columns_json(
        &self,
        at: TableRef<'_>,
        function: AggregateFunction,
        columns: &[(String, AggregateColumn)],
    ) -> JsonText {
        JsonText::object(columns.iter().map(|(key, column)| {
            let json = match column {
                AggregateColumn::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                AggregateColumn::Column(column) => self.over_column(at, function, *column),
            };
            (key.clone(), json)
        }))
    }

    /// An aggregate function over a column. Numbers of any size are JSON numbers here, as in `pg_graphql`.
    fn over_column(&self, at: TableRef<'_>, function: AggregateFunction, column: usize) -> JsonText {
        let Some(exposed) = self.schema.column(at.table, column) else { return JsonText::known("null") };
        let column_type = &exposed.column_type;
        if function == AggregateFunction::CountDistinct {
            let count = Expression::CountDistinct(Box::new(self.column(at, column)));
            return JsonText::leaf(count.cast(SqlType::system("int4")), IfNull::Null).aggregating();
        }
        let value = self.column(at, column).cast(column_type.encoding.sql_type.clone());
        let value = Expression::aggregate(function.sql(), vec![value]);
        let is_extreme = matches!(function, AggregateFunction::Minimum | AggregateFunction::Maximum);
        if is_extreme && column_type.encoding.form == Form::Float {
            self.value_json(value, column_type, IfNull::Null)
        } else {
            JsonText::leaf(value, IfNull::Null).aggregating()
        }
    }
}

impl AggregateFunction {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "avg",
            Self::Minimum => "min",
            Self::Maximum => "max",
            Self::CountDistinct => "count",
            Self::StandardDeviation => "stddev_samp",
            Self::Variance => "var_samp",
            Self::BoolAnd => "bool_and",
            Self::BoolOr => "bool_or",
        }
    }
}

impl Expression {
    pub(super) fn aggregate(function: &'static str, arguments: Vec<Self>) -> Self {
        Self::Aggregate(Box::new(Aggregate { function, arguments, order: Vec::new(), filter: None }))
    }
}
