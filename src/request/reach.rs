//! How far the filters and orders of a field lead over relations. Each of these is one more table that PostgreSQL looks at for
//! a row.

use super::Input;
use crate::schema::{
    Cardinality, FilterFieldKind, FixedFields, OrderFieldKind, RelationField, RelationFilterFieldKind,
    RowConditionKind, Schema,
};

/// How many times the filters and orders of an operation may lead to other rows. PostgreSQL looks for the best way to join them
/// all: with a hundred that must hold together it has taken ten seconds to plan, with fifty one.
pub(super) const MOST_RELATIONS: usize = 50;

/// How far a filter or an order leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Relations that follow on each other.
    pub(super) levels: usize,
    /// All relations.
    pub(super) relations: usize,
}

impl Reach {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            levels: self.levels.max(other.levels),
            relations: self.relations.saturating_add(other.relations),
        }
    }

    /// The same from the other end of a relation.
    fn over_relation(self) -> Self {
        Self { levels: self.levels.saturating_add(1), relations: self.relations.saturating_add(1) }
    }

    fn sum(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::default(), Self::and)
    }

    /// How far the filter on a table leads.
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

    /// How far an `orderBy` on a table leads.
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
                // Each figure is computed by itself.
                Cardinality::Many => {
                    let figures = value.fields().values().map(|value| value.fields().len().max(1)).sum();
                    Self { levels: 1, relations: figures }
                }
            },
            Some(OrderFieldKind::Column(_)) | None => Self::default(),
        }))
    }
}
