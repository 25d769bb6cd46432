//! Whatever the database holds and however it changes, an answer is JSON of the types that the schema promises.

mod constants;
mod database;
mod kinds;
mod propagation;
mod random;
mod requests;
