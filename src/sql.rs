//! Plan -> SQL: the subset of SQL that is used, as a tree whose nodes are Diesel `QueryFragment`s.
//!
//! Never does I/O, never reads a clock: the same plan gives the same text, byte for byte; aliases come from a counter.
//!
//! Shapes that were measured: a correlated subselect per relation; columns are picked inside the limited subselect and
//! JSON is built outside of it, because PostgreSQL computes a select list before it sorts and cuts; text is put together
//! by `concat`, which skips `json_build_object`'s conversions.

mod aggregate;
pub mod ast;
mod call;
mod children;
mod condition;
mod connection;
mod fragment;
mod json;
mod kept;
mod modify;
mod order;
mod row;
mod rows;
mod value;
mod write;

use std::cell::Cell;

use diesel::pg::{Pg, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder, QueryFragment};

use crate::plan::Call;
use crate::schema::Schema;
pub use crate::schema::SessionSettings;
use ast::{Expression, Select};

pub use condition::array_literal;
pub use kept::statements;
pub use write::AT_MOST_MARK;

/// One SQL statement that returns one row with one column: the JSON text of one root field, or what an earlier statement has
/// kept for it.
///
/// `text` has placeholders `$1`, `$2`, … for `parameters[0]`, `parameters[1]`, …, each of them with an explicit cast
/// (`$1::pg_catalog.int4`), so that its type never has to be guessed; only where the role may not name the type it stands
/// beside something that has it. A placeholder may occur more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL text, without a semicolon at the end.
    pub text: String,
    /// The parameters in PostgreSQL's text format; `None` is NULL.
    pub parameters: Vec<Option<String>>,
    /// The settings of a session that the answer depends on.
    pub session: SessionSettings,
}

impl Statement {
    /// One whose answer depends on no setting.
    pub fn new(text: impl Into<String>, parameters: Vec<Option<String>>) -> Self {
        Self { text: text.into(), parameters, session: SessionSettings::NONE }
    }
}

/// What compiling needs: the schema that the plan speaks of, and a counter for aliases.
struct Compiler<'s> {
    schema: &'s Schema,
    aliases: usize,
    /// The call whose rows an earlier statement has kept.
    kept: Option<&'s Call>,
    /// What is compiled depends on these.
    session: Cell<SessionSettings>,
}

/// A table of the catalogue, read under an alias.
#[derive(Clone, Copy)]
struct At<'a> {
    table: usize,
    alias: &'a str,
    holds: Holds,
    nulls: Nulls,
}

/// What is there of a row under an alias.
#[derive(Clone, Copy)]
enum Holds {
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
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
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

/// Prints the tree by Diesel's query builder.
fn print(select: &Select) -> Statement {
    let mut builder = PgQueryBuilder::default();
    let mut binds = RawBytesBindCollector::<Pg>::new();
    // The tree has only text parameters and fragments that cannot fail.
    let _ = select.to_sql(&mut builder, &Pg);
    let _ = select.collect_binds(&mut binds, &mut NoLookup, &Pg);
    let parameters =
        binds.binds.into_iter().map(|bytes| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
    Statement::new(builder.finish(), parameters.collect())
}

/// All parameters are texts, whose type needs no looking up.
struct NoLookup;

impl diesel::pg::PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

impl Expression {
    /// As a column of a select list, without a name.
    fn unnamed(self) -> ast::SelectColumn {
        ast::SelectColumn { expression: self, alias: None }
    }
}
