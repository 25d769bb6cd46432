//! Calls of functions: as sources of rows, as values, and with a row as argument.

use super::ast::{Expression, From, FunctionCall, Query, Select, SelectColumn, With};
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use super::rows::{AtMostOneRow, OneRow};
use super::{Compiler, Nulls, RowShape, SessionSettings, TableRef};
use crate::plan::{Call, CompositeSelection, Given, Origin, RowField};
use crate::schema::{ExposedFunction, Returns};

/// The name of a function's rows in the statement.
const CALLED: &str = "called";

impl Compiler<'_> {
    /// The `FROM` of an origin.
    pub(super) fn origin(&self, origin: &Origin, parent: Option<TableRef<'_>>, at: TableRef<'_>) -> From {
        match origin {
            Origin::Table | Origin::Group(_) => self.table(at, false),
            Origin::Joined(join) => self.table(at, Self::reads_only(join)),
            Origin::Called(call) if self.is_kept(call) => self.kept_called(at),
            Origin::Called(call) if self.is_numbered(call, at.table) => {
                From::NumberedFunction(self.function_call(call, parent), at.alias.to_owned())
            }
            Origin::Called(call) => From::Function(self.function_call(call, parent), at.alias.to_owned()),
        }
    }

    /// Whether a function's rows are numbered. The number is a column with a name of its own.
    fn is_numbered(&self, call: &Call, table: usize) -> bool {
        const NUMBER: &str = "ordinality";
        self.shapes().numbers_rows_of_functions()
            && self.schema.catalog.functions[call.function].is_set
            && !self.is_volatile(call)
            && self.schema.catalog.tables[table].column_index(NUMBER).is_none()
    }

    /// The rows of a volatile function in a `WITH`, so that it is called once, however often its rows are
    /// read.
    pub(super) fn called_once(&mut self, origin: &Origin, parent: Option<TableRef<'_>>) -> Option<With> {
        let call = match origin {
            Origin::Called(call) if self.is_volatile(call) && !self.is_kept(call) => call,
            Origin::Called(_) | Origin::Table | Origin::Joined(_) | Origin::Group(_) => return None,
        };
        let (name, alias) = (self.name(CALLED), self.alias());
        let all = Expression::AllColumns(alias.clone());
        let from = From::Function(self.function_call(call, parent), alias);
        let select = Select { columns: vec![all.unnamed()], from: Some(from), ..Select::default() };
        Some(With { name, query: Query::Select(Box::new(select)) })
    }

    /// The select of a value as JSON.
    pub(super) fn value_select(
        &mut self,
        call: &Call,
        selected: Option<&CompositeSelection>,
        parent: Option<TableRef<'_>>,
    ) -> AtMostOneRow {
        if let Some(selection) = selected {
            return self.composite_select(call, selection, parent);
        }
        let alias = self.alias();
        // A function in FROM is called once, and its only column has the name of its alias.
        let value = Expression::column(&alias, &alias);
        let json = match self.schema.function(call.function).map(|exposed| &exposed.returns) {
            Some(Returns::Value(column_type)) => self.value_json(value, column_type, IfNull::Null),
            // A function without a value is null.
            Some(Returns::Nothing | Returns::Row(_) | Returns::Rows(_)) | None => JsonText::known("null"),
        };
        let from = From::Function(self.function_call(call, parent), alias);
        // The function may return a set by now.
        AtMostOneRow::first(json, from, None)
    }

    /// The select of composite values as JSON. In `FROM`, a function's value would be divided into columns, and null would be a row of
    /// nulls; without its limit, the subselect would be merged, and the function would be called for each selected attribute.
    fn composite_select(
        &mut self,
        call: &Call,
        selection: &CompositeSelection,
        parent: Option<TableRef<'_>>,
    ) -> AtMostOneRow {
        let alias = self.alias();
        let value = Expression::FunctionCall(self.function_call(call, parent));
        let columns = vec![SelectColumn { expression: value, alias: Some(CALLED.to_owned()) }];
        let from = Select { columns, limit: Some(1), ..Select::default() };
        let is_list = match self.schema.function(call.function).map(|exposed| &exposed.returns) {
            Some(Returns::Value(column_type)) => column_type.is_list,
            Some(Returns::Nothing | Returns::Row(_) | Returns::Rows(_)) | None => false,
        };
        let value = Expression::column(&alias, CALLED);
        let json = self.composite_value((&value, is_list), selection, IfNull::Null);
        AtMostOneRow::first(json, From::Subselect(Box::new(from), alias), None)
    }

    /// The JSON of a computed field.
    pub(super) fn computed_json(
        &mut self,
        at: TableRef<'_>,
        function: usize,
        selected: Option<&CompositeSelection>,
    ) -> JsonText {
        let call = Call { function, given: Given::Row };
        let once = match self.schema.function(function).map(|exposed| &exposed.returns) {
            Some(Returns::Value(of)) if of.composite.is_some() => None,
            Some(Returns::Value(column_type)) => Self::computes_once(column_type).then(|| {
                let value = Expression::FunctionCall(self.function_call(&call, Some(at)));
                self.value_json(value, column_type, IfNull::Null)
            }),
            Some(Returns::Nothing | Returns::Row(_) | Returns::Rows(_)) | None => None,
        };
        once.unwrap_or_else(|| self.value_select(&call, selected, Some(at)).into_json(IfNull::Null))
    }

    pub(super) fn function_call(&self, call: &Call, parent: Option<TableRef<'_>>) -> FunctionCall {
        self.depend_on(SessionSettings::ALL);
        let found = &self.schema.catalog.functions[call.function];
        let exposed = self.schema.function(call.function);
        let arguments = match &call.given {
            Given::Row => parent.map(|at| (None, self.whole_row(at))).into_iter().collect(),
            Given::Arguments(given) => {
                let declared = exposed.map(ExposedFunction::arguments).unwrap_or_default();
                let named = given.iter().map(|(index, slot)| {
                    let value = parameter(slot.clone(), declared[*index].sql_type.clone());
                    (Some(found.arguments[*index].name.clone()), value)
                });
                named.collect()
            }
        };
        FunctionCall { schema: found.schema.clone(), name: found.name.clone(), arguments }
    }

    /// A row as one value of its table's row type.
    pub(super) fn whole_row(&self, at: TableRef<'_>) -> Expression {
        let table = &self.schema.catalog.tables[at.table];
        match at.shape {
            RowShape::Rows if self.shapes().makes_rows_from_columns() => Expression::RowOfColumns {
                columns: (0..table.columns.len()).map(|column| self.column(at, column)).collect(),
                row_type: (table.schema.clone(), table.name.clone()),
            },
            RowShape::Rows => Expression::WholeRow {
                table: at.alias.to_owned(),
                row_type: (table.schema.clone(), table.name.clone()),
            },
            RowShape::Picked => Expression::column(at.alias, &self.row_column(at.table)),
        }
    }

    /// A row as a column beside the picked ones.
    pub(super) fn row_as_column(&self, at: TableRef<'_>) -> SelectColumn {
        SelectColumn { expression: self.whole_row(at), alias: Some(self.row_column(at.table)) }
    }

    /// The name of the column with the whole row, if columns are picked. No column of the table has this
    /// name.
    pub(super) fn row_column(&self, table: usize) -> String {
        self.schema.catalog.tables[table].unused_name("row")
    }
}

