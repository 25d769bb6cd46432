//! Which functions can be called through the API, and why others cannot.

use std::collections::HashSet;
use std::sync::Arc;

use super::claims::{Claim, Settled, settle};
use super::column_type::ColumnType;
use super::scalar::{exact_sql_type, is_made_of};
use super::{Nullability, Schema, defaults, naming};
use crate::catalog::function::ArgumentMode;
use crate::catalog::{FOR_TRIGGERS, Function, FunctionArgument, FunctionKind, Oid, SqlType, TypeKind};

/// How a function is exposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedFunction {
    /// What it takes.
    pub takes: Takes,
    /// What it returns.
    pub returns: Returns,
}

/// What a function takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takes {
    /// Arguments: the function is a root field.
    Arguments(Vec<ExposedArgument>),
    /// A row of that table: the function is a computed field of its type.
    Row(usize),
}

/// How an argument of a function is exposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedArgument {
    /// Its name in the API.
    pub name: Arc<str>,
    /// The type of its values.
    pub column_type: ColumnType,
    /// Its declared type; `None` if the role may not name it.
    pub sql_type: Option<SqlType>,
    /// Whether it has no default.
    pub is_required: bool,
    /// Its default as a GraphQL literal, if there is one.
    pub default: Option<String>,
}

/// What a function returns. Tables are indexes into the catalog's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returns {
    /// `void`.
    Nothing,
    /// A value or an array of values.
    Value(Box<ColumnType>),
    /// A row of that table, or none.
    Row(usize),
    /// Rows of that table.
    Rows(usize),
}

/// The arguments of a connection. A function that returns rows may not have arguments with these names.
const COLLECTION_ARGUMENTS: [&str; 7] = ["first", "last", "before", "after", "offset", "filter", "orderBy"];

/// How a composite type comes into the API.
const OBJECT_HINT: &str = "; the comment @graphql({\"object\": true}) on it makes it an object type";

/// How the function is exposed, or why it is not: a sentence without its full stop.
pub(super) fn expose(schema: &Schema, function: &Function) -> Result<ExposedFunction, String> {
    match function.kind {
        FunctionKind::Function => {}
        FunctionKind::Procedure => return Err("it is a procedure".to_owned()),
        FunctionKind::Aggregate => return Err("it is an aggregate".to_owned()),
        FunctionKind::Window => return Err("it is a window function".to_owned()),
    }
    if is_for_triggers(schema, function) {
        return Err(FOR_TRIGGERS.to_owned());
    }
    if !function.can_execute {
        return Err("no privilege: the role may not execute it".to_owned());
    }
    for argument in &function.arguments {
        match argument.mode {
            ArgumentMode::In => {}
            ArgumentMode::Variadic => return Err("it is variadic".to_owned()),
            ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table => {
                return Err(
                    "it returns values by its parameters; let it return a table's row type".to_owned()
                );
            }
        }
    }
    if let [row] = function.arguments.as_slice()
        && let Some(table) = table_of(schema, row.type_oid)
    {
        return expose_computed(schema, function, table);
    }
    let arguments = arguments(schema, function)?;
    let returns = returns(schema, function)?;
    let clash = arguments.iter().find(|argument| COLLECTION_ARGUMENTS.contains(&&*argument.name));
    if let (Returns::Rows(_), Some(clash)) = (&returns, clash) {
        return Err(format!("its argument {} has the name of a collection's argument", clash.name));
    }
    Ok(ExposedFunction { takes: Takes::Arguments(arguments), returns })
}

fn is_for_triggers(schema: &Schema, function: &Function) -> bool {
    let found = schema.catalog.types.get(&function.returns);
    found.is_some_and(|found| {
        found.kind == TypeKind::Pseudo && matches!(&*found.name, "trigger" | "event_trigger")
    })
}

fn expose_computed(schema: &Schema, function: &Function, table: usize) -> Result<ExposedFunction, String> {
    let found = &schema.catalog.tables[table];
    if schema.table(table).is_none() {
        return Err(format!("it takes a row of {}, which is not exposed", found.qualified_name()));
    }
    if let Some(hidden) = found.columns.iter().find(|column| !column.can_select) {
        // Only roles that may read the whole row can pass it on.
        return Err(format!(
            "no privilege: the role may not select {}.{}",
            found.qualified_name(),
            hidden.name
        ));
    }
    let returns = match returns(schema, function)? {
        Returns::Nothing => return Err("it is a computed field that returns nothing".to_owned()),
        Returns::Rows(table) if function.is_one_row => Returns::Row(table),
        returns => returns,
    };
    Ok(ExposedFunction { takes: Takes::Row(table), returns })
}

