//! A row in PostgreSQL's binary format, as Diesel reads it.
//!
//! Never decodes a value: Diesel's `FromSql` does.

use std::error::Error;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use diesel::backend::Backend;
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field as DieselField, PartialRow, Row as DieselRow, RowIndex, RowSealed};
use tokio_postgres::types::{FromSql, Type};

/// A row in PostgreSQL's binary format.
pub struct Row {
    row: tokio_postgres::Row,
    /// The columns' type OIDs, shared by all rows of a result.
    types: Arc<[NonZeroU32]>,
}

impl Row {
    pub(super) fn new(row: tokio_postgres::Row, types: Arc<[NonZeroU32]>) -> Self {
        Self { row, types }
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
        self.row.len()
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
        (index < self.row.len()).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for Row {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.row.columns().iter().position(|column| column.name() == name)
    }
}

/// One value of a [`Row`].
pub struct Field<'a> {
    row: &'a Row,
    index: usize,
}

impl<'a> DieselField<'a, Pg> for Field<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.row.columns().get(self.index).map(tokio_postgres::Column::name)
    }

    fn value(&self) -> Option<<Pg as Backend>::RawValue<'_>> {
        let Ok(Bytes(bytes)) = self.row.row.try_get(self.index) else { return None };
        Some(PgValue::new(bytes?, self.row.types.get(self.index)?))
    }
}

/// A value's bytes as they came, whatever its type; `None` is NULL.
struct Bytes<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_type: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_type: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_type: &Type) -> bool {
        true
    }
}
