//! The running of a plan: one message for all its root fields, and what follows if one of them fails.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Engine, Identity};
use crate::db::{Access, Scope};
use crate::error::{Code, Error, GraphqlError, is_schema_change, of_database};
use crate::event::Event;
use crate::plan::{Plan, Root, Source};
use crate::response;
use crate::schema::Schema;
use crate::sql::{Statement, statement};

/// The answers of `__schema` and `__type` by response key.
pub(super) type Introspected = HashMap<String, String>;

impl Engine {
    /// Runs the plan as one message. If a nullable root field fails, it is null with an error, and those after it are sent
    /// in a message of their own, for PostgreSQL ended the first one there.
    pub(super) async fn run(
        &self,
        schema: &Schema,
        plan: &Plan,
        introspected: &Introspected,
        identity: &Identity,
    ) -> Result<Bytes, Error> {
        let scope = self.scope(identity);
        let reads: Vec<(&Root, Statement)> = plan
            .roots
            .iter()
            .filter_map(|root| match &root.source {
                Source::Database(read) => Some((root, statement(schema, read))),
                Source::Known(_) | Source::Introspection => None,
            })
            .collect();
        let (roots, statements): (Vec<_>, Vec<_>) = reads.into_iter().unzip();
        let mut answers = Vec::with_capacity(statements.len());
        let mut errors = Vec::new();
        while answers.len() < statements.len() {
            match self.inner.database.run(&scope, &statements[answers.len()..]).await {
                Ok(rest) => answers.extend(rest),
                Err(failure) => {
                    if is_schema_change(&failure.error) {
                        return Err(Error::SchemaChanged(failure.error));
                    }
                    answers.extend(failure.completed);
                    let Some(root) = roots.get(answers.len()) else { return Err(failure.error.into()) };
                    let told = failed_field(root, &failure.error);
                    if told.code.is_retryable() && errors.is_empty() && told.code == Code::Unavailable {
                        return Err(failure.error.into());
                    }
                    let ends_all = root.is_non_null || told.code.is_retryable();
                    errors.push(told);
                    if ends_all {
                        return Ok(response::with_null_data(&errors));
                    }
                    answers.push(None);
                }
            }
        }
        Ok(assemble(plan, &answers, introspected, &errors))
    }

    fn scope(&self, identity: &Identity) -> Scope {
        Scope {
            access: Access::ReadOnly,
            role: identity.role.clone(),
            settings: identity.settings.clone(),
            statement_timeout: self.inner.statement_timeout,
        }
    }
}

fn failed_field(root: &Root, error: &crate::db::Error) -> GraphqlError {
    let told = of_database(error);
    if told.code == Code::Internal || told.code.is_retryable() {
        Event::RequestFailed { error: &error.to_string() }.emit();
    }
    GraphqlError { path: vec![root.key.clone()], locations: root.location.into_iter().collect(), ..told }
}

fn assemble(
    plan: &Plan,
    answers: &[Option<String>],
    introspected: &Introspected,
    errors: &[GraphqlError],
) -> Bytes {
    let mut answers = answers.iter();
    let values: Vec<_> = plan
        .roots
        .iter()
        .map(|root| {
            let value = match &root.source {
                Source::Known(text) => Some(text),
                Source::Introspection => introspected.get(&root.key),
                Source::Database(_) => answers.next().and_then(Option::as_ref),
            };
            (root.key.as_str(), value.map_or("null", String::as_str))
        })
        .collect();
    response::with_data(&values, errors)
}
