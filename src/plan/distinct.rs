//! `distinctOn` -> the columns that define the groups.

use super::order::MOST_TERMS;
use super::{PlanError, Planner};
use crate::request::{Field, Input, Inputs, Leaf};
use crate::schema::{DISTINCT_ON, TableType, TypeId};

impl Planner<'_> {
    /// The named columns, each of them once, in the order given. Null and an empty list name none.
    pub(super) fn distinct_on(
        &self,
        table: usize,
        field: &Field,
        arguments: &Inputs<'_>,
    ) -> Result<Vec<usize>, PlanError> {
        let declared = field.definition.argument_by_name(DISTINCT_ON);
        // A function may have its own argument with this name.
        let of = TypeId::Table(table, TableType::DistinctColumn);
        let is_own = declared.is_some_and(|found| of.is_named(self.schema, found.ty.inner_named_type()));
        let given = arguments.get(DISTINCT_ON).filter(|given| is_own && !given.is_null());
        let exposed = self.table(table)?;
        let mut columns = Vec::new();
        for name in given.map(Input::items).unwrap_or_default() {
            let column = match name.value() {
                Leaf::Text(name) => exposed.distinct_column(name),
                Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => None,
            };
            let column = column.ok_or_else(|| self.error("distinctOn names no column of the table"))?;
            if !columns.contains(&column) {
                columns.push(column);
            }
            if columns.len() > MOST_TERMS {
                return Err(
                    self.error(format!("distinctOn names more than {MOST_TERMS} columns; name fewer"))
                );
            }
        }
        Ok(columns)
    }
}
