//! `xGroups`: pages of groups of rows, and the selected fields.

use apollo_compiler::Node;

use super::{
    AggregateColumn, AggregateField, Asked, AskedField, Condition, GroupColumn, GroupCondition,
    GroupOrderKey, OrderTerm, Page, PageInfoField, PlanError, Planner,
};
use crate::request::Field;
use crate::schema::{
    AggregateFieldKind, AggregateFunction, FixedFields, GroupConnectionFieldKind, GroupEdgeFieldKind,
    GroupFieldKind, TableType, TypeId,
};

type Fields<T> = Vec<(String, T)>;

/// A page of groups of a table's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// The table.
    pub table: usize,
    /// The condition on rows before they are grouped; `None` takes all.
    pub condition: Option<Condition>,
    /// The columns to group by, at least one.
    pub by: Vec<GroupColumn>,
    /// The condition on groups; `None` takes all.
    pub having: Option<GroupCondition>,
    /// The requested part.
    pub page: Page,
    /// The order; no two groups are equal in it.
    pub order: Vec<OrderTerm<GroupOrderKey>>,
    /// The selected fields, by response key.
    pub fields: Fields<GroupsField>,
}

/// An aggregate of the rows of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The number of rows.
    Count,
    /// A function of the values of a column.
    Of(AggregateFunction, usize),
}

/// A field of a page of groups.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupsField {
    /// `__typename`.
    Typename(String),
    /// `edges`.
    Edges(Fields<GroupEdgeField>),
    /// `pageInfo`.
    PageInfo(Fields<PageInfoField>),
    /// `totalCount`.
    TotalCount,
}

/// A field of a group of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupEdgeField {
    /// `__typename`.
    Typename(String),
    /// `cursor`.
    Cursor,
    /// `node`.
    Node(Fields<GroupField>),
}

/// A field of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupField {
    /// `__typename`.
    Typename(String),
    /// `key`.
    Key(Fields<GroupKeyField>),
    /// `count`, `sum` and its like.
    Figure(AggregateField),
}

/// A field of a group's key.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupKeyField {
    /// `__typename`.
    Typename(String),
    /// A column to group by, by its index.
    Column(usize),
    /// Another column: null.
    Absent,
}

impl<'a> Planner<'a> {
    /// A page of groups of a table's rows.
    pub(super) fn groups(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Groups, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let by = self.group_by(table, &arguments)?;
        let order = self.group_order(table, &by, arguments.get("orderBy"))?;
        let having = arguments.get("having").map(|having| self.having(table, having));
        Ok(Groups {
            table,
            condition: self.filter(table, arguments.get("filter"))?,
            having: having.transpose()?.flatten(),
            page: self.page_of(table, order.len(), &arguments)?,
            order,
            fields: self.groups_fields(table, &by, fields)?,
            by,
        })
    }

    fn groups_fields(
        &self,
        table: usize,
        by: &[GroupColumn],
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupsField>, PlanError> {
        let of = TypeId::Table(table, TableType::GroupConnection);
        let asked = self.fields(of, fields, GroupConnectionFieldKind::named)?;
        let planned = asked.into_iter().map(|AskedField { key, asked, fields }| {
            let below = self.below(&key);
            let field = match asked {
                Asked::Typename(name) => GroupsField::Typename(name),
                Asked::Field(GroupConnectionFieldKind::Edges) => {
                    GroupsField::Edges(below.group_edge_fields(table, by, &fields)?)
                }
                Asked::Field(GroupConnectionFieldKind::PageInfo) => {
                    GroupsField::PageInfo(below.page_info_fields(&fields)?)
                }
                Asked::Field(GroupConnectionFieldKind::TotalCount) => GroupsField::TotalCount,
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn group_edge_fields(
        &self,
        table: usize,
        by: &[GroupColumn],
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupEdgeField>, PlanError> {
        let of = TypeId::Table(table, TableType::GroupEdge);
        let asked = self.fields(of, fields, GroupEdgeFieldKind::named)?;
        let planned = asked.into_iter().map(|AskedField { key, asked, fields }| {
            let field = match asked {
                Asked::Typename(name) => GroupEdgeField::Typename(name),
                Asked::Field(GroupEdgeFieldKind::Cursor) => GroupEdgeField::Cursor,
                Asked::Field(GroupEdgeFieldKind::Node) => {
                    GroupEdgeField::Node(self.below(&key).group_fields(table, by, &fields)?)
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn group_fields(
        &self,
        table: usize,
        by: &[GroupColumn],
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupField>, PlanError> {
        let of = TypeId::Table(table, TableType::Group);
        let asked = self.fields(of, fields, GroupFieldKind::named)?;
        let planned = asked.into_iter().map(|AskedField { key, asked, fields }| {
            let below = self.below(&key);
            let field = match asked {
                Asked::Typename(name) => GroupField::Typename(name),
                Asked::Field(GroupFieldKind::Key) => {
                    GroupField::Key(below.group_key_fields(table, by, &fields)?)
                }
                Asked::Field(GroupFieldKind::Figure(AggregateFieldKind::Count)) => {
                    GroupField::Figure(AggregateField::Count)
                }
                Asked::Field(GroupFieldKind::Figure(AggregateFieldKind::Function(function))) => {
                    let columns = below.aggregate_columns(table, function, &fields)?;
                    GroupField::Figure(AggregateField::Function(function, columns))
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn group_key_fields(
        &self,
        table: usize,
        by: &[GroupColumn],
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupKeyField>, PlanError> {
        let exposed = self.table(table)?;
        let of = TypeId::Table(table, TableType::GroupKey);
        let asked = self.fields(of, fields, |name| exposed.distinct_column(name))?;
        let planned = asked.into_iter().map(|AskedField { key, asked, .. }| {
            let field = match asked {
                Asked::Typename(name) => GroupKeyField::Typename(name),
                Asked::Field(column) => by
                    .iter()
                    .position(|found| found.column == column)
                    .map_or(GroupKeyField::Absent, GroupKeyField::Column),
            };
            (key, field)
        });
        Ok(planned.collect())
    }
}

impl AggregateField {
    /// The aggregates in it.
    pub fn figures(&self) -> Vec<Figure> {
        match self {
            Self::Typename(_) => Vec::new(),
            Self::Count => vec![Figure::Count],
            Self::Function(function, columns) => {
                let column = |(_, column): &(String, AggregateColumn)| match column {
                    AggregateColumn::Typename(_) => None,
                    AggregateColumn::Column(column) => Some(Figure::Of(*function, *column)),
                };
                columns.iter().filter_map(column).collect()
            }
        }
    }
}
