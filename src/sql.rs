//! Plan -> SQL: the subset of SQL that is used, as a tree whose nodes are Diesel `QueryFragment`s.
//!
//! Never does I/O, never reads a clock: the same plan gives the same text, byte for byte.

/// One SQL statement that returns one row with one column: the JSON text of one root field.
///
/// `text` has placeholders `$1`, `$2`, … for `parameters[0]`, `parameters[1]`, …, each of them with an explicit cast
/// (`$1::int4`), so that its type never has to be guessed. A placeholder may occur more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL text, without a semicolon at the end.
    pub text: String,
    /// The parameters in PostgreSQL's text format; `None` is NULL.
    pub parameters: Vec<Option<String>>,
}
