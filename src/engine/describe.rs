//! Descriptions of the API for people: its SDL, what it leaves out and why, and a first query.

use std::sync::Arc;

use super::{Engine, Planning};
use crate::catalog::Problem;
use crate::config::Config;
use crate::error::Error;
use crate::schema::{ExposedTable, QueryFieldKind, Scalar, Schema, ValueType, naming};

/// The query for an API without collections.
pub(super) const EMPTY_QUERY: &str = "{\n  __typename\n}\n";

/// The fields of a row in the first query.
const FIELDS: usize = 4;

/// A description of the API.
#[derive(Debug, Clone)]
pub struct Described {
    /// The API as SDL text; of a subgraph that which a supergraph is composed from.
    pub sdl: Arc<str>,
    /// How many tables and views are in the API.
    pub tables: usize,
    /// What the API leaves out, and why.
    pub problems: Vec<Problem>,
}

/// Describes the API of a database as a role sees it; `None` is the connection's own user.
pub async fn describe(config: &Config, role: Option<&str>) -> Result<Described, Error> {
    Engine::new(config)?.planning().describe(role).await
}

impl Planning {
    /// Describes the API as a role sees it; `None` is the connection's own user.
    pub async fn describe(&self, role: Option<&str>) -> Result<Described, Error> {
        let role_schema = self.inner.snapshots.of(role).await?;
        let snapshot = &role_schema.snapshot;
        let tables = snapshot.schema.tables.iter().flatten().count();
        let of_role = Arc::clone(&role_schema);
        Ok(Described {
            sdl: self.inner.offload.run(move || of_role.snapshot.file()).await?,
            tables,
            problems: snapshot.schema.problems.clone(),
        })
    }
}

/// The first rows of the collection with the most references from and to other tables, which is probably the
/// most important one.
pub(super) fn default_query(schema: &Schema) -> String {
    let collections = schema.query.iter().filter_map(|(name, field)| match field {
        QueryFieldKind::Collection(table) => Some((name, *table)),
        QueryFieldKind::Node
        | QueryFieldKind::ByKey(_)
        | QueryFieldKind::Groups(_)
        | QueryFieldKind::Call(_)
        | QueryFieldKind::Entities
        | QueryFieldKind::Service
        | QueryFieldKind::Application(_) => None,
    });
    let relations = |table: usize| {
        schema
            .catalog
            .relations
            .iter()
            .filter(|found| found.table == table || found.referenced_table == table)
            .count()
    };
    let busiest = collections.max_by_key(|(name, table)| (relations(*table), std::cmp::Reverse(*name)));
    let Some((name, exposed)) = busiest.and_then(|(name, table)| Some((name, schema.table(table)?))) else {
        return EMPTY_QUERY.to_owned();
    };
    let operation = naming::upper_first(name);
    let mut query = format!("query {operation} {{\n  {name}(first: 5) {{\n    edges {{\n      node {{\n");
    for field in telling_fields(exposed) {
        query.push_str("        ");
        query.push_str(field);
        query.push('\n');
    }
    query.push_str("      }\n    }\n  }\n}\n");
    query
}

/// The fields that tell a person most: names, numbers, dates and enums before keys.
fn telling_fields(exposed: &ExposedTable) -> Vec<&str> {
    let columns =
        exposed.readable_columns().map(|(_, column)| column).filter(|column| !column.column_type.is_list);
    let is_key =
        |value: &ValueType| matches!(value, ValueType::Scalar(Scalar::Uuid | Scalar::Json | Scalar::Opaque));
    let (keys, telling): (Vec<_>, Vec<_>) = columns.partition(|column| is_key(&column.column_type.value));
    telling.into_iter().chain(keys).take(FIELDS).map(|column| &*column.field).collect()
}
