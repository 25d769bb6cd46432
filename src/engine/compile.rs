//! Operation + schema -> statements: compiled once for all requests with the same facts, and bound for each
//! request.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::Error;
use crate::plan::{Action, Effect, Plan, PlanError, ServiceField, Source as PlannedSource, plan};
use crate::request::{Facts, JsonMap, Measure, Operation};
use crate::schema::Schema;
use crate::sql::{CompiledStatement, ShardingKey, Statement, TenantSchema, compile};

/// JSON texts that do not come from the database, by response key: the answers to `__schema`, `__type` and
/// `_service`, and to the application's fields.
pub(super) type ReadyAnswers = HashMap<String, String>;

/// An operation with its SQL, for any values of its variables.
pub(super) struct CompiledOperation {
    /// Whether it may change anything.
    pub(super) effect: Effect,
    /// The root fields, in the order of the answer.
    pub(super) roots: Vec<Root>,
    /// The size of the operation, with the variables that it was compiled for.
    pub(super) measure: Measure,
}

/// A root field.
pub(super) struct Root {
    /// Its key in the answer.
    pub(super) key: String,
    /// Its place in the document: line and column, from 1.
    pub(super) location: Option<(usize, usize)>,
    /// Whether null in its place makes the whole answer null.
    pub(super) is_non_null: bool,
    /// Where its value comes from.
    pub(super) source: Source,
}

/// Where the value of a root field comes from.
pub(super) enum Source {
    /// A JSON text that is known at compile time.
    Known(String),
    /// `__schema` or `__type`: answered from the schema.
    Introspection,
    /// `_service`: answered from the schema.
    Service(Vec<(String, ServiceField)>),
    /// From the database: the last statement's answer.
    Database {
        /// One statement, or several.
        statements: Vec<CompiledStatement>,
        /// The type of the row, if the field returns one: the type of a `node` is not in the document.
        row_type: Option<Arc<str>>,
    },
    /// From the application: the field with that number.
    Application(usize),
}

/// The statements of an operation with the values of a request.
#[derive(Default)]
pub(super) struct BoundOperation {
    /// All of them, in order.
    pub(super) statements: Vec<Statement>,
    /// The index of the root field of each statement.
    pub(super) roots: Vec<usize>,
    /// The schema in which they run, if each tenant has one of its own.
    pub(super) tenant: Option<TenantSchema>,
    /// The shard in which they run, if there are several behind a `PgDog`.
    pub(super) shard: Option<ShardingKey>,
}

impl CompiledOperation {
    /// Plans an operation and prints its SQL.
    pub(super) fn new(schema: &Schema, facts: &Facts<'_>, measure: Measure) -> Result<Self, Error> {
        let Plan { effect, roots } = plan(schema, facts)?;
        let roots = roots.into_iter().map(|root| Root {
            key: root.key,
            location: root.location,
            is_non_null: root.is_non_null,
            source: Source::of(schema, root.source),
        });
        Ok(Self { effect, roots: roots.collect(), measure })
    }

    /// Whether the application answers a root field.
    pub(super) fn calls_application(&self) -> bool {
        self.roots.iter().any(|root| matches!(root.source, Source::Application(_)))
    }

    /// Whether the database or the application answers a root field.
    pub(super) fn runs(&self) -> bool {
        let is_of = |root: &Root| matches!(root.source, Source::Application(_) | Source::Database { .. });
        self.roots.iter().any(is_of)
    }

    /// Puts the values of a request into the statements.
    pub(super) fn bind(&self, schema: &Schema, operation: &Operation) -> Result<BoundOperation, Error> {
        let mut bound = BoundOperation::default();
        for (index, root) in self.roots.iter().enumerate() {
            for statement in root.statements() {
                let statement = bind(root, statement, schema, operation.variables())?;
                bound.statements.push(statement);
                bound.roots.push(index);
            }
        }
        Ok(bound)
    }

    /// About how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        let of_root = |root: &Root| {
            let statements: usize = root.statements().iter().map(CompiledStatement::size).sum();
            size_of::<Root>() + root.key.len() + statements
        };
        size_of::<Self>() + self.roots.iter().map(of_root).sum::<usize>()
    }
}

fn bind(
    root: &Root,
    statement: &CompiledStatement,
    schema: &Schema,
    variables: &JsonMap,
) -> Result<Statement, PlanError> {
    statement.bind(schema, variables).map_err(|error| PlanError { location: root.location, ..error })
}

impl Root {
    /// Its statements, if it is answered from the database.
    pub(super) fn statements(&self) -> &[CompiledStatement] {
        match &self.source {
            Source::Database { statements, .. } => statements,
            Source::Known(_) | Source::Introspection | Source::Service(_) | Source::Application(_) => &[],
        }
    }
}

impl Source {
    fn of(schema: &Schema, source: PlannedSource) -> Self {
        match source {
            PlannedSource::Known(text) => Self::Known(text),
            PlannedSource::Introspection => Self::Introspection,
            PlannedSource::Service(fields) => Self::Service(fields),
            PlannedSource::Application(field) => Self::Application(field),
            PlannedSource::Database(action) => {
                let table = match &*action {
                    Action::Row(row) => schema.table(row.table),
                    Action::Connection(_)
                    | Action::Entities(_)
                    | Action::Groups(_)
                    | Action::Write(_)
                    | Action::NestedInsert(_)
                    | Action::Value(..) => None,
                };
                let row_type = table.map(|table| Arc::clone(&table.type_name));
                Self::Database { statements: compile(schema, &action), row_type }
            }
        }
    }
}

impl BoundOperation {
    /// The same in a tenant's schema.
    pub(super) fn within(mut self, tenant: Option<TenantSchema>) -> Self {
        self.statements.iter_mut().for_each(|statement| statement.tenant.clone_from(&tenant));
        Self { tenant, ..self }
    }

    /// The same in the shard of a key.
    pub(super) fn in_shard(self, shard: Option<ShardingKey>) -> Self {
        Self { shard, ..self }
    }

    /// The statements of a root field.
    pub(super) fn of_root(&self, root: usize) -> impl Iterator<Item = &Statement> {
        let all = self.roots.iter().zip(&self.statements);
        all.filter(move |(index, _)| **index == root).map(|(_, statement)| statement)
    }
}
