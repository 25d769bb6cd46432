//! Creates and removes the schema.

use std::fmt::Write as _;

use super::ENTER_BODY;
use crate::db::{self, Database, identifier, literal};

/// Creates the schema; running it again changes nothing.
const SETUP: &str = include_str!("setup.sql");

/// Removes the schema with everything in it.
const REMOVE: &str = "set local role none; drop schema if exists glowplug_operations cascade;";

/// Creates the schema if it is missing, and lets these roles create functions in it. Its owner may do so
/// anyway.
pub async fn set_up(database: &Database, grant_to: &[String]) -> Result<(), db::Error> {
    let mut statements = SETUP.to_owned();
    let body = literal(ENTER_BODY)?;
    // Writing to a String cannot fail.
    let _ = writeln!(
        statements,
        "create or replace function glowplug_operations.enter(settings text[]) returns text language plpgsql volatile \
         security invoker as {body};\ngrant execute on function glowplug_operations.enter(text[]) to public;"
    );
    for role in grant_to {
        let role = identifier(role);
        // Writing to a String cannot fail.
        let _ = writeln!(statements, "grant usage, create on schema glowplug_operations to {role};");
    }
    database.run_script(&statements).await
}

/// Removes the schema and every function in it. Running servers continue with texts.
pub async fn remove(database: &Database) -> Result<(), db::Error> {
    database.run_script(REMOVE).await
}
