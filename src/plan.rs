//! Operation + schema -> plan: what to read, as plain data. Pure: `plan(schema, operation)` needs nothing else.
//!
//! A plan names tables and columns by their places in the catalogue; the SQL that reads them is the business of `sql`.

mod argument;
mod call;
mod filter;
mod identifier;
mod order;
mod page;
mod read;
mod write;

use std::sync::Arc;

use apollo_compiler::Node;

use crate::request::{Field, Operation, collect_fields, merged_selections};
use crate::schema::{Join, Meaning, Operator, Schema};

pub use argument::PlanError;
pub use call::{Call, Given};
pub use order::OrderTerm;
pub use page::{Bound, Direction, Page};
pub use write::{Change, Target, Write, WriteField};

/// What an operation is answered from: one entry for each root field, in the order of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether it may change anything.
    pub effect: Effect,
    /// The root fields.
    pub roots: Vec<Root>,
}

impl Plan {
    /// Whether a root field is the application's.
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
    /// Where it stands in the document: line and column, from 1.
    pub location: Option<(usize, usize)>,
    /// Whether null in its place makes the whole answer null.
    pub is_non_null: bool,
    /// Where its value comes from.
    pub source: Source,
}

/// Where the value of a root field comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// It is known: a JSON text.
    Known(String),
    /// `__schema` or `__type`: answered from the schema.
    Introspection,
    /// From the database, by one statement.
    Database(Action),
    /// From the application: the field of that number.
    Application(usize),
}

/// What one statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A page of a collection.
    Connection(Connection),
    /// One row, or none.
    Row(Row),
    /// A change of a table.
    Write(Write),
    /// What a function returns that is neither a row nor rows.
    Value(Call),
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// From their table: all that are there.
    Table,
    /// From their table: those that hang on the row above.
    Joined(Arc<Join>),
    /// From a function.
    Called(Call),
}

/// A page of a collection and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// The table.
    pub table: usize,
    /// Where its rows come from.
    pub origin: Origin,
    /// Which rows; `None` takes all.
    pub condition: Option<Condition>,
    /// Which part of them.
    pub page: Page,
    /// In which order; the key decides between equal rows.
    pub order: Vec<OrderTerm>,
    /// What is asked of the connection, by key in the answer.
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
}

/// A field below `sum` and its like.
#[derive(Debug, Clone, PartialEq)]
pub enum AggregateColumn {
    /// `__typename`.
    Typename(String),
    /// The function over that column.
    Column(usize),
}

/// One row and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The table.
    pub table: usize,
    /// Where it comes from.
    pub origin: Origin,
    /// Which row.
    pub condition: Option<Condition>,
    /// What is asked of it, by key in the answer.
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
    /// What a function makes of the row, if that is neither a row nor rows.
    Computed(usize),
    /// Another row.
    ToOne {
        /// Which one, and what is asked of it.
        row: Box<Row>,
        /// Whether there is always one, by the schema.
        is_non_null: bool,
    },
    /// Other rows.
    ToMany(Box<Connection>),
}

/// Which rows. Conditions are SQL's, three-valued.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of them hold; there are at least two.
    All(Vec<Condition>),
    /// At least one of them holds; there are at least two.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A column compared with a value.
    Compare {
        /// The column.
        column: usize,
        /// The operator.
        operator: Operator,
        /// What it is compared with.
        operand: Operand,
    },
    /// The row stands in the table itself, or in the child that has that oid; of tables with children.
    StandsIn(Option<String>),
    /// The column is null, or is not.
    IsNull {
        /// The column.
        column: usize,
        /// Whether it has to be.
        is_null: bool,
    },
}

/// A value in PostgreSQL's text form; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// One value of the column's type.
    Value(Option<String>),
    /// A value of the column's array type, or a list of values of its type.
    List(Option<Vec<Option<String>>>),
    /// A text, whatever the column's type: a pattern.
    Text(Option<String>),
}

