//! `distinctOn`: keeps the first of the rows that are equal in some columns, in the order of the collection.
//! It applies to all rows of the collection, before they are divided into pages, so pages have the same rows
//! from whichever end they are counted.

use super::ast::{Expression, From, Select};
use super::connection::ConnectionSite;
use super::{Compiler, RowShape, TableRef};
use crate::plan::{AggregateColumn, AggregateField, Connection, ConnectionField};

impl Compiler<'_> {
    /// The rows of a collection with `distinctOn`, as a source of rows.
    pub(super) fn distinct_rows(&self, site: &ConnectionSite<'_>, alias: &str) -> From {
        let connection = site.connection;
        let inner = self.alias();
        let at = TableRef { shape: RowShape::Rows, ..site.rows_at(&inner) };
        let select = Select {
            distinct_on: connection.distinct_on.iter().map(|column| self.column(at, *column)).collect(),
            columns: self.picked_columns(connection, &self.distinct_columns(connection), at),
            from: Some(self.all_rows_of(site, at)),
            condition: Expression::all(self.all_rows(site, at)),
            order: self.order_by(at, &connection.order),
            ..Select::default()
        };
        From::Subselect(Box::new(select), alias.to_owned())
    }

    /// The columns that are needed of these rows: for the page, its order, and aggregates.
    fn distinct_columns(&self, connection: &Connection) -> Vec<usize> {
        let mut columns = self.needed_columns(connection);
        columns.extend(connection.order.iter().flat_map(|term| term.key.columns()));
        let aggregates = connection.fields.iter().filter_map(|(_, field)| match field {
            ConnectionField::Aggregate(fields) => Some(fields),
            ConnectionField::Typename(_)
            | ConnectionField::Edges(_)
            | ConnectionField::PageInfo(_)
            | ConnectionField::TotalCount => None,
        });
        for (_, field) in aggregates.flatten() {
            match field {
                AggregateField::Function(_, of) | AggregateField::List(_, of) => {
                    columns.extend(of.iter().filter_map(|(_, column)| column.column()));
                }
                AggregateField::Typename(_) | AggregateField::Count => {}
            }
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl AggregateColumn {
    fn column(&self) -> Option<usize> {
        match self {
            Self::Column(column) => Some(*column),
            Self::Typename(_) => None,
        }
    }
}
