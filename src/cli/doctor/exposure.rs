//! What of the database is in the API. If nothing is, the reason.

use std::sync::Arc;

use serde::Deserialize;

use crate::config::Config;
use crate::db::{Database, Scope};
use crate::engine::{Described, describe};
use crate::sql::{Statement, array_literal};

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Tables";

/// `$1`: the exposed schemas. What the current role could see of each.
const PRIVILEGES: &str = include_str!("exposure.sql");

/// The obstacles in one schema.
#[derive(Debug, Clone, Deserialize)]
struct Seen {
    schema: String,
    exists: bool,
    may_use: bool,
    tables: u32,
    readable: u32,
}

#[derive(Debug, Clone, Deserialize)]
struct Privileges {
    role: String,
    schemas: Vec<Seen>,
    /// Schemas that have tables, other than PostgreSQL's own.
    others: Vec<String>,
}

/// The findings about the API.
pub(super) struct Exposed {
    pub(super) check: Check,
    /// The API, if there is one.
    pub(super) sdl: Option<Arc<str>>,
}

/// The API for anonymous requests: as `anon-role`, or as the connection's own user.
pub(super) async fn examine(config: &Config, database: &Database) -> Exposed {
    let role = config.auth.anon_role.as_deref();
    let described = match describe(config, role).await {
        Ok(described) => described,
        Err(error) => {
            let found = format!("the structure cannot be read: {error}");
            return Exposed { check: Check::new(SUBJECT, Code::CatalogueUnreadable, found), sdl: None };
        }
    };
    if described.tables > 0 {
        return Exposed { check: exposed(&described, role), sdl: Some(described.sdl) };
    }
    let check = match privileges(config, database, role).await {
        Ok(privileges) => nothing(&privileges, &described),
        Err(why) => {
            let found = format!("no table is in the API, and the reason could not be found out: {why}");
            Check::new(SUBJECT, Code::NoTables, found)
        }
    };
    Exposed { check, sdl: None }
}

fn exposed(described: &Described, role: Option<&str>) -> Check {
    let who = role.map_or_else(|| "the connection's user".to_owned(), |role| format!("the role {role}"));
    let found = format!("{} in the API of {who}", counted(described.tables));
    match described.problems.iter().filter(|problem| !problem.is_usual()).count() {
        0 => Check::ok(SUBJECT, found),
        left_out => Check::new(SUBJECT, Code::LeftOut, format!("{found}; {left_out} left out")),
    }
}

async fn privileges(config: &Config, database: &Database, role: Option<&str>) -> Result<Privileges, String> {
    let timeout = config.database.statement_timeout;
    let scope = Scope { role: role.map(Into::into), ..Scope::of_catalog(timeout) };
    let schemas = array_literal(config.api.schemas.iter().map(|name| Some(name.as_str())));
    let statement = Statement::new(PRIVILEGES, vec![Some(schemas)]);
    let answers = database.run(&scope, &[statement]).await.map_err(|failure| failure.to_string())?;
    let text = answers.into_iter().next().flatten().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Why the API has no table: the first reason that applies, schema by schema.
fn nothing(privileges: &Privileges, described: &Described) -> Check {
    let Privileges { role, schemas, others } = privileges;
    let trouble = |code, found: String| Check::new(SUBJECT, code, format!("0 tables exposed: {found}"));
    for Seen { schema, exists, may_use, tables, readable } in schemas {
        if !exists {
            let check = trouble(Code::SchemaMissing, format!("there is no schema {schema:?}"));
            return name_others(check, others);
        }
        if *tables > 0 && !may_use {
            return trouble(Code::SchemaNotGranted, format!("{role} may not use the schema {schema:?}"))
                .advise(format!("grant usage on schema {schema} to {role};"))
                .advise(format!("grant select on all tables in schema {schema} to {role};"));
        }
        if *tables > 0 && *readable == 0 {
            return trouble(
                Code::NotGranted,
                format!("{role} has no privilege on the {} of {schema:?}", counted(*tables as usize)),
            )
            .advise(format!(
                "grant select, insert, update, delete on all tables in schema {schema} to {role};"
            ))
            .advise("or name another role: anon-role for requests without a token");
        }
    }
    if let Some(problem) = described.problems.iter().find(|problem| !problem.is_usual()) {
        return trouble(Code::AllLeftOut, format!("{}: {}", problem.object, problem.reason));
    }
    let names: Vec<&str> = schemas.iter().map(|seen| seen.schema.as_str()).collect();
    name_others(trouble(Code::SchemaEmpty, format!("there are no tables in {}", names.join(", "))), others)
}

fn name_others(check: Check, others: &[String]) -> Check {
    if others.is_empty() {
        return check.advise(
            "this database has no tables at all: check that it is the right one, or run `glowplug migrate`",
        );
    }
    check.advise(format!(
        "schemas that have tables: {}; name those to expose with --schemas",
        others.join(", ")
    ))
}

fn counted(tables: usize) -> String {
    if tables == 1 { "1 table".to_owned() } else { format!("{tables} tables") }
}
