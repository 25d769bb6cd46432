//! A row in PostgreSQL's binary format, for Diesel.
//!
//! Never decodes a value: Diesel's `FromSql` does.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use diesel::backend::Backend;
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field as DieselField, PartialRow, Row as DieselRow, RowIndex, RowSealed};
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::DataRowBody;

use crate::db::connection::columns::Columns;

/// A row in PostgreSQL's binary format.
pub struct Row {
    bytes: Bytes,
    /// The position of each value in `bytes`; `None` is NULL.
    values: Vec<Option<Range<usize>>>,
    columns: Columns,
}

impl Row {
    pub(in crate::db) fn new(body: &DataRowBody, columns: &Columns) -> io::Result<Self> {
        let values: Vec<_> = body.ranges().collect()?;
        if values.len() != columns.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row with a wrong number of values"));
        }
        Ok(Self { bytes: body.buffer_bytes().clone(), values, columns: Arc::clone(columns) })
    }
}

impl RowSealed for Row {}

impl<'a> DieselRow<'a, Pg> for Row {
    type Field<'field>
        = Field<'field>
    where
        Self: 'field,
        'a: 'field;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.columns.len()
    }

    fn get<'field, I>(&'field self, index: I) -> Option<Self::Field<'field>>
    where
        'a: 'field,
        Self: RowIndex<I>,
    {
        let index = self.idx(index)?;
        Some(Field { row: self, index })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self::InnerPartialRow> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for Row {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.columns.len()).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for Row {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// One value of a [`Row`].
pub struct Field<'a> {
    row: &'a Row,
    index: usize,
}

impl<'a> DieselField<'a, Pg> for Field<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.columns.get(self.index).map(|column| &*column.name)
    }

    fn value(&self) -> Option<<Pg as Backend>::RawValue<'_>> {
        let range = self.row.values.get(self.index)?.clone()?;
        Some(PgValue::new(&self.row.bytes[range], &self.row.columns.get(self.index)?.type_oid))
    }
}
