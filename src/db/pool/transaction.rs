//! A transaction of several messages on one connection, for typed Diesel queries and compiled statements together.
//!
//! It costs one round trip to begin and one to end, and occupies a server connection of the pooler until it ends. So only
//! operations that call the application's own code use one. A pooler in statement mode refuses it.

use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::{AnsiTransactionManager, TransactionManager};

use crate::db::connection::Connection;
use crate::db::diesel::error::{self, QueryError};
use crate::db::diesel::joined::DepthChange;
use crate::db::error::Error;
use crate::db::operation::Operation;
use crate::db::operation::answers::Collected;
use crate::db::operation::message::{Begin, enter};
use crate::db::operation::scope::{Access, Scope};
use crate::db::operation::stored::{Calls, StoredUse};
use crate::db::pool::connections::PooledConnection;
use crate::db::pool::database::{Database, cannot_write};
use crate::event::Event;
use crate::statement::Statement;

/// Runs the deferred checks here; after that, the rights are those of the connection's own user.
const LEAVE: &str = "set constraints all immediate;\nrelease savepoint operation;\nselect pg_catalog.set_config('role','none',true)";

/// Undoes the savepoint's changes together with its settings, the role among them.
const UNDO: &str = "rollback to savepoint operation;\nrelease savepoint operation";

/// A transaction within a scope. If it is dropped before its end, it is undone and its connection is closed.
pub struct Transaction {
    connection: PooledConnection,
    /// The number of bytes that the values of further statements may have.
    answer_left: usize,
    stored: StoredUse,
    /// The scope that was entered: its statements may be called as functions.
    entered: Option<Scope>,
    /// The time limit of each statement.
    statement_timeout: Duration,
}

impl Database {
    /// Begins a transaction.
    pub async fn begin(&self, scope: &Scope) -> Result<Transaction, Error> {
        let (transaction, is_read_only) = self.begin_as(Begin::AsSession, scope).await?;
        if scope.access == Access::ReadOnly || !is_read_only {
            return Ok(transaction);
        }
        // Another client of the pooler may have left this setting behind.
        transaction.roll_back().await;
        self.begin_as(Begin::AsConfigured, scope).await.map(|(transaction, _)| transaction)
    }

    /// A transaction, and whether it can only read.
    async fn begin_as(&self, begin: Begin, scope: &Scope) -> Result<(Transaction, bool), Error> {
        self.unless_sharded()?;
        let message = begin.message(scope, self.pool.protocols().hint)?;
        let mut connection = self.pool.acquire().await?;
        let mut answers = Collected::default();
        let result = connection.exchange_within(&message, 2, usize::MAX, &mut answers).await;
        connection.count_transaction(DepthChange::IncreaseDepth);
        let transaction = self.transaction(connection, scope);
        match result {
            Ok(()) => {
                Ok((transaction, answers.values.first().is_some_and(|value| value.as_deref() == Some("on"))))
            }
            Err(error) => {
                transaction.roll_back().await;
                Err(error.of_scope())
            }
        }
    }

    fn transaction(&self, connection: PooledConnection, scope: &Scope) -> Transaction {
        let (answer_left, stored) = (scope.answer_limit, self.stored_use().clone());
        Transaction {
            connection,
            answer_left,
            stored,
            entered: None,
            statement_timeout: scope.statement_timeout,
        }
    }

    /// Begins a transaction with a typed query, in one round trip. Returns the number of rows that the query changed.
    pub async fn begin_with(
        &self,
        scope: &Scope,
        query: impl QueryFragment<Pg> + QueryId,
    ) -> Result<(Transaction, usize), Error> {
        self.unless_sharded()?;
        let mut connection = self.pool.acquire().await?;
        let query = connection.serialize(&query)?;
        let mut begin = Begin::AsSession;
        loop {
            let before = begin.statements(scope)?;
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let performed = connection.perform_between(&before, &query, &[]).await;
            connection.count_transaction(DepthChange::IncreaseDepth);
            let mut transaction = self.transaction(connection, scope);
            match performed {
                Ok(changed) => return Ok((transaction, changed)),
                Err(error) if begin == Begin::AsSession && cannot_write(&error, scope.access) => {
                    transaction.roll_back_all().await?;
                    (connection, begin) = (transaction.connection, Begin::AsConfigured);
                }
                Err(error) => {
                    transaction.roll_back().await;
                    return Err(error);
                }
            }
        }
    }
}

