//! Catalogue -> the API as plain data, and the map from its names back to tables and columns.
//!
//! The convention is `pg_graphql`'s, see `docs/convention.md` for where this goes its own way. Pure; knows no GraphQL crate
//! except in [`rendered`], where the description becomes one crate's schema, and in [`Application`], whose text it reads.

mod application;
mod build;
mod callable;
mod claims;
mod defaults;
pub mod encoding;
mod enums;
mod expose;
mod fields;
mod functions;
mod inputs;
mod limits;
mod mutations;
pub mod naming;
mod overloads;
mod relations;
pub mod rendered;
pub mod scalar;
mod sdl;
mod session;
mod shared;
pub mod violation;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::catalog::{Catalog, Oid, Problem, QualifiedName};
pub use application::{Application, DefinitionError, RootType};
pub use callable::{ExposedArgument, ExposedFunction, Returns, Takes};
pub use enums::EnumType;
pub use scalar::{ColumnType, Operator, Scalar, ValueType};
pub use session::SessionSettings;

/// The name of the type whose fields are the operation's root fields.
pub const QUERY: &str = "Query";

/// The same of mutations; the type is there if it has a field.
pub const MUTATION: &str = "Mutation";

/// The rows of a page where no comment says otherwise.
pub const DEFAULT_PAGE_SIZE: u64 = 30;

/// What turns a catalogue into an API, besides the comments in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Every connection has `totalCount`.
    pub total_count: bool,
    /// Every connection has `aggregate`.
    pub aggregate: bool,
    /// Partitions are collections of their own, beside the table that they are part of.
    pub partitions: bool,
}

/// The API as plain data.
#[derive(Debug, Clone)]
pub struct Schema {
    /// What it was made from.
    pub catalog: Arc<Catalog>,
    /// All types but the built-in scalars, by name.
    pub types: IndexMap<String, TypeDefinition>,
    /// For each table of the catalogue: how it is exposed, or `None` where it is not.
    pub tables: Vec<Option<ExposedTable>>,
    /// For each function of the catalogue: how it is exposed, or `None` where it is not.
    pub functions: Vec<Option<ExposedFunction>>,
    /// The exposed enums, by the type that they stand for.
    pub enums: HashMap<Oid, EnumType>,
    /// What is left out of the API, and why.
    pub problems: Vec<Problem>,
}

/// How a table is exposed.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedTable {
    /// The name of its object type.
    pub type_name: String,
    /// How the names of its root fields of `Query` begin: `x` of `xCollection`.
    pub root: String,
    /// The columns that tell its rows apart, as indexes into its columns.
    pub key: Vec<usize>,
    /// The most rows of a page.
    pub page_size: u64,
    /// For each column: its field and type, or `None` where it is not exposed.
    pub columns: Vec<Option<ExposedColumn>>,
    /// The settings of a session that reading it depends on.
    pub session: SessionSettings,
}

/// How a column is exposed.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedColumn {
    /// The name of its field.
    pub field: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether the role may read it; else it is in inputs only.
    pub is_readable: bool,
}

impl ExposedTable {
    /// The columns that the role may read, with their places.
    pub fn readable_columns(&self) -> impl Iterator<Item = (usize, &ExposedColumn)> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter_map(|(index, column)| Some((index, column.as_ref().filter(|column| column.is_readable)?)))
    }
}

/// A type of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDefinition {
    /// What a person reads about it.
    pub description: Option<String>,
    /// What sort of type it is, with its parts.
    pub kind: Kind,
}

/// What sort of type, with its parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A scalar.
    Scalar,
    /// An enum with its values.
    Enum(Vec<EnumValue>),
    /// An interface with its fields.
    Interface(IndexMap<String, Field>),
    /// An object.
    Object {
        /// Whether it implements `Node`.
        is_node: bool,
        /// Its fields in their order.
        fields: IndexMap<String, Field>,
    },
    /// An input object with its fields in their order.
    Input(IndexMap<String, InputField>),
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// Its name.
    pub name: String,
    /// What a person reads about it.
    pub description: Option<String>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What a person reads about it.
    pub description: Option<String>,
    /// Its arguments in their order.
    pub arguments: Vec<Argument>,
    /// What it returns.
    pub returns: TypeReference,
    /// What it stands for.
    pub meaning: Meaning,
}

/// An argument of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What a person reads about it.
    pub description: Option<String>,
    /// What it takes.
    pub takes: TypeReference,
    /// Its value where none is given, as GraphQL writes it.
    pub default: Option<String>,
}

/// A field of an input object.
#[derive(Debug, Clone, PartialEq)]
pub struct InputField {
    /// What a person reads about it.
    pub description: Option<String>,
    /// What it takes.
    pub takes: TypeReference,
    /// What it stands for.
    pub meaning: InputMeaning,
}