/// Plans an operation. Fails on arguments that no type forbids but the API does, before anything runs.
pub fn plan(schema: &Schema, operation: &Operation) -> Result<Plan, PlanError> {
    let definition = operation.definition();
    let root_type = definition.object_type().as_str();
    let fields = collect_fields(operation, [&definition.selection_set], &|name| name == root_type);
    let roots = fields.into_iter().map(|(key, fields)| {
        let planner = Planner { schema, operation, path: vec![key.to_string()] };
        plan_root(&planner, root_type, key.to_string(), &fields)
            .map_err(|error| PlanError { location: operation.location(fields[0]), ..error })
    });
    let effect = if definition.is_query() { Effect::Query } else { Effect::Mutation };
    Ok(Plan { effect, roots: roots.collect::<Result<_, _>>()? })
}

/// What planning a field needs: where it is, and what it may look at.
struct Planner<'a> {
    schema: &'a Schema,
    operation: &'a Operation,
    /// The response keys from the root to the field.
    path: Vec<String>,
}

impl<'a> Planner<'a> {
    /// The planner of a field below.
    fn below(&self, key: &str) -> Self {
        let path = self.path.iter().cloned().chain([key.to_owned()]).collect();
        Self { schema: self.schema, operation: self.operation, path }
    }

    /// The fields asked of an object of that type, with what they mean.
    fn fields(&self, type_name: &str, fields: &[&'a Node<Field>]) -> Vec<FieldOf<'a>> {
        let is_node = |name: &str| name == "Node" && self.schema.field(type_name, "nodeId").is_some();
        let applies = |name: &str| name == type_name || is_node(name);
        let collected = collect_fields(self.operation, merged_selections(fields), &applies);
        let meant = collected.into_iter().filter_map(|(key, fields)| {
            let name = fields.first()?.name.as_str();
            let meaning = match name {
                "__typename" => Asked::Typename,
                name => Asked::Meaning(&self.schema.field(type_name, name)?.meaning),
            };
            Some(FieldOf { key: key.to_string(), asked: meaning, fields })
        });
        meant.collect()
    }

    fn type_name(&self, table: usize) -> &'a str {
        // Only exposed tables have fields that lead to them.
        self.schema.table(table).map_or("", |exposed| exposed.type_name.as_str())
    }
}

/// A field of an object, as it was asked for.
struct FieldOf<'a> {
    key: String,
    asked: Asked<'a>,
    fields: Vec<&'a Node<Field>>,
}

enum Asked<'a> {
    Typename,
    Meaning(&'a Meaning),
}

fn plan_root(
    planner: &Planner<'_>,
    root_type: &str,
    key: String,
    fields: &[&Node<Field>],
) -> Result<Root, PlanError> {
    // A response key always has a field.
    let first = fields[0];
    let source = match first.name.as_str() {
        "__typename" => Source::Known(format!("\"{root_type}\"")),
        "__schema" | "__type" => Source::Introspection,
        name => match planner.schema.field(root_type, name).map(|field| &field.meaning) {
            Some(Meaning::Collection(table)) => {
                Source::Database(Action::Connection(planner.connection(*table, Origin::Table, fields)?))
            }
            Some(Meaning::ByKey(table)) => Source::Database(Action::Row(planner.row_by_key(*table, fields)?)),
            Some(Meaning::Call(functions)) => Source::Database(planner.call(functions, fields)?),
            Some(Meaning::Node) => Source::Database(Action::Row(planner.node(fields)?)),
            Some(Meaning::Insert(table)) => Source::Database(Action::Write(planner.insert(*table, fields)?)),
            Some(Meaning::Update(table)) => Source::Database(Action::Write(planner.update(*table, fields)?)),
            Some(Meaning::Delete(table)) => Source::Database(Action::Write(planner.delete(*table, fields)?)),
            Some(Meaning::Application(field)) => Source::Application(*field),
            _ => Source::Known("null".to_owned()),
        },
    };
    let location = planner.operation.location(first);
    Ok(Root { key, location, is_non_null: first.ty().is_non_null(), source })
}
