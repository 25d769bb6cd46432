//! The arguments of an update that describe the change, and their types.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;

use super::document::Definitions;
use super::renderer::{Input, Renderer, input, with_default};
use crate::schema::{
    ExposedTable, FixedFields, JsonRemovalField, Scalar, TableType, TypeId, UpdateOperation,
};

impl Renderer<'_> {
    /// `set`. It is optional if there are other operations; its input type stays the same.
    pub(super) fn set_argument(&mut self, table: usize) -> Input {
        let set = self.reference(TypeId::Table(table, TableType::UpdateInput)).non_null();
        let operations = self.schema.table(table).map(|exposed| exposed.operations.len());
        if operations.is_none_or(|operations| operations == 0) {
            return self.input("set", Some("The new values, at least one"), set);
        }
        let set = self.input("set", Some("The new values"), set);
        with_default(&set, Node::new(Value::Object(Vec::new())))
    }

    /// `increment` and its like.
    pub(super) fn operation_arguments(&mut self, table: usize) -> Vec<Input> {
        let schema = self.schema;
        let operations = schema.table(table).map(|exposed| exposed.operations.as_slice());
        let argument = |operation: &UpdateOperation| {
            let takes = self.reference(TypeId::Table(table, operation.input()));
            self.input(operation.name(), Some(operation.description()), takes)
        };
        operations.unwrap_or_default().iter().map(argument).collect()
    }

    /// The columns that an operation can be applied to.
    fn operated_fields(&mut self, exposed: &ExposedTable, operation: UpdateOperation) -> Vec<Input> {
        let columns = exposed.columns_that(|column| operation.applies_to(column)).map(|(_, column)| {
            if column.column_type.is_list {
                let takes = self.input_value(&column.column_type);
                return input(self.name(&column.field), None, takes.into());
            }
            let takes = match operation {
                UpdateOperation::Remove => TypeId::JsonRemoval,
                UpdateOperation::Increment | UpdateOperation::Append | UpdateOperation::Prepend => {
                    TypeId::Value(column.column_type.value)
                }
            };
            self.nullable_input(&column.field, takes)
        });
        columns.collect()
    }

    fn json_removal_fields(&mut self) -> Vec<Input> {
        let field = |field: &JsonRemovalField| {
            let takes = match field {
                JsonRemovalField::Keys | JsonRemovalField::Path => {
                    self.scalar(Scalar::String).non_null().list()
                }
                JsonRemovalField::Index => self.scalar(Scalar::Int),
            };
            self.input(field.name(), Some(field.description()), takes)
        };
        JsonRemovalField::ALL.iter().map(field).collect()
    }
}

impl Definitions<'_> {
    /// The inputs of the operations that a table's updates have.
    pub(super) fn operations(&mut self, index: usize, exposed: &ExposedTable) {
        for operation in &exposed.operations {
            let text = match operation {
                UpdateOperation::Increment => "Numbers to add; a null stays null",
                UpdateOperation::Append => "Values to append or prepend to the existing ones",
                // It has the same input type.
                UpdateOperation::Prepend => continue,
                UpdateOperation::Remove => "Values to remove",
            };
            let fields = self.renderer.operated_fields(exposed, *operation);
            self.input(TypeId::Table(index, operation.input()), text, fields);
        }
    }

    /// The type that all tables with JSON documents share.
    pub(super) fn json_removal(&mut self) {
        if self.renderer.used.contains(&TypeId::JsonRemoval) {
            let fields = self.renderer.json_removal_fields();
            let text = "What to remove from a JSON document: exactly one of these";
            self.input(TypeId::JsonRemoval, text, fields);
        }
    }
}
