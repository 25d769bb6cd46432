//! How a table is exposed: its names, its key, and the fields of its types.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::column_type::ColumnType;
use super::field::{FilterFieldKind, RelationField, RowConditionKind, RowFieldKind};
use super::related::{OrderFieldKind, Reached};
use super::scalar::{Scalar, ValueType};
use super::{AggregateFunction, ConflictHandling, SessionSettings, TypeId, UpdateOperation};

/// The name of the field that holds the global identifier of a row.
pub const NODE_ID: &str = "nodeId";

/// How a table is exposed.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedTable {
    /// The name of its object type.
    pub type_name: Arc<str>,
    /// How the names of its root fields of `Query` begin: `x` of `xCollection`.
    pub root: Arc<str>,
    /// The columns that tell its rows apart, as indexes into its columns.
    pub key: Vec<usize>,
    /// The most rows of a page.
    pub page_size: u64,
    /// For each column: its field and type, or `None` where it is not exposed.
    pub columns: Vec<Option<ExposedColumn>>,
    /// Where each column stands, by the name of its field.
    pub(super) places: HashMap<Arc<str>, usize>,
    /// The fields that lead from a row to other rows, by name.
    pub relations: IndexMap<Arc<str>, RelationField>,
    /// Which relations of other tables, or of its own, lead to it.
    pub reached: Reached,
    /// How the names of the types begin that go with to-many relations to it, `distinctOn` and further aggregates.
    pub(super) relation_stem: Arc<str>,
    /// The fields that functions make of a row, by name: the functions.
    pub computed: IndexMap<Arc<str>, usize>,
    /// What a connection has besides rows.
    pub totals: Totals,
    /// What can be changed.
    pub changes: Changes,
    /// Whether its rows can be inserted along with others, and others along with them.
    pub takes_nested: bool,
    /// What inserted rows may conflict with; `None` where their inserts have no `onConflict`.
    pub conflicts: Option<ConflictHandling>,
    /// What an update can do besides giving new values.
    pub operations: Vec<UpdateOperation>,
    /// The settings of a session that reading it depends on.
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

/// What can be changed of a table.
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
    /// What it holds; columns of one type share it.
    pub column_type: Arc<ColumnType>,
    /// Whether the role may read it; else it is in inputs only.
    pub is_readable: bool,
    /// Whether a new row can be given a value of it.
    pub is_insertable: bool,
    /// Whether it can be given a new value.
    pub is_updatable: bool,
}

impl ExposedTable {
    /// The columns that the role may read, with their places.
    pub fn readable_columns(&self) -> impl Iterator<Item = (usize, &ExposedColumn)> {
        self.columns_that(|column| column.is_readable)
    }

