//! Creates and removes the log and its triggers.

use std::fmt::Write as _;

use super::TRIGGER_BODY;
use crate::db::{self, Database, identifier, literal};
use crate::sql::array_literal;

/// Creates the schema and its tables; running it again changes nothing.
const SETUP: &str = include_str!("setup.sql");

/// Creates the triggers on the tables in the setting `glowplug.tables`.
const TRIGGERS: &str = include_str!("triggers.sql");

/// Removes the schema with the triggers that call its function.
const REMOVE: &str =
    "set local role none; set local lock_timeout = '5s'; drop schema if exists glowplug_live cascade;";

/// Creates the log if it is missing, and the triggers on these tables, their partitions and children. The
/// roles `grant_to` may read and prune the log.
pub async fn set_up(database: &Database, tables: &[String], grant_to: &[String]) -> Result<(), db::Error> {
    let mut statements = SETUP.to_owned();
    let body = literal(TRIGGER_BODY)?;
    // Writing to a String cannot fail. The function runs as its owner: roles that write to the tables have no
    // privileges on the log.
    let _ = writeln!(
        statements,
        "create or replace function glowplug_live.note() returns trigger language plpgsql volatile security definer \
         set search_path = pg_catalog, pg_temp as {body};"
    );
    let tables = literal(&array_literal(tables.iter().map(|table| Some(table.as_str()))))?;
    // Writing to a String cannot fail.
    let _ = writeln!(statements, "select set_config('glowplug.tables', {tables}, true);\n{TRIGGERS}");
    for role in grant_to {
        let role = identifier(role);
        // Writing to a String cannot fail.
        let _ = writeln!(
            statements,
            "grant usage on schema glowplug_live to {role};\n\
             grant select, delete on glowplug_live.change to {role};\n\
             grant select, insert, update on glowplug_live.pruned to {role};"
        );
    }
    database.run_script(&statements).await
}

/// Removes the log and the triggers. Running servers continue without it.
pub async fn remove(database: &Database) -> Result<(), db::Error> {
    database.run_script(REMOVE).await
}
