//! Catalog -> the API as plain data, and the map from its names back to tables and columns.
//!
//! The convention is `pg_graphql`'s; `docs/convention.md` lists the differences. Pure; uses no GraphQL crate
//! except in [`rendered`], which turns the description into apollo-compiler's schema, and in [`Application`],
//! which parses the application's definitions.

mod application;
mod build;
mod callable;
mod claims;
mod column_type;
mod composite;
mod conflicts;
mod defaults;
mod distinct;
pub mod encoding;
mod enums;
mod expose;
mod federation;
mod field;
mod functions;
mod further;
mod global_id;
mod groups;
mod json_filter;
mod key_text;
mod limits;
mod listed;
mod lookup;
mod measure;
mod mutations;
pub mod naming;
mod nested;
mod nullability;
mod operator;
mod optional;
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
mod text;
mod type_id;
mod updates;
pub mod violation;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::catalog::{Catalog, Oid, Problem};
use crate::statement::KeyType;
pub use application::{Application, DefinitionError, RootType};
pub use callable::{ExposedArgument, ExposedFunction, Returns, Takes};
pub use column_type::{ColumnType, Declared};
pub use composite::{CompositeAttribute, CompositeFilterField, CompositeType};
pub use conflicts::ConflictHandling;
pub use distinct::DISTINCT_ON;
pub use enums::EnumType;
pub use federation::{EntityKey, REPRESENTATIONS, ServiceFieldKind, TYPE_NAME};
pub use field::{
    AggregateFieldKind, AggregateFunction, Cardinality, ConnectionFieldKind, EdgeFieldKind, FilterFieldKind,
    FixedFields, Join, KeySide, MutationFieldKind, PageInfoFieldKind, QueryFieldKind, RelationField,
    ResponseFieldKind, RowConditionKind, RowFieldKind,
};
pub use further::TypeFamily;
pub use global_id::NODE_ID;
pub use groups::{
    GROUP_NODES, GroupByFieldKind, GroupConnectionFieldKind, GroupEdgeFieldKind, GroupFieldKind,
    GroupFilterFieldKind, GroupOrderFieldKind, TimeType, TruncationUnit,
};
pub use json_filter::{
    JSON_PATH, JsonFilterField, JsonPathFilterField, JsonPredicateField, path_number_operator,
    path_text_operator,
};
pub use listed::ListArgument;
pub use measure::{
    BitMetric, ColumnMeasure, DIRECTION, DISTANCE, MeasureArgument, MeasureKind, OF, VectorMetric,
};
pub use nullability::Nullability;
pub use operator::{Collations, FilterOperator, OperandKind, Operator, SpatialTest, Symbol, figure_operator};
pub use optional::OptionalType;
pub use related::{OrderFieldKind, Reached, RelationFilterFieldKind};
pub use scalar::{Scalar, ValueType};
pub use table::{Changes, ExposedColumn, ExposedTable, Totals};
pub use text::{SimilarityField, SimilarityKind, TextSearchField};
pub use type_id::{TableType, TypeId};
pub use updates::{JsonRemovalField, UpdateOperation};

/// The name of the type whose fields are the operation's root fields.
pub const QUERY: &str = "Query";

/// The type of mutations' root fields; it exists if it has a field.
pub const MUTATION: &str = "Mutation";

/// The type of subscriptions' root fields; it exists if live queries are on.
pub const SUBSCRIPTION: &str = "Subscription";

/// The number of rows of a page, unless a comment sets another.
pub const DEFAULT_PAGE_SIZE: u64 = 30;

/// The settings that shape the API, besides the comments in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is chosen for itself")]
pub struct Options {
    /// Every connection has `totalCount`.
    pub total_count: bool,
    /// Every connection has `aggregate`.
    pub aggregate: bool,
    /// Partitions are collections, too, beside their partitioned table.
    pub partitions: bool,
    /// Every query field is a subscription field, too.
    pub subscriptions: bool,
    /// It is a subgraph of Apollo Federation.
    pub federation: bool,
    /// Nullable fields whose nulls are errors have the directive `@semanticNonNull`.
    pub semantic_non_null: bool,
}

/// The API as plain data.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The catalog that it was made from.
    pub catalog: Arc<Catalog>,
    /// The fields of `Query`, by name.
    pub query: IndexMap<Arc<str>, QueryFieldKind>,
    /// The fields of `Mutation`, by name.
    pub mutation: IndexMap<Arc<str>, MutationFieldKind>,
    /// The fields of `Subscription`, by name: each is the query field of that name as a live query.
    pub subscription: IndexMap<Arc<str>, QueryFieldKind>,
    /// How each table of the catalog is exposed; `None` if it is not.
    pub tables: Vec<Option<ExposedTable>>,
    /// The name of the field that identifies a row among all.
    pub node_id: &'static str,
    /// The column whose value is the caller's tenant, by name.
    pub tenant_column: Option<Arc<str>>,
    /// If that column is the sharding key of several shards: what its values are. No row may become another tenant's.
    pub sharding_key: Option<KeyType>,
    /// The schema that stands for those of all tenants: statements use that of their caller's tenant in its place.
    pub tenant_template: Option<Arc<str>>,
    /// Whether nullable fields whose nulls are errors have the directive `@semanticNonNull`.
    pub(crate) marks_semantic_non_null: bool,
    /// The exposed tables, by the name of their row type.
    row_types: HashMap<Arc<str>, usize>,
    /// How each function of the catalog is exposed; `None` if it is not.
    pub functions: Vec<Option<ExposedFunction>>,
    /// The exposed enums, by the oid of their type.
    pub enums: HashMap<Oid, EnumType>,
    /// What the names of optional types have behind them.
    optional_suffix: Arc<str>,
    /// The composite types that are object types, by their oid.
    pub composites: IndexMap<Oid, CompositeType>,
    /// The parts of the application's API that are valid with this database.
    application: Application,
    /// What the API leaves out, and why.
    pub problems: Vec<Problem>,
}

impl Schema {
    /// Makes the API of a catalog.
    pub fn new(catalog: Arc<Catalog>, options: Options) -> Self {
        build::build(catalog, options, &Application::default())
    }

    /// Makes the API of a catalog, with an application's additions.
    pub fn extended(catalog: Arc<Catalog>, options: Options, application: &Application) -> Self {
        build::build(catalog, options, application)
    }

    /// The column of a table with the tenant, if operations are restricted to their caller's.
    pub fn tenant_column(&self, table: usize) -> Option<usize> {
        self.catalog.tables[table].column_index(self.tenant_column.as_deref()?)
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

    /// Whether that holds of a column that some filter may name.
    fn has_column_that(&self, holds: impl Fn(&ExposedColumn) -> bool) -> bool {
        let tables = self.tables.iter().flatten();
        tables.flat_map(ExposedTable::readable_columns).any(|(_, column)| holds(column))
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
