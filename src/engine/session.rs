//! The transaction of a field of the application. It begins when the field first asks for a connection.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::tenancy::usable;
use crate::db::{self, Connection, Database, QueryError, Scope, Transaction};
use crate::sql::{Statement, TenantSchema};

/// A transaction that begins when it is needed. Cheap to clone.
#[derive(Clone)]
pub(super) struct Session {
    database: Database,
    scope: Arc<Scope>,
    transaction: Arc<Mutex<Option<Transaction>>>,
    /// The first failure after which a retry of everything may succeed.
    passing: Arc<OnceLock<db::Error>>,
    /// The schema of the request's tenant.
    tenant: Option<TenantSchema>,
    /// Whether that schema can be used. Without it, names that are not qualified would be those of other schemas.
    is_usable: Arc<AtomicBool>,
}

/// The transaction's connection, on loan to a field.
pub struct FieldConnection(OwnedMappedMutexGuard<Option<Transaction>, Transaction>);

impl Session {
    pub(super) fn new(database: Database, scope: Scope, tenant: Option<TenantSchema>) -> Self {
        let (transaction, passing) = (Arc::default(), Arc::default());
        let is_usable = Arc::new(AtomicBool::new(tenant.is_none()));
        Self { database, scope: Arc::new(scope), transaction, passing, tenant, is_usable }
    }

    /// The schema of the request's tenant, if each has one of its own.
    pub(super) fn tenant(&self) -> Option<&TenantSchema> {
        self.tenant.as_ref()
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// A part of a transaction that has already begun, with this scope set.
    pub(super) fn within(
        database: Database,
        scope: Scope,
        tenant: Option<TenantSchema>,
        transaction: Transaction,
    ) -> Self {
        Self { transaction: Arc::new(Mutex::new(Some(transaction))), ..Self::new(database, scope, tenant) }
    }

    /// The transaction, if it has begun and is not in use.
    pub(super) fn take(&self) -> Option<Transaction> {
        self.transaction.try_lock().ok()?.take()
    }

    /// Why the transaction failed, if a retry may succeed.
    pub(super) fn passing_failure(&self) -> Option<db::Error> {
        self.passing.get().cloned()
    }

    fn note(&self, error: &db::Error) {
        if error.is_transient() {
            // Only the first failure is kept; later ones are its consequences.
            let _ = self.passing.set(error.clone());
        }
    }

    /// The connection, in the transaction. If it is already lent out, then to the same field, so waiting for
    /// it could take forever.
    pub(super) async fn connection(&self) -> Result<FieldConnection, db::Error> {
        let in_use =
            || db::Error::Protocol("a field requested its connection while it was using it".to_owned());
        let mut held = Arc::clone(&self.transaction).try_lock_owned().map_err(|_| in_use())?;
        if held.is_none() {
            *held = Some(self.database.begin(&self.scope).await?);
        }
        if let (Some(tenant), Some(transaction), false) =
            (&self.tenant, held.as_mut(), self.is_usable.load(Ordering::Relaxed))
        {
            if transaction.run(&usable(tenant)).await?.is_none() {
                return Err(db::Error::TenantRefused(tenant.name().to_owned()));
            }
            self.is_usable.store(true, Ordering::Relaxed);
        }
        OwnedMutexGuard::try_map(held, Option::as_mut).map(FieldConnection).map_err(|_| in_use())
    }

    /// Runs a compiled statement in the transaction.
    pub(super) async fn run(&self, statement: &Statement) -> Result<Option<String>, db::Error> {
        let answer = self.connection().await?.0.run(statement).await;
        answer.inspect_err(|error| self.note(error))
    }

    /// The full error behind a query's error.
    pub(super) async fn explain(&self, error: &QueryError) -> db::Error {
        let Ok(connection) = self.connection().await else {
            return db::Error::Protocol(error.to_string());
        };
        let full = connection.explain(error);
        self.note(&full);
        full
    }

    /// Commits the transaction, if it has begun.
    pub(super) async fn commit(&self) -> Result<(), db::Error> {
        let mut held = self.transaction.try_lock().map_err(|_| {
            db::Error::Protocol("a field kept its connection after it had answered".to_owned())
        })?;
        match held.take() {
            Some(transaction) => transaction.commit().await,
            None => Ok(()),
        }
    }

    /// Undoes everything. A field that keeps its connection cannot prevent this: the connection is closed
    /// when it is dropped.
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
