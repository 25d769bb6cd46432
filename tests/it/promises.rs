//! An answer is JSON of the types in the schema, whatever the database contains and however it changes.

mod constants;
pub(crate) mod database;
mod kinds;
mod propagation;
mod random;
mod requests;
mod semantic_non_null;
