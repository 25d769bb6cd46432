//! The fields of inputs for the rows at the other end of a relation.

use std::sync::Arc;

use super::renderer::{Input, Renderer, input};
use crate::schema::{
    AggregateFieldKind, AggregateFunction, Cardinality, ExposedTable, FixedFields, RelationField,
    RelationFilterFieldKind, Scalar, TableType, TypeId, ValueType,
};

impl Renderer<'_> {
    /// The field of a filter.
    pub(super) fn relation_input(&mut self, name: &Arc<str>, relation: &RelationField) -> Input {
        let (part, text) = match relation.cardinality {
            Cardinality::One { .. } => (TableType::Filter, "Matches if the related row exists and matches"),
            Cardinality::Many => (TableType::RelationFilter, "Conditions on the related rows"),
        };
        self.described_input(name, text, TypeId::Table(relation.join.table, part))
    }

    /// The field of an `orderBy`, if the other table's rows can be ordered by something.
    pub(super) fn relation_order_input(
        &mut self,
        name: &Arc<str>,
        relation: &RelationField,
    ) -> Option<Input> {
        let other = relation.join.table;
        match relation.cardinality {
            Cardinality::One { .. } => {
                let has_order = self.schema.table(other).is_some_and(ExposedTable::has_order);
                let text = "The related row to order by; a missing one counts as null";
                has_order.then(|| self.described_input(name, text, TypeId::Table(other, TableType::OrderBy)))
            }
            Cardinality::Many => {
                let of = TypeId::Table(other, TableType::RelationOrderBy);
                Some(self.described_input(name, "An aggregate of the related rows to order by", of))
            }
        }
    }

    /// The fields of the filter of a to-many relation.
    pub(super) fn relation_filter_fields(&mut self, table: usize) -> Vec<Input> {
        let fields = RelationFilterFieldKind::ALL.iter().map(|kind| {
            let takes = match kind {
                RelationFilterFieldKind::Some
                | RelationFilterFieldKind::Every
                | RelationFilterFieldKind::None => TypeId::Table(table, TableType::Filter),
                RelationFilterFieldKind::Count => TypeId::ValueFilter(ValueType::Scalar(Scalar::Int)),
            };
            let takes = self.reference(takes);
            self.input(kind.name(), Some(kind.description()), takes)
        });
        fields.collect()
    }

    /// The fields by which rows can be ordered through a to-many relation to a table.
    pub(super) fn relation_order_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Input> {
        let mut fields = Vec::new();
        for kind in AggregateFieldKind::ALL {
            let takes = match kind {
                AggregateFieldKind::Count => TypeId::OrderByDirection,
                AggregateFieldKind::Function(function) if !exposed.has_figure(*function) => continue,
                AggregateFieldKind::Function(AggregateFunction::Sum | AggregateFunction::Average) => {
                    TypeId::Table(table, TableType::NumberOrderBy)
                }
                AggregateFieldKind::Function(AggregateFunction::Minimum | AggregateFunction::Maximum) => {
                    TypeId::Table(table, TableType::ExtremeOrderBy)
                }
                AggregateFieldKind::List
                | AggregateFieldKind::Function(
                    AggregateFunction::CountDistinct
                    | AggregateFunction::CountNonNull
                    | AggregateFunction::StandardDeviation
                    | AggregateFunction::Variance
                    | AggregateFunction::BoolAnd
                    | AggregateFunction::BoolOr,
                ) => continue,
            };
            let takes = self.reference(takes);
            fields.push(self.input(kind.name(), Some(kind.description()), takes));
        }
        fields
    }

    /// The columns whose aggregate can order rows.
    pub(super) fn figure_fields(
        &mut self,
        exposed: &ExposedTable,
        function: AggregateFunction,
    ) -> Vec<Input> {
        let columns = exposed.columns_that(|column| column.orders_by(function));
        let fields = columns.map(|(_, column)| self.nullable_input(&column.field, TypeId::OrderByDirection));
        fields.collect()
    }

    fn described_input(&mut self, name: &Arc<str>, text: &'static str, takes: TypeId) -> Input {
        let (takes, text) = (self.reference(takes), self.text(text));
        input(self.name(name), Some(text), takes.into())
    }
}
