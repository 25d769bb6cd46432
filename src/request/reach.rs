//! Counts the relations in the filters and orders of a field. For each of these, PostgreSQL has to read one
//! more table for a row.

use super::Input;
use crate::schema::{
    Cardinality, FilterFieldKind, FixedFields, OrderFieldKind, RelationField, RelationFilterFieldKind,
    RowConditionKind, Schema,
};

/// The maximum number of relations in the filters and orders of an operation. PostgreSQL searches for the
/// best way to join all of them: with a hundred of them in one `and`, planning took ten seconds, and with
/// fifty, one second.
pub(super) const MOST_RELATIONS: usize = 50;

/// The relations in a filter or an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The depth of nested relations.
    pub(super) levels: usize,
    /// The number of all relations.
    pub(super) relations: usize,
}

impl Reach {
    /// Combines both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            levels: self.levels.max(other.levels),
            relations: self.relations.saturating_add(other.relations),
        }
    }

    /// The same, one relation further.
    fn over_relation(self) -> Self {
        Self { levels: self.levels.saturating_add(1), relations: self.relations.saturating_add(1) }
    }

    fn sum(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::default(), Self::and)
    }

    /// The relations in the filter on a table.
    pub(super) fn of_filter(schema: &Schema, table: usize, filter: &Input<'_>) -> Self {
        let Some(exposed) = schema.table(table) else { return Self::default() };
        let below = |filter: &Input<'_>| Self::of_filter(schema, table, filter);
        let fields = filter.fields();
        Self::sum(fields.iter().map(|(name, value)| match exposed.filter_field(name) {
            Some(FilterFieldKind::Row(RowConditionKind::And | RowConditionKind::Or)) => {
                Self::sum(value.items().iter().map(below))
            }
            Some(FilterFieldKind::Row(RowConditionKind::Not)) => below(value),
            Some(FilterFieldKind::Relation(relation)) => Self::of_relation_filter(schema, relation, value),
            Some(
                FilterFieldKind::Column(_)
                | FilterFieldKind::Row(RowConditionKind::NodeId | RowConditionKind::Is),
            )
            | None => Self::default(),
        }))
    }

    fn of_relation_filter(schema: &Schema, relation: &RelationField, value: &Input<'_>) -> Self {
        let of_rows =
            |filter: &Input<'_>| Self::of_filter(schema, relation.join.table, filter).over_relation();
        match relation.cardinality {
            _ if value.is_null() => Self::default(),
            Cardinality::One { .. } => of_rows(value),
            Cardinality::Many => {
                let fields = value.fields();
                Self::sum(fields.iter().map(|(name, value)| match RelationFilterFieldKind::named(name) {
                    Some(RelationFilterFieldKind::Count) => Self::default().over_relation(),
                    Some(_) => of_rows(value),
                    None => Self::default(),
                }))
            }
        }
    }

    /// The relations in an `orderBy` on a table.
    pub(super) fn of_order(schema: &Schema, table: usize, order: &Input<'_>) -> Self {
        Self::sum(order.items().iter().map(|object| Self::of_order_object(schema, table, object)))
    }

    fn of_order_object(schema: &Schema, table: usize, object: &Input<'_>) -> Self {
        let Some(exposed) = schema.table(table) else { return Self::default() };
        let fields = object.fields();
        Self::sum(fields.iter().map(|(name, value)| match exposed.order_field(name) {
            Some(OrderFieldKind::Relation(relation)) => match relation.cardinality {
                Cardinality::One { .. } => {
                    Self::of_order_object(schema, relation.join.table, value).over_relation()
                }
                // Each aggregate is computed separately.
                Cardinality::Many => {
                    let figures = value.fields().values().map(|value| value.fields().len().max(1)).sum();
                    Self { levels: 1, relations: figures }
                }
            },
            Some(OrderFieldKind::Column(_) | OrderFieldKind::Measure(_)) | None => Self::default(),
        }))
    }
}