    /// The columns of which something holds, with their places.
    pub(super) fn columns_that(
        &self,
        holds: impl Fn(&ExposedColumn) -> bool,
    ) -> impl Iterator<Item = (usize, &ExposedColumn)> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter_map(move |(index, column)| Some((index, column.as_ref().filter(|column| holds(column))?)))
    }

    /// The column whose field has that name, if that holds of it.
    pub(super) fn column_named(&self, field: &str, holds: impl Fn(&ExposedColumn) -> bool) -> Option<usize> {
        let index = *self.places.get(field)?;
        self.columns.get(index)?.as_ref().filter(|column| holds(column)).map(|_| index)
    }

    /// The field of a row of that name.
    pub fn row_field(&self, name: &str) -> Option<RowFieldKind<'_>> {
        if name == NODE_ID {
            return Some(RowFieldKind::NodeId);
        }
        let column = self.column_named(name, |column| column.is_readable).map(RowFieldKind::Column);
        let relation = || self.relations.get(name).map(RowFieldKind::Relation);
        let computed = || self.computed.get(name).copied().map(RowFieldKind::Computed);
        column.or_else(relation).or_else(computed)
    }

    /// The field of a filter of that name. A column goes before what is none, and that before a relation.
    pub fn filter_field(&self, name: &str) -> Option<FilterFieldKind<'_>> {
        let column = self.column_named(name, |column| column.filter().is_some());
        let of_row = || self.row_conditions().find(|field| field.name() == name);
        let relation = || self.relations.get(name);
        column
            .map(FilterFieldKind::Column)
            .or_else(|| of_row().map(FilterFieldKind::Row))
            .or_else(|| relation().map(FilterFieldKind::Relation))
    }

    /// What its filter has besides columns and relations.
    pub(super) fn row_conditions(&self) -> impl Iterator<Item = RowConditionKind> {
        let is_there = self.reached.by_one;
        RowConditionKind::ALL.into_iter().filter(move |kind| is_there || *kind != RowConditionKind::Is)
    }

    /// What the field of that name of an `orderBy` orders by.
    pub fn order_field(&self, name: &str) -> Option<OrderFieldKind<'_>> {
        let column = self.column_named(name, ExposedColumn::can_order);
        let relation = || self.relations.get(name);
        column.map(OrderFieldKind::Column).or_else(|| relation().map(OrderFieldKind::Relation))
    }

    /// How the names of its types begin; `gives_way` says that the type's name gives way to those of all others.
    pub(super) fn stem(&self, gives_way: bool) -> &str {
        if gives_way { &self.relation_stem } else { &self.type_name }
    }

    /// Whether its rows can be ordered by something.
    pub(super) fn has_order(&self) -> bool {
        self.columns_that(ExposedColumn::can_order).next().is_some()
    }

    /// Whether a function can be taken of some column, to order those rows by it that these belong to.
    pub(super) fn has_figure(&self, function: AggregateFunction) -> bool {
        self.columns_that(|column| column.orders_by(function)).next().is_some()
    }

    /// The column of that name by whose figure over these rows those can be ordered that they belong to.
    pub fn figure_column(&self, name: &str, function: AggregateFunction) -> Option<usize> {
        self.column_named(name, |column| column.orders_by(function))
    }

    /// The column of that name that a new row can be given a value of.
    pub fn insertable_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, |column| column.is_insertable)
    }

    /// The column of that name that can be given a new value.
    pub fn updatable_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, |column| column.is_updatable)
    }

    /// The column of that name that can become the value of a row that was to be inserted.
    pub fn taken_over_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, ExposedColumn::is_taken_over)
    }

    /// The column of that name that an update can do that to.
    pub fn operated_column(&self, name: &str, operation: UpdateOperation) -> Option<usize> {
        self.column_named(name, |column| operation.applies_to(column))
    }

    /// The column of that name that a function can be taken over.
    pub fn aggregate_column(&self, name: &str, function: AggregateFunction) -> Option<usize> {
        self.column_named(name, |column| column.aggregate(function).is_some())
    }
}

impl ExposedColumn {
    /// The type that filters it; `None` where it cannot be filtered by.
    pub(super) fn filter(&self) -> Option<TypeId> {
        let value = self.column_type.value;
        let is_json = value == ValueType::Scalar(Scalar::Json);
        let has_filter = self.is_readable && !is_json && !self.is_incomparable_list();
        has_filter.then_some(if self.column_type.is_list {
            TypeId::ListFilter(value)
        } else {
            TypeId::ValueFilter(value)
        })
    }

    /// Whether it is an array of elements that have no equality, such as `xml`: then nothing can be asked of it.
    pub(super) fn is_incomparable_list(&self) -> bool {
        let of = &self.column_type;
        of.is_list && !of.is_orderable && of.value != ValueType::Scalar(Scalar::Json)
    }

    /// Whether rows can be ordered by it.
    pub(super) fn can_order(&self) -> bool {
        self.is_readable && self.column_type.is_orderable && !self.column_type.is_list
    }

    /// Whether rows can be ordered by a function over the values that the rows at the other end of a relation have.
    pub(super) fn orders_by(&self, function: AggregateFunction) -> bool {
        let is_further = AggregateFunction::FURTHER.contains(&function);
        !is_further && self.can_order() && self.aggregate(function).is_some()
    }

    /// The scalar that a function over its values has, where it can be taken of them.
    pub(super) fn aggregate(&self, function: AggregateFunction) -> Option<Scalar> {
        if function == AggregateFunction::CountDistinct {
            return self.can_order().then_some(Scalar::Int);
        }
        let scalar = self.column_type.single_scalar().filter(|_| self.is_readable)?;
        aggregate_type(scalar, function)
    }
}

/// The scalar that a function over values of a scalar has, where it can be taken of it.
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
        AggregateFunction::CountDistinct => Some(Scalar::Int),
    }
}
