//! Turns the statements of operations into functions of the database before the first request.

use std::sync::Arc;

use super::account::Account;
use super::run::Structure;
use super::{AllowedOperations, DocumentSource, Engine, Identity, ReadFrom, Request};
use crate::error::Error;
use crate::request::{Sample, json_map};

/// The statements of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoredOperation {
    /// The number of statements.
    pub statements: usize,
    /// How many of them are functions.
    pub stored: usize,
}

/// A persisted operation of which not all statements are functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStored {
    /// The id of its document.
    pub id: String,
    /// The reason.
    pub reason: String,
}

const NEEDS_VALUES: &str = "it requires an input object, an id or a cursor in a variable, and its statements depend on what is in there";
const DEPENDS_ON_VALUES: &str = "if that is about the value of a variable, a sample, its statements depend on such values: write them into the document";
const NOT_MADE: &str = "the database has not made all functions: the server's log has the reason";

impl Engine {
    /// Makes functions of an operation's statements, for the role of `identity` and variables like these.
    /// Runs none of the statements.
    pub async fn store(&self, request: &Request, identity: &Identity) -> Result<StoredOperation, Error> {
        let planning = &self.inner.planning;
        let text = planning.inner.persisted.text(&request.document)?;
        let role_schema = planning.inner.snapshots.of(identity.role.as_deref()).await?;
        let variables = Arc::new(json_map(request.variables.clone()));
        let mut account = Account::open(None);
        let prepared =
            planning.prepare(request, &text, &variables, (identity, &role_schema), &mut account).await;
        // The operation does not run, so it is not counted.
        account.hand_over();
        let prepared = prepared?;
        let execution = prepared.execution(identity, &role_schema, Structure::Cached);
        let (scope, statements) = (execution.scope(), &execution.bound.statements);
        let mut operation = StoredOperation { statements: statements.len(), stored: 0 };
        for statement in statements {
            operation.stored += usize::from(self.inner.database.stored().store(&scope, statement).await);
        }
        Ok(operation)
    }

    /// Makes functions of the statements of all persisted operations for a role; `None` is the connection's
    /// own user. Returns the documents for which this was not fully possible, too: the role may not see
    /// what they select, or their statements depend on values of variables.
    pub async fn store_persisted(
        &self,
        role: Option<&str>,
    ) -> Result<(StoredOperation, Vec<NotStored>), Error> {
        let planning = &self.inner.planning.inner;
        let role_schema = planning.snapshots.of(role).await?;
        let limits = planning.snapshots.limits(role);
        let identity = Identity { role: role.map(Into::into), ..Identity::default() };
        let (mut all, mut left) = (StoredOperation::default(), Vec::new());
        for (id, text) in planning.persisted.list().iter() {
            let mut reason = None;
            let samples = match role_schema.snapshot.document(text, limits) {
                Ok(document) => document.samples(&role_schema.snapshot.rendered),
                Err(errors) => {
                    reason = Error::from(errors).for_client().pop().map(|error| error.message);
                    Vec::new()
                }
            };
            for sample in samples {
                let Some(Sample { name, variables }) = sample else {
                    reason.get_or_insert_with(|| NEEDS_VALUES.to_owned());
                    continue;
                };
                for variables in variables {
                    let request = of_text(text, name.clone(), variables);
                    match self.store(&request, &identity).await {
                        Ok(operation) => {
                            all.statements += operation.statements;
                            all.stored += operation.stored;
                            if operation.stored < operation.statements {
                                reason.get_or_insert_with(|| NOT_MADE.to_owned());
                            }
                        }
                        Err(error) => {
                            let told = error.for_client().into_iter().next().map(|error| error.message);
                            let told = told.unwrap_or_default();
                            reason.get_or_insert_with(|| format!("{told}; {DEPENDS_ON_VALUES}"));
                        }
                    }
                }
            }
            left.extend(reason.map(|reason| NotStored { id: id.to_owned(), reason }));
        }
        Ok((all, left))
    }
}

fn of_text(
    text: &str,
    name: Option<String>,
    variables: serde_json::Map<String, serde_json::Value>,
) -> Request {
    Request {
        document: DocumentSource::Text(text.to_owned()),
        operation_name: name,
        variables,
        extensions: serde_json::Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    }
}
