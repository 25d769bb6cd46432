//! Mutations of tables: what is written, and what is asked of the written rows.

use apollo_compiler::Node;

use super::argument::items;
use super::{Asked, AskedField, Condition, Operand, PlanError, Planner, RowField};
use crate::request::{Field, Input, Inputs};
use crate::schema::{ExposedTable, FixedFields, ResponseFieldKind, TableType, TypeId};

/// A mutation of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The table.
    pub table: usize,
    /// What happens to it.
    pub change: Change,
    /// What is asked of the response, by key in the answer.
    pub fields: Vec<(String, WriteField)>,
}

/// What happens to a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Rows are inserted.
    Insert {
        /// The columns that any row gives a value, in the order of the table.
        columns: Vec<usize>,
        /// For each row a value of each column; `None` is the column's default.
        rows: Vec<Vec<Option<Operand>>>,
    },
    /// Rows get new values.
    Update {
        /// Columns and their new values.
        set: Vec<(usize, Operand)>,
        /// Which rows.
        target: Target,
    },
    /// Rows are deleted.
    Delete {
        /// Which rows.
        target: Target,
    },
}

/// The rows that a mutation means.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Which rows; `None` is all of them.
    pub condition: Option<Condition>,
    /// It fails if more rows match.
    pub at_most: u64,
}

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
    pub(super) fn insert(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let objects = arguments.get("objects").map(items).unwrap_or_default();
        if objects.is_empty() {
            return Err(self.error("objects is empty; give at least one row to insert"));
        }
        let objects: Vec<_> = objects
            .iter()
            .map(|object| self.values(table, ExposedTable::insertable_column, object))
            .collect::<Result<_, _>>()?;
        let mut columns: Vec<_> = objects.iter().flatten().map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns.dedup();
        let value = |object: &[(usize, Operand)], column: &usize| {
            object.iter().find(|(given, _)| given == column).map(|(_, value)| value.clone())
        };
        let rows = objects
            .iter()
            .map(|object| columns.iter().map(|column| value(object, column)).collect())
            .collect();
        self.write(table, TableType::InsertResponse, Change::Insert { columns, rows }, fields)
    }

    /// `updateXCollection`.
    pub(super) fn update(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let set = arguments.get("set").unwrap_or(&Input::Null);
        let set = self.values(table, ExposedTable::updatable_column, set)?;
        if set.is_empty() {
            return Err(self.error("set is empty; give at least one new value"));
        }
        let target = self.target(table, &arguments)?;
        self.write(table, TableType::UpdateResponse, Change::Update { set, target }, fields)
    }

    /// `deleteFromXCollection`.
    pub(super) fn delete(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let target = self.target(table, &arguments)?;
        self.write(table, TableType::DeleteResponse, Change::Delete { target }, fields)
    }

    fn write(
        &self,
        table: usize,
        response: TableType,
        change: Change,
        fields: &[&'a Node<Field>],
    ) -> Result<Write, PlanError> {
        Ok(Write { table, change, fields: self.write_fields(table, response, fields)? })
    }

    fn target(&self, table: usize, arguments: &Inputs) -> Result<Target, PlanError> {
        let at_most = self.count(arguments, "atMost")?.unwrap_or(1);
        Ok(Target { condition: self.filter(table, arguments.get("filter"))?, at_most })
    }

    /// The columns that an input object gives a value, with the values. `named` finds a column among those that the input has.
    fn values(
        &self,
        table: usize,
        named: impl Fn(&ExposedTable, &str) -> Option<usize>,
        object: &Input,
    ) -> Result<Vec<(usize, Operand)>, PlanError> {
        let table = self.table(table)?;
        let Input::Object(fields) = object else { return Ok(Vec::new()) };
        let values = fields.iter().map(|(name, value)| {
            let column = named(table, name);
            let exposed = column.and_then(|column| Some((column, table.columns[column].as_ref()?)));
            let (column, exposed) = exposed.ok_or_else(|| self.error(format!("{name} cannot be written")))?;
            let operand = if exposed.column_type.is_list {
                Operand::List(self.list(exposed, value)?)
            } else {
                Operand::Value(self.value(exposed, value)?)
            };
            Ok((column, operand))
        });
        values.collect()
    }

    fn write_fields(
        &self,
        table: usize,
        response: TableType,
        fields: &[&'a Node<Field>],
    ) -> Result<Vec<(String, WriteField)>, PlanError> {
        let asked = self.fields(TypeId::Table(table, response), fields, ResponseFieldKind::named)?;
        let planned = asked.into_iter().map(|AskedField { key, asked, fields }| {
            let field = match asked {
                Asked::Typename(name) => WriteField::Typename(name),
                Asked::Field(ResponseFieldKind::AffectedCount) => WriteField::AffectedCount,
                Asked::Field(ResponseFieldKind::Records) => {
                    WriteField::Records(self.below(&key).row_fields(table, &fields)?)
                }
            };
            Ok((key, field))
        });
        planned.collect()
    }
}
