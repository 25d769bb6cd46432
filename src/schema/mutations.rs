//! The possible changes of a table: those that PostgreSQL supports and the role may make.

use super::{Changes, ExposedColumn};
use crate::catalog::{Column, Table};

/// `CmdType` of PostgreSQL: the bits of `pg_relation_is_updatable`.
const UPDATE: i32 = 1 << 2;
const INSERT: i32 = 1 << 3;
const DELETE: i32 = 1 << 4;

/// The possible changes of a table with these columns.
pub(super) fn changes(table: &Table, columns: &[Option<ExposedColumn>]) -> Changes {
    let can = |command| table.updatable & command != 0;
    let has = |may: fn(&ExposedColumn) -> bool| columns.iter().flatten().any(may);
    Changes {
        insert: can(INSERT) && table.can_insert && has(|column| column.is_insertable),
        update: can(UPDATE) && table.can_update && has(|column| column.is_updatable),
        delete: can(DELETE) && table.can_delete,
    }
}

/// Whether PostgreSQL numbers or computes a column by itself: then the convention puts it in no input.
pub(super) fn is_given(column: &Column) -> bool {
    column.is_generated || column.is_identity || column.is_serial
}
