//! Nested inserts: rows of several tables that reference each other, in the order in which they have to be
//! inserted.
//!
//! Referenced rows come first. Each relation on each level is one step, for any number of rows.

use std::collections::HashSet;

use apollo_compiler::Node;
use indexmap::IndexMap;

use super::write::{Cells, tabulated};
use super::{KnownColumns, OnConflict, Operand, PlanError, Planner, WriteField};
use crate::request::{Field, Input};
use crate::schema::{ExposedTable, KeySide, RelationField, TableType};

/// The maximum number of values that the rows of one step may have, including missing ones.
const MOST_CELLS: usize = 200_000;

/// An insert of rows with rows that they reference, or that reference them.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedInsert {
    /// The steps in order.
    pub steps: Vec<InsertStep>,
    /// The step with the mutation's own rows.
    pub root: usize,
    /// What is known of those rows.
    pub known: KnownColumns,
    /// The selected fields of the response, by response key.
    pub fields: Vec<(String, WriteField)>,
}

/// The rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertStep {
    /// The table.
    pub table: usize,
    /// The columns for which at least one row has a value, in the order of the table.
    pub columns: Vec<usize>,
    /// A value of each column for each row; `None` is missing.
    pub rows: Vec<Vec<Option<Operand>>>,
    /// The rows that they reference.
    pub links: Vec<Link>,
    /// What happens to rows that conflict with existing ones.
    pub on_conflict: Option<OnConflict>,
}

/// Columns that get their values from rows of an earlier step.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The earlier step.
    pub step: usize,
    /// Its table.
    pub table: usize,
    /// The referencing and referenced columns.
    pub columns: Vec<(usize, usize)>,
    /// The referenced row of each row, as an index into that step; `None` references none of them.
    pub rows: Vec<Option<usize>>,
}

/// The inputs for a relation, with the index of the row that has them.
type Given<'i> = Vec<(usize, Input<'i>)>;

