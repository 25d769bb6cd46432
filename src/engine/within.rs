//! Runs a mutation in a transaction that its caller has begun, and will end.
//!
//! A failed mutation is undone by a savepoint, so that the caller can still write its outcome in the
//! transaction.

use std::sync::Arc;

use super::account::Account;
use super::compile::{CompiledOperation, Root, Source};
use super::mixed::at_end;
use super::run::{Execution, Structure};
use super::session::Session;
use super::snapshots::RoleSchema;
use super::{Engine, Identity, Outcome, Request, Response, refuse};
use crate::db::{self, Transaction};
use crate::error::Error;
use crate::request::json_map;
use crate::response::{self, Body};

/// An identity whose request is valid, with its role's schema.
pub struct Admitted {
    role_schema: Arc<RoleSchema>,
    identity: Identity,
    structure: Structure,
}

/// The outcome of a mutation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its answer.
    pub response: Response,
    /// Whether it took effect; if not, all of it was undone.
    pub took_effect: bool,
}

/// An answer that has not been counted yet.
struct Answer {
    outcome: Outcome,
    body: Body,
    took_effect: bool,
}

impl Engine {
    /// Reads the role's catalog if it is not loaded yet, or if the request is not valid: another process has
    /// accepted the request, and may have a newer catalog. This happens before a transaction begins, so that
    /// no task waits for a second connection while it holds one.
    pub async fn admit(&self, request: &Request, identity: Identity) -> Result<Admitted, Error> {
        let planning = &self.inner.planning;
        let role = identity.role.as_deref();
        let role_schema = planning.inner.snapshots.of(role).await?;
        if planning.fits(request, &identity, &role_schema).await {
            return Ok(Admitted { role_schema, identity, structure: Structure::Cached });
        }
        self.admit_again(Admitted { role_schema, identity, structure: Structure::Cached }).await
    }

    /// Like [`Engine::admit`], after the database has turned out to have changed. A mutation that was undone
    /// for that reason may run again.
    pub async fn admit_again(
        &self,
        Admitted { role_schema, identity, .. }: Admitted,
    ) -> Result<Admitted, Error> {
        let role = identity.role.as_deref();
        let role_schema =
            self.inner.planning.inner.snapshots.after(role, &role_schema).await?.unwrap_or(role_schema);
        Ok(Admitted { role_schema, identity, structure: Structure::Confirmed })
    }

    /// Runs a mutation. Afterwards the transaction has the connection's own user again.
    ///
    /// An error means that a retry may succeed, or that the transaction is unusable; the mutation is undone
    /// then. After [`Error::SchemaChanged`], call [`Engine::admit_again`].
    pub async fn respond_within(
        &self,
        transaction: Transaction,
        request: Request,
        admitted: &Admitted,
    ) -> Result<(Transaction, Written), Error> {
        let mut account = Account::open(admitted.identity.role.as_deref());
        match self.write_within(transaction, request, admitted, &mut account).await {
            Ok((transaction, Answer { outcome, body: Body { json, code }, took_effect })) => {
                account.close(code);
                Ok((transaction, Written { response: Response { outcome, body: json }, took_effect }))
            }
            Err(error) => {
                account.hand_over();
                Err(error)
            }
        }
    }

    async fn write_within(
        &self,
        mut transaction: Transaction,
        mut request: Request,
        Admitted { role_schema, identity, structure }: &Admitted,
        account: &mut Account<'_>,
    ) -> Result<(Transaction, Answer), Error> {
        let variables = Arc::new(json_map(std::mem::take(&mut request.variables)));
        let text = self.inner.planning.inner.persisted.text(&request.document)?;
        let prepared = match self
            .inner
            .planning
            .prepare(&request, &text, &variables, (identity, role_schema), account)
            .await
        {
            Ok(prepared) => prepared,
            Err(error) => return Ok((transaction, refused(&error))),
        };
        let execution = prepared.execution(identity, role_schema, *structure);
        let calls = match self.calls(execution) {
            Ok(calls) => calls,
            Err(error) => return Ok((transaction, refused(&error))),
        };
        let scope = execution.scope();
        if let Err(error) = transaction.enter(&scope).await {
            return undo(transaction, error.into()).await;
        }
        let tenant = execution.bound.tenant.clone();
        let session = Session::within(self.inner.database.clone(), scope, tenant, transaction);
        let written = self.write(execution, &session, calls, (*prepared.known).clone()).await;
        let transaction = session.take().ok_or_else(|| {
            db::Error::Protocol("a field kept its connection after it had answered".to_owned())
        })?;
        if let Some(error) = session.passing_failure() {
            transaction.roll_back().await;
            return Err(error.into());
        }
        match written {
            Ok(body) => leave(transaction, execution, body).await,
            Err(Ok(errors)) => undo_with(transaction, response::with_null_data(&errors)).await,
            Err(Err(error @ Error::SchemaChanged { .. })) => {
                transaction.roll_back().await;
                Err(error)
            }
            Err(Err(error)) => undo(transaction, error).await,
        }
    }
}

fn refused(error: &Error) -> Answer {
    let (outcome, body) = refuse(error);
    Answer { outcome, body, took_effect: false }
}

/// Ends a mutation that has succeeded so far: deferred constraints are checked now.
///
/// Without application fields, everything would have been one message, and PostgreSQL would report such an
/// error at its last statement.
async fn leave(
    mut transaction: Transaction,
    execution: Execution<'_>,
    body: Body,
) -> Result<(Transaction, Answer), Error> {
    match transaction.leave().await {
        Ok(()) => Ok((transaction, Answer { outcome: Outcome::Executed, body, took_effect: true })),
        Err(error) if error.is_transient() => Err(error.into()),
        Err(error) => match at_end(execution, last_statement(execution.compiled), error) {
            Ok(errors) => undo_with(transaction, response::with_null_data(&errors)).await,
            Err(error) => undo(transaction, error).await,
        },
    }
}

fn last_statement(compiled: &CompiledOperation) -> Option<&Root> {
    let mut roots = compiled.roots.iter().rev().filter(|_| !compiled.calls_application());
    roots.find(|root| matches!(root.source, Source::Database { .. }))
}

async fn undo(transaction: Transaction, error: Error) -> Result<(Transaction, Answer), Error> {
    if error.is_transient() {
        transaction.roll_back().await;
        return Err(error);
    }
    let answer = refused(&error);
    let (transaction, _) = undo_with(transaction, answer.body.clone()).await?;
    Ok((transaction, answer))
}

async fn undo_with(mut transaction: Transaction, body: Body) -> Result<(Transaction, Answer), Error> {
    transaction.undo().await?;
    Ok((transaction, Answer { outcome: Outcome::Executed, body, took_effect: false }))
}
