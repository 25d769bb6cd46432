//! Filters and orders by the rows at the other end of a relation: their fields, and the names of their types
//! and of other types that `pg_graphql` does not have.

use std::collections::HashSet;
use std::sync::Arc;

use super::field::{AggregateFunction, FixedFields, RelationField};
use super::type_id::TableType;

/// A field of the filter of a to-many relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationFilterFieldKind {
    /// `some`.
    Some,
    /// `every`.
    Every,
    /// `none`.
    None,
    /// `count`.
    Count,
}

impl FixedFields for RelationFilterFieldKind {
    const ALL: &'static [Self] = &[Self::Some, Self::Every, Self::None, Self::Count];

    fn name(self) -> &'static str {
        match self {
            Self::Some => "some",
            Self::Every => "every",
            Self::None => "none",
            Self::Count => "count",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Some => "Matches if at least one of the rows matches; `{}` matches every row",
            Self::Every => "Matches if all of the rows match, or if there are none",
            Self::None => "Matches if none of the rows matches; with `{}`, if there are no rows",
            Self::Count => "Conditions on the number of rows",
        }
    }
}

/// A field of an `orderBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderFieldKind<'s> {
    /// A column.
    Column(usize),
    /// The row at the other end of a relation, or aggregates over the rows there.
    Relation(&'s RelationField),
    /// A number that is computed of a column and of arguments.
    Measure(super::ColumnMeasure),
}

/// Which relations lead to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// A to-one relation leads to it: the table's filter has `is`.
    pub by_one: bool,
    /// A to-many relation leads to it: the table has types that filter and order by its rows.
    pub by_many: bool,
}

/// The types for to-many relations to a table, for `distinctOn`, and for further aggregates.
pub(super) const TYPES: [TableType; 12] = [
    TableType::RelationFilter,
    TableType::RelationOrderBy,
    TableType::NumberOrderBy,
    TableType::ExtremeOrderBy,
    TableType::DistinctColumn,
    TableType::AggregateOf(AggregateFunction::CountDistinct),
    TableType::AggregateOf(AggregateFunction::StandardDeviation),
    TableType::AggregateOf(AggregateFunction::Variance),
    TableType::AggregateOf(AggregateFunction::BoolAnd),
    TableType::AggregateOf(AggregateFunction::BoolOr),
    TableType::AggregateOf(AggregateFunction::CountNonNull),
    TableType::AggregateList,
];

/// The common beginning of these types' names: the name of the row type, followed by as many underscores as
/// are needed for the names to be free. They never take a name that another type of the API needs.
pub(super) fn stem(type_name: &str, types: &[TableType], claimed: &mut HashSet<String>) -> Arc<str> {
    let mut stem = type_name.to_owned();
    let names =
        |stem: &str| -> Vec<_> { types.iter().map(|part| format!("{stem}{}", part.suffix())).collect() };
    while names(&stem).iter().any(|name| claimed.contains(name)) {
        stem.push('_');
    }
    claimed.extend(names(&stem));
    stem.into()
}
