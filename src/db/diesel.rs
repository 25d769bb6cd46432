//! [`Connection`](super::Connection) as Diesel sees it: typed queries and their rows, transactions, migrations.

mod bind;
pub(in crate::db) mod error;
pub(in crate::db) mod joined;
#[cfg(feature = "migrations")]
mod migrate;
mod perform;
mod row;
mod save_changes;
mod transaction_builder;
mod typed;

pub use self::error::QueryError;
#[cfg(feature = "migrations")]
pub use self::migrate::{MigrateError, migrate, pending, revert_last};
pub use self::row::{Field, Row};
pub use self::transaction_builder::TransactionBuilder;
