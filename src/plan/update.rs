//! `updateXCollection`: the new value of each column.

use apollo_compiler::Node;

use super::slot::Taken;
use super::{Change, Operand, PlanError, Planner, Slot, Write};
use crate::request::{Field, Input, Inputs};
use crate::schema::{
    ExposedColumn, ExposedTable, FixedFields, JsonRemovalField, Scalar, TableType, UpdateOperation, ValueType,
};

/// The new value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Assignment {
    /// This value.
    Value(Operand),
    /// The current value plus this number.
    Incremented(Operand),
    /// The current value with these elements, or this document, appended.
    Appended(Operand),
    /// The current value with these elements, or this document, prepended.
    Prepended(Operand),
    /// The current array without the elements that are equal to one of these.
    WithoutElements(Operand),
    /// The current document without these keys: an array of texts.
    WithoutKeys(Slot),
    /// The current document, an array, without the element at this index: an integer.
    WithoutPlace(Slot),
    /// The current document without the value at the end of this path: an array of texts.
    WithoutPath(Slot),
}

/// Columns with their new values.
type Assignments = Vec<(usize, Assignment)>;

impl<'a> Planner<'a> {
    /// `updateXCollection`.
    pub(super) fn update(&self, table: usize, fields: &[&'a Node<Field>]) -> Result<Write, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let exposed = self.table(table)?;
        let set = arguments.get("set").map(|set| self.values(table, ExposedTable::updatable_column, set));
        let set = set.transpose()?.unwrap_or_default().into_iter();
        let mut assignments: Assignments =
            set.map(|(column, value)| (column, Assignment::Value(value))).collect();
        for operation in &exposed.operations {
            for (column, assignment) in self.operated(exposed, *operation, &arguments)? {
                if assignments.iter().any(|(other, _)| *other == column) {
                    let field = exposed.columns[column].as_ref().map_or("", |column| &column.field);
                    return Err(self.error(format!(
                        "{field} is changed twice: give it in one of set, increment, append, prepend and remove"
                    )));
                }
                assignments.push((column, assignment));
            }
        }
        if assignments.is_empty() {
            return Err(self.error("set is empty; give at least one new value"));
        }
        let target = self.target(table, &arguments)?;
        let change = Change::Update { set: assignments, target };
        self.write(table, TableType::UpdateResponse, change, fields)
    }

    /// The assignments of an argument such as `increment`.
    fn operated(
        &self,
        exposed: &ExposedTable,
        operation: UpdateOperation,
        arguments: &Inputs<'_>,
    ) -> Result<Assignments, PlanError> {
        let fields = arguments.get(operation.name()).map(Input::fields).unwrap_or_default();
        let assignments = fields.iter().map(|(name, value)| {
            let column = exposed.operated_column(name, operation);
            let (column, found) = self.written(exposed, column, name)?;
            if value.is_null() {
                return Err(self.error(format!(
                    "{name} in {} must not be null; leave it out, and the column stays as it is",
                    operation.name()
                )));
            }
            Ok((column, self.operation(operation, found, value)?))
        });
        assignments.collect()
    }

    fn operation(
        &self,
        operation: UpdateOperation,
        column: &ExposedColumn,
        value: &Input<'_>,
    ) -> Result<Assignment, PlanError> {
        Ok(match operation {
            UpdateOperation::Increment => Assignment::Incremented(self.new_value(column, value)?),
            UpdateOperation::Append => Assignment::Appended(self.new_value(column, value)?),
            UpdateOperation::Prepend => Assignment::Prepended(self.new_value(column, value)?),
            UpdateOperation::Remove if column.column_type.is_list => {
                Assignment::WithoutElements(self.new_value(column, value)?)
            }
            UpdateOperation::Remove => self.json_removal(&column.field, value)?,
        })
    }

    fn json_removal(&self, column: &str, value: &Input<'_>) -> Result<Assignment, PlanError> {
        let given = value.fields();
        let mut given = given.iter().filter(|(_, value)| !value.is_null());
        let (Some((name, value)), None) = (given.next(), given.next()) else {
            return Err(self.error(format!("{column} in remove takes exactly one of keys, index and path")));
        };
        let field = JsonRemovalField::named(name);
        let field = field.ok_or_else(|| self.error(format!("{name} cannot be removed by")))?;
        let taken = |scalar| Taken::new(name, ValueType::Scalar(scalar));
        Ok(match field {
            JsonRemovalField::Keys => Assignment::WithoutKeys(self.list(taken(Scalar::String), value)?),
            JsonRemovalField::Index => Assignment::WithoutPlace(self.one(taken(Scalar::Int), value)?),
            JsonRemovalField::Path => Assignment::WithoutPath(self.list(taken(Scalar::String), value)?),
        })
    }
}
