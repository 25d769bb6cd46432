//! Whether the database is distributed by Citus, and what that needs.

use serde::Deserialize;

use crate::config::Config;
use crate::db::{Database, Error, Scope};
use crate::sql::{Statement, array_literal};

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Citus";

const IS_THERE: &str = "select 'yes' from pg_catalog.pg_extension where extname = 'citus'";

/// `$1`: the exposed schemas.
const NEEDS: &str = include_str!("distribution.sql");

#[derive(Debug, Deserialize)]
struct Distribution {
    version: String,
    is_coordinator: bool,
    /// The number of distributed tables in the exposed schemas.
    tables: u32,
    /// Roles that may not log in.
    roles: Vec<String>,
}

/// Nothing without Citus.
pub(super) async fn examine(config: &Config, database: &Database) -> Option<Check> {
    let known = match ask(database, Statement::new(IS_THERE, Vec::new())).await {
        Ok(None) => return None,
        Ok(Some(_)) => read(config, database).await,
        Err(error) => Err(error.to_string()),
    };
    Some(match known {
        Ok(distribution) => found(&distribution),
        Err(why) => Check::new(SUBJECT, Code::CitusUnknown, format!("it could not be found out: {why}")),
    })
}

async fn read(config: &Config, database: &Database) -> Result<Distribution, String> {
    let schemas = array_literal(config.api.schemas.iter().map(|name| Some(name.as_str())));
    let text = ask(database, Statement::new(NEEDS, vec![Some(schemas)])).await;
    let text = text.map_err(|error| error.to_string())?.unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

async fn ask(database: &Database, statement: Statement) -> Result<Option<String>, Error> {
    let scope = Scope::of_catalog(database.statement_timeout());
    let answers = database.run(&scope, &[statement]).await.map_err(|failure| failure.error)?;
    Ok(answers.into_iter().next().flatten())
}

fn found(distribution: &Distribution) -> Check {
    let Distribution { version, is_coordinator, tables, roles } = distribution;
    if !is_coordinator {
        return Check::new(SUBJECT, Code::CitusWorker, format!("Citus {version}, and this is a worker"));
    }
    if !roles.is_empty() {
        let found =
            format!("Citus {version}; these roles may not log in to its workers: {}", roles.join(", "));
        let check = Check::new(SUBJECT, Code::CitusLogin, found);
        return roles.iter().fold(check, |check, role| check.advise(format!("alter role {role} login;")));
    }
    Check::ok(SUBJECT, format!("Citus {version}, {tables} distributed tables"))
}