impl Transaction {
    /// Runs a statement. Returns its value, or `None` for SQL's NULL or no row.
    ///
    /// In a scope that was entered, a stored statement is called as its function. If that is not there, the error is
    /// [`Error::CallMissed`], and the same transaction, begun anew, sends the text.
    pub async fn run(&mut self, statement: &Statement) -> Result<Option<String>, Error> {
        let statements = std::slice::from_ref(statement);
        Event::StatementsSent { statements }.emit();
        let calls = match &self.entered {
            Some(scope) => self.stored.calls(scope, statements),
            None => Calls::default(),
        };
        let operation = Operation::within(statement, &calls, self.answer_left)?;
        let (mut answers, begin) = (Collected::default(), Instant::now());
        if let Err(error) = self.connection.operate(&operation, &mut answers).await {
            let error = error.after(begin.elapsed(), self.statement_timeout);
            let is_missed = self.stored.is_missed(&calls, &error);
            return Err(if is_missed { Error::CallMissed(error.to_string()) } else { error });
        }
        let answer = answers.values.into_iter().next().flatten();
        self.answer_left = self.answer_left.saturating_sub(answer.as_ref().map_or(0, String::len));
        Ok(answer)
    }

    /// Sets a savepoint and another scope, which lasts until [`Transaction::leave`] or [`Transaction::undo`].
    pub async fn enter(&mut self, scope: &Scope) -> Result<(), Error> {
        let message = enter(scope)?;
        (self.answer_left, self.statement_timeout) = (scope.answer_limit, scope.statement_timeout);
        self.connection.exchange(&message).await.map_err(Error::of_scope)?;
        self.entered = Some(scope.clone());
        Ok(())
    }

    /// Returns to the connection's own user, after all deferred checks.
    pub async fn leave(&mut self) -> Result<(), Error> {
        if depth(&mut self.connection) != 1 {
            return Err(unended());
        }
        self.entered = None;
        self.connection.exchange(LEAVE).await
    }

    /// Undoes everything since [`Transaction::enter`], the scope included.
    pub async fn undo(&mut self) -> Result<(), Error> {
        if depth(&mut self.connection) != 1 {
            return Err(unended());
        }
        self.entered = None;
        self.connection.exchange(UNDO).await
    }

    /// Commits.
    pub async fn commit(mut self) -> Result<(), Error> {
        if depth(&mut self.connection) != 1 {
            self.roll_back().await;
            return Err(unended());
        }
        let committed = AnsiTransactionManager::commit_transaction(&mut *self.connection).await;
        committed.map_err(|error| self.connection.explain(&error))
    }

    /// Runs a typed query and commits, in one round trip. If either fails, everything is undone.
    pub async fn commit_with(mut self, query: impl QueryFragment<Pg> + QueryId) -> Result<(), Error> {
        if depth(&mut self.connection) != 1 {
            self.roll_back().await;
            return Err(unended());
        }
        let query = self.connection.serialize(&query)?;
        let performed = self.connection.perform_between(&[], &query, &["commit"]).await;
        self.connection.count_transaction(DepthChange::DecreaseDepth);
        if performed.is_err() {
            self.roll_back().await;
        }
        performed.map(|_| ())
    }

    /// Undoes everything, open savepoints included. If that fails, the connection is closed, which undoes everything too.
    pub async fn roll_back(mut self) {
        // An error ends the connection.
        let _ = self.roll_back_all().await;
    }

    async fn roll_back_all(&mut self) -> Result<(), Error> {
        while depth(&mut self.connection) > 0 {
            let undone = AnsiTransactionManager::rollback_transaction(&mut *self.connection).await;
            undone.map_err(|error| self.connection.explain(&error))?;
        }
        Ok(())
    }

    /// The full error of a query.
    pub fn explain(&self, error: &QueryError) -> Error {
        self.connection.explain(error)
    }
}

impl Connection {
    /// The full error of a query on this connection: Diesel's errors have no SQLSTATE.
    pub fn explain(&self, error: &QueryError) -> Error {
        error::back(error, self.last_failure.lock().as_ref())
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

fn unended() -> Error {
    Error::Protocol("a transaction was begun in a field and not ended in it".to_owned())
}

/// The number of nested transactions; all but the first are savepoints. `None` if Diesel has lost count.
fn depth(connection: &mut Connection) -> u32 {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    status.transaction_depth().ok().flatten().map_or(0, NonZeroU32::get)
}
