//! Filters and orders that go by the rows at the other end of a relation: their fields, and the names of their types and of others that
//! `pg_graphql` does not have.

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
            Self::Some => "At least one of the rows matches; `{}` asks for any row",
            Self::Every => "All of the rows match, or there are none",
            Self::None => "None of the rows matches; `{}` asks for no rows",
            Self::Count => "The number of the rows",
        }
    }
}

/// A field of an `orderBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderFieldKind<'s> {
    /// A column.
    Column(usize),
    /// The row at the other end of a relation, or figures over the rows there.
    Relation(&'s RelationField),
}

/// Which relations lead to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// One that leads to one row: the table's filter has `is`.
    pub by_one: bool,
    /// One that leads to many rows: the table has types that filter and order by these.
    pub by_many: bool,
}

/// The types that go with to-many relations to a table, with `distinctOn`, and with further aggregates.
const TYPES: [TableType; 10] = [
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
];

/// How the names of these types begin: as the name of the row type, and with as many underscores behind it as it takes for
/// them to be free. No other type of the API gives way to them.
pub(super) fn stem(type_name: &str, claimed: &mut HashSet<String>) -> Arc<str> {
    let mut stem = type_name.to_owned();
    let names = |stem: &str| TYPES.map(|part| format!("{stem}{}", part.suffix()));
    while names(&stem).iter().any(|name| claimed.contains(name)) {
        stem.push('_');
    }
    claimed.extend(names(&stem));
    stem.into()
}
