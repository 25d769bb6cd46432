//! Mutations of tables: what is written, and what is asked of the written rows.

use apollo_compiler::Node;

use super::argument::items;
use super::{Asked, Condition, FieldOf, Operand, PlanError, Planner, RowField};
use crate::request::{Field, Input, Inputs};
use crate::schema::{InputMeaning, Meaning};

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
            .map(|object| self.values(table, "InsertInput", object))
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
        self.write(table, Change::Insert { columns, rows }, fields)
    }

    /// `updateXCollection`.
    pub(super) fn update(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let set = self.values(table, "UpdateInput", arguments.get("set").unwrap_or(&Input::Null))?;
        if set.is_empty() {
            return Err(self.error("set is empty; give at least one new value"));
        }
        let target = self.target(table, &arguments)?;
        self.write(table, Change::Update { set, target }, fields)
    }

    /// `deleteFromXCollection`.
    pub(super) fn delete(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let target = self.target(table, &arguments)?;
        self.write(table, Change::Delete { target }, fields)
    }

    fn write(&self, table: usize, change: Change, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        Ok(Write { table, change, fields: self.write_fields(table, fields)? })
    }

    fn target(&self, table: usize, arguments: &Inputs) -> Result<Target, PlanError> {
        let at_most = self.count(arguments, "atMost")?.unwrap_or(1);
        Ok(Target { condition: self.filter(table, arguments.get("filter"))?, at_most })
    }

    /// The columns that an input object gives a value, with the values.
    fn values(&self, table: usize, input: &str, object: &Input) -> Result<Vec<(usize, Operand)>, PlanError> {
        let type_name = format!("{}{input}", self.type_name(table));
        let Input::Object(fields) = object else { return Ok(Vec::new()) };
        let values = fields.iter().map(|(name, value)| {
            let meaning = self.schema.input_field(&type_name, name).map(|field| &field.meaning);
            let Some(InputMeaning::Column(column)) = meaning else {
                return Err(self.error(format!("{name} cannot be written")));
            };
            let exposed = self.schema.column(table, *column);
            let exposed = exposed.ok_or_else(|| self.error(format!("{name} cannot be written")))?;
            let operand = if exposed.column_type.is_list {
                Operand::List(self.list(exposed, value)?)
            } else {
                Operand::Value(self.value(exposed, value)?)
            };
            Ok((*column, operand))
        });
        values.collect()
    }

    fn write_fields(
        &self,
        table: usize,
        fields: &[&'a Node<Field>],
    ) -> Result<Vec<(String, WriteField)>, PlanError> {
        // The response's type is the field's: `TaskInsertResponse`.
        let type_name = fields[0].ty().inner_named_type().as_str();
        let planned = self.fields(type_name, fields).into_iter().map(|FieldOf { key, asked, fields }| {
            let field = match asked {
                Asked::Typename => WriteField::Typename(type_name.to_owned()),
                Asked::Meaning(Meaning::Records) => {
                    WriteField::Records(self.below(&key).row_fields(table, &fields)?)
                }
                Asked::Meaning(_) => WriteField::AffectedCount,
            };
            Ok((key, field))
        });
        planned.collect()
    }
}