fn arguments(schema: &Schema, function: &Function) -> Result<Vec<ExposedArgument>, String> {
    if let Some(nameless) = function.arguments.iter().position(|argument| argument.name.is_empty()) {
        return Err(format!("its argument {} has no name", nameless + 1));
    }
    let names = argument_names(function, schema.inflects(&function.schema));
    let argument = |(settled, argument): (Settled, &FunctionArgument)| {
        let name =
            settled.name.ok_or_else(|| format!("its arguments: {}", settled.refused.join(", and ")))?;
        let column_type =
            value_type(schema, argument.type_oid).map_err(|what| format!("its argument {name} is {what}"))?;
        let enum_type = match column_type.value {
            super::ValueType::Enum(oid) => schema.enums.get(&oid),
            super::ValueType::Scalar(_) => None,
        };
        let default = argument
            .default
            .as_ref()
            .and_then(|expression| defaults::literal(expression, &column_type, enum_type));
        let sql_type = exact_sql_type(&schema.catalog, argument.type_oid);
        Ok(ExposedArgument {
            name: name.into(),
            column_type,
            sql_type,
            is_required: argument.default.is_none(),
            default,
        })
    };
    names.into_iter().zip(&function.arguments).map(argument).collect()
}

/// The names of a function's arguments in the API. If inflection makes two of them equal, they keep their SQL
/// names.
pub(super) fn argument_names(function: &Function, inflect: bool) -> Vec<Settled> {
    let claims: Vec<_> = function
        .arguments
        .iter()
        .map(|argument| Claim::new(&argument.name, naming::field_name(&argument.name, inflect), None))
        .collect();
    let mut taken = HashSet::new();
    settle(&claims, |_, name| {
        if taken.insert(name.to_owned()) {
            Ok(())
        } else {
            Err(format!("two arguments have the name {name}"))
        }
    })
}

fn returns(schema: &Schema, function: &Function) -> Result<Returns, String> {
    if let Some(table) = table_of(schema, function.returns) {
        if schema.table(table).is_none() {
            let name = schema.catalog.tables[table].qualified_name();
            return Err(format!("it returns a row of {name}, which is not exposed"));
        }
        return Ok(if function.is_set { Returns::Rows(table) } else { Returns::Row(table) });
    }
    let found = schema.catalog.types.get(&function.returns);
    if found.is_some_and(|found| found.kind == TypeKind::Pseudo && found.name == "void") {
        return Ok(Returns::Nothing);
    }
    let value = value_type(schema, function.returns).map_err(|what| format!("it returns a value {what}"))?;
    if function.is_set {
        return Err("it returns a set of values that are no rows of a table".to_owned());
    }
    Ok(Returns::Value(Box::new(value)))
}

/// The table of the catalog that a row type belongs to.
fn table_of(schema: &Schema, oid: Oid) -> Option<usize> {
    let relation = schema.catalog.types.get(&oid)?.relation?;
    schema.catalog.tables.iter().position(|table| table.oid == relation)
}

/// The column type for a value of that type; the error says why there is none.
fn value_type(schema: &Schema, oid: Oid) -> Result<ColumnType, String> {
    let catalog = &schema.catalog;
    let found = catalog.types.get(&oid).ok_or("of a type that is not in the catalog")?;
    let column_type = schema.column_type(found);
    if column_type.composite.is_none() && is_made_of(catalog, found, TypeKind::Composite) {
        return Err(format!(
            "of the row type {}.{}, or of an array or domain of it{}",
            found.schema,
            found.name,
            if found.attributes.is_some() { OBJECT_HINT } else { "" }
        ));
    }
    if is_made_of(catalog, found, TypeKind::Pseudo) {
        return Err(format!("of the pseudo-type {}", found.name));
    }
    Ok(column_type)
}

impl Returns {
    /// What a null means in the field of a call. A page of rows is there even if it has none.
    pub(super) fn nullability(&self) -> Nullability {
        match self {
            Self::Rows(_) => Nullability::SemanticNonNull,
            Self::Nothing | Self::Value(_) | Self::Row(_) => Nullability::Nullable,
        }
    }
}

impl ExposedFunction {
    /// The arguments of a call; a function of a row has none.
    pub fn arguments(&self) -> &[ExposedArgument] {
        match &self.takes {
            Takes::Arguments(arguments) => arguments,
            Takes::Row(_) => &[],
        }
    }
}
