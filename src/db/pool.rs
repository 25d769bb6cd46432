//! Connections held between operations: the pool, the database behind it, and its replicas.

mod batch;
mod conflicts;
mod connections;
mod database;
mod health;
mod losses;
mod probing;
mod replicas;
mod transaction;

pub use self::batch::Batch;
pub use self::connections::{PoolState, PooledConnection};
pub use self::database::Database;
pub use self::replicas::{ReadFrom, ReplicaState, Replicas};
pub use self::transaction::Transaction;
