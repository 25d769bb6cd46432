//! Frontend messages -> the bytes of a pipeline: what is written at once, before any of its answers is read.
//!
//! Only puts messages one behind the other. Their meaning as a whole is the caller's business.

use std::io;

use bytes::{BufMut as _, BytesMut};
use memchr::memchr;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend::{self, BindError};

/// PostgreSQL's type OID for "infer it".
pub(in crate::db) const UNSPECIFIED: u32 = 0;

/// The format of a value on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Format {
    /// As `psql` prints it.
    Text,
    /// As the type's send function encodes it.
    Binary,
}

impl Format {
    fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}

/// The bytes of one or several messages. Each part ends in one `ReadyForQuery`.
#[derive(Debug, Default)]
pub(in crate::db) struct Pipeline {
    pub(super) bytes: BytesMut,
    /// How many `ReadyForQuery` the answer has.
    pub(super) ends: u32,
    /// Whether the server waits for a `Sync` after an error.
    pub(super) is_extended: bool,
    /// The maximum number of bytes of all the answer's rows, if there is one.
    pub(super) row_limit: Option<usize>,
}

/// A pipeline could not be built: a text contains U+0000, or there are too many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum PipelineError {
    /// A text contains U+0000.
    NulByte,
    /// More than 65,535 parameters, or more than 2 GiB.
    TooLarge,
}

impl Pipeline {
    /// One `Query` message: statements without parameters, in one implicit transaction.
    pub(in crate::db) fn query(text: &str) -> Result<Self, PipelineError> {
        // As `frontend::query` does it, which looks for U+0000 byte by byte.
        if memchr(0, text.as_bytes()).is_some() {
            return Err(PipelineError::NulByte);
        }
        let length = i32::try_from(text.len() + 5).map_err(|_| PipelineError::TooLarge)?;
        let mut bytes = BytesMut::with_capacity(text.len() + 6);
        bytes.put_u8(b'Q');
        bytes.put_i32(length);
        bytes.put_slice(text.as_bytes());
        bytes.put_u8(0);
        Ok(Self { bytes, ends: 1, ..Self::default() })
    }

    /// Leaves out rows of the answer beyond this many bytes. A row without columns stands in for each.
    pub(in crate::db) fn limited_to(self, bytes: usize) -> Self {
        Self { row_limit: Some(bytes), ..self }
    }

    /// `Parse`: the unnamed statement, or one with a name.
    pub(in crate::db) fn parse(
        &mut self,
        name: &str,
        text: &str,
        types: impl Iterator<Item = u32>,
    ) -> Result<(), PipelineError> {
        self.put(text.len(), |bytes| frontend::parse(name, text, types, bytes))
    }

    /// `Bind` of the unnamed portal, with results in one format.
    pub(in crate::db) fn bind<'a>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = Option<&'a [u8]>>,
        format: Format,
    ) -> Result<(), PipelineError> {
        let put = |value: Option<&[u8]>, bytes: &mut BytesMut| {
            let Some(value) = value else { return Ok(IsNull::Yes) };
            bytes.extend_from_slice(value);
            Ok(IsNull::No)
        };
        let formats = [format.code()];
        self.put(0, |bytes| {
            frontend::bind("", name, formats, values, put, formats, bytes).map_err(|error| match error {
                BindError::Conversion(error) => io::Error::other(error),
                BindError::Serialization(error) => error,
            })
        })
    }

    /// `Describe` of a statement: its result's columns.
    pub(in crate::db) fn describe(&mut self, name: &str) -> Result<(), PipelineError> {
        self.put(0, |bytes| frontend::describe(b'S', name, bytes))
    }

    /// `Execute` of the unnamed portal, to its end.
    pub(in crate::db) fn execute(&mut self) -> Result<(), PipelineError> {
        self.put(0, |bytes| frontend::execute("", 0, bytes))
    }

    /// `Close` of a named statement.
    pub(in crate::db) fn close(&mut self, name: &str) -> Result<(), PipelineError> {
        self.put(0, |bytes| frontend::close(b'S', name, bytes))
    }

    /// `Sync`: the end of an implicit transaction. The server then completes its answer.
    pub(in crate::db) fn sync(&mut self) {
        frontend::sync(&mut self.bytes);
        self.ends += 1;
        self.is_extended = true;
    }

    fn put(
        &mut self,
        size: usize,
        write: impl FnOnce(&mut BytesMut) -> io::Result<()>,
    ) -> Result<(), PipelineError> {
        // PostgreSQL's own limit of a message is smaller. This one keeps the length within its four bytes.
        if size > i32::MAX as usize / 2 {
            return Err(PipelineError::TooLarge);
        }
        write(&mut self.bytes).map_err(|error| {
            if error.to_string().contains("null") { PipelineError::NulByte } else { PipelineError::TooLarge }
        })
    }
}
