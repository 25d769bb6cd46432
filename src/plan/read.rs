//! Fields that read: connections, rows and what is asked of them.

use std::sync::Arc;

use apollo_compiler::Node;

use super::{
    AggregateColumn, AggregateField, Asked, Condition, Connection, ConnectionField, EdgeField, FieldOf,
    Origin, PageInfoField, PlanError, Planner, Row, RowField,
};
use crate::request::{Field, Input};
use crate::schema::Meaning;

type Fields<T> = Vec<(String, T)>;

impl<'a> Planner<'a> {
    /// A page of a table: all of it, or the part that hangs on a row.
    pub(super) fn connection(
        &self,
        table: usize,
        origin: Origin,
        fields: &[&'a Node<Field>],
    ) -> Result<Connection, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let order = self.order(table, arguments.get("orderBy"))?;
        Ok(Connection {
            table,
            condition: self.filter(table, arguments.get("filter"))?,
            page: self.page(table, &origin, &order, &arguments)?,
            origin,
            order,
            fields: self.connection_fields(table, fields)?,
        })
    }

    /// The one row that comes from there.
    pub(super) fn row(
        &self,
        table: usize,
        origin: Origin,
        fields: &[&'a Node<Field>],
    ) -> Result<Row, PlanError> {
        Ok(Row { table, origin, condition: None, fields: self.row_fields(table, fields)? })
    }

    /// The row of `…ByPk`.
    pub(super) fn row_by_key(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Row, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let condition = Condition::all(self.key_arguments(table, &arguments)?);
        Ok(Row { table, origin: Origin::Table, condition, fields: self.row_fields(table, fields)? })
    }

    /// The row of `node`.
    pub(super) fn node(&self, fields: &[&'a Node<Field>]) -> Result<Row, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let Some(Input::Text(node_id)) = arguments.get("nodeId") else {
            return Err(self.error("nodeId must be a string: take it from a nodeId field as it is"));
        };
        let (Some(table), values) = self.decoded_node_id(node_id)? else {
            return Err(self.error("that nodeId belongs to no type of this API"));
        };
        let condition = Condition::all(self.key_conditions(table, values)?);
        Ok(Row { table, origin: Origin::Table, condition, fields: self.row_fields(table, fields)? })
    }

    pub(super) fn row_fields(
        &self,
        table: usize,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<RowField>, PlanError> {
        let type_name = self.type_name(table);
        let planned = self.fields(type_name, fields).into_iter().map(|FieldOf { key, asked, fields }| {
            let below = self.below(&key);
            let field = match asked {
                Asked::Typename => RowField::Typename(type_name.to_owned()),
                Asked::Meaning(Meaning::NodeId) => RowField::NodeId,
                Asked::Meaning(Meaning::Column(column)) => RowField::Column(*column),
                Asked::Meaning(Meaning::ToMany(join)) => {
                    let origin = Origin::Joined(Arc::clone(join));
                    RowField::ToMany(Box::new(below.connection(join.table, origin, &fields)?))
                }
                Asked::Meaning(Meaning::ToOne(join)) => {
                    let origin = Origin::Joined(Arc::clone(join));
                    let is_non_null = fields[0].ty().is_non_null();
                    RowField::ToOne { row: Box::new(below.row(join.table, origin, &fields)?), is_non_null }
                }
                Asked::Meaning(Meaning::Computed(function)) => below.computed(*function, &fields)?,
                Asked::Meaning(_) => return Err(below.error("this field does not belong to a row")),
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn connection_fields(
        &self,
        table: usize,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<ConnectionField>, PlanError> {
        let type_name = format!("{}Connection", self.type_name(table));
        let planned = self.fields(&type_name, fields).into_iter().map(|FieldOf { key, asked, fields }| {
            let below = self.below(&key);
            let field = match asked {
                Asked::Typename => ConnectionField::Typename(type_name.clone()),
                Asked::Meaning(Meaning::Edges) => ConnectionField::Edges(below.edge_fields(table, &fields)?),
                Asked::Meaning(Meaning::PageInfo) => {
                    ConnectionField::PageInfo(below.page_info_fields(&fields))
                }
                Asked::Meaning(Meaning::TotalCount) => ConnectionField::TotalCount,
                Asked::Meaning(Meaning::Aggregate) => {
                    ConnectionField::Aggregate(below.aggregate_fields(table, &fields))
                }
                Asked::Meaning(_) => return Err(below.error("this field does not belong to a connection")),
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn edge_fields(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Fields<EdgeField>, PlanError> {
        let type_name = format!("{}Edge", self.type_name(table));
        let planned = self.fields(&type_name, fields).into_iter().map(|FieldOf { key, asked, fields }| {
            let below = self.below(&key);
            let field = match asked {
                Asked::Typename => EdgeField::Typename(type_name.clone()),
                Asked::Meaning(Meaning::EdgeNode) => EdgeField::Node(below.row_fields(table, &fields)?),
                Asked::Meaning(_) => EdgeField::Cursor,
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn page_info_fields(&self, fields: &[&'a Node<Field>]) -> Fields<PageInfoField> {
        let planned = self.fields("PageInfo", fields).into_iter().map(|FieldOf { key, asked, .. }| {
            let field = match asked {
                Asked::Meaning(Meaning::HasNextPage) => PageInfoField::HasNextPage,
                Asked::Meaning(Meaning::HasPreviousPage) => PageInfoField::HasPreviousPage,
                Asked::Meaning(Meaning::StartCursor) => PageInfoField::StartCursor,
                Asked::Meaning(Meaning::EndCursor) => PageInfoField::EndCursor,
                Asked::Typename | Asked::Meaning(_) => PageInfoField::Typename("PageInfo".to_owned()),
            };
            (key, field)
        });
        planned.collect()
    }

    fn aggregate_fields(&self, table: usize, fields: &[&'a Node<Field>]) -> Fields<AggregateField> {
        let type_name = format!("{}Aggregate", self.type_name(table));
        let planned = self.fields(&type_name, fields).into_iter().map(|FieldOf { key, asked, fields }| {
            let field = match asked {
                Asked::Typename => AggregateField::Typename(type_name.clone()),
                Asked::Meaning(Meaning::AggregateFunction(function)) => {
                    // The result's type is the field's: `TaskSumAggregateResult`.
                    let result_type = fields[0].ty().inner_named_type().as_str();
                    AggregateField::Function(*function, self.aggregate_columns(result_type, &fields))
                }
                Asked::Meaning(_) => AggregateField::Count,
            };
            (key, field)
        });
        planned.collect()
    }

    fn aggregate_columns(&self, type_name: &str, fields: &[&'a Node<Field>]) -> Fields<AggregateColumn> {
        let planned = self.fields(type_name, fields).into_iter().map(|FieldOf { key, asked, .. }| {
            let field = match asked {
                Asked::Meaning(Meaning::AggregateColumn(column)) => AggregateColumn::Column(*column),
                Asked::Typename | Asked::Meaning(_) => AggregateColumn::Typename(type_name.to_owned()),
            };
            (key, field)
        });
        planned.collect()
    }
}