impl Origin {
    /// Which columns of its rows may be null.
    pub(super) fn nulls(&self) -> Nulls {
        match self {
            Self::Table | Self::Joined(_) | Self::Group(_) => Nulls::Declared,
            Self::Called(_) => Nulls::Anywhere,
        }
    }
}

/// Whether the fields of a row need the whole row, for a function that takes it.
pub(super) fn needs_row(fields: &[(String, RowField)]) -> bool {
    fields.iter().any(|(_, field)| match field {
        RowField::Typename(_)
        | RowField::NodeId
        | RowField::Column(_)
        | RowField::Composite(..)
        | RowField::JsonAt { .. }
        | RowField::Measure(_) => false,
        RowField::Computed(..) => true,
        RowField::ToOne { row, .. } => matches!(row.origin, Origin::Called(_)),
        RowField::ToMany(connection) => matches!(connection.origin, Origin::Called(_)),
    })
}

/// A condition that is always true and reads the call. PostgreSQL skips a `WITH` that nothing reads, as with
/// a page without rows, so this makes sure that the function is called.
pub(super) fn is_called(name: &str) -> Expression {
    let from = From::With(name.to_owned(), name.to_owned());
    let count = OneRow::of_all(JsonText::count(), Some(from), None).into_select();
    Expression::Is(Box::new(Expression::Subselect(Box::new(count))), "not null")
}
