//! Operation + schema -> plan: what to read and write, as plain data. Pure: `plan(schema, operation)` needs
//! nothing else.
//!
//! A plan identifies tables and columns by their indexes in the catalog; `sql` makes the SQL.

#![warn(
    clippy::wildcard_enum_match_arm,
    reason = "a kind of field, operator or condition that is added has to be handled"
)]

mod argument;
mod call;
mod composite;
mod composite_filter;
mod condition;
mod conflict;
mod distinct;
mod document;
mod entities;
mod filter;
mod geojson;
mod group_by;
mod groups;
mod having;
mod json_filter;
mod known;
mod listed;
mod measure;
mod nested;
mod order;
mod page;
mod path;
mod read;
mod related;
mod represented;
mod similarity;
mod slot;
mod taken;
mod text;
mod update;
mod vector;
mod write;

use std::sync::Arc;

use apollo_compiler::Node;

use crate::request::{Facts, Field, OperationType, collect_fields, merged_selections};
use crate::schema::{ExposedTable, Join, MutationFieldKind, Nullability, QueryFieldKind, Schema, TypeId};

/// The coerced variables of an operation; absent ones stay absent.
pub use crate::request::JsonMap as Variables;
pub use argument::{PlanError, PlanFault};
pub use call::{Call, Given};
pub use composite::{CompositeField, CompositeSelection};
pub use condition::{AttributeTest, Condition, Operand};
pub use conflict::OnConflict;
pub use entities::{Entities, EntityGroup, ServiceField};
pub use group_by::{GroupColumn, GroupOrderKey, Truncation};
pub use groups::{Figure, GroupEdgeField, GroupField, GroupKeyField, Groups, GroupsField};
pub use having::GroupCondition;
pub use json_filter::{JsonPart, JsonTest, PartTest};
pub use known::KnownColumns;
pub use listed::Listed;
pub use measure::{Measure, Measured};
pub use nested::{InsertStep, Link, NestedInsert};
pub use order::{OrderKey, OrderTerm};
pub use page::{Bound, Direction, Page};
use path::ResponsePath;
pub use related::{Related, RelatedTest};
pub use represented::{GroupNumber, Mistake};
pub use similarity::Similarity;
pub use slot::{Slot, Variable};
pub use text::TextSearch;
pub use update::Assignment;
pub use write::{Change, InsertedRows, Target, Write, WriteField};

/// The plan of an operation: one entry for each root field, in the order of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether it may change anything.
    pub effect: Effect,
    /// The root fields.
    pub roots: Vec<Root>,
}

impl Plan {
    /// Whether the application answers a root field.
    pub fn calls_application(&self) -> bool {
        self.roots.iter().any(|root| matches!(root.source, Source::Application(_)))
    }
}

/// Whether an operation may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only reads; its root fields do not depend on each other.
    Query,
    /// It may write; its root fields run in order, all of them or none.
    Mutation,
}

/// A root field.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    /// Its key in the answer.
    pub key: String,
    /// Its place in the document: line and column, from 1.
    pub location: Option<(usize, usize)>,
    /// Whether null in its place makes the whole answer null.
    pub is_non_null: bool,
    /// Where its value comes from.
    pub source: Source,
}

/// Where the value of a root field comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A JSON text that is already known.
    Known(String),
    /// `__schema` or `__type`: answered from the schema.
    Introspection,
    /// `_service`: answered from the schema.
    Service(Vec<(String, ServiceField)>),
    /// From the database, by one statement.
    Database(Box<Action>),
    /// From the application: the field with that number.
    Application(usize),
}

/// What one statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A page of a collection.
    Connection(Connection),
    /// A page of groups of a collection's rows.
    Groups(Groups),
    /// One row, or none.
    Row(Row),
    /// The rows that other subgraphs refer to.
    Entities(Entities),
    /// A change of a table.
    Write(Write),
    /// An insert of rows of several tables.
    NestedInsert(NestedInsert),
    /// The result of a function that returns neither a row nor rows, and what is selected of composite values.
    Value(Call, Option<CompositeSelection>),
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// From their table: all rows.
    Table,
    /// From their table: the rows related to the parent row.
    Joined(Arc<Join>),
    /// From their table: the rows of a group, which is the parent, by the columns that rows are grouped by.
    Group(Vec<GroupColumn>),
    /// From a function.
    Called(Call),
}

