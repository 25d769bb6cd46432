//! The fields of the inputs of a table, and of the filters of values.

use apollo_compiler::ast::Type;

use super::renderer::{Input, Renderer, input};
use crate::schema::further::further_operators;
use crate::schema::operator::operators;
use crate::schema::{
    ExposedColumn, ExposedTable, FilterOperator, MeasureKind, OperandKind, OptionalType, RowConditionKind,
    Scalar, SpatialTest, TableType, TypeId, ValueType,
};

impl Renderer<'_> {
    pub(super) fn filter_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Input> {
        let columns = exposed.readable_columns().map(|(_, column)| column);
        let filtered = columns.filter_map(|column| Some((&column.field, column.filter()?)));
        let mut fields: Vec<_> = filtered.map(|(name, of)| self.nullable_input(name, of)).collect();
        for kind in exposed.row_conditions() {
            if fields.iter().any(|field| field.name == exposed.condition_name(kind)) {
                // A column with that name takes precedence.
                continue;
            }
            let filter = || TypeId::Table(table, TableType::Filter);
            let takes = match kind {
                RowConditionKind::NodeId => {
                    self.reference(TypeId::ValueFilter(ValueType::Scalar(Scalar::Id)))
                }
                RowConditionKind::And | RowConditionKind::Or => self.reference(filter()).non_null().list(),
                RowConditionKind::Not => self.reference(filter()),
                RowConditionKind::Is => self.reference(TypeId::FilterIs),
            };
            fields.push(self.input(exposed.condition_name(kind), kind.description(), takes));
        }
        for (name, relation) in &exposed.relations {
            if exposed.row_conditions().all(|kind| exposed.condition_name(kind) != &**name) {
                fields.push(self.relation_input(name, relation));
            }
        }
        fields
    }

    /// The fields of a table's `orderBy`.
    pub(super) fn order_fields(&mut self, exposed: &ExposedTable) -> Vec<Input> {
        let columns = exposed.columns_that(ExposedColumn::can_order);
        let fields = columns.map(|(_, column)| self.nullable_input(&column.field, TypeId::OrderByDirection));
        let mut fields: Vec<_> = fields.collect();
        for (name, relation) in &exposed.relations {
            fields.extend(self.relation_order_input(name, relation));
        }
        fields.extend(self.measure_order_fields(exposed));
        fields
    }

    /// The columns that can be given a value.
    pub(super) fn written_fields(
        &mut self,
        exposed: &ExposedTable,
        may: impl Fn(&ExposedColumn) -> bool,
    ) -> Vec<Input> {
        let columns = exposed.columns_that(may).map(|(_, column)| {
            if column.column_type.is_list {
                let takes = self.input_value(&column.column_type);
                input(self.name(&column.field), None, takes.into())
            } else {
                let takes = match column.column_type.composite {
                    Some(oid) => TypeId::CompositeInput(oid),
                    None => TypeId::Value(column.column_type.value),
                };
                self.nullable_input(&column.field, takes)
            }
        });
        columns.collect()
    }

    /// The description and the fields of the filter of a value, or of arrays of it.
    pub(super) fn operators(&mut self, filter: TypeId, value: ValueType) -> (String, Vec<Input>) {
        let name = self.schema.value_name(value);
        let is_list = filter == TypeId::ListFilter(value);
        if filter == TypeId::ValueFilter(ValueType::Scalar(Scalar::Json)) {
            return ("Conditions on a `JSON`; all of them must hold".to_owned(), self.json_filter_fields());
        }
        let fields = operators(value, is_list).iter().map(|(key, operator)| {
            let takes = self.operand(*operator, value, is_list);
            self.input(key, operator.description(), takes)
        });
        let mut fields: Vec<_> = fields.collect();
        for further in further_operators(value, is_list) {
            if self.schema.has_column_that(|column| {
                column.filter() == Some(filter) && further.applies_to(&column.column_type.family)
            }) {
                let takes = self.operand(further.operator, value, is_list);
                fields.push(self.input(further.name, Some(further.description), takes));
            }
        }
        let subject = if is_list { format!("an array of `{name}`") } else { format!("a `{name}`") };
        (format!("Conditions on {subject}; all of them must hold"), fields)
    }

    /// What an operator takes.
    pub(super) fn operand(&mut self, operator: FilterOperator, value: ValueType, is_list: bool) -> Type {
        match operator {
            FilterOperator::Null => self.reference(TypeId::FilterIs),
            FilterOperator::Search => self.reference(TypeId::Optional(OptionalType::TextSearch)),
            FilterOperator::Similar(_) => self.reference(TypeId::Optional(OptionalType::Similarity)),
            FilterOperator::WithinDistance => {
                let kind = match value {
                    ValueType::Scalar(Scalar::Vector) => MeasureKind::VectorDistance,
                    ValueType::Scalar(_) | ValueType::Enum(_) => MeasureKind::GeometryDistance,
                };
                self.reference(TypeId::Optional(OptionalType::WithinDistance(kind)))
            }
            FilterOperator::Spatial(SpatialTest::BoundingBox) => self.scalar(Scalar::Float).non_null().list(),
            FilterOperator::Spatial(
                SpatialTest::Intersects | SpatialTest::Contains | SpatialTest::Within,
            ) => self.reference(TypeId::Value(value)),
            FilterOperator::Compare(operator) => {
                let value = self.reference(TypeId::Value(value));
                match operator.operand {
                    OperandKind::AnyOf => value.non_null().list(),
                    OperandKind::Value if is_list => value.non_null().list(),
                    OperandKind::Value | OperandKind::Text | OperandKind::Element => value,
                }
            }
        }
    }
}
