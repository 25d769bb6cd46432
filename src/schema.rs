//! Catalogue -> the API as plain data, and the map from its names back to tables and columns.
//!
//! The convention is `pg_graphql`'s, see `docs/convention.md` for where this goes its own way. Pure; knows no GraphQL crate
//! except in [`rendered`], where the description becomes one crate's schema, and in [`Application`], whose text it reads.

mod application;
mod build;
mod callable;
mod claims;
mod column_type;
mod conflicts;
mod defaults;
mod distinct;
pub mod encoding;
mod enums;
mod expose;
mod field;
mod functions;
mod limits;
mod mutations;
pub mod naming;
mod nested;
mod operator;
mod overloads;
mod related;
mod relations;
pub mod rendered;
mod reserved;
pub mod scalar;
mod session;
mod table;
#[cfg(test)]
mod tests;
mod type_id;
mod updates;
pub mod violation;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::catalog::{Catalog, Oid, Problem};
pub use application::{Application, DefinitionError, RootType};
pub use callable::{ExposedArgument, ExposedFunction, Returns, Takes};
pub use column_type::ColumnType;
pub use conflicts::ConflictHandling;
pub use distinct::DISTINCT_ON;
pub use enums::EnumType;
pub use field::{
    AggregateFieldKind, AggregateFunction, Cardinality, ConnectionFieldKind, EdgeFieldKind, FilterFieldKind,
    FixedFields, Join, KeySide, MutationFieldKind, PageInfoFieldKind, QueryFieldKind, RelationField,
    ResponseFieldKind, RowConditionKind, RowFieldKind,
};
pub use operator::{Collations, FilterOperator, OperandKind, Operator, Symbol, count_operator};
pub use related::{OrderFieldKind, Reached, RelationFilterFieldKind};
pub use scalar::{Scalar, ValueType};
pub use session::SessionSettings;
pub use table::{Changes, ExposedColumn, ExposedTable, NODE_ID, Totals};
pub use type_id::{TableType, TypeId};
pub use updates::{JsonRemovalField, UpdateOperation};

/// The name of the type whose fields are the operation's root fields.
pub const QUERY: &str = "Query";

/// The same of mutations; the type is there if it has a field.
pub const MUTATION: &str = "Mutation";

/// The same of subscriptions; the type is there where live queries are on.
pub const SUBSCRIPTION: &str = "Subscription";

/// The rows of a page where no comment says otherwise.
pub const DEFAULT_PAGE_SIZE: u64 = 30;

/// What turns a catalogue into an API, besides the comments in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is chosen for itself")]
pub struct Options {
    /// Every connection has `totalCount`.
    pub total_count: bool,
    /// Every connection has `aggregate`.
    pub aggregate: bool,
    /// Partitions are collections of their own, beside the table that they are part of.
    pub partitions: bool,
    /// What can be read can be subscribed to.
    pub subscriptions: bool,
}

/// The API as plain data.
#[derive(Debug, Clone)]
pub struct Schema {
    /// What it was made from.
    pub catalog: Arc<Catalog>,
    /// The fields of `Query`, by name.
    pub query: IndexMap<Arc<str>, QueryFieldKind>,
    /// The fields of `Mutation`, by name.
    pub mutation: IndexMap<Arc<str>, MutationFieldKind>,
    /// The fields of `Subscription`, by name: each is the query's field of that name, answered again whenever its answer changes.
    pub subscription: IndexMap<Arc<str>, QueryFieldKind>,
    /// For each table of the catalogue: how it is exposed, or `None` where it is not.
    pub tables: Vec<Option<ExposedTable>>,
    /// The exposed tables, by the names of their row types.
    row_types: HashMap<Arc<str>, usize>,
    /// For each function of the catalogue: how it is exposed, or `None` where it is not.
    pub functions: Vec<Option<ExposedFunction>>,
    /// The exposed enums, by the type that they stand for.
    pub enums: HashMap<Oid, EnumType>,
    /// What the application adds, as far as this database's API can have it.
    application: Application,
    /// What is left out of the API, and why.
    pub problems: Vec<Problem>,
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

    /// How the table is exposed, if it is.
    pub fn table(&self, index: usize) -> Option<&ExposedTable> {
        self.tables.get(index)?.as_ref()
    }

    /// The table whose rows have the type of that name.
    pub fn table_of_rows(&self, type_name: &str) -> Option<&ExposedTable> {
        self.table(*self.row_types.get(type_name)?)
    }

    /// How the column is exposed, if it is.
    pub fn column(&self, table: usize, column: usize) -> Option<&ExposedColumn> {
        self.table(table)?.columns.get(column)?.as_ref()
    }

    /// How the function is exposed, if it is.
    pub fn function(&self, index: usize) -> Option<&ExposedFunction> {
        self.functions.get(index)?.as_ref()
    }

    /// The name of a scalar or enum in the API.
    pub fn value_name(&self, value: ValueType) -> &str {
        match value {
            ValueType::Scalar(scalar) => scalar.name(),
            // Only exposed enums are types of values.
            ValueType::Enum(oid) => self.enums.get(&oid).map_or("", |found| &found.name),
        }
    }

    /// Whether the names in a schema of the database are inflected.
    fn inflects(&self, schema: &str) -> bool {
        self.catalog.schema(schema).and_then(|found| found.directive.inflect_names).unwrap_or(false)
    }
}
