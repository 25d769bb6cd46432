//! Fields and inputs of numbers that are computed of a column and of arguments.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;

use super::document::Definitions;
use super::renderer::{Field, Input, Renderer, field, input, non_null_if, with_default};
use crate::schema::{
    BitMetric, ColumnMeasure, DIRECTION, DISTANCE, ExposedTable, FixedFields, MeasureArgument, MeasureKind,
    OF, OptionalType, Scalar, TypeId, VectorMetric,
};

impl Renderer<'_> {
    /// The fields of a row.
    pub(super) fn measure_fields(&mut self, exposed: &ExposedTable) -> Vec<Field> {
        let measures = exposed.measures.iter().filter(|(_, measure)| measure.kind.is_row_field());
        let fields = measures.map(|(name, measure)| {
            let arguments = self.measure_arguments(exposed, *measure);
            let text = Some(self.text(measure.kind.description()));
            let returns = self.scalar(Scalar::Float);
            field(self.name(name), text, arguments, returns)
        });
        fields.collect()
    }

    /// The fields of an `orderBy`.
    pub(super) fn measure_order_fields(&mut self, exposed: &ExposedTable) -> Vec<Input> {
        let fields = exposed.measures.iter().map(|(name, measure)| {
            self.nullable_input(name, TypeId::Optional(OptionalType::MeasureOrderBy(measure.kind)))
        });
        fields.collect()
    }

    /// The fields of `withinDistance`.
    fn within_distance_fields(&mut self, exposed: &ExposedTable, measure: ColumnMeasure) -> Vec<Input> {
        let mut fields = Vec::new();
        for argument in self.measure_arguments(exposed, measure) {
            if argument.name == MeasureArgument::To.name() {
                let of = self.fixed_name(OF);
                fields.push(input(
                    of,
                    Some(self.text("The value to compare the column with")),
                    argument.ty.clone(),
                ));
            } else {
                fields.push(argument);
            }
        }
        let distance = self.scalar(Scalar::Float).non_null();
        fields.push(self.input(DISTANCE, Some("The maximum distance"), distance));
        fields
    }

    fn measure_arguments(&mut self, exposed: &ExposedTable, measure: ColumnMeasure) -> Vec<Input> {
        // Measures are those of exposed columns.
        let value = exposed.columns[measure.column].as_ref().map(|column| column.column_type.value);
        let of_values = value.map(TypeId::Value);
        let arguments = measure.kind.arguments().iter().filter_map(|(argument, of)| {
            let takes = self.reference(of.or(of_values)?);
            let takes = non_null_if(takes, argument.is_required());
            Some(self.input(argument.name(), Some(argument.description()), takes))
        });
        arguments.collect()
    }
}

impl Definitions<'_> {
    /// The types that all columns with measures share.
    pub(super) fn measures(&mut self) {
        let schema = self.renderer.schema;
        // A column's filter has `withinDistance` even if its measure has no name of its own.
        let of_kind =
            |kind: MeasureKind| schema.tables.iter().flatten().find_map(|exposed| kind.found_in(exposed));
        for kind in MeasureKind::ALL {
            let Some((exposed, measure)) = of_kind(kind) else { continue };
            let mut fields = self.renderer.measure_arguments(exposed, measure);
            let direction = self.renderer.reference(TypeId::OrderByDirection).non_null();
            let direction = self.renderer.input(DIRECTION, None, direction);
            let usual = self.renderer.fixed_name(kind.usual_direction());
            fields.push(with_default(&direction, Node::new(Value::Enum(usual))));
            let id = TypeId::Optional(OptionalType::MeasureOrderBy(kind));
            self.input(id, "A value to compare the column with, and the direction of the order", fields);
            if kind.is_in_filters() {
                let fields = self.renderer.within_distance_fields(exposed, measure);
                let id = TypeId::Optional(OptionalType::WithinDistance(kind));
                self.input(id, "A value, and the maximum distance from it", fields);
            }
        }
        if of_kind(MeasureKind::BitDistance).is_some() {
            let metrics: Vec<_> =
                BitMetric::ALL.iter().map(|metric| (metric.name(), metric.description())).collect();
            let id = TypeId::Optional(OptionalType::BitMetric);
            self.fixed_enum(id, "How the distance between two bit strings is computed", &metrics);
        }
        let of_vectors = [MeasureKind::VectorDistance, MeasureKind::SparseDistance];
        if of_vectors.into_iter().any(|kind| of_kind(kind).is_some()) {
            let metrics: Vec<_> =
                VectorMetric::ALL.iter().map(|metric| (metric.name(), metric.description())).collect();
            let id = TypeId::Optional(OptionalType::VectorMetric);
            self.fixed_enum(id, "How the distance between two vectors is computed", &metrics);
        }
    }
}
