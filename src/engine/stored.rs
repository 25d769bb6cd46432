//! Operations whose statements become functions of the database before anybody asks for them.

use std::sync::Arc;

use super::account::Account;
use super::run::Structure;
use super::{Engine, Identity, Request};
use crate::error::Error;
use crate::request::json_map;

/// The statements of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoredOperation {
    /// How many there are.
    pub statements: usize,
    /// How many of them are functions.
    pub stored: usize,
}

impl Engine {
    /// Has the statements of an operation become functions of the database, for the role of `identity` and variables like these.
    /// Runs none of them.
    pub async fn store(&self, request: &Request, identity: &Identity) -> Result<StoredOperation, Error> {
        let planning = &self.inner.planning;
        let text = planning.inner.persisted.text(&request.document)?;
        let role_schema = planning.inner.snapshots.of(identity.role.as_deref()).await?;
        let variables = Arc::new(json_map(request.variables.clone()));
        let mut account = Account::open(None);
        let prepared =
            planning.prepare(request, &text, &variables, (identity, &role_schema), &mut account).await;
        // It is not run, and so not counted.
        account.hand_over();
        let prepared = prepared?;
        let execution = prepared.execution(identity, &role_schema, Structure::Remembered);
        let (scope, statements) = (execution.scope(), &execution.bound.statements);
        let mut operation = StoredOperation { statements: statements.len(), stored: 0 };
        for statement in statements {
            operation.stored += usize::from(self.inner.database.stored().store(&scope, statement).await);
        }
        Ok(operation)
    }
}
