//! Mutations of tables: what to write, and the selected fields of the written rows.

use apollo_compiler::Node;

use super::slot::Taken;
use super::{
    Action, Assignment, Condition, KnownColumns, OnConflict, Operand, PlanError, Planner, RowField,
    SelectedField, SelectedKind, Slot,
};
use crate::request::{Field, Input, Inputs, Rows};
use crate::schema::{ExposedColumn, ExposedTable, FixedFields, ResponseFieldKind, TableType, TypeId};

const NO_OBJECTS: &str = "objects is empty; give at least one row to insert";

/// A mutation of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The table.
    pub table: usize,
    /// The change.
    pub change: Change,
    /// What is known of the changed rows.
    pub known: KnownColumns,
    /// The selected fields of the response, by response key.
    pub fields: Vec<(String, WriteField)>,
}

impl Write {
    /// Which rows it changes; `None` is all of them, or new ones.
    pub fn condition(&self) -> Option<&Condition> {
        match &self.change {
            Change::Insert { .. } => None,
            Change::Update { target, .. } | Change::Delete { target } => target.condition.as_ref(),
        }
    }
}

/// A change of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Rows are inserted.
    Insert {
        /// The columns that any row gives a value, in the order of the table.
        columns: Vec<usize>,
        /// Their values.
        rows: InsertedRows,
        /// What happens to rows that conflict with existing ones; `None` is an error.
        on_conflict: Option<OnConflict>,
    },
    /// Rows get new values.
    Update {
        /// Columns, each of them once, with their new values.
        set: Vec<(usize, Assignment)>,
        /// Which rows.
        target: Target,
    },
    /// Rows are deleted.
    Delete {
        /// Which rows.
        target: Target,
    },
}

/// The values of inserted rows.
#[derive(Debug, Clone, PartialEq)]
pub enum InsertedRows {
    /// A value of each column for each row; `None` is the column's default.
    Each(Vec<Vec<Option<Operand>>>),
    /// An array of the values of all rows for each column, so that the statement does not depend on the
    /// number of rows. If the column itself is an array, the values are arrays in PostgreSQL's text form.
    Columns(Vec<Slot>),
}

/// The rows that a mutation changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Which rows; `None` is all of them.
    pub condition: Option<Condition>,
    /// The mutation fails if more rows match.
    pub at_most: Slot,
}

/// The columns that any row gives a value, and their values.
type Values = (Vec<usize>, InsertedRows);

/// A field of a mutation's response.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteField {
    /// `__typename`.
    Typename(String),
    /// `affectedCount`.
    AffectedCount,
    /// `records`.
    Records(Vec<(String, RowField)>),
}

impl<'a> Planner<'a> {
    /// `insertIntoXCollection`.
    pub(super) fn insert(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Action, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let on_conflict = self.on_conflict(table, arguments.get("onConflict"))?;
        let objects = arguments.get("objects").ok_or_else(|| self.error(NO_OBJECTS))?;
        let (columns, rows) = match objects.rows() {
            Rows::Alike(keys) if self.is_nested(table, &keys) => {
                let insert = self.nested_insert(table, &objects.items(), on_conflict, fields)?;
                return Ok(Action::NestedInsert(insert));
            }
            Rows::Alike(keys) => match self.columns(table, &keys, objects)? {
                Some(columns) => columns,
                None => self.each(table, &objects.items())?,
            },
            Rows::Each(objects)
                if objects.iter().any(|object| self.is_nested(table, object.fields().keys())) =>
            {
                let insert = self.nested_insert(table, &objects, on_conflict, fields)?;
                return Ok(Action::NestedInsert(insert));
            }
            Rows::Each(objects) => self.each(table, &objects)?,
        };
        let change = Change::Insert { columns, rows, on_conflict };
        let fields = self.write_fields(table, TableType::InsertResponse, fields)?;
        let known = self.known_of_change(table, &change, Some(objects), &fields)?;
        Ok(Action::Write(Write { table, change, known, fields }))
    }

