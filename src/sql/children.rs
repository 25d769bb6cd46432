//! Rows of tables that others inherit from. Keys do not apply to the children (PostgreSQL manual, 5.10.1), so
//! the table that contains a row distinguishes it from rows with the same key.

use super::ast::{Expression, Order};
use super::condition::parameter;
use super::{Compiler, Nulls, TableRef};
use crate::catalog::{QualifiedName, SqlType, Table};
use crate::plan::Slot;
use crate::schema::{Join, KeySide};

/// The system column with the table that contains a row; if columns are picked, it is one of them.
pub(super) const TABLE_OID: &str = "tableoid";

impl Compiler<'_> {
    /// The table that contains a row, if that distinguishes rows. Rows of functions are in no table.
    pub(super) fn table_oid(&self, at: TableRef<'_>) -> Option<Expression> {
        let is_told = at.nulls == Nulls::Declared && self.table_of(at).tells_children_apart();
        is_told.then(|| Expression::column(at.alias, TABLE_OID))
    }

    /// The condition that a row is in the table itself, if that distinguishes rows.
    pub(super) fn is_own(&self, at: TableRef<'_>) -> Option<Expression> {
        let table = self.table_of(at);
        let name = QualifiedName::new(&table.schema, &table.name);
        let own = Expression::NameInLiteral(name).cast(SqlType::system("regclass"));
        Some(self.table_oid(at)?.binary("=", own))
    }

    /// The condition that a row is in the table itself, or in the child with that oid.
    pub(super) fn stands_in(&self, at: TableRef<'_>, child: Option<&Slot>) -> Expression {
        let stands = match child {
            None => self.is_own(at),
            Some(oid) => self
                .table_oid(at)
                .map(|table| table.binary("=", parameter(oid.clone(), Some(SqlType::system("oid"))))),
        };
        stands.unwrap_or(Expression::Word("true"))
    }

    /// The order for picking one of the rows with the same key: the table's own row before those of children.
    pub(super) fn own_first(&self, at: TableRef<'_>) -> Vec<Order> {
        let order =
            |expression, is_descending| Order { expression, is_descending, is_nulls_first: is_descending };
        match (self.is_own(at), self.table_oid(at)) {
            (Some(is_own), Some(table)) => vec![order(is_own, true), order(table, false)],
            _ => Vec::new(),
        }
    }

    /// Whether a key references only rows of the table itself.
    pub(super) fn reads_only(join: &Join) -> bool {
        join.is_only && join.side == KeySide::Referenced
    }

    /// The condition that a row is one that a key can reference: a child's row with the same key has no
    /// related rows.
    pub(super) fn is_referred_to(&self, join: &Join, parent: TableRef<'_>) -> Option<Expression> {
        if join.is_only && join.side == KeySide::Referring { self.is_own(parent) } else { None }
    }

    fn table_of(&self, at: TableRef<'_>) -> &Table {
        &self.schema.catalog.tables[at.table]
    }
}
