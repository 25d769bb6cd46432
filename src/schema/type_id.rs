//! The identities of the API's types. Their names are made only here.
//!
//! An id says which kind of type it is, and of which table. So to get from one type to another needs neither
//! names nor a table of references: the type of a table's connections is
//! `TypeId::Table(table, TableType::Connection)`.

use std::borrow::Cow;

use super::composite::{FILTER, INPUT};
use super::{AggregateFunction, MUTATION, OptionalType, QUERY, SUBSCRIPTION, Schema, ValueType};
use crate::catalog::Oid;

/// A type of the API. Tables are indexes into the catalog's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeId {
    /// The root of queries.
    Query,
    /// The root of mutations.
    Mutation,
    /// The root of subscriptions.
    Subscription,
    /// The interface of all rows.
    Node,
    /// The position of a page in its collection.
    PageInfo,
    /// The directions of an order.
    OrderByDirection,
    /// The values of the operator `is`.
    FilterIs,
    /// An object that names a row of some type by a key of it, as another subgraph knows it.
    Any,
    /// A row of any type that other subgraphs can refer to.
    Entity,
    /// What a subgraph says about itself.
    Service,
    /// A scalar or an enum of the database.
    Value(ValueType),
    /// The operators on a scalar or enum in a filter.
    ValueFilter(ValueType),
    /// The operators on an array of them.
    ListFilter(ValueType),
    /// What an update removes from a JSON document.
    JsonRemoval,
    /// A predicate on a JSON document.
    JsonPredicate,
    /// Conditions on the value at the end of a path in a JSON document.
    JsonPathFilter,
    /// A type that few databases need.
    Optional(OptionalType),
    /// The object type of a composite type.
    Composite(Oid),
    /// A whole value of a composite type.
    CompositeInput(Oid),
    /// Conditions on a value of a composite type.
    CompositeFilter(Oid),
    /// A type that belongs to a table.
    Table(usize, TableType),
}

/// The types that belong to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableType {
    /// Its rows.
    Row,
    /// A page of rows.
    Connection,
    /// A row of a page with its position.
    Edge,
    /// Conditions on a row.
    Filter,
    /// The order of rows.
    OrderBy,
    /// Conditions on the rows at the other end of a relation.
    RelationFilter,
    /// The order of rows by related rows.
    RelationOrderBy,
    /// The numeric columns, for an order by `sum` or `avg` of related rows.
    NumberOrderBy,
    /// The columns for an order by `min` or `max` of related rows.
    ExtremeOrderBy,
    /// The columns of `distinctOn`.
    DistinctColumn,
    /// Aggregates over rows.
    Aggregate,
    /// A function over the values of each column.
    AggregateOf(AggregateFunction),
    /// The values of each column as a list.
    AggregateList,
    /// A row to insert.
    InsertInput,
    /// New values of a row.
    UpdateInput,
    /// The response of an insert.
    InsertResponse,
    /// The response of an update.
    UpdateResponse,
    /// The response of a deletion.
    DeleteResponse,
    /// A row that is inserted along with another.
    InsertOneInput,
    /// Rows that are inserted along with another.
    InsertManyInput,
    /// What happens to inserted rows that conflict with others.
    OnConflict,
    /// The unique indexes that they may conflict with.
    Constraint,
    /// The columns that are updated then.
    UpdateColumn,
    /// Numbers that an update adds.
    IncrementInput,
    /// Values that an update appends or prepends.
    AppendInput,
    /// Values that an update removes.
    RemoveInput,
    /// A group of rows.
    Group,
    /// A page of groups.
    GroupConnection,
    /// A group of a page with its position.
    GroupEdge,
    /// The columns that rows are grouped by.
    GroupKey,
    /// A column to group by.
    GroupBy,
    /// Conditions on a group.
    GroupFilter,
    /// Conditions on an aggregate of each column. Functions with the same result types share it.
    FigureFilter(AggregateFunction),
    /// An order of groups.
    GroupOrderBy,
    /// An order by columns.
    ColumnOrderBy,
}

/// The beginning of the names of a table's types: the name of the row type, with underscores if the names are not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stem {
    /// The name of the row type.
    Own,
    /// Of types that never take a name that another type needs.
    Further,
    /// The same for the types of groups.
    Groups,
}

