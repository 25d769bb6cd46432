//! Rows of tables that others inherit from: keys do not reach the children (PostgreSQL manual, 5.10.1), so the table that a
//! row stands in tells it from those of the same key.

use super::ast::{Expression, Order};
use super::condition::parameter;
use super::{Compiler, Nulls, TableRef};
use crate::catalog::{SqlType, Table};
use crate::plan::Slot;
use crate::schema::{Join, KeySide};

/// The system column that holds the table that a row stands in; where columns are picked it is one of them.
pub(super) const TABLE_OID: &str = "tableoid";

impl Compiler<'_> {
    /// The table that a row stands in, where that tells rows apart. What functions return stands in none.
    pub(super) fn table_oid(&self, at: TableRef<'_>) -> Option<Expression> {
        let is_told = at.nulls == Nulls::Declared && self.table_of(at).tells_children_apart();
        is_told.then(|| Expression::column(at.alias, TABLE_OID))
    }

    /// The row stands in the table itself, where that tells rows apart.
    pub(super) fn is_own(&self, at: TableRef<'_>) -> Option<Expression> {
        let table = self.table_of(at);
        let name = [&table.schema, &table.name].map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
        let own = Expression::text(name.join(".")).cast(SqlType::system("regclass"));
        Some(self.table_oid(at)?.binary("=", own))
    }

    /// The row stands in the table itself, or in the child of that oid.
    pub(super) fn stands_in(&self, at: TableRef<'_>, child: Option<&Slot>) -> Expression {
        let stands = match child {
            None => self.is_own(at),
            Some(oid) => self
                .table_oid(at)
                .map(|table| table.binary("=", parameter(oid.clone(), Some(SqlType::system("oid"))))),
        };
        stands.unwrap_or(Expression::Word("true"))
    }

    /// The order in which one of the rows of a key is picked: the table's own before those of children.
    pub(super) fn own_first(&self, at: TableRef<'_>) -> Vec<Order> {
        let order =
            |expression, is_descending| Order { expression, is_descending, is_nulls_first: is_descending };
        match (self.is_own(at), self.table_oid(at)) {
            (Some(is_own), Some(table)) => vec![order(is_own, true), order(table, false)],
            _ => Vec::new(),
        }
    }

    /// Whether the rows that a key refers to are those of the table itself alone.
    pub(super) fn reads_only(join: &Join) -> bool {
        join.is_only && join.side == KeySide::Referenced
    }

    /// What refers to a table refers to its own rows: a child's row of the same key has nothing that hangs on it.
    pub(super) fn is_referred_to(&self, join: &Join, parent: TableRef<'_>) -> Option<Expression> {
        if join.is_only && join.side == KeySide::Referring { self.is_own(parent) } else { None }
    }

    fn table_of(&self, at: TableRef<'_>) -> &Table {
        &self.schema.catalog.tables[at.table]
    }
}
