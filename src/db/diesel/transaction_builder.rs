//! Transactions with options: isolation level, read-only, deferrable.
//!
//! Never sets anything for the session: the options stand in the `BEGIN` and end with its transaction.

use diesel::result::Error::BrokenTransactionManager;
use diesel_async::{AnsiTransactionManager, TransactionManager as _};

use crate::db::connection::Connection;
use crate::db::diesel::error::QueryError;

/// A transaction that has not begun yet, made by [`Connection::build_transaction`].
///
/// Options that are not set have the database's defaults (`default_transaction_isolation` and its relatives).
#[must_use = "nothing happens before `run`"]
pub struct TransactionBuilder<'a> {
    connection: &'a mut Connection,
    isolation: &'static str,
    access: &'static str,
    deferrable: &'static str,
}

impl Connection {
    /// Sets the options of a transaction before it begins.
    ///
    /// ```no_run
    /// # use diesel_async::{AsyncConnection, RunQueryDsl};
    /// # use glowplug::db::{Connection, QueryError};
    /// # async fn run(connection: &mut Connection) -> Result<(), QueryError> {
    /// connection
    ///     .build_transaction()
    ///     .serializable()
    ///     .read_only()
    ///     .deferrable()
    ///     .run(async |connection| diesel::sql_query("select 1").execute(connection).await)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_transaction(&mut self) -> TransactionBuilder<'_> {
        TransactionBuilder { connection: self, isolation: "", access: "", deferrable: "" }
    }
}

impl TransactionBuilder<'_> {
    /// `ISOLATION LEVEL READ COMMITTED`.
    pub fn read_committed(self) -> Self {
        Self { isolation: " ISOLATION LEVEL READ COMMITTED", ..self }
    }

    /// `ISOLATION LEVEL REPEATABLE READ`.
    pub fn repeatable_read(self) -> Self {
        Self { isolation: " ISOLATION LEVEL REPEATABLE READ", ..self }
    }

    /// `ISOLATION LEVEL SERIALIZABLE`.
    pub fn serializable(self) -> Self {
        Self { isolation: " ISOLATION LEVEL SERIALIZABLE", ..self }
    }

    /// `READ ONLY`.
    pub fn read_only(self) -> Self {
        Self { access: " READ ONLY", ..self }
    }

    /// `READ WRITE`.
    pub fn read_write(self) -> Self {
        Self { access: " READ WRITE", ..self }
    }

    /// `DEFERRABLE`: a serializable read-only transaction may wait at its start. After that, no other transaction can make
    /// it fail.
    pub fn deferrable(self) -> Self {
        Self { deferrable: " DEFERRABLE", ..self }
    }

    /// `NOT DEFERRABLE`.
    pub fn not_deferrable(self) -> Self {
        Self { deferrable: " NOT DEFERRABLE", ..self }
    }

    /// Runs `work` in the transaction. If it returns `Ok`, its changes are committed. If it returns `Err`, they are undone.
    ///
    /// Fails with [`QueryError::AlreadyInTransaction`] within another transaction, whose options cannot change any more.
    pub async fn run<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Connection) -> Result<T, E>,
        E: From<QueryError>,
    {
        let Self { connection, isolation, access, deferrable } = self;
        let begin = format!("BEGIN TRANSACTION{isolation}{access}{deferrable}");
        AnsiTransactionManager::begin_transaction_sql(connection, &begin).await?;
        match work(connection).await {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(connection).await?;
                Ok(value)
            }
            Err(error) => match AnsiTransactionManager::rollback_transaction(connection).await {
                // The caller needs the error that broke it.
                Ok(()) | Err(BrokenTransactionManager) => Err(error),
                Err(rollback_error) => Err(rollback_error.into()),
            },
        }
    }
}
