//! Plan -> SQL: a tree for the subset of SQL that is used, and its printer.
//!
//! Never does I/O, never reads a clock: the same plan gives the same text, byte for byte; aliases come from a counter.
//!
//! The form of the SQL is the result of measurements. Each relation is a correlated subselect. A limited
//! subselect picks the columns, and the JSON is built outside of it, because PostgreSQL computes a select
//! list before it sorts and applies the limit. `concat` builds the text, which avoids `json_build_object`'s
//! conversions.

#![warn(
    clippy::wildcard_enum_match_arm,
    reason = "a kind of field, operator or condition that is added has to be handled"
)]

mod aggregate;
pub mod ast;
mod call;
mod children;
mod compiled;
mod composite;
mod condition;
mod connection;
mod distinct;
mod document;
mod entities;
mod groups;
mod json;
mod kept;
mod measure;
mod nearest;
mod nested;
mod order;
mod page;
mod print;
mod related;
mod related_columns;
mod reread;
mod row;
mod rows;
mod shapes;
mod similarity;
mod single;
mod tenant;
mod text;
mod update;
mod value;
mod write;

use std::cell::Cell;

use crate::plan::{Call, Condition, KnownColumns, Origin};
use crate::schema::{Join, Schema};
use ast::Expression;
use related_columns::RelatedColumns;
use shapes::Shapes;

pub use crate::statement::{
    KeyType, Place, SessionSettings, ShardingKey, Statement, Template, TemplateId, TenantSchema, Text,
    array_literal,
};
pub use compiled::CompiledStatement;
pub use kept::compile;
pub use nested::MISSING_ROWS_MARK;
pub use tenant::OTHER_TENANT_MARK;
pub use write::AT_MOST_MARK;

/// The state of compilation: the plan's schema, and counters for aliases, which conditions use, too.
struct Compiler<'s> {
    schema: &'s Schema,
    aliases: Cell<usize>,
    /// The number of names in `WITH`.
    names: usize,
    /// The call whose rows an earlier statement has kept.
    kept: Option<&'s Call>,
    /// The session settings that the statement depends on.
    session: Cell<SessionSettings>,
}

/// A table of the catalog under an alias.
#[derive(Clone, Copy)]
struct TableRef<'a> {
    table: usize,
    alias: &'a str,
    shape: RowShape,
    nulls: Nulls,
    /// Whether a statement reads at most one such row, so that whatever is related to it is read once.
    is_single: bool,
    /// What the statement's other conditions say of its rows.
    known: &'a KnownColumns,
    /// Columns with what its rows take from other tables.
    related: &'a RelatedColumns<'a>,
}

impl<'a> TableRef<'a> {
    /// The rows of a table, of which nothing is known.
    fn of(table: usize, alias: &'a str) -> Self {
        Self {
            table,
            alias,
            shape: RowShape::Rows,
            nulls: Nulls::Declared,
            is_single: false,
            known: KnownColumns::NONE,
            related: RelatedColumns::NONE,
        }
    }

    /// The same, if there is at most one row in a statement.
    fn single(self) -> Self {
        Self { is_single: true, ..self }
    }

    /// The same rows, of which this is known.
    fn knowing(self, known: &'a KnownColumns) -> Self {
        Self { known, ..self }
    }
}

/// The columns of a row under an alias.
#[derive(Clone, Copy)]
enum RowShape {
    /// All columns of the table, and no others.
    Rows,
    /// The needed columns, and the whole row as a column if a function takes it.
    Picked,
}

impl Compiler<'_> {
    /// Records session settings that the statement depends on.
    fn depend_on(&self, settings: SessionSettings) {
        self.session.set(self.session.get() | settings);
    }

    /// The forms of SQL that the database's engine runs.
    fn shapes(&self) -> Shapes {
        Shapes::of(&self.schema.catalog)
    }

    /// What is known of rows of an origin that pass a condition.
    fn known(
        &self,
        (table, origin): (usize, &Origin),
        parent: Option<TableRef<'_>>,
        condition: Option<&Condition>,
    ) -> KnownColumns {
        let own = KnownColumns::of_condition(condition);
        match (origin, parent) {
            (Origin::Joined(join), Some(parent)) => own.and(self.known_of_related(join, parent)),
            (Origin::Table | Origin::Group(_), _) | (Origin::Joined(_), None) => {
                own.and(self.known_tenant(table))
            }
            (Origin::Called(_), _) => own,
        }
    }

    /// What is known of the rows at the other end of a relation.
    fn known_of_related(&self, join: &Join, parent: TableRef<'_>) -> KnownColumns {
        let through = parent.known.through(&self.schema.catalog, parent.table, join);
        through.and(self.known_tenant(join.table))
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

/// Which columns may be null.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// Only nullable columns.
    Declared,
    /// Every column: a table's constraints do not apply to the rows that a function makes.
    Anywhere,
}

impl Expression {
    /// As a column of a select list, without a name.
    fn unnamed(self) -> ast::SelectColumn {
        ast::SelectColumn { expression: self, alias: None }
    }
}
