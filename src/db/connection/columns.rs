//! The columns of a result, from `RowDescription`.

use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::RowDescriptionBody;

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::db) struct Column {
    pub(in crate::db) name: String,
    pub(in crate::db) type_oid: NonZeroU32,
}

/// The columns of a result, shared by its rows.
pub(in crate::db) type Columns = Arc<[Column]>;

pub(in crate::db) fn columns(body: &RowDescriptionBody) -> io::Result<Columns> {
    let columns = body.fields().map(|field| {
        let type_oid = NonZeroU32::new(field.type_oid())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a column without a type"))?;
        Ok(Column { name: field.name().to_owned(), type_oid })
    });
    columns.collect::<Vec<_>>().map(Into::into)
}