impl TableType {
    /// The types that `pg_graphql` has, whether a table has them or may get them with another privilege. The
    /// other types never take a name that something else needs.
    pub(super) const ALL: [Self; 15] = [
        Self::Row,
        Self::Connection,
        Self::Edge,
        Self::Filter,
        Self::OrderBy,
        Self::Aggregate,
        Self::AggregateOf(AggregateFunction::Sum),
        Self::AggregateOf(AggregateFunction::Average),
        Self::AggregateOf(AggregateFunction::Minimum),
        Self::AggregateOf(AggregateFunction::Maximum),
        Self::InsertInput,
        Self::UpdateInput,
        Self::InsertResponse,
        Self::UpdateResponse,
        Self::DeleteResponse,
    ];

    /// The beginning of its name.
    fn stem(self) -> Stem {
        match self {
            Self::RelationFilter
            | Self::RelationOrderBy
            | Self::NumberOrderBy
            | Self::ExtremeOrderBy
            | Self::DistinctColumn
            | Self::AggregateList => Stem::Further,
            Self::AggregateOf(function) if AggregateFunction::FURTHER.contains(&function) => Stem::Further,
            Self::Group
            | Self::GroupConnection
            | Self::GroupEdge
            | Self::GroupKey
            | Self::GroupBy
            | Self::GroupFilter
            | Self::FigureFilter(_)
            | Self::GroupOrderBy
            | Self::ColumnOrderBy => Stem::Groups,
            _ => Stem::Own,
        }
    }

    /// The part of its name after the name of the table's row type.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Row => "",
            Self::Connection => "Connection",
            Self::Edge => "Edge",
            Self::Filter => "Filter",
            Self::OrderBy => "OrderBy",
            Self::RelationFilter => "RelationFilter",
            Self::RelationOrderBy => "RelationOrderBy",
            Self::NumberOrderBy => "NumberOrderBy",
            Self::ExtremeOrderBy => "ExtremeOrderBy",
            Self::DistinctColumn => "DistinctColumn",
            Self::Aggregate => "Aggregate",
            Self::AggregateOf(AggregateFunction::Sum) => "SumAggregateResult",
            Self::AggregateOf(AggregateFunction::Average) => "AvgAggregateResult",
            Self::AggregateOf(AggregateFunction::Minimum) => "MinAggregateResult",
            Self::AggregateOf(AggregateFunction::Maximum) => "MaxAggregateResult",
            Self::AggregateOf(AggregateFunction::CountDistinct) => "CountDistinctAggregateResult",
            Self::AggregateOf(AggregateFunction::StandardDeviation) => "StddevAggregateResult",
            Self::AggregateOf(AggregateFunction::Variance) => "VarianceAggregateResult",
            Self::AggregateOf(AggregateFunction::BoolAnd) => "BoolAndAggregateResult",
            Self::AggregateOf(AggregateFunction::BoolOr) => "BoolOrAggregateResult",
            Self::AggregateOf(AggregateFunction::CountNonNull) => "CountNonNullAggregateResult",
            Self::AggregateList => "ArrayAggregateResult",
            Self::InsertInput => "InsertInput",
            Self::UpdateInput => "UpdateInput",
            Self::InsertResponse => "InsertResponse",
            Self::UpdateResponse => "UpdateResponse",
            Self::DeleteResponse => "DeleteResponse",
            Self::InsertOneInput => "InsertOneInput",
            Self::InsertManyInput => "InsertManyInput",
            Self::OnConflict => "OnConflict",
            Self::Constraint => "Constraint",
            Self::UpdateColumn => "UpdateColumn",
            Self::IncrementInput => "IncrementInput",
            Self::AppendInput => "AppendInput",
            Self::RemoveInput => "RemoveInput",
            Self::Group => "Group",
            Self::GroupConnection => "GroupConnection",
            Self::GroupEdge => "GroupEdge",
            Self::GroupKey => "GroupKey",
            Self::GroupBy => "GroupBy",
            Self::GroupFilter => "GroupFilter",
            Self::FigureFilter(AggregateFunction::Sum) => "SumFilter",
            Self::FigureFilter(
                AggregateFunction::Average
                | AggregateFunction::StandardDeviation
                | AggregateFunction::Variance,
            ) => "AverageFilter",
            Self::FigureFilter(AggregateFunction::Minimum | AggregateFunction::Maximum) => "ExtremeFilter",
            Self::FigureFilter(AggregateFunction::CountDistinct | AggregateFunction::CountNonNull) => {
                "CountDistinctFilter"
            }
            Self::FigureFilter(AggregateFunction::BoolAnd | AggregateFunction::BoolOr) => "BooleanFilter",
            Self::GroupOrderBy => "GroupOrderBy",
            Self::ColumnOrderBy => "ColumnOrderBy",
        }
    }
}

