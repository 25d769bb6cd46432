//! `onConflict`: what happens to inserted rows that conflict with existing ones.

use super::{Condition, PlanError, Planner};
use crate::request::{Input, Leaf};
use crate::schema::ExposedTable;

/// What happens to inserted rows that conflict with existing ones.
#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    /// The unique index, as an index into the table's conflict targets.
    pub target: usize,
    /// The columns of the existing row that get the values of the new row. Without any, the existing row
    /// stays as it is.
    pub columns: Vec<usize>,
    /// Which existing rows are updated; `None` is all of them.
    pub condition: Option<Condition>,
}

impl Planner<'_> {
    /// Null counts as absent.
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

    /// The named columns, each of them once.
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