impl<'a> Planner<'a> {
    /// Whether an object contains rows of other tables.
    pub(super) fn is_nested<'n>(&self, table: usize, keys: impl IntoIterator<Item = &'n &'n str>) -> bool {
        keys.into_iter().any(|key| self.schema.nested(table, key).is_some())
    }

    /// `insertIntoXCollection` of objects, some of which contain rows of other tables.
    pub(super) fn nested_insert(
        &self,
        table: usize,
        objects: &[Input<'_>],
        on_conflict: Option<OnConflict>,
        fields: &[&'a Node<Field>],
    ) -> Result<NestedInsert, PlanError> {
        let mut steps = Vec::new();
        let root = self.step(&mut steps, table, objects, None, on_conflict)?;
        let fields = self.write_fields(table, TableType::InsertResponse, fields)?;
        let known = self.known_of_step(&steps[root], &fields);
        Ok(NestedInsert { steps, root, known, fields })
    }

    /// Appends the step of these rows, after the steps of referenced rows and before those of referencing
    /// rows.
    fn step(
        &self,
        steps: &mut Vec<InsertStep>,
        table: usize,
        objects: &[Input<'_>],
        above: Option<Link>,
        on_conflict: Option<OnConflict>,
    ) -> Result<usize, PlanError> {
        let exposed = self.table(table)?;
        let mut rows = Vec::with_capacity(objects.len());
        let mut relations: IndexMap<&str, Given<'_>> = IndexMap::new();
        for (place, object) in objects.iter().enumerate() {
            let mut row = Vec::new();
            for (name, value) in object.fields() {
                if self.schema.nested(table, name).is_none() {
                    let (column, found) = self.written(exposed, exposed.insertable_column(name), name)?;
                    row.push((column, self.new_value(found, &value)?));
                } else if !value.is_null() {
                    relations.entry(name).or_default().push((place, value));
                }
            }
            rows.push(row);
        }
        let relations =
            relations.into_iter().filter_map(|(name, given)| Some((self.schema.nested(table, name)?, given)));
        let (before, after): (Vec<_>, Vec<_>) =
            relations.partition(|(relation, _)| relation.join.side == KeySide::Referenced);
        let mut links: Vec<_> = above.into_iter().collect();
        for (relation, given) in before {
            links.push(self.referenced(steps, relation, &given, objects.len())?);
        }
        self.refuse_doubled(exposed, table, &rows, &links)?;
        let (columns, rows) = self.bounded(exposed, &rows)?;
        let step = steps.len();
        steps.push(InsertStep { table, columns, rows, links, on_conflict });
        for (relation, given) in after {
            self.referring(steps, step, relation, &given)?;
        }
        Ok(step)
    }

    /// The step of referenced rows, and the link to it.
    fn referenced(
        &self,
        steps: &mut Vec<InsertStep>,
        relation: &RelationField,
        given: &Given<'_>,
        referring: usize,
    ) -> Result<Link, PlanError> {
        let (mut objects, mut rows) = (Vec::with_capacity(given.len()), vec![None; referring]);
        for (row, value) in given {
            rows[*row] = Some(objects.len());
            objects.extend(value.fields().swap_remove("object"));
        }
        let on_conflict = self.shared_conflict(relation.join.table, given)?;
        let step = self.step(steps, relation.join.table, &objects, None, on_conflict)?;
        let table = relation.join.table;
        Ok(Link { step, table, columns: relation.join.columns.clone(), rows })
    }

    /// The step of rows that reference the rows of an earlier step, if there are any.
    fn referring(
        &self,
        steps: &mut Vec<InsertStep>,
        step: usize,
        relation: &RelationField,
        given: &Given<'_>,
    ) -> Result<(), PlanError> {
        let (mut objects, mut rows) = (Vec::new(), Vec::new());
        for (row, value) in given {
            let fields = value.fields();
            let found = fields.get("objects").or(fields.get("object")).map(Input::items).unwrap_or_default();
            rows.resize(rows.len() + found.len(), Some(*row));
            objects.extend(found);
        }
        if objects.is_empty() {
            return Ok(());
        }
        let columns = relation.join.columns.iter().map(|(ours, theirs)| (*theirs, *ours)).collect();
        let on_conflict = self.shared_conflict(relation.join.table, given)?;
        let above = Link { step, table: steps[step].table, columns, rows };
        self.step(steps, relation.join.table, &objects, Some(above), on_conflict)?;
        Ok(())
    }

    /// The `onConflict` that all rows of a step share, because they are inserted together.
    fn shared_conflict(&self, table: usize, given: &Given<'_>) -> Result<Option<OnConflict>, PlanError> {
        let mut handled =
            given.iter().map(|(_, value)| self.on_conflict(table, value.fields().get("onConflict")));
        let first = handled.next().transpose()?.flatten();
        for other in handled {
            if other? != first {
                return Err(self.error(format!(
                    "rows of {} on one level are inserted together; give all of them the same onConflict",
                    self.table(table)?.type_name
                )));
            }
        }
        Ok(first)
    }

    /// Refuses a column that has both a given value and one from an inserted row.
    fn refuse_doubled(
        &self,
        exposed: &ExposedTable,
        table: usize,
        rows: &[Vec<(usize, Operand)>],
        links: &[Link],
    ) -> Result<(), PlanError> {
        for (place, row) in rows.iter().enumerate() {
            let mut taken: Vec<_> = row.iter().map(|(column, _)| *column).collect();
            let used = links.iter().filter(|link| link.rows[place].is_some());
            for column in used.flat_map(|link| &link.columns).map(|(ours, _)| *ours) {
                if taken.contains(&column) {
                    let name = &self.schema.catalog.tables[table].columns[column].name;
                    return Err(self.error(format!(
                        "{} of a row of {} would have two values: it comes from the row that it is inserted along with, so give no other",
                        exposed.columns[column].as_ref().map_or(name.as_str(), |column| &column.field),
                        exposed.type_name
                    )));
                }
                taken.push(column);
            }
        }
        Ok(())
    }

    /// The rows as a table; an error if they have such different columns that the table would be far too
    /// large.
    fn bounded(&self, exposed: &ExposedTable, rows: &[Vec<(usize, Operand)>]) -> Result<Cells, PlanError> {
        let columns: HashSet<_> = rows.iter().flatten().map(|(column, _)| *column).collect();
        if columns.len().saturating_mul(rows.len()) > MOST_CELLS {
            return Err(self.error(format!(
                "{} rows of {} with {} different columns are too many for one mutation; send fewer at once",
                rows.len(),
                exposed.type_name,
                columns.len()
            )));
        }
        Ok(tabulated(rows))
    }
}
