//! Measures: numbers that are computed from a column and arguments, as fields and in orders.

use apollo_compiler::Node;

use super::slot::Taken;
use super::{Condition, Operand, OrderKey, OrderTerm, PlanError, Planner, RowField, Slot, TextSearch};
use crate::request::{Field, Input, Inputs, Leaf};
use crate::schema::{
    BitMetric, ColumnMeasure, DIRECTION, DISTANCE, ExposedColumn, FixedFields, MeasureArgument, MeasureKind,
    OF, Operator, Scalar, SpatialTest, ValueType, VectorMetric,
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
    /// The distance to a vector or bit string.
    VectorDistance {
        /// How it is computed: pgvector's operator.
        operator: &'static str,
        /// The vector or bit string.
        to: Slot,
    },
    /// How well it matches a full text search.
    TextRank(TextSearch),
    /// How similar it is to a text.
    TextSimilarity(Slot),
    /// The distance to a geometry.
    GeometryDistance(Slot),
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
        self.measure_of(kind, (column, exposed), MeasureArgument::To.name(), arguments)
    }

    /// A measure of a column. `to` is the name of the argument that the column is compared with.
    fn measure_of(
        &self,
        kind: MeasureKind,
        (column, exposed): (usize, &ExposedColumn),
        to: &'static str,
        arguments: &Inputs<'_>,
    ) -> Result<Measure, PlanError> {
        let other = || self.one(Taken::of_column(to, exposed), self.given(arguments, to)?);
        let what = match kind {
            MeasureKind::TextRank => {
                self.given(arguments, MeasureArgument::Query.name())?;
                Measured::TextRank(self.text_search(arguments)?)
            }
            MeasureKind::TextSimilarity => {
                let taken = Taken::new(to, ValueType::Scalar(Scalar::String));
                Measured::TextSimilarity(self.one(taken, self.given(arguments, to)?)?)
            }
            MeasureKind::GeometryDistance => Measured::GeometryDistance(other()?),
            MeasureKind::VectorDistance | MeasureKind::SparseDistance => {
                let operator = VectorMetric::operator(self.metric(arguments)?);
                Measured::VectorDistance { operator, to: other()? }
            }
            MeasureKind::BitDistance => {
                let operator = BitMetric::operator(self.metric(arguments)?);
                Measured::VectorDistance { operator, to: other()? }
            }
        };
        Ok(Measure { column, what })
    }

    /// A required argument. Validation allows a nullable variable there if it has a default.
    fn given<'i, 'a>(&self, arguments: &'i Inputs<'a>, name: &str) -> Result<&'i Input<'a>, PlanError> {
        let given = arguments.get(name).filter(|given| !given.is_null());
        given.ok_or_else(|| self.error(format!("{name} must be given, and not be null")))
    }

    /// `withinDistance` of a column's filter. Null matches nothing, as it does with other operators.
    pub(super) fn within_distance(
        &self,
        column: usize,
        exposed: &ExposedColumn,
        value: &Input<'_>,
    ) -> Result<Condition, PlanError> {
        if value.is_null() {
            let (operator, operand) = (Operator::EQUAL, Operand::Value(Slot::NULL));
            return Ok(Condition::Compare { column, operator, operand });
        }
        let arguments = value.fields();
        let kind = match exposed.column_type.value {
            ValueType::Scalar(Scalar::Vector) => MeasureKind::VectorDistance,
            ValueType::Scalar(_) | ValueType::Enum(_) => MeasureKind::GeometryDistance,
        };
        let measure = self.measure_of(kind, (column, exposed), OF, &arguments)?;
        let distance = Taken::new(DISTANCE, ValueType::Scalar(Scalar::Float));
        let distance = self.one(distance, self.given(&arguments, DISTANCE)?)?;
        Ok(Condition::WithinDistance(Box::new(measure), distance))
    }

    /// `intersects` and its like of a column's filter.
    pub(super) fn spatial_test(
        &self,
        column: usize,
        exposed: &ExposedColumn,
        test: SpatialTest,
        value: &Input<'_>,
    ) -> Result<Condition, PlanError> {
        let taken = Taken::of_column(&exposed.field, exposed);
        let other = match test {
            SpatialTest::Intersects | SpatialTest::Contains | SpatialTest::Within => {
                self.one(taken, value)?
            }
            SpatialTest::BoundingBox => self.rectangle(taken, value)?,
        };
        Ok(Condition::Spatial { column, test, other })
    }

    fn metric<M: FixedFields>(&self, arguments: &Inputs<'_>) -> Result<M, PlanError> {
        let found = match self.given(arguments, MeasureArgument::Metric.name())?.value() {
            Leaf::Text(name) => M::named(name),
            Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => None,
        };
        found.ok_or_else(|| self.error("metric names no way to compute a distance"))
    }
}
