//! Fields that read: connections, rows and their selected fields.

use std::sync::Arc;

use apollo_compiler::Node;

use super::{
    AggregateColumn, AggregateField, Condition, Connection, ConnectionField, EdgeField, Origin,
    PageInfoField, PlanError, Planner, Row, RowField, SelectedField, SelectedKind,
};
use crate::request::Field;
use crate::schema::{
    AggregateFieldKind, AggregateFunction, Cardinality, ConnectionFieldKind, EdgeFieldKind, FixedFields,
    PageInfoFieldKind, RowFieldKind, TableType, TypeId,
};

type Fields<T> = Vec<(String, T)>;

impl<'a> Planner<'a> {
    /// A page of a table: of all rows, or of those related to a parent row.
    pub(super) fn connection(
        &self,
        table: usize,
        origin: Origin,
        fields: &[&'a Node<Field>],
    ) -> Result<Connection, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let distinct_on = self.distinct_on(table, fields[0], &arguments)?;
        let order = self.order(table, &distinct_on, arguments.get("orderBy"))?;
        Ok(Connection {
            table,
            condition: self.filter(table, arguments.get("filter"))?,
            page: self.page(table, &origin, &order, &arguments)?,
            origin,
            order,
            distinct_on,
            fields: self.connection_fields(table, fields)?,
        })
    }

    /// One row of this origin.
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
        let Some(node_id) = arguments.get(self.schema.node_id) else {
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
        let exposed = self.table(table)?;
        let of = TypeId::Table(table, TableType::Row);
        let selected = self.fields(of, fields, |name| exposed.row_field(name))?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let below = self.below(&key);
            let field = match kind {
                SelectedKind::Typename(name) => RowField::Typename(name),
                SelectedKind::Field(RowFieldKind::NodeId) => RowField::NodeId,
                SelectedKind::Field(RowFieldKind::Column(column)) => {
                    match exposed.columns[column].as_ref().and_then(|found| found.column_type.composite) {
                        Some(of) => RowField::Composite(column, below.composite(of, &fields)?),
                        None => below.column_field(column, fields[0])?,
                    }
                }
                SelectedKind::Field(RowFieldKind::Relation(relation)) => {
                    let (other, origin) = (relation.join.table, Origin::Joined(Arc::clone(&relation.join)));
                    match relation.cardinality {
                        Cardinality::Many => {
                            RowField::ToMany(Box::new(below.connection(other, origin, &fields)?))
                        }
                        Cardinality::One { nullability } => {
                            let row = Box::new(below.row(other, origin, &fields)?);
                            RowField::ToOne { row, nullability }
                        }
                    }
                }
                SelectedKind::Field(RowFieldKind::Computed(function)) => below.computed(function, &fields)?,
                SelectedKind::Field(RowFieldKind::Measure(measure)) => {
                    below.measure_field(table, measure, fields[0])?
                }
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
        let of = TypeId::Table(table, TableType::Connection);
        let selected = self.fields(of, fields, ConnectionFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let below = self.below(&key);
            let field = match kind {
                SelectedKind::Typename(name) => ConnectionField::Typename(name),
                SelectedKind::Field(ConnectionFieldKind::Edges) => {
                    ConnectionField::Edges(below.edge_fields(table, &fields)?)
                }
                SelectedKind::Field(ConnectionFieldKind::PageInfo) => {
                    ConnectionField::PageInfo(below.page_info_fields(&fields)?)
                }
                SelectedKind::Field(ConnectionFieldKind::TotalCount) => ConnectionField::TotalCount,
                SelectedKind::Field(ConnectionFieldKind::Aggregate) => {
                    ConnectionField::Aggregate(below.aggregate_fields(table, &fields)?)
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }

    fn edge_fields(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Fields<EdgeField>, PlanError> {
        let of = TypeId::Table(table, TableType::Edge);
        let selected = self.fields(of, fields, EdgeFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let field = match kind {
                SelectedKind::Typename(name) => EdgeField::Typename(name),
                SelectedKind::Field(EdgeFieldKind::Cursor) => EdgeField::Cursor,
                SelectedKind::Field(EdgeFieldKind::Node) => {
                    EdgeField::Node(self.below(&key).row_fields(table, &fields)?)
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }

    pub(super) fn page_info_fields(
        &self,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<PageInfoField>, PlanError> {
        let selected = self.fields(TypeId::PageInfo, fields, PageInfoFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, .. }| {
            let field = match kind {
                SelectedKind::Typename(name) => PageInfoField::Typename(name),
                SelectedKind::Field(PageInfoFieldKind::HasNextPage) => PageInfoField::HasNextPage,
                SelectedKind::Field(PageInfoFieldKind::HasPreviousPage) => PageInfoField::HasPreviousPage,
                SelectedKind::Field(PageInfoFieldKind::StartCursor) => PageInfoField::StartCursor,
                SelectedKind::Field(PageInfoFieldKind::EndCursor) => PageInfoField::EndCursor,
            };
            (key, field)
        });
        Ok(planned.collect())
    }

    fn aggregate_fields(
        &self,
        table: usize,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<AggregateField>, PlanError> {
        let of = TypeId::Table(table, TableType::Aggregate);
        let selected = self.fields(of, fields, AggregateFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let field = match kind {
                SelectedKind::Typename(name) => AggregateField::Typename(name),
                SelectedKind::Field(AggregateFieldKind::Count) => AggregateField::Count,
                SelectedKind::Field(AggregateFieldKind::Function(function)) => {
                    let columns = self.below(&key).aggregate_columns(table, function, &fields)?;
                    AggregateField::Function(function, columns)
                }
                SelectedKind::Field(AggregateFieldKind::List) => self.below(&key).listed(table, &fields)?,
            };
            Ok((key, field))
        });
        planned.collect()
    }

    pub(super) fn aggregate_columns(
        &self,
        table: usize,
        function: AggregateFunction,
        fields: &[&'a Node<Field>],
    ) -> Result<Fields<AggregateColumn>, PlanError> {
        let exposed = self.table(table)?;
        let of = TypeId::Table(table, TableType::AggregateOf(function));
        let selected = self.fields(of, fields, |name| exposed.aggregate_column(name, function))?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, .. }| {
            let field = match kind {
                SelectedKind::Typename(name) => AggregateColumn::Typename(name),
                SelectedKind::Field(column) => AggregateColumn::Column(column),
            };
            (key, field)
        });
        Ok(planned.collect())
    }
}
