//! The forms of SQL that depend on the sort of PostgreSQL. Every choice between two forms is a method of [`Shapes`]. Whatever the form,
//! the answer is the same.
//!
//! Citus plans a statement whose tables are divided among servers by its own rules. It refuses a subselect that refers to rows of
//! another subselect, and a `FROM`-less one around others; and it sends a whole statement to one server if it can, where settings of
//! the transaction have no values.

use super::ast::{Expression, From, Select};
use crate::catalog::Catalog;

/// The forms of SQL that are used.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shapes {
    /// Those for PostgreSQL as it is.
    Postgresql,
    /// Those for Citus.
    Citus,
}

impl Shapes {
    /// The forms for the engine of a database.
    pub(super) fn of(catalog: &Catalog) -> Self {
        if catalog.citus.is_some() { Self::Citus } else { Self::Postgresql }
    }

    /// Whether a page itself computes what its rows take from other tables, and not the select around it. PostgreSQL would compute it
    /// for the rows that OFFSET skips, too.
    pub(super) fn relates_within_page(self) -> bool {
        self.is_citus()
    }

    /// Whether a JSON text without rows stands for itself, without a `select`.
    pub(super) fn has_no_select_without_from(self) -> bool {
        self.is_citus()
    }

    /// Whether a row as one value is made from its columns. The type of `"t".*` is that of a part of the table on the server that has
    /// it, which no function takes.
    pub(super) fn makes_rows_from_columns(self) -> bool {
        self.is_citus()
    }

    /// Whether the rows of a function that only reads are numbered, so that PostgreSQL does not put the function's own statement in
    /// place of the call. Citus would not see the tables in it, and read the coordinator's empty ones.
    pub(super) fn numbers_rows_of_functions(self) -> bool {
        self.is_citus()
    }

    /// Whether a change returns nothing but columns of its rows. Citus refuses functions there that are not immutable.
    pub(super) fn returns_columns_only(self) -> bool {
        self.is_citus()
    }

    /// Whether the inserted or updated rows are read again from their table for the relations of records.
    pub(super) fn reads_changed_rows_again(self) -> bool {
        self.is_citus()
    }

    /// A condition that is always true, and keeps a select that writes or reads settings of the transaction on the server that the
    /// message came to: no other server has the rows of this table.
    pub(super) fn stays_here(self) -> Option<Expression> {
        let rows = || Select {
            columns: vec![Expression::Number(1).unnamed()],
            from: Some(From::Table {
                is_only: false,
                schema: "pg_catalog".to_owned(),
                name: "pg_am".to_owned(),
                alias: "here".to_owned(),
            }),
            ..Select::default()
        };
        self.is_citus().then(|| Expression::Exists(Box::new(rows())))
    }

    fn is_citus(self) -> bool {
        match self {
            Self::Postgresql => false,
            Self::Citus => true,
        }
    }
}
