//! The transaction that a field of the application works in: begun when the field first asks for a connection.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::db::{self, Connection, Database, QueryError, Scope, Transaction};
use crate::sql::Statement;

/// A transaction that is begun when it is needed; cheap to clone.
#[derive(Clone)]
pub(super) struct Session {
    database: Database,
    scope: Arc<Scope>,
    transaction: Arc<Mutex<Option<Transaction>>>,
}

/// The transaction's connection, on loan to a field.
pub struct FieldConnection(OwnedMappedMutexGuard<Option<Transaction>, Transaction>);

impl Session {
    pub(super) fn new(database: Database, scope: Scope) -> Self {
        Self { database, scope: Arc::new(scope), transaction: Arc::default() }
    }

    /// The connection, within the transaction. Whoever has it already is a part of the same field, so that waiting for it
    /// could be for ever.
    pub(super) async fn connection(&self) -> Result<FieldConnection, db::Error> {
        let in_use =
            || db::Error::Protocol("a field asked for its connection while it was using it".to_owned());
        let mut held = Arc::clone(&self.transaction).try_lock_owned().map_err(|_| in_use())?;
        if held.is_none() {
            *held = Some(self.database.begin(&self.scope).await?);
        }
        OwnedMutexGuard::try_map(held, Option::as_mut).map(FieldConnection).map_err(|_| in_use())
    }

    /// Runs a compiled statement in the transaction.
    pub(super) async fn run(&self, statement: &Statement) -> Result<Option<String>, db::Error> {
        self.connection().await?.0.run(statement).await
    }

    /// What a query's error says in full.
    pub(super) async fn explain(&self, error: &QueryError) -> db::Error {
        match self.connection().await {
            Ok(connection) => connection.explain(error),
            Err(_) => db::Error::Protocol(error.to_string()),
        }
    }

    /// Makes everything last. There is nothing to do if nothing was begun.
    pub(super) async fn commit(&self) -> Result<(), db::Error> {
        let mut held = self.transaction.try_lock().map_err(|_| {
            db::Error::Protocol("a field kept its connection after it had answered".to_owned())
        })?;
        match held.take() {
            Some(transaction) => transaction.commit().await,
            None => Ok(()),
        }
    }

    /// Undoes everything. A field that keeps its connection cannot stop it: the connection is closed when it is dropped.
    pub(super) async fn roll_back(&self) {
        if let Ok(mut held) = self.transaction.try_lock()
            && let Some(transaction) = held.take()
        {
            transaction.roll_back().await;
        }
    }
}

impl Deref for FieldConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for FieldConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
