//! Aggregates over all rows of a collection, not only those of the page: `totalCount` and `aggregate`.

use super::ast::{Aggregate, Expression, Order};
use super::connection::ConnectionSite;
use super::json::{IfNull, JsonText};
use super::rows::OneRow;
use super::{Compiler, TableRef};
use crate::catalog::SqlType;
use crate::plan::{AggregateColumn, AggregateField, Figure, Listed};
use crate::schema::encoding::Form;
use crate::schema::{AggregateFunction, ExposedColumn};

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
        OneRow::of_all(json(self, at), Some(from), condition).into_json(self.shapes())
    }

    pub(super) fn aggregate_json(&self, at: TableRef<'_>, fields: &[(String, AggregateField)]) -> JsonText {
        let json = JsonText::object(fields.iter().map(|(key, field)| {
            (key.clone(), self.aggregate_field_json(at.table, field, |figure| self.figure(at, figure)))
        }));
        let has_figures = fields.iter().any(|(_, field)| !field.figures().is_empty());
        if has_figures { json.aggregating() } else { json }
    }

    /// The JSON of a field of an aggregate over rows of a table. `value` has the expression of each figure.
    pub(super) fn aggregate_field_json(
        &self,
        table: usize,
        field: &AggregateField,
        value: impl Fn(Figure) -> Expression,
    ) -> JsonText {
        match field {
            AggregateField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
            AggregateField::Count => self.figure_json(table, Figure::Count, value(Figure::Count)),
            AggregateField::Function(function, columns) => {
                self.columns_json(table, columns, |column| Figure::Of(*function, column), value)
            }
            AggregateField::List(listed, columns) => {
                self.columns_json(table, columns, |column| Figure::List(*listed, column), value)
            }
        }
    }

    fn columns_json(
        &self,
        table: usize,
        columns: &[(String, AggregateColumn)],
        figure: impl Fn(usize) -> Figure,
        value: impl Fn(Figure) -> Expression,
    ) -> JsonText {
        JsonText::object(columns.iter().map(|(key, column)| {
            let json = match column {
                AggregateColumn::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                AggregateColumn::Column(column) => {
                    let figure = figure(*column);
                    self.figure_json(table, figure, value(figure))
                }
            };
            (key.clone(), json)
        }))
    }

    /// A figure over the rows of the `SELECT`.
    pub(super) fn figure(&self, at: TableRef<'_>, figure: Figure) -> Expression {
        match figure {
            Figure::Count => Expression::aggregate("count", Vec::new()),
            Figure::Of(AggregateFunction::CountDistinct, column) => {
                let arguments = vec![self.column(at, column)];
                Expression::Aggregate(Box::new(Aggregate {
                    is_distinct: true,
                    ..Aggregate::of(AggregateFunction::CountDistinct.sql(), arguments)
                }))
            }
            Figure::Of(AggregateFunction::CountNonNull, column) => {
                Expression::aggregate(AggregateFunction::CountNonNull.sql(), vec![self.column(at, column)])
            }
            Figure::List(listed, column) => list_of(self.column(at, column), listed),
            Figure::Of(function, column) => {
                let value = self.column(at, column);
                let value = match self.schema.column(at.table, column) {
                    Some(exposed) => value.cast(exposed.column_type.encoding.sql_type.clone()),
                    // Only exposed columns are planned.
                    None => value,
                };
                Expression::aggregate(function.sql(), vec![value])
            }
        }
    }

    /// The JSON of a figure. Numbers of any size are JSON numbers here, as `pg_graphql` writes them.
    fn figure_json(&self, table: usize, figure: Figure, value: Expression) -> JsonText {
        let int = || SqlType::system("int4");
        match figure {
            Figure::Count => JsonText::of_piece(value.cast(int())),
            Figure::Of(AggregateFunction::CountDistinct | AggregateFunction::CountNonNull, _) => {
                JsonText::leaf(value.cast(int()), IfNull::Null)
            }
            Figure::List(_, column) => {
                let listed = self.schema.column(table, column).and_then(ExposedColumn::listed);
                // Only columns that can be listed are planned.
                listed.map_or_else(
                    || JsonText::known("null"),
                    |listed| self.value_json(value, &listed, IfNull::Null),
                )
            }
            Figure::Of(function, column) => {
                let Some(exposed) = self.schema.column(table, column) else { return JsonText::known("null") };
                let column_type = &exposed.column_type;
                let is_extreme = matches!(function, AggregateFunction::Minimum | AggregateFunction::Maximum);
                if is_extreme && column_type.encoding.form == Form::Float {
                    self.value_json(value, column_type, IfNull::Null)
                } else {
                    JsonText::leaf(value, IfNull::Null)
                }
            }
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
            Self::CountDistinct | Self::CountNonNull => "count",
            Self::StandardDeviation => "stddev_samp",
            Self::Variance => "var_samp",
            Self::BoolAnd => "bool_and",
            Self::BoolOr => "bool_or",
        }
    }
}

impl Aggregate {
    fn of(function: &'static str, arguments: Vec<Expression>) -> Self {
        Self { function, is_distinct: false, arguments, order: Vec::new(), filter: None }
    }
}

/// The values in their order, without nulls; of no values, an empty array.
fn list_of(value: Expression, listed: Listed) -> Expression {
    let Listed { limit, is_distinct, is_descending } = listed;
    let term = Order { expression: value.clone(), is_descending, is_nulls_first: is_descending };
    let is_there = Expression::Is(Box::new(value.clone()), "not null");
    let all = Expression::Aggregate(Box::new(Aggregate {
        is_distinct,
        order: vec![term],
        filter: Some(is_there),
        ..Aggregate::of("array_agg", vec![value])
    }));
    Expression::Coalesce(vec![Expression::Slice(Box::new(all), limit), Expression::text("{}")])
}

impl Expression {
    pub(super) fn aggregate(function: &'static str, arguments: Vec<Self>) -> Self {
        Self::Aggregate(Box::new(Aggregate::of(function, arguments)))
    }
}