/// A page of a collection, and the selected fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// The table.
    pub table: usize,
    /// Where its rows come from.
    pub origin: Origin,
    /// Which rows; `None` is all of them.
    pub condition: Option<Condition>,
    /// Which part of them.
    pub page: Page,
    /// In which order; the key decides between equal rows.
    pub order: Vec<OrderTerm>,
    /// Of the rows that are equal in these columns, only the first one is in the collection. The order begins
    /// with these columns.
    pub distinct_on: Vec<usize>,
    /// The selected fields, by response key.
    pub fields: Vec<(String, ConnectionField)>,
}

/// A field of a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionField {
    /// `__typename`.
    Typename(String),
    /// `edges`.
    Edges(Vec<(String, EdgeField)>),
    /// `pageInfo`.
    PageInfo(Vec<(String, PageInfoField)>),
    /// `totalCount`.
    TotalCount,
    /// `aggregate`.
    Aggregate(Vec<(String, AggregateField)>),
}

/// A field of an edge.
#[derive(Debug, Clone, PartialEq)]
pub enum EdgeField {
    /// `__typename`.
    Typename(String),
    /// `cursor`.
    Cursor,
    /// `node`.
    Node(Vec<(String, RowField)>),
}

/// A field of `PageInfo`.
#[derive(Debug, Clone, PartialEq)]
pub enum PageInfoField {
    /// `__typename`.
    Typename(String),
    /// `hasNextPage`.
    HasNextPage,
    /// `hasPreviousPage`.
    HasPreviousPage,
    /// `startCursor`.
    StartCursor,
    /// `endCursor`.
    EndCursor,
}

/// A field of an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum AggregateField {
    /// `__typename`.
    Typename(String),
    /// `count`.
    Count,
    /// `sum` and its like.
    Function(crate::schema::AggregateFunction, Vec<(String, AggregateColumn)>),
    /// `arrayAgg`.
    List(Listed, Vec<(String, AggregateColumn)>),
}

/// A field below `sum` and its like.
#[derive(Debug, Clone, PartialEq)]
pub enum AggregateColumn {
    /// `__typename`.
    Typename(String),
    /// The function over that column.
    Column(usize),
}

/// One row, and the selected fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The table.
    pub table: usize,
    /// Where it comes from.
    pub origin: Origin,
    /// Which row.
    pub condition: Option<Condition>,
    /// The selected fields, by response key.
    pub fields: Vec<(String, RowField)>,
}

/// A field of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowField {
    /// `__typename`.
    Typename(String),
    /// `nodeId`.
    NodeId,
    /// A column.
    Column(usize),
    /// A column that holds composite values.
    Composite(usize, CompositeSelection),
    /// The value at the end of a path in a column's JSON document.
    JsonAt {
        /// The column.
        column: usize,
        /// The path: an array of texts.
        path: Slot,
    },
    /// A function of the row that returns neither a row nor rows, and what is selected of composite values.
    Computed(usize, Option<CompositeSelection>),
    /// A number that is computed of a column and of arguments.
    Measure(Box<Measure>),
    /// Another row.
    ToOne {
        /// Which row, and its selected fields.
        row: Box<Row>,
        /// What it means if there is none.
        nullability: Nullability,
    },
    /// Other rows.
    ToMany(Box<Connection>),
}

/// Plans an operation. Fails on arguments that the types allow but the API does not, before anything runs.
///
/// All requests with the same answers to the facts' questions have this plan.
pub fn plan(schema: &Schema, facts: &Facts<'_>) -> Result<Plan, PlanError> {
    let definition = facts.operation().definition();
    let (effect, root_type) = match definition.operation_type {
        OperationType::Query => (Effect::Query, TypeId::Query),
        OperationType::Mutation => (Effect::Mutation, TypeId::Mutation),
        // Each answer of a subscription is that of a query.
        OperationType::Subscription => (Effect::Query, TypeId::Subscription),
    };
    let applies = |name: &str| root_type.is_named(schema, name);
    let fields = collect_fields(facts, [&definition.selection_set], &applies);
    let roots = fields.into_iter().map(|(key, fields)| {
        let planner = Planner { schema, facts, path: ResponsePath::root(key) };
        plan_root(&planner, root_type, key.to_string(), &fields)
            .map_err(|error| PlanError { location: facts.operation().location(fields[0]), ..error })
    });
    Ok(Plan { effect, roots: roots.collect::<Result<_, _>>()? })
}

/// The context for planning a field: its path, the schema and the facts.
struct Planner<'a> {
    schema: &'a Schema,
    facts: &'a Facts<'a>,
    path: ResponsePath,
}

impl<'a> Planner<'a> {
    /// The planner for a field below this one.
    fn below(&self, key: &str) -> Self {
        Self { schema: self.schema, facts: self.facts, path: self.path.below(key) }
    }

