//! What `config` has in a build without the feature `server`: the settings of connections, as a program gives them.

mod database;
mod pairs;
mod redact;
mod secret;

pub use database::{ContextForm, Database, PoolMode, Replica, StoredOperations};
pub use redact::redacted;
pub use secret::Secret;
