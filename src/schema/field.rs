//! The meaning of the fields of each kind of object and of each kind of input.
//!
//! Each kind has its own enum of fields, so a `match` covers all of them and only them. Tables and functions
//! are indexes into the catalog's lists, columns into the table's.

use std::sync::Arc;

use crate::catalog::QualifiedName;

/// A field of `Query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryFieldKind {
    /// `node`: one row of any table.
    Node,
    /// `xCollection`: the rows of a table as a connection.
    Collection(usize),
    /// `xByPk`: one row by its key.
    ByKey(usize),
    /// `xGroups`: the rows of a table in groups, with aggregates.
    Groups(usize),
    /// A call of one of these functions: the one that takes the given arguments.
    Call(Vec<usize>),
    /// `_entities`: the rows that other subgraphs refer to.
    Entities,
    /// `_service`: the SDL that a supergraph is composed from.
    Service,
    /// A field of the application, by its number.
    Application(usize),
}

impl QueryFieldKind {
    /// Whether the database answers it, not the schema or the application.
    pub fn is_of_database(&self) -> bool {
        match self {
            Self::Node
            | Self::Collection(_)
            | Self::ByKey(_)
            | Self::Groups(_)
            | Self::Call(_)
            | Self::Entities => true,
            Self::Service | Self::Application(_) => false,
        }
    }
}

/// A field of `Mutation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MutationFieldKind {
    /// `insertIntoXCollection`.
    Insert(usize),
    /// `updateXCollection`.
    Update(usize),
    /// `deleteFromXCollection`.
    Delete(usize),
    /// A call of one of these functions: the one that takes the given arguments.
    Call(Vec<usize>),
    /// A field of the application, by its number.
    Application(usize),
}

/// A field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFieldKind<'s> {
    /// The global identifier.
    NodeId,
    /// A column.
    Column(usize),
    /// The row that it references, or the rows that reference it.
    Relation(&'s RelationField),
    /// A function of the row.
    Computed(usize),
    /// A number that is computed of a column and of arguments.
    Measure(super::ColumnMeasure),
}

/// A field that leads from a row to another or to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationField {
    /// The relation.
    pub join: Arc<Join>,
    /// The number of rows at the other end.
    pub cardinality: Cardinality,
}

/// The number of rows at the other end of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// At most one.
    One {
        /// What it means if there is none.
        nullability: super::Nullability,
    },
    /// Any number.
    Many,
}

/// How two tables are related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The table on the other side.
    pub table: usize,
    /// Which side of the key that table is on.
    pub side: KeySide,
    /// Whether the key references only rows of the referenced table itself, and none of its children, as the
    /// database's own keys do (PostgreSQL manual, 5.10.1).
    pub is_only: bool,
    /// Pairs of equal columns: of this table, and of the other.
    pub columns: Vec<(usize, usize)>,
    /// The operators that compare the pairs, with the referenced column on the left.
    pub operators: Vec<QualifiedName>,
}

/// A side of a foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySide {
    /// The referencing table.
    Referring,
    /// The referenced table.
    Referenced,
}

/// A kind of object or input whose fields have the same names on every type of the kind.
pub trait FixedFields: Copy + 'static {
    /// All possible fields of the kind, in their order.
    const ALL: &'static [Self];

    /// The field's name.
    fn name(self) -> &'static str;

    /// What a person reads about it.
    fn description(self) -> &'static str;

    /// The field of that name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

/// A field of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionFieldKind {
    /// `edges`.
    Edges,
    /// `pageInfo`.
    PageInfo,
    /// `totalCount`.
    TotalCount,
    /// `aggregate`.
    Aggregate,
}

impl FixedFields for ConnectionFieldKind {
    const ALL: &'static [Self] = &[Self::Edges, Self::PageInfo, Self::TotalCount, Self::Aggregate];

    fn name(self) -> &'static str {
        match self {
            Self::Edges => "edges",
            Self::PageInfo => "pageInfo",
            Self::TotalCount => "totalCount",
            Self::Aggregate => "aggregate",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Edges => "The rows of the page",
            Self::PageInfo => "The position of the page in the collection",
            Self::TotalCount => "The number of rows that match the filter, on all pages",
            Self::Aggregate => "Aggregates of all rows that match the filter",
        }
    }
}

/// A field of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeFieldKind {
    /// `cursor`.
    Cursor,
    /// `node`.
    Node,
}

impl FixedFields for EdgeFieldKind {
    const ALL: &'static [Self] = &[Self::Cursor, Self::Node];

    fn name(self) -> &'static str {
        match self {
            Self::Cursor => "cursor",
            Self::Node => "node",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Cursor => "The cursor of the row, for `after` and `before`",
            Self::Node => "The row",
        }
    }
}

/// A field of `PageInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageInfoFieldKind {
    /// `endCursor`.
    EndCursor,
    /// `hasNextPage`.
    HasNextPage,
    /// `hasPreviousPage`.
    HasPreviousPage,
    /// `startCursor`.
    StartCursor,
}

impl FixedFields for PageInfoFieldKind {
    const ALL: &'static [Self] =
        &[Self::EndCursor, Self::HasNextPage, Self::HasPreviousPage, Self::StartCursor];

