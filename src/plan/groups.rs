//! `xGroups`: pages of groups of rows, and the selected fields.

use apollo_compiler::Node;

use super::{
    AggregateColumn, AggregateField, Condition, Connection, ConnectionField, EdgeField, GroupColumn,
    GroupCondition, GroupOrderKey, Listed, OrderTerm, Origin, Page, PageInfoField, PlanError, Planner,
    SelectedField, SelectedKind,
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
    /// The values of a column as a list.
    List(Listed, usize),
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
    /// `nodes`: a page of its rows, of which only the rows are selected.
    Nodes(Box<Connection>),
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

/// What all fields of the groups of a page have in common.
struct Grouped<'g> {
    table: usize,
    by: &'g [GroupColumn],
    /// The condition on rows before they are grouped.
    condition: Option<&'g Condition>,
}

impl<'a> Planner<'a> {
    /// A page of groups of a table's rows.
    pub(super) fn groups(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Groups, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let by = self.group_by(table, &arguments)?;
        let order = self.group_order(table, &by, arguments.get("orderBy"))?;
        let condition = self.filter(table, arguments.get("filter"))?;
        let having = arguments.get("having").map(|having| self.having(table, having));
        Ok(Groups {
            table,
            having: having.transpose()?.flatten(),
            page: self.page_of(table, order.len(), &arguments)?,
            order,
            fields: self.groups_fields(&Grouped { table, by: &by, condition: condition.as_ref() }, fields)?,
            condition,
            by,
        })
    }

    fn groups_fields(
        &self,
        grouped: &Grouped<'_>,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupsField>, PlanError> {
        let of = TypeId::Table(grouped.table, TableType::GroupConnection);
        let selected = self.fields(of, fields, GroupConnectionFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let below = self.below(&key);
            let field = match kind {
                SelectedKind::Typename(name) => GroupsField::Typename(name),
                SelectedKind::Field(GroupConnectionFieldKind::Edges) => {
                    GroupsField::Edges(below.group_edge_fields(grouped, &fields)?)
                }
                SelectedKind::Field(GroupConnectionFieldKind::PageInfo) => {
                    GroupsField::PageInfo(below.page_info_fields(&fields)?)
                }
                SelectedKind::Field(GroupConnectionFieldKind::TotalCount) => GroupsField::TotalCount,
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn group_edge_fields(
        &self,
        grouped: &Grouped<'_>,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupEdgeField>, PlanError> {
        let of = TypeId::Table(grouped.table, TableType::GroupEdge);
        let selected = self.fields(of, fields, GroupEdgeFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let field = match kind {
                SelectedKind::Typename(name) => GroupEdgeField::Typename(name),
                SelectedKind::Field(GroupEdgeFieldKind::Cursor) => GroupEdgeField::Cursor,
                SelectedKind::Field(GroupEdgeFieldKind::Node) => {
                    GroupEdgeField::Node(self.below(&key).group_fields(grouped, &fields)?)
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn group_fields(
        &self,
        grouped: &Grouped<'_>,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupField>, PlanError> {
        let of = TypeId::Table(grouped.table, TableType::Group);
        let selected = self.fields(of, fields, GroupFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let below = self.below(&key);
            let field = match kind {
                SelectedKind::Typename(name) => GroupField::Typename(name),
                SelectedKind::Field(GroupFieldKind::Key) => {
                    GroupField::Key(below.group_key_fields(grouped, &fields)?)
                }
                SelectedKind::Field(GroupFieldKind::Figure(AggregateFieldKind::Count)) => {
                    GroupField::Figure(AggregateField::Count)
                }
                SelectedKind::Field(GroupFieldKind::Figure(AggregateFieldKind::Function(function))) => {
                    let columns = below.aggregate_columns(grouped.table, function, &fields)?;
                    GroupField::Figure(AggregateField::Function(function, columns))
                }
                SelectedKind::Field(GroupFieldKind::Figure(AggregateFieldKind::List)) => {
                    GroupField::Figure(below.listed(grouped.table, &fields)?)
                }
                SelectedKind::Field(GroupFieldKind::Nodes) => {
                    GroupField::Nodes(Box::new(below.group_nodes(grouped, &fields)?))
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn group_key_fields(
        &self,
        grouped: &Grouped<'_>,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<GroupKeyField>, PlanError> {
        let exposed = self.table(grouped.table)?;
        let of = TypeId::Table(grouped.table, TableType::GroupKey);
        let selected = self.fields(of, fields, |name| exposed.distinct_column(name))?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, .. }| {
            let field = match kind {
                SelectedKind::Typename(name) => GroupKeyField::Typename(name),
                SelectedKind::Field(column) => grouped
                    .by
                    .iter()
                    .position(|found| found.column == column)
                    .map_or(GroupKeyField::Absent, GroupKeyField::Column),
            };
            (key, field)
        });
        Ok(planned.collect())
    }
}

impl<'a> Planner<'a> {
    /// The rows of a group, in a connection of which only they are selected.
    fn group_nodes(
        &self,
        grouped: &Grouped<'_>,
        fields: &[&'a Node<Field>],
    ) -> Result<Connection, PlanError> {
        let table = grouped.table;
        let arguments = self.arguments(fields[0])?;
        let distinct_on = self.distinct_on(table, fields[0], &arguments)?;
        let order = self.order(table, &distinct_on, arguments.get("orderBy"))?;
        let condition = self.filter(table, arguments.get("filter"))?;
        let origin = Origin::Group(grouped.by.to_vec());
        let node = EdgeField::Node(self.row_fields(table, fields)?);
        Ok(Connection {
            table,
            condition: Condition::all(grouped.condition.cloned().into_iter().chain(condition)),
            page: self.page(table, &origin, &order, &arguments)?,
            origin,
            order,
            distinct_on,
            fields: vec![(String::new(), ConnectionField::Edges(vec![(String::new(), node)]))],
        })
    }
}

impl AggregateField {
    /// The aggregates in it.
    pub fn figures(&self) -> Vec<Figure> {
        match self {
            Self::Typename(_) => Vec::new(),
            Self::Count => vec![Figure::Count],
            Self::Function(function, columns) => of_columns(columns, |column| Figure::Of(*function, column)),
            Self::List(listed, columns) => of_columns(columns, |column| Figure::List(*listed, column)),
        }
    }
}

fn of_columns(columns: &[(String, AggregateColumn)], figure: impl Fn(usize) -> Figure) -> Vec<Figure> {
    let column = |(_, column): &(String, AggregateColumn)| match column {
        AggregateColumn::Typename(_) => None,
        AggregateColumn::Column(column) => Some(figure(*column)),
    };
    columns.iter().filter_map(column).collect()
}
