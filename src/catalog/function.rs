//! Functions as in `pg_proc`; `schema` decides which of them can be exposed.

use serde::Deserialize;

use super::{Directive, Oid, Problem};

/// A function, or something that is called in a similar way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Function {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The names and types of its arguments, for people.
    pub signature: String,
    /// What it is.
    pub kind: FunctionKind,
    /// Its volatility.
    pub volatility: Volatility,
    /// Whether it returns a set.
    pub is_set: bool,
    /// Whether it is declared with `rows 1`.
    pub is_one_row: bool,
    /// The type of its result, or of a member of the set.
    pub returns: Oid,
    /// From its comment.
    #[serde(rename = "comment")]
    pub directive: Directive,
    /// Whether the role may call it.
    pub can_execute: bool,
    /// Its arguments in their order, including those that it returns.
    pub arguments: Vec<FunctionArgument>,
}

/// An argument of a function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FunctionArgument {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_oid: Oid,
    /// Whether it is given, returned, or both.
    pub mode: ArgumentMode,
    /// Its default expression, as PostgreSQL prints it.
    pub default: Option<String>,
}

/// `pg_proc.prokind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum FunctionKind {
    /// An ordinary function.
    #[serde(rename = "f")]
    Function,
    /// A procedure.
    #[serde(rename = "p")]
    Procedure,
    /// An aggregate.
    #[serde(rename = "a")]
    Aggregate,
    /// A window function.
    #[serde(rename = "w")]
    Window,
}

/// `pg_proc.provolatile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Volatility {
    /// Its result depends only on its arguments.
    #[serde(rename = "i")]
    Immutable,
    /// It changes nothing.
    #[serde(rename = "s")]
    Stable,
    /// It may do anything.
    #[serde(rename = "v")]
    Volatile,
}

/// `pg_proc.proargmodes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ArgumentMode {
    /// Given by the caller.
    #[serde(rename = "i")]
    In,
    /// Returned.
    #[serde(rename = "o")]
    Out,
    /// Given and returned.
    #[serde(rename = "b")]
    InOut,
    /// Any number of values.
    #[serde(rename = "v")]
    Variadic,
    /// A column of the returned table.
    #[serde(rename = "t")]
    Table,
}

impl Function {
    /// `schema.name(arguments)`, for people.
    pub fn qualified_name(&self) -> String {
        format!("{}.{}({})", self.schema, self.name, self.signature)
    }

    /// Whether it may change something.
    pub fn is_volatile(&self) -> bool {
        self.volatility == Volatility::Volatile
    }

    /// Whether it may read tables.
    pub fn reads_tables(&self) -> bool {
        self.volatility != Volatility::Immutable
    }
}

/// The directives on functions that could not be parsed.
pub(super) fn directive_problems(functions: &[Function]) -> impl Iterator<Item = Problem> {
    functions.iter().filter_map(|function| {
        let reason = function.directive.problem.clone()?;
        Some(Problem { object: function.qualified_name(), reason })
    })
}
