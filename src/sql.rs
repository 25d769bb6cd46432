//! Plan -> SQL: the subset of SQL that is used, as a tree that is printed once.
//!
//! Never does I/O, never reads a clock: the same plan gives the same text, byte for byte; aliases come from a counter.
//!
//! Shapes that were measured: a correlated subselect per relation; columns are picked inside the limited subselect and
//! JSON is built outside of it, because PostgreSQL computes a select list before it sorts and cuts; text is put together
//! by `concat`, which skips `json_build_object`'s conversions.

#![warn(
    clippy::wildcard_enum_match_arm,
    reason = "a kind of field, operator or condition that is added has to be handled"
)]

mod aggregate;
pub mod ast;
mod call;
mod children;
mod condition;
mod connection;
mod distinct;
mod json;
mod kept;
mod nested;
mod order;
mod print;
mod related;
mod row;
mod rows;
mod single;
mod statement;
mod update;
mod value;
mod write;

use std::cell::Cell;

use crate::plan::Call;
use crate::schema::Schema;
pub use crate::schema::SessionSettings;
use ast::Expression;

pub use crate::plan::array_literal;
pub use kept::compile;
pub use nested::MISSING_ROWS_MARK;
pub use statement::{CompiledStatement, Statement, Template, TemplateId, Text};
pub use write::AT_MOST_MARK;

/// What compiling needs: the schema that the plan speaks of, and a supply of aliases, which conditions have too.
struct Compiler<'s> {
    schema: &'s Schema,
    aliases: Cell<usize>,
    /// Names in `WITH`.
    names: usize,
    /// The call whose rows an earlier statement has kept.
    kept: Option<&'s Call>,
    /// What is compiled depends on these.
    session: Cell<SessionSettings>,
}

/// A table of the catalogue, read under an alias.
#[derive(Clone, Copy)]
struct TableRef<'a> {
    table: usize,
    alias: &'a str,
    shape: RowShape,
    nulls: Nulls,
}

/// What is there of a row under an alias.
#[derive(Clone, Copy)]
enum RowShape {
    /// All columns of the table and no others.
    Rows,
    /// The columns that are needed, and where a function takes the row, the row as a column.
    Picked,
}

impl Compiler<'_> {
    /// Notes what the statement's answer depends on.
    fn depend_on(&self, settings: SessionSettings) {
        self.session.set(self.session.get() | settings);
    }

    /// An alias that no other table of the statement has.
    fn alias(&self) -> String {
        self.aliases.set(self.aliases.get() + 1);
        format!("t{}", self.aliases.get())
    }

    /// A name in a `WITH` that no other one of the statement has.
    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}{}", self.names)
    }
}

/// Where nulls may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// Only in columns that may be null.
    Declared,
    /// In every column: no constraint of a table holds for the rows that a function makes.
    Anywhere,
}

impl Expression {
    /// As a column of a select list, without a name.
    fn unnamed(self) -> ast::SelectColumn {
        ast::SelectColumn { expression: self, alias: None }
    }
}
