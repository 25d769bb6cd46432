//! The operations of updates besides `set`.

use std::collections::HashSet;

use super::field::FixedFields;
use super::{ExposedColumn, ExposedTable, Schema, TableType, TypeId};
use crate::catalog::{Problem, SqlType};

/// The numeric types.
const NUMBERS: [&str; 6] = ["int2", "int4", "int8", "float4", "float8", "numeric"];

/// An argument of an update besides `set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOperation {
    /// `increment`: adds a number.
    Increment,
    /// `append`: appends values to an array, or concatenates a JSON document to the current one.
    Append,
    /// `prepend`: the same from the front.
    Prepend,
    /// `remove`: removes elements from an array, or parts from a JSON document.
    Remove,
}

/// A field of the input that removes parts from a JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonRemovalField {
    /// `keys`.
    Keys,
    /// `index`.
    Index,
    /// `path`.
    Path,
}

impl FixedFields for UpdateOperation {
    const ALL: &'static [Self] = &[Self::Increment, Self::Append, Self::Prepend, Self::Remove];

    fn name(self) -> &'static str {
        match self {
            Self::Increment => "increment",
            Self::Append => "append",
            Self::Prepend => "prepend",
            Self::Remove => "remove",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Increment => "Numbers to add to columns; negative ones are subtracted",
            Self::Append => {
                "Values to append to arrays; for JSON, documents to put behind the existing ones (PostgreSQL's `||`)"
            }
            Self::Prepend => {
                "Values to prepend to arrays; for JSON, documents to put before the existing ones (PostgreSQL's `||`)"
            }
            Self::Remove => "Values to remove from arrays, and parts to remove from JSON documents",
        }
    }
}

impl FixedFields for JsonRemovalField {
    const ALL: &'static [Self] = &[Self::Keys, Self::Index, Self::Path];

    fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Index => "index",
            Self::Path => "path",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Keys => "These keys of an object, or these strings of an array",
            Self::Index => "The element of an array at this position: from 0, or from the end if negative",
            Self::Path => "The value at the end of this path of keys and positions",
        }
    }
}

impl UpdateOperation {
    /// The type of its argument.
    pub(super) fn input(self) -> TableType {
        match self {
            Self::Increment => TableType::IncrementInput,
            Self::Append | Self::Prepend => TableType::AppendInput,
            Self::Remove => TableType::RemoveInput,
        }
    }

    /// Whether a column supports it. The new value depends on the current one, so the role must be able to
    /// read it.
    pub(super) fn applies_to(self, column: &ExposedColumn) -> bool {
        let of = &column.column_type;
        let is_possible = match (self, &of.sql_type) {
            // A type that the role may not name cannot be used in the expression.
            (_, None) => false,
            (Self::Increment, Some(sql_type)) => !of.is_list && is_number(sql_type),
            // Several dimensions are set as a whole.
            (Self::Append | Self::Prepend | Self::Remove, Some(_)) if of.levels() > 1 => false,
            (Self::Append | Self::Prepend, Some(sql_type)) => of.is_list || is_jsonb(sql_type),
            (Self::Remove, Some(sql_type)) => {
                if of.is_list {
                    of.is_orderable
                } else {
                    is_jsonb(sql_type)
                }
            }
        };
        is_possible && column.is_readable && column.is_updatable
    }
}

fn is_number(sql_type: &SqlType) -> bool {
    sql_type.name.is_system() && NUMBERS.contains(&&*sql_type.name.name)
}

fn is_jsonb(sql_type: &SqlType) -> bool {
    *sql_type == SqlType::system("jsonb")
}

/// Finds the operations of each table's updates, and takes the names of the types for them from those that
/// are still free, so that no table or enum loses its name.
pub(super) fn add(schema: &mut Schema, claimed: &mut HashSet<String>) {
    let found = (0..schema.tables.len()).map(|table| operations(schema, table, claimed));
    let found: Vec<_> = found.collect();
    for (exposed, (operations, problems)) in schema.tables.iter_mut().zip(found) {
        if let Some(exposed) = exposed {
            exposed.operations = operations;
        }
        schema.problems.extend(problems);
    }
}

fn operations(
    schema: &Schema,
    table: usize,
    claimed: &mut HashSet<String>,
) -> (Vec<UpdateOperation>, Vec<Problem>) {
    let (mut operations, mut problems, mut own) = (Vec::new(), Vec::new(), HashSet::new());
    let possible = schema.table(table).map(possible).unwrap_or_default();
    for operation in possible {
        let name = TypeId::Table(table, operation.input()).name(schema).into_owned();
        if own.contains(&name) || claimed.insert(name.clone()) {
            own.insert(name);
            operations.push(operation);
        } else {
            let object = schema.catalog.tables[table].qualified_name();
            let reason =
                format!("its updates have no {}, because the type name {name} is taken", operation.name());
            problems.push(Problem { object, reason });
        }
    }
    (operations, problems)
}

/// The operations that at least one column supports.
fn possible(exposed: &ExposedTable) -> Vec<UpdateOperation> {
    let applies = |operation: &UpdateOperation| {
        exposed.changes.update && exposed.columns.iter().flatten().any(|column| operation.applies_to(column))
    };
    UpdateOperation::ALL.iter().copied().filter(applies).collect()
}
