//! `xGroups`: the rows of a table in groups. Has the fields of their types, and the names of these.

use std::sync::Arc;

use super::field::{AggregateFieldKind, AggregateFunction, FixedFields};
use super::scalar::Scalar;
use super::type_id::{TableType, TypeId};
use super::{ExposedColumn, ExposedTable, QueryFieldKind, Schema, naming};
use crate::catalog::Problem;

/// The types for a table's groups.
pub(super) const TYPES: [TableType; 13] = [
    TableType::Group,
    TableType::GroupConnection,
    TableType::GroupEdge,
    TableType::GroupKey,
    TableType::GroupBy,
    TableType::GroupFilter,
    TableType::FigureFilter(AggregateFunction::Sum),
    TableType::FigureFilter(AggregateFunction::Average),
    TableType::FigureFilter(AggregateFunction::Minimum),
    TableType::FigureFilter(AggregateFunction::CountDistinct),
    TableType::FigureFilter(AggregateFunction::BoolAnd),
    TableType::GroupOrderBy,
    TableType::ColumnOrderBy,
];

/// A field of a page of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupConnectionFieldKind {
    /// `edges`.
    Edges,
    /// `pageInfo`.
    PageInfo,
    /// `totalCount`.
    TotalCount,
}

impl FixedFields for GroupConnectionFieldKind {
    const ALL: &'static [Self] = &[Self::Edges, Self::PageInfo, Self::TotalCount];

    fn name(self) -> &'static str {
        match self {
            Self::Edges => "edges",
            Self::PageInfo => "pageInfo",
            Self::TotalCount => "totalCount",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Edges => "The groups of the page",
            Self::PageInfo => "The position of the page among all groups",
            Self::TotalCount => "The number of groups on all pages",
        }
    }
}

/// A field of a group of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupEdgeFieldKind {
    /// `cursor`.
    Cursor,
    /// `node`.
    Node,
}

impl FixedFields for GroupEdgeFieldKind {
    const ALL: &'static [Self] = &[Self::Cursor, Self::Node];

    fn name(self) -> &'static str {
        match self {
            Self::Cursor => "cursor",
            Self::Node => "node",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Cursor => "The cursor of the group, for `after` and `before`",
            Self::Node => "The group",
        }
    }
}

/// A field of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupFieldKind {
    /// `key`.
    Key,
    /// `nodes`.
    Nodes,
    /// `count`, `sum` and its like.
    Figure(AggregateFieldKind),
}

/// The name and the description of `key`.
pub(super) const KEY: (&str, &str) = ("key", "The values that the rows of the group share");

/// The name of the field with the rows of a group.
pub const GROUP_NODES: &str = "nodes";

/// The name and the description of `nodes`.
pub(super) const NODES: (&str, &str) =
    (GROUP_NODES, "The rows of the group; without `orderBy`, in the order of their key");

impl GroupFieldKind {
    /// The field of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            _ if name == KEY.0 => Some(Self::Key),
            _ if name == NODES.0 => Some(Self::Nodes),
            _ => AggregateFieldKind::named(name).map(Self::Figure),
        }
    }
}

/// A field of a condition on groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupFilterFieldKind {
    /// `and`.
    And,
    /// `or`.
    Or,
    /// `not`.
    Not,
    /// A condition on `count`, `sum` and its like.
    Figure(AggregateFieldKind),
}

impl GroupFilterFieldKind {
    /// Those that combine conditions, with names and descriptions.
    pub(super) const COMBINING: [(Self, &'static str, &'static str); 3] = [
        (Self::And, "and", "Matches if all of these conditions hold"),
        (Self::Or, "or", "Matches if at least one of these conditions holds; an empty list matches"),
        (Self::Not, "not", "Matches if these conditions do not hold"),
    ];

    /// The field of that name.
    pub fn named(name: &str) -> Option<Self> {
        let combining = Self::COMBINING.iter().find(|(_, found, _)| *found == name).map(|(kind, ..)| *kind);
        combining.or_else(|| AggregateFieldKind::named(name).map(Self::Figure))
    }
}

/// A field of an `orderBy` of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupOrderFieldKind {
    /// `key`.
    Key,
    /// `count`, `sum` and its like.
    Figure(AggregateFieldKind),
}

impl GroupOrderFieldKind {
    /// The field of that name.
    pub fn named(name: &str) -> Option<Self> {
        if name == KEY.0 { Some(Self::Key) } else { AggregateFieldKind::named(name).map(Self::Figure) }
    }
}

/// A field of a column to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupByFieldKind {
    /// `column`.
    Column,
    /// `truncate`.
    Truncate,
    /// `timeZone`.
    TimeZone,
}

impl FixedFields for GroupByFieldKind {
    const ALL: &'static [Self] = &[Self::Column, Self::Truncate, Self::TimeZone];

    fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Truncate => "truncate",
            Self::TimeZone => "timeZone",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Column => "The column",
            Self::Truncate => {
                "The unit of dates and times: values in the same unit are equal, and the key is the start of the unit"
            }
            Self::TimeZone => {
                "The time zone of the unit, such as Europe/Lisbon; UTC by default. Only for points in time, and only with `truncate`"
            }
        }
    }
}

/// A unit that a date or a point in time can be truncated to (PostgreSQL manual, 9.9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TruncationUnit {
    /// `SECOND`.
    Second,
    /// `MINUTE`.
    Minute,
    /// `HOUR`.
    Hour,
    /// `DAY`.
    Day,
    /// `WEEK`.
    Week,
    /// `MONTH`.
    Month,
    /// `QUARTER`.
    Quarter,
    /// `YEAR`.
    Year,
}

impl FixedFields for TruncationUnit {
    const ALL: &'static [Self] = &[
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Second => "SECOND",
            Self::Minute => "MINUTE",
            Self::Hour => "HOUR",
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Second => "A second; not for dates",
            Self::Minute => "A minute; not for dates",
            Self::Hour => "An hour; not for dates",
            Self::Day => "A day",
            Self::Week => "A week, which begins on Monday",
            Self::Month => "A month",
            Self::Quarter => "A quarter of a year",
            Self::Year => "A year",
        }
    }
}

impl TruncationUnit {
    /// Whether it is shorter than a day.
    pub fn is_of_day(self) -> bool {
        matches!(self, Self::Second | Self::Minute | Self::Hour)
    }
}

/// A type whose values can be truncated to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeType {
    /// `date`.
    Date,
    /// `timestamp`.
    Timestamp,
    /// `timestamptz`: the start of a unit depends on the time zone.
    TimestampWithTimeZone,
}

impl ExposedColumn {
    /// Its type, if its values can be truncated to a unit.
    pub fn time_type(&self) -> Option<TimeType> {
        match self.column_type.single_scalar()? {
            Scalar::Date => Some(TimeType::Date),
            Scalar::Datetime if *self.column_type.encoding.sql_type.name.name == *"timestamptz" => {
                Some(TimeType::TimestampWithTimeZone)
            }
            Scalar::Datetime => Some(TimeType::Timestamp),
            _ => None,
        }
    }

    /// Whether groups can be chosen by an aggregate of its values.
    fn is_chosen_by(&self, function: AggregateFunction) -> bool {
        // Both counts have the same conditions.
        let is_counted = function != AggregateFunction::CountNonNull || self.can_order();
        is_counted && self.aggregate(function).is_some()
    }

    /// Whether groups can be ordered by an aggregate of its values.
    pub(super) fn orders_groups_by(&self, function: AggregateFunction) -> bool {
        let is_boolean = matches!(function, AggregateFunction::BoolAnd | AggregateFunction::BoolOr);
        !is_boolean && self.can_order() && self.aggregate(function).is_some()
    }
}

impl ExposedTable {
    /// The column with that name and the scalar of its aggregate, by which groups can be chosen.
    pub fn figure(&self, name: &str, function: AggregateFunction) -> Option<(usize, Scalar)> {
        let column = self.column_named(name, |column| column.is_chosen_by(function))?;
        Some((column, self.columns[column].as_ref()?.aggregate(function)?))
    }

    /// The column with that name, if groups can be ordered by its aggregate.
    pub fn group_order_column(&self, name: &str, function: AggregateFunction) -> Option<usize> {
        self.column_named(name, |column| column.orders_groups_by(function))
    }
}

impl Schema {
    /// The table whose groups have the type of that name.
    pub fn table_of_groups(&self, type_name: &str) -> Option<usize> {
        let mut tables = self.exposed_tables().filter(|(_, exposed)| exposed.has_groups);
        let is_named = |table| TypeId::Table(table, TableType::Group).is_named(self, type_name);
        tables.find(|(table, _)| is_named(*table)).map(|(table, _)| table)
    }
}

/// Adds the root fields of tables with aggregates, under free names: functions keep theirs.
pub(super) fn add(schema: &mut Schema) {
    for table in 0..schema.tables.len() {
        let has_groups = |found: &&ExposedTable| found.totals.aggregate && found.has_distinct();
        let Some(exposed) = schema.table(table).filter(has_groups) else { continue };
        let name: Arc<str> = naming::groups_field(&exposed.root);
        if schema.query.contains_key(&name) {
            let reason = format!("its rows cannot be read in groups, because the field name {name} is taken");
            schema.problems.push(Problem { object: schema.catalog.tables[table].qualified_name(), reason });
            continue;
        }
        schema.query.insert(name, QueryFieldKind::Groups(table));
        if let Some(exposed) = &mut schema.tables[table] {
            exposed.has_groups = true;
        }
    }
}
