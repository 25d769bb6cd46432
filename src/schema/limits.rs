//! Operators that a column's filter has but the column does not support, for `schema --explain`. `plan`
//! refuses them.

use super::operator::operators;
use super::{ColumnType, ExposedTable, Scalar, ValueType};
use crate::catalog::{Catalog, Collation, Problem, Table, base_type};

/// The columns that cannot be compared, or not with patterns.
pub(super) fn problems(catalog: &Catalog, table: &Table, exposed: &ExposedTable) -> Vec<Problem> {
    let columns = exposed.columns.iter().zip(&table.columns).filter_map(|(exposed, column)| {
        let column_type = &exposed.as_ref()?.column_type;
        let found = catalog.type_of(column).map(|found| base_type(&catalog.types, found))?;
        let reason = if found.order.is_some() && !found.may_be_compared {
            "it can be neither filtered nor ordered by: the role may not use the schema of its type's operators"
                .to_owned()
        } else {
            let refused = refused_patterns(column_type, column.collation.as_ref()?);
            if refused.is_empty() {
                return None;
            }
            format!("its collation is nondeterministic, so that {} cannot be used on it", refused.join(", "))
        };
        Some(Problem { object: format!("{}.{}", table.qualified_name(), column.name), reason })
    });
    columns.collect()
}

fn refused_patterns(column_type: &ColumnType, collation: &Collation) -> Vec<&'static str> {
    if column_type.is_list || column_type.value != ValueType::Scalar(Scalar::String) {
        return Vec::new();
    }
    let operators = operators(column_type.value, false).iter();
    operators.filter(|(_, operator)| !operator.takes(collation)).map(|(name, _)| *name).collect()
}
