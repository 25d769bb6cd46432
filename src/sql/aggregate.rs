//! Figures over all rows of a collection, on whatever page: `totalCount` and `aggregate`.

use super::ast::{Aggregate, Expression, Select};
use super::connection::Site;
use super::json::JsonText;
use super::{At, Compiler, Holds};
use crate::plan::{AggregateColumn, AggregateField};
use crate::schema::AggregateFunction;

impl Compiler<'_> {
    /// An expression over all rows of the collection, on whatever page.
    pub(super) fn over_all_rows(
        &mut self,
        site: &Site<'_>,
        value: impl FnOnce(&Self, At<'_>) -> Expression,
    ) -> Expression {
        let alias = self.alias();
        let at = At {
            table: site.connection.table,
            alias: &alias,
            holds: Holds::Rows,
            nulls: site.connection.origin.nulls(),
        };
        let select = Select {
            columns: vec![value(self, at).unnamed()],
            from: Some(self.rows_of(site, at)),
            condition: Expression::all(self.rows(site, at)),
            ..Select::default()
        };
        Expression::Subselect(Box::new(select))
    }

    pub(super) fn aggregate_json(&self, at: At<'_>, fields: &[(String, AggregateField)]) -> JsonText {
        JsonText::object(fields.iter().map(|(key, field)| {
            let json = match field {
                AggregateField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                AggregateField::Count => JsonText::expression(Expression::aggregate("count", Vec::new())),
                AggregateField::Function(function, columns) => {
                    self.aggregate_columns_json(at, *function, columns)
                }
            };
            (key.clone(), json)
        }))
    }

    fn aggregate_columns_json(
        &self,
        at: At<'_>,
        function: AggregateFunction,
        columns: &[(String, AggregateColumn)],
    ) -> JsonText {
        JsonText::object(columns.iter().map(|(key, column)| {
            let json = match column {
                AggregateColumn::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                AggregateColumn::Column(column) => {
                    let value = Expression::aggregate(function.sql(), vec![self.column(at, *column)]);
                    JsonText::expression(Expression::Call("to_json", vec![value]).or_json_null())
                }
            };
            (key.clone(), json)
        }))
    }
}

impl AggregateFunction {
    fn sql(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "avg",
            Self::Minimum => "min",
            Self::Maximum => "max",
        }
    }
}

impl Expression {
    pub(super) fn aggregate(function: &'static str, arguments: Vec<Self>) -> Self {
        Self::Aggregate(Box::new(Aggregate { function, arguments, order: Vec::new(), filter: None }))
    }
}