    fn name(self) -> &'static str {
        match self {
            Self::EndCursor => "endCursor",
            Self::HasNextPage => "hasNextPage",
            Self::HasPreviousPage => "hasPreviousPage",
            Self::StartCursor => "startCursor",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::EndCursor => "The cursor of the last item of the page",
            Self::HasNextPage => "Whether there are items after the page",
            Self::HasPreviousPage => "Whether there are items before the page",
            Self::StartCursor => "The cursor of the first item of the page",
        }
    }
}

/// A field of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateFieldKind {
    /// `count`.
    Count,
    /// `sum` and its like.
    Function(AggregateFunction),
    /// `arrayAgg`.
    List,
}

/// A function over the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// `sum`.
    Sum,
    /// `avg`.
    Average,
    /// `min`.
    Minimum,
    /// `max`.
    Maximum,
    /// `countDistinct`.
    CountDistinct,
    /// `countNonNull`.
    CountNonNull,
    /// `stddev`.
    StandardDeviation,
    /// `variance`.
    Variance,
    /// `boolAnd`.
    BoolAnd,
    /// `boolOr`.
    BoolOr,
}

impl AggregateFunction {
    /// The functions that `pg_graphql` does not have. Rows cannot be ordered by them.
    pub(super) const FURTHER: [Self; 6] = [
        Self::CountDistinct,
        Self::CountNonNull,
        Self::StandardDeviation,
        Self::Variance,
        Self::BoolAnd,
        Self::BoolOr,
    ];
}

impl FixedFields for AggregateFieldKind {
    const ALL: &'static [Self] = &[
        Self::Count,
        Self::Function(AggregateFunction::Sum),
        Self::Function(AggregateFunction::Average),
        Self::Function(AggregateFunction::Minimum),
        Self::Function(AggregateFunction::Maximum),
        Self::Function(AggregateFunction::CountDistinct),
        Self::Function(AggregateFunction::CountNonNull),
        Self::Function(AggregateFunction::StandardDeviation),
        Self::Function(AggregateFunction::Variance),
        Self::Function(AggregateFunction::BoolAnd),
        Self::Function(AggregateFunction::BoolOr),
        Self::List,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Function(AggregateFunction::Sum) => "sum",
            Self::Function(AggregateFunction::Average) => "avg",
            Self::Function(AggregateFunction::Minimum) => "min",
            Self::Function(AggregateFunction::Maximum) => "max",
            Self::Function(AggregateFunction::CountDistinct) => "countDistinct",
            Self::Function(AggregateFunction::CountNonNull) => "countNonNull",
            Self::Function(AggregateFunction::StandardDeviation) => "stddev",
            Self::Function(AggregateFunction::Variance) => "variance",
            Self::Function(AggregateFunction::BoolAnd) => "boolAnd",
            Self::Function(AggregateFunction::BoolOr) => "boolOr",
            Self::List => "arrayAgg",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Count => "The number of rows",
            Self::Function(AggregateFunction::Sum) => "The sum of the values of each column",
            Self::Function(AggregateFunction::Average) => "The average of the values of each column",
            Self::Function(AggregateFunction::Minimum) => "The smallest value of each column",
            Self::Function(AggregateFunction::Maximum) => "The largest value of each column",
            Self::Function(AggregateFunction::CountDistinct) => {
                "The number of distinct values of each column, without nulls"
            }
            Self::Function(AggregateFunction::CountNonNull) => {
                "The number of values of each column that are not null"
            }
            Self::Function(AggregateFunction::StandardDeviation) => {
                "The sample standard deviation of each column; null if it has fewer than two values"
            }
            Self::Function(AggregateFunction::Variance) => {
                "The sample variance of each column; null if it has fewer than two values"
            }
            Self::Function(AggregateFunction::BoolAnd) => "Whether all values of each column are true",
            Self::Function(AggregateFunction::BoolOr) => "Whether any value of each column is true",
            Self::List => "The values of each column as a sorted list, without nulls",
        }
    }
}

/// A field of the response of a table's mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFieldKind {
    /// `affectedCount`.
    AffectedCount,
    /// `records`.
    Records,
}

impl FixedFields for ResponseFieldKind {
    const ALL: &'static [Self] = &[Self::AffectedCount, Self::Records];

    fn name(self) -> &'static str {
        match self {
            Self::AffectedCount => "affectedCount",
            Self::Records => "records",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::AffectedCount => "The number of affected rows",
            Self::Records => "The rows",
        }
    }
}

/// A field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterFieldKind<'s> {
    /// A column.
    Column(usize),
    /// A word of the filter that is not a column.
    Row(RowConditionKind),
    /// The row at the other end of a relation, or the rows there.
    Relation(&'s RelationField),
}

/// A field of every filter, unless a column has its name. `is` is only in filters of tables that a to-one
/// relation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowConditionKind {
    /// `nodeId`.
    NodeId,
    /// `and`.
    And,
    /// `or`.
    Or,
    /// `not`.
    Not,
    /// `is`: whether there is a row at the other end of a relation.
    Is,
}

impl RowConditionKind {
    /// All of them, in their order.
    pub(super) const ALL: [Self; 5] = [Self::NodeId, Self::And, Self::Or, Self::Not, Self::Is];

    /// What a person reads about it.
    pub(super) fn description(self) -> Option<&'static str> {
        match self {
            Self::NodeId => None,
            Self::And => Some("Matches if all of these conditions hold"),
            Self::Or => Some("Matches if at least one of these conditions holds; an empty list matches"),
            Self::Not => Some("Matches if these conditions do not hold"),
            Self::Is => {
                Some("Whether there is a related row; only allowed at the top of a relation's filter")
            }
        }
    }
}
