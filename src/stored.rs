//! Stored operations: statements that are used often become functions in a schema of ours, whose plans PostgreSQL keeps in each of
//! its sessions, whatever client a pooler lends them to.
//!
//! `db` counts the statements and calls the functions ([`crate::db::StoredStatements`]); what is here makes them, looks whether they
//! are what their names say, and drops what is not used. Never on the way of a request.

mod function;
mod keeper;
mod setup;
mod state;
mod unused;

pub use self::keeper::keep;
pub use self::setup::{remove, set_up};
pub use self::state::{Obstacle, State};

/// What the function does that sets what it is given: an array of names and values.
const ENTER_BODY: &str = include_str!("stored/enter.sql");

/// The schema that the functions are in.
pub const SCHEMA: &str = "glowplug_operations";
