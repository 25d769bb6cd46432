//! Which tables' rows can be looked up by their keys.

use super::scalar::{Scalar, ValueType};
use super::{ExposedColumn, ExposedTable};
use crate::catalog::Catalog;

/// The columns of a table's key, if the convention allows their types in `…ByPk`.
pub(super) fn key_columns<'s>(
    catalog: &Catalog,
    index: usize,
    exposed: &'s ExposedTable,
) -> Option<Vec<&'s ExposedColumn>> {
    let table = &catalog.tables[index];
    let column = |column: &usize| {
        let type_name = &catalog.type_of(&table.columns[*column])?.name;
        let can_look_up = matches!(type_name.as_str(), "int2" | "int4" | "int8" | "text" | "uuid" | "citext");
        let is_known =
            |column: &&ExposedColumn| column.column_type.value != ValueType::Scalar(Scalar::Opaque);
        exposed.columns[*column].as_ref().filter(|_| can_look_up).filter(is_known)
    };
    exposed.key.iter().map(column).collect()
}
