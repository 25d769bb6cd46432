//! The running of a plan: one message for all its root fields, and what follows if one of them fails.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Engine, Identity};
use crate::db::{self, Access, Scope};
use crate::error::{Code, Error, GraphqlError, is_schema_change, of_database};
use crate::event::Event;
use crate::plan::{Effect, Plan, Root, Source};
use crate::response;
use crate::schema::Schema;
use crate::sql::{Statement, statement};

/// The answers of `__schema` and `__type` by response key.
pub(super) type Introspected = HashMap<String, String>;

impl Engine {
    /// Runs the plan as one message. If a nullable root field of a query fails, it is null with an error, and those after it
    /// are sent in a message of their own, for PostgreSQL ended the first one there. A mutation is undone as a whole.
    pub(super) async fn run(
        &self,
        schema: &Schema,
        plan: &Plan,
        introspected: &Introspected,
        identity: &Identity,
    ) -> Result<Bytes, Error> {
        let scope = self.scope(plan.effect, identity);
        let (roots, statements): (Vec<_>, Vec<_>) =
            plan.roots.iter().filter_map(|root| compile(schema, root)).unzip();
        let mut answers = Vec::with_capacity(statements.len());
        let mut errors = Vec::new();
        while answers.len() < statements.len() {
            match self.inner.database.run(&scope, &statements[answers.len()..]).await {
                Ok(rest) => answers.extend(rest),
                Err(failure) => {
                    answers.extend(failure.completed);
                    let root = roots.get(answers.len()).copied();
                    let (told, ends) = failed(plan.effect, root, failure.error)?;
                    errors.push(told);
                    if ends == Ends::Operation {
                        return Ok(response::with_null_data(&errors));
                    }
                    answers.push(None);
                }
            }
        }
        Ok(assemble(plan, &answers, introspected, &errors))
    }

    fn scope(&self, effect: Effect, identity: &Identity) -> Scope {
        Scope {
            access: match effect {
                Effect::Query => Access::ReadOnly,
                Effect::Mutation => Access::ReadWrite,
            },
            role: identity.role.clone(),
            settings: identity.settings.clone(),
            statement_timeout: self.inner.statement_timeout,
        }
    }
}

/// The statement of a root field that needs the database.
fn compile<'p>(schema: &Schema, root: &'p Root) -> Option<(&'p Root, Statement)> {
    match &root.source {
        Source::Database(action) => Some((root, statement(schema, action))),
        Source::Known(_) | Source::Introspection => None,
    }
}

/// What a failed root field ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Field,
    Operation,
}

/// What the client is told of a failure, and how far it reaches; an error where the whole request has failed. `root` is the
/// field whose statement failed: `None` where the message failed at its end, by a constraint that is checked there.
fn failed(effect: Effect, root: Option<&Root>, error: db::Error) -> Result<(GraphqlError, Ends), Error> {
    if effect == Effect::Query && is_schema_change(&error) {
        return Err(Error::SchemaChanged(error));
    }
    let told = of_database(&error);
    if told.code == Code::Unavailable {
        return Err(error.into());
    }
    if told.code == Code::Internal || told.code.is_retryable() {
        Event::RequestFailed { error: &error.to_string() }.emit();
    }
    let ends_all =
        effect == Effect::Mutation || told.code.is_retryable() || root.is_none_or(|root| root.is_non_null);
    let path = root.map(|root| root.key.clone()).into_iter().collect();
    let locations = root.and_then(|root| root.location).into_iter().collect();
    let ends = if ends_all { Ends::Operation } else { Ends::Field };
    Ok((GraphqlError { path, locations, ..told }, ends))
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