/// What a field of an object stands for. Tables and functions are indexes into the catalogue's, columns into the table's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// `Query.xCollection`: the rows of a table as a connection.
    Collection(usize),
    /// `Query.xByPk`: one row by its key.
    ByKey(usize),
    /// `Query.node`: one row of any table.
    Node,
    /// The global identifier of a row.
    NodeId,
    /// A column of a row.
    Column(usize),
    /// The row that a row refers to, or the one that refers to it.
    ToOne(Arc<Join>),
    /// The rows that refer to a row.
    ToMany(Arc<Join>),
    /// `XConnection.edges`.
    Edges,
    /// `XConnection.pageInfo`.
    PageInfo,
    /// `XConnection.totalCount`.
    TotalCount,
    /// `XConnection.aggregate`.
    Aggregate,
    /// `XEdge.cursor`.
    Cursor,
    /// `XEdge.node`.
    EdgeNode,
    /// `PageInfo.hasNextPage`.
    HasNextPage,
    /// `PageInfo.hasPreviousPage`.
    HasPreviousPage,
    /// `PageInfo.startCursor`.
    StartCursor,
    /// `PageInfo.endCursor`.
    EndCursor,
    /// `XAggregate.count`.
    AggregateCount,
    /// `XAggregate.sum` and its like.
    AggregateFunction(AggregateFunction),
    /// A column below `XAggregate.sum` and its like.
    AggregateColumn(usize),
    /// A root field that calls one of these functions, which are told apart by the arguments that are given.
    Call(Vec<usize>),
    /// What a function makes of a row.
    Computed(usize),
    /// `Mutation.insertIntoXCollection`.
    Insert(usize),
    /// `Mutation.updateXCollection`.
    Update(usize),
    /// `Mutation.deleteFromXCollection`.
    Delete(usize),
    /// `affectedCount` of a mutation's response.
    AffectedCount,
    /// `records` of a mutation's response.
    Records,
    /// A root field of the application, by its number.
    Application(usize),
    /// A part of what a field of the application returns.
    Part,
}

/// How two tables hang together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The table on the other side.
    pub table: usize,
    /// Which side of the key that is.
    pub side: KeySide,
    /// Whether the key means rows of the table that is referred to itself, and none of its children: the database's own keys
    /// do (PostgreSQL manual, 5.10.1).
    pub is_only: bool,
    /// Pairs of equal columns: ours, theirs.
    pub columns: Vec<(usize, usize)>,
    /// The operators that compare the pairs, the column that is referred to on the left.
    pub operators: Vec<QualifiedName>,
}

/// A side of a foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySide {
    /// The table that refers.
    Referring,
    /// The table that is referred to.
    Referenced,
}

/// A function over the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateFunction {
    /// `sum`.
    Sum,
    /// `avg`.
    Average,
    /// `min`.
    Minimum,
    /// `max`.
    Maximum,
}

/// What a field of an input object stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputMeaning {
    /// `and` of a filter.
    And,
    /// `or` of a filter.
    Or,
    /// `not` of a filter.
    Not,
    /// `nodeId` of a filter.
    NodeId,
    /// A column of a filter, of an `orderBy`, or to be written.
    Column(usize),
    /// An operator on a column.
    Operator(Operator),
    /// A part of an argument of a field of the application.
    Part,
}

/// A type with its wrappers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeReference {
    /// A type by its name.
    Named(String),
    /// A list.
    List(Box<TypeReference>),
    /// Never null.
    NonNull(Box<TypeReference>),
}

impl Field {
    /// A field without arguments and description.
    fn new(returns: TypeReference, meaning: Meaning) -> Self {
        Self { description: None, arguments: Vec::new(), returns, meaning }
    }

    fn described(self, description: &str) -> Self {
        Self { description: Some(description.to_owned()), ..self }
    }
}

impl TypeReference {
    /// The type of that name, nullable.
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(name.into())
    }

    /// A list of it.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// The same, never null.
    #[must_use]
    pub fn non_null(self) -> Self {
        match self {
            Self::NonNull(_) => self,
            nullable => Self::NonNull(Box::new(nullable)),
        }
    }

    /// The same, never null if `condition` holds.
    #[must_use]
    pub fn non_null_if(self, condition: bool) -> Self {
        if condition { self.non_null() } else { self }
    }
}

impl fmt::Display for TypeReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => formatter.write_str(name),
            Self::List(element) => write!(formatter, "[{element}]"),
            Self::NonNull(nullable) => write!(formatter, "{nullable}!"),
        }
    }
}

impl Schema {
    /// Makes the API of a catalogue.
    pub fn new(catalog: Arc<Catalog>, options: Options) -> Self {
        build::build(catalog, options, &Application::default())
    }

    /// The same, with what an application adds to it.
    pub fn extended(catalog: Arc<Catalog>, options: Options, application: &Application) -> Self {
        build::build(catalog, options, application)
    }

    /// The field of an object type.
    pub fn field(&self, type_name: &str, field: &str) -> Option<&Field> {
        match &self.types.get(type_name)?.kind {
            Kind::Object { fields, .. } | Kind::Interface(fields) => fields.get(field),
            Kind::Scalar | Kind::Enum(_) | Kind::Input(_) => None,
        }
    }

    /// The field of an input object type.
    pub fn input_field(&self, type_name: &str, field: &str) -> Option<&InputField> {
        match &self.types.get(type_name)?.kind {
            Kind::Input(fields) => fields.get(field),
            Kind::Scalar | Kind::Enum(_) | Kind::Interface(_) | Kind::Object { .. } => None,
        }
    }

    /// How the column is exposed, if it is.
    pub fn column(&self, table: usize, column: usize) -> Option<&ExposedColumn> {
        self.table(table)?.columns.get(column)?.as_ref()
    }

    /// How the function is exposed, if it is.
    pub fn function(&self, index: usize) -> Option<&ExposedFunction> {
        self.functions.get(index)?.as_ref()
    }

    /// Whether the names in a schema of the database are inflected.
    fn inflects(&self, schema: &str) -> bool {
        self.catalog.schema(schema).and_then(|found| found.directive.inflect_names).unwrap_or(false)
    }

    /// How the table is exposed, if it is.
    pub fn table(&self, index: usize) -> Option<&ExposedTable> {
        self.tables.get(index)?.as_ref()
    }
}
