//! How a table is exposed: its names, its key, and the fields of its types.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::column_type::{ColumnType, Declared};
use super::field::{FilterFieldKind, RelationField, RowConditionKind, RowFieldKind};
use super::related::{OrderFieldKind, Reached};
use super::scalar::{Scalar, ValueType};
use super::type_id::Stem;
use super::{AggregateFunction, ColumnMeasure, ConflictHandling, Nullability, TypeId, UpdateOperation};
use crate::statement::SessionSettings;

/// How a table is exposed.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedTable {
    /// The name of its object type.
    pub type_name: Arc<str>,
    /// The name of the field that identifies a row among all; the same in the whole API.
    pub node_id: &'static str,
    /// The beginning of the names of its root fields of `Query`: `x` of `xCollection`.
    pub root: Arc<str>,
    /// The columns that identify its rows, as indexes into its columns.
    pub key: Vec<usize>,
    /// The maximum number of rows of a page.
    pub page_size: u64,
    /// The field and type of each column; `None` if it is not exposed.
    pub columns: Vec<Option<ExposedColumn>>,
    /// The index of each column, by the name of its field.
    pub(super) places: HashMap<Arc<str>, usize>,
    /// The fields that lead from a row to other rows, by name.
    pub relations: IndexMap<Arc<str>, RelationField>,
    /// Which relations lead to it.
    pub reached: Reached,
    /// The beginning of the names of the types for to-many relations to it, `distinctOn` and further
    /// aggregates.
    pub(super) relation_stem: Arc<str>,
    /// The beginning of the names of the types of its groups.
    pub(super) group_stem: Arc<str>,
    /// Whether its rows can be read in groups.
    pub has_groups: bool,
    /// The computed fields: functions of a row, by field name.
    pub computed: IndexMap<Arc<str>, usize>,
    /// The fields of numbers that are computed of a column and of arguments, by name.
    pub measures: IndexMap<Arc<str>, ColumnMeasure>,
    /// What a connection has besides rows.
    pub totals: Totals,
    /// The possible changes.
    pub changes: Changes,
    /// Whether it takes part in nested inserts.
    pub takes_nested: bool,
    /// The names in `onConflict`; `None` if its inserts have no `onConflict`.
    pub conflicts: Option<ConflictHandling>,
    /// The operations of updates besides `set`.
    pub operations: Vec<UpdateOperation>,
    /// The session settings that reading it depends on.
    pub session: SessionSettings,
}

/// What a connection has besides rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// It has `totalCount`.
    pub total_count: bool,
    /// It has `aggregate`.
    pub aggregate: bool,
}

/// The possible changes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// Rows can be inserted.
    pub insert: bool,
    /// Rows can be updated.
    pub update: bool,
    /// Rows can be deleted.
    pub delete: bool,
}

/// How a column is exposed.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedColumn {
    /// The name of its field.
    pub field: Arc<str>,
    /// Its type; columns of one type share it.
    pub column_type: Arc<ColumnType>,
    /// What a null in its field means.
    pub nullability: Nullability,
    /// Whether the role may read it; if not, it is only in inputs.
    pub is_readable: bool,
    /// Whether an insert can set it.
    pub is_insertable: bool,
    /// Whether an update can set it.
    pub is_updatable: bool,
    /// What the column declares besides its type.
    pub declared: Declared,
}

impl ExposedTable {
    /// The columns that the role may read, with their indexes.
    pub fn readable_columns(&self) -> impl Iterator<Item = (usize, &ExposedColumn)> {
        self.columns_that(|column| column.is_readable)
    }