/// The suffixes of the names of a value's own type and of its filters.
const VALUE_SUFFIXES: [&str; 3] = ["", "Filter", "ListFilter"];

/// All type names that a table may use, now or with more privileges.
pub(super) fn table_family(type_name: &str) -> Vec<String> {
    TableType::ALL.iter().map(|part| format!("{type_name}{}", part.suffix())).collect()
}

/// All type names that an enum or a scalar may use.
pub(super) fn value_family(name: &str) -> Vec<String> {
    VALUE_SUFFIXES.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

impl TypeId {
    /// The beginning and the end of its name.
    fn parts(self, schema: &Schema) -> (&str, &'static str) {
        let [own, filter, list_filter] = VALUE_SUFFIXES;
        match self {
            Self::Query => (QUERY, ""),
            Self::Mutation => (MUTATION, ""),
            Self::Subscription => (SUBSCRIPTION, ""),
            Self::Node => ("Node", ""),
            Self::PageInfo => ("PageInfo", ""),
            Self::OrderByDirection => ("OrderByDirection", ""),
            Self::FilterIs => ("FilterIs", ""),
            Self::Any => ("_Any", ""),
            Self::Entity => ("_Entity", ""),
            Self::Service => ("_Service", ""),
            Self::Value(value) => (schema.value_name(value), own),
            Self::ValueFilter(value) => (schema.value_name(value), filter),
            Self::ListFilter(value) => (schema.value_name(value), list_filter),
            Self::JsonRemoval => ("JSONRemoval", ""),
            Self::JsonPredicate => ("JSONPredicate", ""),
            Self::JsonPathFilter => ("JSONPathFilter", ""),
            Self::Optional(of) => (of.name(), ""),
            // Only those that are object types are referred to.
            Self::Composite(oid) => (schema.composite_name(oid), ""),
            Self::CompositeInput(oid) => (schema.composite_name(oid), INPUT),
            Self::CompositeFilter(oid) => (schema.composite_name(oid), FILTER),
            // Only exposed tables have types.
            Self::Table(table, part) => {
                (schema.table(table).map_or("", |exposed| exposed.stem(part.stem())), part.suffix())
            }
        }
    }

    /// Its name in the API.
    pub fn name(self, schema: &Schema) -> Cow<'_, str> {
        let (stem, suffix) = self.parts(schema);
        match (suffix, self.underscores(schema)) {
            ("", "") => Cow::Borrowed(stem),
            (suffix, underscores) => Cow::Owned([stem, suffix, underscores].concat()),
        }
    }

    /// Whether it has that name.
    pub fn is_named(self, schema: &Schema, name: &str) -> bool {
        let (stem, suffix) = self.parts(schema);
        let name = name.strip_suffix(self.underscores(schema));
        name.and_then(|name| name.strip_suffix(suffix)) == Some(stem)
    }

    fn underscores(self, schema: &Schema) -> &str {
        if self.is_optional() { &schema.optional_suffix } else { "" }
    }

    /// Whether a fragment on the type with that name applies to an object of this type.
    pub fn implements(self, schema: &Schema, name: &str) -> bool {
        let is_row = matches!(self, Self::Table(_, TableType::Row));
        let is_of_rows =
            |name: &str| Self::Node.is_named(schema, name) || Self::Entity.is_named(schema, name);
        self.is_named(schema, name) || (is_row && is_of_rows(name))
    }
}
