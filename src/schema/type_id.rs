//! Types of the API by what they are. Their names are made here and nowhere else.
//!
//! An id says which kind of type it is and of which table, so that the way from one type to the next needs neither a name nor
//! a table of references: the type of a table's connections is `TypeId::Table(table, TableType::Connection)`.

use std::borrow::Cow;

use super::{AggregateFunction, MUTATION, QUERY, SUBSCRIPTION, Schema, ValueType};

/// A type of the API. Tables are indexes into the catalogue's.
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
    /// Where a page stands in its collection.
    PageInfo,
    /// The directions of an order.
    OrderByDirection,
    /// What the operator `is` takes.
    FilterIs,
    /// A scalar or an enum of the database.
    Value(ValueType),
    /// The operators on a scalar or enum in a filter.
    ValueFilter(ValueType),
    /// The operators on an array of them.
    ListFilter(ValueType),
    /// What an update takes away from a JSON document.
    JsonRemoval,
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
    /// What rows can be ordered by.
    OrderBy,
    /// Conditions on the rows at the other end of a relation.
    RelationFilter,
    /// What rows can be ordered by that those at the other end belong to.
    RelationOrderBy,
    /// The columns among those whose numbers can be ordered by.
    NumberOrderBy,
    /// The columns among those whose least or greatest value can be ordered by.
    ExtremeOrderBy,
    /// The columns that rows can be told apart by.
    DistinctColumn,
    /// Figures over rows.
    Aggregate,
    /// A function over the values of each column.
    AggregateOf(AggregateFunction),
    /// A row to insert.
    InsertInput,
    /// New values of a row.
    UpdateInput,
    /// What an insert returns.
    InsertResponse,
    /// What an update returns.
    UpdateResponse,
    /// What a deletion returns.
    DeleteResponse,
    /// A row that is inserted along with another.
    InsertOneInput,
    /// Rows that are.
    InsertManyInput,
    /// What becomes of inserted rows that conflict with others.
    OnConflict,
    /// What they may conflict with.
    Constraint,
    /// The columns that are updated then.
    UpdateColumn,
    /// Numbers that an update adds.
    IncrementInput,
    /// Values that an update puts behind those that are there, or in front of them.
    AppendInput,
    /// Values that an update takes away.
    RemoveInput,
}

impl TableType {
    /// All that `pg_graphql` has, whether a table has them or may get them with another privilege. The others take no name that
    /// something else wants.
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

    /// Whether its name gives way to those of all other types.
    fn gives_way(self) -> bool {
        match self {
            Self::RelationFilter
            | Self::RelationOrderBy
            | Self::NumberOrderBy
            | Self::ExtremeOrderBy
            | Self::DistinctColumn => true,
            Self::AggregateOf(function) => AggregateFunction::FURTHER.contains(&function),
            _ => false,
        }
    }

    /// What its name has behind the name of the table's row type.
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
        }
    }
}

/// What the names of a value's own type and of its filters have behind the value's name.
const VALUE_SUFFIXES: [&str; 3] = ["", "Filter", "ListFilter"];

/// All names of types that a table may take, now or when it can be written.
pub(super) fn table_family(type_name: &str) -> Vec<String> {
    TableType::ALL.iter().map(|part| format!("{type_name}{}", part.suffix())).collect()
}

/// All names of types that an enum or a scalar may take.
pub(super) fn value_family(name: &str) -> Vec<String> {
    VALUE_SUFFIXES.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

impl TypeId {
    /// What its name begins with, and what it ends with.
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
            Self::Value(value) => (schema.value_name(value), own),
            Self::ValueFilter(value) => (schema.value_name(value), filter),
            Self::ListFilter(value) => (schema.value_name(value), list_filter),
            Self::JsonRemoval => ("JSONRemoval", ""),
            // Only exposed tables have types.
            Self::Table(table, part) => {
                (schema.table(table).map_or("", |exposed| exposed.stem(part.gives_way())), part.suffix())
            }
        }
    }

    /// Its name in the API.
    pub fn name(self, schema: &Schema) -> Cow<'_, str> {
        match self.parts(schema) {
            (name, "") => Cow::Borrowed(name),
            (stem, suffix) => Cow::Owned([stem, suffix].concat()),
        }
    }

    /// Whether that is its name.
    pub fn is_named(self, schema: &Schema, name: &str) -> bool {
        let (stem, suffix) = self.parts(schema);
        name.strip_suffix(suffix) == Some(stem)
    }

    /// Whether a fragment on the type of that name applies to an object of this type.
    pub fn implements(self, schema: &Schema, name: &str) -> bool {
        let is_row = matches!(self, Self::Table(_, TableType::Row));
        self.is_named(schema, name) || (is_row && Self::Node.is_named(schema, name))
    }
}
