//! `distinctOn`: the columns of which rows can be told apart by, as values of an enum.

use super::conflicts::is_enum_value;
use super::{ExposedColumn, ExposedTable};

/// The argument of collections. It gives way to an argument of a function, which it may have had before.
pub const DISTINCT_ON: &str = "distinctOn";

impl ExposedColumn {
    /// Whether rows can be told apart by it: then they can be ordered by it, too.
    pub(super) fn is_distinct_column(&self) -> bool {
        self.can_order() && is_enum_value(&self.field).is_ok()
    }
}

impl ExposedTable {
    /// Whether its collections have `distinctOn`.
    pub(super) fn has_distinct(&self) -> bool {
        self.columns_that(ExposedColumn::is_distinct_column).next().is_some()
    }

    /// The column of that name that rows can be told apart by.
    pub fn distinct_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, ExposedColumn::is_distinct_column)
    }
}
