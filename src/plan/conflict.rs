//! `onConflict`: what becomes of inserted rows that conflict with rows that are there.

use super::{Condition, PlanError, Planner};
use crate::request::{Input, Leaf};
use crate::schema::ExposedTable;

/// What becomes of inserted rows that conflict with rows that are there.
#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    /// The unique index, by its place among the table's.
    pub target: usize,
    /// The columns of the row that is there that get the values of the one that was to be inserted. Without any it is left
    /// as it is.
    pub columns: Vec<usize>,
    /// The rows that are updated; `None` is all of them.
    pub condition: Option<Condition>,
}

impl Planner<'_> {
    /// Null is as if it were absent.
    pub(super) fn on_conflict(
        &self,
        table: usize,
        argument: Option<&Input<'_>>,
    ) -> Result<Option<OnConflict>, PlanError> {
        let Some(given) = argument.filter(|given| !given.is_null()) else { return Ok(None) };
        let exposed = self.table(table)?;
        let fields = given.fields();
        let target = match fields.get("constraint").map(Input::value) {
            Some(Leaf::Text(name)) => exposed.conflicts.as_ref().and_then(|known| known.target(name)),
            Some(Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound) | None => None,
        };
        let target = target.ok_or_else(|| self.error("onConflict names no constraint of the table"))?;
        let columns = fields.get("updateColumns").filter(|columns| !columns.is_null());
        let columns =
            columns.map(|columns| self.taken_over(exposed, columns)).transpose()?.unwrap_or_default();
        let condition = self.filter(table, fields.get("filter"))?;
        if condition.is_some() && columns.is_empty() {
            return Err(self.error(
                "the filter in onConflict says which rows are updated; give updateColumns, or leave it out",
            ));
        }
        Ok(Some(OnConflict { target, columns, condition }))
    }

    /// The columns that are named, each of them once.
    fn taken_over(&self, exposed: &ExposedTable, names: &Input<'_>) -> Result<Vec<usize>, PlanError> {
        let mut columns = Vec::new();
        for name in names.items() {
            let column = match name.value() {
                Leaf::Text(name) => exposed.taken_over_column(name),
                Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => None,
            };
            let column = column.ok_or_else(|| self.error("updateColumns names no column of the table"))?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns.sort_unstable();
        Ok(columns)
    }
}
