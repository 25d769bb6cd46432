//! Measures: numbers that are computed from a column and arguments, as fields and in orders.

use apollo_compiler::Node;

use super::slot::Taken;
use super::{OrderKey, OrderTerm, PlanError, Planner, RowField, Slot, TextSearch};
use crate::request::{Field, Input, Inputs, Leaf};
use crate::schema::{
    ColumnMeasure, DIRECTION, ExposedColumn, FixedFields, MeasureArgument, MeasureKind, Scalar, ValueType,
    VectorMetric,
};

/// A number that is computed of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The column.
    pub column: usize,
    /// What is computed of it.
    pub what: Measured,
}

/// What is computed of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// The distance to a vector.
    VectorDistance {
        /// How it is computed.
        metric: VectorMetric,
        /// The vector.
        to: Slot,
    },
    /// How well it matches a full text search.
    TextRank(TextSearch),
    /// How similar it is to a text.
    TextSimilarity(Slot),
}

impl Planner<'_> {
    /// The field of a row.
    pub(super) fn measure_field(
        &self,
        table: usize,
        measure: ColumnMeasure,
        field: &Node<Field>,
    ) -> Result<RowField, PlanError> {
        let arguments = self.facts.arguments(field);
        Ok(RowField::Measure(Box::new(self.measure(table, measure, &arguments)?)))
    }

    /// The term of a field of an `orderBy`. Null adds no term.
    pub(super) fn measure_order(
        &self,
        table: usize,
        measure: ColumnMeasure,
        value: &Input<'_>,
    ) -> Result<Option<OrderTerm>, PlanError> {
        if value.is_null() {
            return Ok(None);
        }
        let arguments = value.fields();
        let direction =
            arguments.get(DIRECTION).map_or(Leaf::Text(measure.kind.usual_direction()), Input::value);
        if direction == Leaf::Null {
            return Err(self.error("direction must not be null; leave it out"));
        }
        let key = OrderKey::Measure(Box::new(self.measure(table, measure, &arguments)?));
        self.term(key, &direction)
    }

    fn measure(
        &self,
        table: usize,
        ColumnMeasure { kind, column }: ColumnMeasure,
        arguments: &Inputs<'_>,
    ) -> Result<Measure, PlanError> {
        let exposed = self.table(table)?.columns[column].as_ref();
        let exposed = exposed.ok_or_else(|| self.defect("a measure of a column that is not exposed"))?;
        let what = match kind {
            MeasureKind::TextRank => {
                self.given(arguments, MeasureArgument::Query)?;
                Measured::TextRank(self.text_search(arguments)?)
            }
            MeasureKind::TextSimilarity => {
                let to = self.given(arguments, MeasureArgument::To)?;
                let taken = Taken::new(MeasureArgument::To.name(), ValueType::Scalar(Scalar::String));
                Measured::TextSimilarity(self.one(taken, to)?)
            }
            MeasureKind::VectorDistance => Measured::VectorDistance {
                metric: self.vector_metric(self.given(arguments, MeasureArgument::Metric)?)?,
                to: self.other_value(exposed, self.given(arguments, MeasureArgument::To)?)?,
            },
        };
        Ok(Measure { column, what })
    }

    /// A required argument. Validation allows a nullable variable there if it has a default.
    fn given<'i, 'a>(
        &self,
        arguments: &'i Inputs<'a>,
        argument: MeasureArgument,
    ) -> Result<&'i Input<'a>, PlanError> {
        let given = arguments.get(argument.name()).filter(|given| !given.is_null());
        given.ok_or_else(|| self.error(format!("{} must be given, and not be null", argument.name())))
    }

    /// Another value of a column's type.
    fn other_value(&self, exposed: &ExposedColumn, value: &Input<'_>) -> Result<Slot, PlanError> {
        self.one(Taken::of_column(MeasureArgument::To.name(), exposed), value)
    }

    fn vector_metric(&self, value: &Input<'_>) -> Result<VectorMetric, PlanError> {
        let found = match value.value() {
            Leaf::Text(name) => VectorMetric::named(name),
            Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => None,
        };
        found.ok_or_else(|| self.error("metric names no way to compute a distance"))
    }
}