    /// The columns for which a condition is true, with their indexes.
    pub(super) fn columns_that(
        &self,
        holds: impl Fn(&ExposedColumn) -> bool,
    ) -> impl Iterator<Item = (usize, &ExposedColumn)> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter_map(move |(index, column)| Some((index, column.as_ref().filter(|column| holds(column))?)))
    }

    /// The column whose field has that name, if a condition is true for it.
    pub(super) fn column_named(&self, field: &str, holds: impl Fn(&ExposedColumn) -> bool) -> Option<usize> {
        let index = *self.places.get(field)?;
        self.columns.get(index)?.as_ref().filter(|column| holds(column)).map(|_| index)
    }

    /// The field of a row with that name.
    pub fn row_field(&self, name: &str) -> Option<RowFieldKind<'_>> {
        if name == self.node_id {
            return Some(RowFieldKind::NodeId);
        }
        let column = self.column_named(name, |column| column.is_readable).map(RowFieldKind::Column);
        let relation = || self.relations.get(name).map(RowFieldKind::Relation);
        let computed = || self.computed.get(name).copied().map(RowFieldKind::Computed);
        let measure = || {
            let found = self.measures.get(name).filter(|measure| measure.kind.is_row_field());
            found.copied().map(RowFieldKind::Measure)
        };
        column.or_else(relation).or_else(computed).or_else(measure)
    }

    /// The field of a filter with that name. Columns take precedence over the filter's words, and those over
    /// relations.
    pub fn filter_field(&self, name: &str) -> Option<FilterFieldKind<'_>> {
        let column = self.column_named(name, |column| column.filter().is_some());
        let of_row = || self.row_conditions().find(|field| self.condition_name(*field) == name);
        let relation = || self.relations.get(name);
        column
            .map(FilterFieldKind::Column)
            .or_else(|| of_row().map(FilterFieldKind::Row))
            .or_else(|| relation().map(FilterFieldKind::Relation))
    }

    /// The fields of its filter besides columns and relations.
    pub(super) fn row_conditions(&self) -> impl Iterator<Item = RowConditionKind> {
        let is_there = self.reached.by_one;
        RowConditionKind::ALL.into_iter().filter(move |kind| is_there || *kind != RowConditionKind::Is)
    }

    /// The name of such a field.
    pub(super) fn condition_name(&self, kind: RowConditionKind) -> &'static str {
        match kind {
            RowConditionKind::NodeId => self.node_id,
            RowConditionKind::And => "and",
            RowConditionKind::Or => "or",
            RowConditionKind::Not => "not",
            RowConditionKind::Is => "is",
        }
    }

    /// The meaning of the field with that name in an `orderBy`.
    pub fn order_field(&self, name: &str) -> Option<OrderFieldKind<'_>> {
        let column = self.column_named(name, ExposedColumn::can_order);
        let relation = || self.relations.get(name);
        let measure = || self.measures.get(name).copied().map(OrderFieldKind::Measure);
        column
            .map(OrderFieldKind::Column)
            .or_else(|| relation().map(OrderFieldKind::Relation))
            .or_else(measure)
    }

    /// The beginning of the names of its types.
    pub(super) fn stem(&self, stem: Stem) -> &str {
        match stem {
            Stem::Own => &self.type_name,
            Stem::Further => &self.relation_stem,
            Stem::Groups => &self.group_stem,
        }
    }

    /// Whether its rows can be ordered by something.
    pub(super) fn has_order(&self) -> bool {
        self.columns_that(ExposedColumn::can_order).next().is_some() || !self.measures.is_empty()
    }

    /// Whether related rows can be ordered by this aggregate of at least one column.
    pub(super) fn has_figure(&self, function: AggregateFunction) -> bool {
        self.columns_that(|column| column.orders_by(function)).next().is_some()
    }

    /// The column with that name, if related rows can be ordered by this aggregate of it.
    pub fn figure_column(&self, name: &str, function: AggregateFunction) -> Option<usize> {
        self.column_named(name, |column| column.orders_by(function))
    }

    /// The column with that name, if an insert can set it.
    pub fn insertable_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, |column| column.is_insertable)
    }

    /// The column with that name, if an update can set it.
    pub fn updatable_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, |column| column.is_updatable)
    }

    /// The column with that name, if `updateColumns` can name it.
    pub fn taken_over_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, ExposedColumn::is_taken_over)
    }

    /// The column with that name, if an update supports this operation on it.
    pub fn operated_column(&self, name: &str, operation: UpdateOperation) -> Option<usize> {
        self.column_named(name, |column| operation.applies_to(column))
    }

    /// The column with that name, if it supports this aggregate.
    pub fn aggregate_column(&self, name: &str, function: AggregateFunction) -> Option<usize> {
        self.column_named(name, |column| column.aggregate(function).is_some())
    }
}

impl ExposedColumn {
    /// The type of its filter; `None` if it cannot be in a filter.
    pub(super) fn filter(&self) -> Option<TypeId> {
        let value = self.column_type.value;
        let is_list_of_json = self.column_type.is_list && value == ValueType::Scalar(Scalar::Json);
        let has_filter = self.is_readable && !is_list_of_json && !self.is_incomparable_list();
        has_filter.then_some(match self.column_type.composite {
            _ if self.column_type.is_list => TypeId::ListFilter(value),
            Some(oid) => TypeId::CompositeFilter(oid),
            None => TypeId::ValueFilter(value),
        })
    }

    /// Whether it is an array of elements without equality, such as `xml`. No operator supports it then.
    pub(super) fn is_incomparable_list(&self) -> bool {
        let of = &self.column_type;
        of.is_list && !of.is_orderable && of.value != ValueType::Scalar(Scalar::Json)
    }

    /// Whether rows can be ordered by it.
    pub(super) fn can_order(&self) -> bool {
        self.is_readable && self.column_type.is_orderable && !self.column_type.is_list
    }

    /// Whether rows can be ordered by this aggregate of the column in related rows.
    pub(super) fn orders_by(&self, function: AggregateFunction) -> bool {
        let is_further = AggregateFunction::FURTHER.contains(&function);
        !is_further && self.can_order() && self.aggregate(function).is_some()
    }

    /// The scalar of an aggregate of the column, if the column supports it.
    pub(super) fn aggregate(&self, function: AggregateFunction) -> Option<Scalar> {
        match function {
            AggregateFunction::CountDistinct => return self.can_order().then_some(Scalar::Int),
            AggregateFunction::CountNonNull => return self.is_readable.then_some(Scalar::Int),
            _ => {}
        }
        let scalar = self.column_type.single_scalar().filter(|_| self.is_readable)?;
        aggregate_type(scalar, function)
    }
}

/// The scalar of an aggregate of a scalar, if the scalar supports it.
fn aggregate_type(scalar: Scalar, function: AggregateFunction) -> Option<Scalar> {
    match function {
        AggregateFunction::Sum if !scalar.is_number() => None,
        AggregateFunction::Sum if matches!(scalar, Scalar::Int | Scalar::BigInt) => Some(Scalar::BigInt),
        AggregateFunction::Sum => Some(Scalar::BigFloat),
        AggregateFunction::Average => scalar.is_number().then_some(Scalar::BigFloat),
        AggregateFunction::Minimum | AggregateFunction::Maximum => scalar.has_extremes().then_some(scalar),
        AggregateFunction::StandardDeviation | AggregateFunction::Variance => {
            scalar.is_number().then_some(Scalar::BigFloat)
        }
        AggregateFunction::BoolAnd | AggregateFunction::BoolOr => {
            (scalar == Scalar::Boolean).then_some(scalar)
        }
        AggregateFunction::CountDistinct | AggregateFunction::CountNonNull => Some(Scalar::Int),
    }
}
