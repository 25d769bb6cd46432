//! `distinctOn`: the columns that can group rows, as values of an enum.

use super::conflicts::is_enum_value;
use super::{ExposedColumn, ExposedTable};

/// The argument of collections. A function's own argument with this name takes precedence.
pub const DISTINCT_ON: &str = "distinctOn";

impl ExposedColumn {
    /// Whether rows can be grouped by it. Then they can be ordered by it, too.
    pub(super) fn is_distinct_column(&self) -> bool {
        self.can_order() && is_enum_value(&self.field).is_ok()
    }
}

impl ExposedTable {
    /// Whether its collections have `distinctOn`.
    pub(super) fn has_distinct(&self) -> bool {
        self.columns_that(ExposedColumn::is_distinct_column).next().is_some()
    }

    /// The column with that name, if rows can be grouped by it.
    pub fn distinct_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, ExposedColumn::is_distinct_column)
    }
}
