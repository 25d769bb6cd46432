//! Stored operations: frequently used statements become functions in Glowplug's own schema. PostgreSQL keeps
//! their plans in each session, for all clients to which a pooler lends it.
//!
//! `db` counts the statements and calls the functions ([`crate::db::StoredStatements`]). This module creates
//! the functions, checks that they are what their names say, and drops unused ones. No request ever waits for
//! it.

mod function;
mod keeper;
mod setup;
mod state;
mod unused;

pub use self::keeper::keep;
pub use self::setup::{remove, set_up};
pub use self::state::{Obstacle, State};

/// The body of the function that sets the context: it takes an array of names and values.
const ENTER_BODY: &str = include_str!("stored/enter.sql");

/// The schema of the functions.
pub const SCHEMA: &str = "glowplug_operations";