    /// Rows with the same columns, if each column's values can be one array.
    fn columns(&self, table: usize, keys: &[&str], objects: &Input<'_>) -> Result<Option<Values>, PlanError> {
        let exposed = self.table(table)?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let (column, written) = self.written(exposed, exposed.insertable_column(key), key)?;
            if written.column_type.sql_type.is_none() {
                return Ok(None);
            }
            found.push((column, self.column(key, written, objects)));
        }
        found.sort_unstable_by_key(|(column, _)| *column);
        let (columns, values): (Vec<_>, _) = found.into_iter().unzip();
        let rows = InsertedRows::Columns(values);
        Ok((!columns.is_empty()).then_some((columns, rows)))
    }

    fn each(&self, table: usize, objects: &[Input<'_>]) -> Result<Values, PlanError> {
        if objects.is_empty() {
            return Err(self.error(NO_OBJECTS));
        }
        let objects: Vec<_> = objects
            .iter()
            .map(|object| self.values(table, ExposedTable::insertable_column, object))
            .collect::<Result<_, _>>()?;
        let (columns, rows) = tabulated(&objects);
        Ok((columns, InsertedRows::Each(rows)))
    }

    /// `deleteFromXCollection`.
    pub(super) fn delete(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let target = self.target(table, &arguments)?;
        self.write(table, TableType::DeleteResponse, Change::Delete { target }, fields)
    }

    pub(super) fn write(
        &self,
        table: usize,
        response: TableType,
        change: Change,
        fields: &[&'a Node<Field>],
    ) -> Result<Write, PlanError> {
        let fields = self.write_fields(table, response, fields)?;
        let known = self.known_of_change(table, &change, None, &fields)?;
        Ok(Write { table, change, known, fields })
    }

    pub(super) fn target(&self, table: usize, arguments: &Inputs<'_>) -> Result<Target, PlanError> {
        let at_most = self.count_later(arguments, "atMost")?;
        let at_most = at_most.unwrap_or_else(|| Slot::Known(Some("1".to_owned())));
        Ok(Target { condition: self.filter(table, arguments.get("filter"))?, at_most })
    }

    /// The columns for which an input object has a value, with the values. `named` finds a column of the
    /// input by name.
    pub(super) fn values(
        &self,
        table: usize,
        named: impl Fn(&ExposedTable, &str) -> Option<usize>,
        object: &Input<'_>,
    ) -> Result<Vec<(usize, Operand)>, PlanError> {
        let table = self.table(table)?;
        let fields = object.fields();
        let values = fields.iter().map(|(name, value)| {
            let (column, exposed) = self.written(table, named(table, name), name)?;
            Ok((column, self.new_value(exposed, value)?))
        });
        values.collect()
    }

    /// A value of a column's type, or of its array.
    pub(super) fn new_value(&self, column: &ExposedColumn, value: &Input<'_>) -> Result<Operand, PlanError> {
        let slot = self.slot(Taken::of_column(&column.field, column), &column.column_type, value)?;
        Ok(if column.column_type.is_list { Operand::List(slot) } else { Operand::Value(slot) })
    }

    pub(super) fn written<'t>(
        &self,
        table: &'t ExposedTable,
        column: Option<usize>,
        name: &str,
    ) -> Result<(usize, &'t ExposedColumn), PlanError> {
        let exposed = column.and_then(|column| Some((column, table.columns[column].as_ref()?)));
        exposed.ok_or_else(|| self.error(format!("{name} cannot be written")))
    }

    pub(super) fn write_fields(
        &self,
        table: usize,
        response: TableType,
        fields: &[&'a Node<Field>],
    ) -> Result<Vec<(String, WriteField)>, PlanError> {
        let selected = self.fields(TypeId::Table(table, response), fields, ResponseFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let field = match kind {
                SelectedKind::Typename(name) => WriteField::Typename(name),
                SelectedKind::Field(ResponseFieldKind::AffectedCount) => WriteField::AffectedCount,
                SelectedKind::Field(ResponseFieldKind::Records) => {
                    WriteField::Records(self.below(&key).row_fields(table, &fields)?)
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }
}

/// The columns that any row gives a value, in the order of the table, and for each row a value of each of them.
pub(super) type Cells = (Vec<usize>, Vec<Vec<Option<Operand>>>);

/// Rows that give values to different columns, as a table.
pub(super) fn tabulated(objects: &[Vec<(usize, Operand)>]) -> Cells {
    let mut columns: Vec<_> = objects.iter().flatten().map(|(column, _)| *column).collect();
    columns.sort_unstable();
    columns.dedup();
    let value = |object: &[(usize, Operand)], column: &usize| {
        object.iter().find(|(given, _)| given == column).map(|(_, value)| value.clone())
    };
    let row = |object: &Vec<(usize, Operand)>| columns.iter().map(|column| value(object, column)).collect();
    let rows = objects.iter().map(row).collect();
    (columns, rows)
}
