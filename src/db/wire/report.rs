//! `ErrorResponse` and `NoticeResponse` -> [`Report`] (manual, section 55.8).

use std::io;

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::ErrorFields;

use crate::db::DatabaseError;

/// An error or a notice of a server or a pooler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::db) struct Report {
    /// The error.
    pub(in crate::db) error: DatabaseError,
    /// Whether it ends the session.
    pub(in crate::db) is_fatal: bool,
}

impl Report {
    /// Reads the fields. Text that is not UTF-8, which a server may send before it knows the encoding, is converted with
    /// replacement characters.
    pub(in crate::db) fn read(mut fields: ErrorFields<'_>) -> io::Result<Self> {
        let mut error = DatabaseError::default();
        let mut is_fatal = false;
        while let Some(field) = fields.next()? {
            let text = || String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                // `V` is the severity that is never translated. A pooler may send only the other one.
                b'S' | b'V' => is_fatal |= matches!(field.value_bytes(), b"FATAL" | b"PANIC"),
                b'C' => error.sqlstate = text(),
                b'M' => error.message = text(),
                b'D' => error.detail = Some(text()),
                b'H' => error.hint = Some(text()),
                b's' => error.schema = Some(text()),
                b't' => error.table = Some(text()),
                b'c' => error.column = Some(text()),
                b'd' => error.data_type = Some(text()),
                b'n' => error.constraint = Some(text()),
                b'F' => error.file = Some(text()),
                b'R' => error.routine = Some(text()),
                b'P' => error.position = text().parse().ok(),
                _ => {}
            }
        }
        Ok(Self { error, is_fatal })
    }
}