    /// The selected fields of an object of that type. `named` finds a field of the type by its name.
    fn fields<K>(
        &self,
        of: TypeId,
        fields: &[&'a Node<Field>],
        named: impl Fn(&str) -> Option<K>,
    ) -> Result<Vec<SelectedField<'a, K>>, PlanError> {
        let applies = |name: &str| of.implements(self.schema, name);
        let collected = collect_fields(self.facts, merged_selections(fields), &applies);
        let selected = collected.into_iter().map(|(key, fields)| {
            // A response key always has a field.
            let kind = match fields[0].name.as_str() {
                "__typename" => SelectedKind::Typename(of.name(self.schema).into_owned()),
                name => SelectedKind::Field(named(name).ok_or_else(|| self.unknown_field(of, name))?),
            };
            Ok(SelectedField { key: key.to_string(), kind, fields })
        });
        selected.collect()
    }

    /// A validated document selects only fields of the schema. If one is unknown, the code that renders the
    /// schema and the code that reads it disagree.
    fn unknown_field(&self, of: TypeId, name: &str) -> PlanError {
        self.defect(format!(
            "the schema has no field {}.{name}, which validation let pass",
            of.name(self.schema)
        ))
    }

    /// How a table is exposed. Only exposed tables have fields that lead to them.
    fn table(&self, table: usize) -> Result<&'a ExposedTable, PlanError> {
        self.schema.table(table).ok_or_else(|| {
            let name = self.schema.catalog.tables.get(table).map(crate::catalog::Table::qualified_name);
            self.defect(format!("a field leads to {}, which is not exposed", name.unwrap_or_default()))
        })
    }
}

/// A selected field of an object.
struct SelectedField<'a, K> {
    key: String,
    kind: SelectedKind<K>,
    fields: Vec<&'a Node<Field>>,
}

/// Which field a selected field is.
enum SelectedKind<K> {
    /// The name of the object's type.
    Typename(String),
    /// A field of the object's kind.
    Field(K),
}

fn plan_root(
    planner: &Planner<'_>,
    root_type: TypeId,
    key: String,
    fields: &[&Node<Field>],
) -> Result<Root, PlanError> {
    // A response key always has a field.
    let first = fields[0];
    let schema = planner.schema;
    let source = match first.name.as_str() {
        "__typename" => Source::Known(format!("\"{}\"", root_type.name(schema))),
        "__schema" | "__type" => Source::Introspection,
        name => {
            let unknown = || planner.unknown_field(root_type, name);
            if root_type == TypeId::Mutation {
                planner.mutation_field(schema.mutation.get(name).ok_or_else(unknown)?, fields)?
            } else {
                let kinds = if root_type == TypeId::Query { &schema.query } else { &schema.subscription };
                planner.query_field(kinds.get(name).ok_or_else(unknown)?, fields)?
            }
        }
    };
    let location = planner.facts.operation().location(first);
    Ok(Root { key, location, is_non_null: first.ty().is_non_null(), source })
}

impl<'a> Planner<'a> {
    fn query_field(&self, kind: &QueryFieldKind, fields: &[&'a Node<Field>]) -> Result<Source, PlanError> {
        let action = match kind {
            QueryFieldKind::Node => Action::Row(self.node(fields)?),
            QueryFieldKind::Collection(table) => {
                Action::Connection(self.connection(*table, Origin::Table, fields)?)
            }
            QueryFieldKind::ByKey(table) => Action::Row(self.row_by_key(*table, fields)?),
            QueryFieldKind::Groups(table) => Action::Groups(self.groups(*table, fields)?),
            QueryFieldKind::Call(functions) => self.call(functions, fields)?,
            QueryFieldKind::Entities => Action::Entities(self.entities(fields)?),
            QueryFieldKind::Service => return Ok(Source::Service(self.service_fields(fields)?)),
            QueryFieldKind::Application(field) => return Ok(Source::Application(*field)),
        };
        Ok(Source::Database(Box::new(action)))
    }

    fn mutation_field(
        &self,
        kind: &MutationFieldKind,
        fields: &[&'a Node<Field>],
    ) -> Result<Source, PlanError> {
        let action = match kind {
            MutationFieldKind::Insert(table) => self.insert(*table, fields)?,
            MutationFieldKind::Update(table) => Action::Write(self.update(*table, fields)?),
            MutationFieldKind::Delete(table) => Action::Write(self.delete(*table, fields)?),
            MutationFieldKind::Call(functions) => self.call(functions, fields)?,
            MutationFieldKind::Application(field) => return Ok(Source::Application(*field)),
        };
        Ok(Source::Database(Box::new(action)))
    }
}
