//! Runs a plan: one message for all its root fields, and the consequences if one of them fails.

use std::sync::Arc;

use super::compile::{BoundOperation, CompiledOperation, ReadyAnswers, Root, Source};
use super::report::{FailedField, report};
use super::snapshot::Snapshot;
use super::snapshots::RoleSchema;
use super::{Engine, Identity, ReadFrom};
use crate::db::{self, Access, Answers, Reach, Scope};
use crate::error::{Code, Error, GraphqlError, is_of_statement, is_schema_change, of_operation};
use crate::event::{Stage, Stopwatch};
use crate::plan::Effect;
use crate::request::Operation;
use crate::response::{self, Body};

/// `read_only_sql_transaction`: a mutation gets it on a server that takes no writes.
const READ_ONLY: &str = "25006";

/// The results of an operation's database fields.
pub(super) struct DatabaseAnswers {
    /// The values in order, up to the failure that ended the operation.
    pub(super) answers: Answers,
    /// The errors.
    pub(super) errors: Vec<GraphqlError>,
    /// Whether an error ended the operation.
    pub(super) ends: FailureScope,
}

/// An operation to run, and the identity that it runs for.
#[derive(Clone, Copy)]
pub(super) struct Execution<'a> {
    pub(super) role_schema: &'a Arc<RoleSchema>,
    pub(super) operation: &'a Operation,
    pub(super) compiled: &'a CompiledOperation,
    pub(super) bound: &'a BoundOperation,
    pub(super) identity: &'a Identity,
    pub(super) read_from: ReadFrom,
    pub(super) structure: Structure,
    /// The maximum number of bytes of the answer.
    pub(super) answer_limit: usize,
}

/// Whether the schema that the operation was planned with is known to be current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    /// It was current when it was read.
    Cached,
    /// It was just checked and is still current.
    Confirmed,
}

impl Engine {
    /// Runs a plan that needs only the database.
    pub(super) async fn run(&self, execution: Execution<'_>, known: &ReadyAnswers) -> Result<Body, Error> {
        let DatabaseAnswers { answers, mut errors, ends } = self.send(execution).await?;
        if ends == FailureScope::Field
            && let Some(answers) = self.complete_marked(execution, answers, &mut errors).await
        {
            return Ok(assemble(execution.compiled, &answers, known, &errors));
        }
        Ok(response::with_null_data(&errors))
    }

    /// Sends the plan's statements as one message. If a nullable root field of a query fails, it is null with
    /// an error, and the fields after it are sent in another message, because PostgreSQL ended the first one
    /// there. A mutation is undone as a whole.
    pub(super) async fn send(&self, execution: Execution<'_>) -> Result<DatabaseAnswers, Error> {
        let (effect, mut scope) = (execution.compiled.effect, execution.scope());
        let BoundOperation { statements, roots, .. } = execution.bound;
        let root_of = |statement: usize| Some(&execution.compiled.roots[*roots.get(statement)?]);
        let mut answers = Answers::with_capacity(statements.len());
        let mut errors = Vec::new();
        while answers.len() < statements.len() {
            let rest = &statements[answers.len()..];
            let failure = match self.inner.replicas.run(&scope, rest, execution.read_from).await {
                Ok(rest) => {
                    answers.extend(rest);
                    break;
                }
                Err(failure) => failure,
            };
            let error = self.of_tenant(execution, failure.error).await;
            let failure = db::RunError { error, ..failure };
            let failures = failures(failure, &mut answers, statements.len(), effect);
            for (index, error) in failures {
                may_be_outdated(execution, root_of(index), &error)?;
                let outcome = match (effect, is_too_long(&error)) {
                    (Effect::Mutation, true) if index < answers.len() => {
                        "; the mutation has been carried out"
                    }
                    (Effect::Mutation, true) => "; the mutation may have been carried out",
                    _ => "",
                };
                let own_words = if self.inner.explains { own_words(&error) } else { None };
                let (mut client_error, ends) = failed(execution, root_of(index), error)?;
                client_error.message.push_str(outcome);
                if let Some(words) = own_words.filter(|words| !client_error.message.contains(words)) {
                    client_error.message.extend([" (PostgreSQL: ", &words, ")"]);
                }
                errors.push(client_error);
                if ends == FailureScope::Operation {
                    return Ok(DatabaseAnswers { answers, errors, ends });
                }
                if index == answers.len() {
                    answers.push(None);
                }
            }
            let used: usize = answers.iter().flatten().map(String::len).sum();
            scope.answer_limit = execution.answer_limit.saturating_sub(used);
        }
        Ok(DatabaseAnswers { answers: last_of_each(roots, answers), errors, ends: FailureScope::Field })
    }
}

impl<'a> Execution<'a> {
    pub(super) fn snapshot(self) -> &'a Snapshot {
        &self.role_schema.snapshot
    }

    /// Role, settings and timeout of the execution.
    pub(super) fn scope(self) -> Scope {
        let scope = Scope {
            access: match self.compiled.effect {
                Effect::Query => Access::ReadOnly,
                Effect::Mutation => Access::ReadWrite,
            },
            role: self.identity.role.clone(),
            settings: Arc::clone(&self.identity.settings),
            statement_timeout: self.role_schema.statement_timeout,
            answer_limit: self.answer_limit,
            reach: self.reach(),
        };
        match &self.bound.tenant {
            // What functions and triggers do not qualify is the tenant's, too.
            Some(tenant) => scope.with("search_path", &tenant.search_path()),
            None => scope,
        }
    }

    fn reach(self) -> Reach {
        if let Some(key) = &self.bound.shard {
            return Reach::Shard(key.clone());
        }
        if self.snapshot().schema.catalog.citus.is_none() {
            return Reach::Server;
        }
        let is_mutation = self.compiled.effect == Effect::Mutation;
        Reach::Workers { is_sequential: is_mutation && self.compiled.roots.len() > 1 }
    }
}

/// PostgreSQL's own text. Only for a development server: it may name what the client must not know.
fn own_words(error: &db::Error) -> Option<String> {
    match error {
        db::Error::Database(raised) => Some(raised.message.clone()),
        _ => None,
    }
}

/// The failures of a message, by the index of the statement; `answers` receives the completed answers. Values
/// that were too long have failed, too, unless a mutation's failure has undone everything.
fn failures(
    failure: db::RunError,
    answers: &mut Answers,
    statements: usize,
    effect: Effect,
) -> Vec<(usize, db::Error)> {
    let db::RunError { completed, left_out, error } = failure;
    let from = answers.len();
    answers.extend(completed);
    let left_out = left_out.into_iter().map(|index| (from + index, db::Error::AnswerTooLong));
    // If all statements have completed, nothing else has failed.
    let is_all = answers.len() == statements && is_too_long(&error);
    let failed = (!is_all).then_some((answers.len(), error));
    match effect {
        Effect::Query => left_out.chain(failed).collect(),
        Effect::Mutation => failed.into_iter().chain(left_out).collect(),
    }
}

fn is_too_long(error: &db::Error) -> bool {
    matches!(error, db::Error::AnswerTooLong)
}

/// The answer of the last statement of each root field.
fn last_of_each(roots: &[usize], answers: Answers) -> Answers {
    let is_last = |index: usize| roots.get(index + 1) != roots.get(index);
    answers.into_iter().enumerate().filter(|(index, _)| is_last(*index)).map(|(_, answer)| answer).collect()
}

/// How much of an operation a failed root field ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureScope {
    Field,
    Operation,
}

/// The client's error for a failure, and its scope; `Err` if the whole request has failed. `root` is the
/// field whose statement failed; it is `None` if the message failed at its end, by a deferred constraint.
pub(super) fn failed(
    execution: Execution<'_>,
    root: Option<&Root>,
    error: db::Error,
) -> Result<(GraphqlError, FailureScope), Error> {
    let effect = execution.compiled.effect;
    if effect == Effect::Mutation && error.sqlstate() == Some(READ_ONLY) {
        return Err(Error::ReadOnly(error));
    }
    let client_error = client_error(execution, root, &error);
    // Other fields may still be answered.
    let is_alone = is_of_statement(&error);
    if (client_error.code == Code::Unavailable && !is_alone) || is_refused(&error) {
        return Err(error.into());
    }
    let client_error = report(client_error, &error, || FailedField::of_statement(root));
    let ends_all = effect == Effect::Mutation
        || (client_error.code.is_retryable() && !is_alone)
        || root.is_none_or(|root| root.is_non_null);
    Ok((client_error, if ends_all { FailureScope::Operation } else { FailureScope::Field }))
}

/// Whether the request may not run as its role, or for its tenant.
fn is_refused(error: &db::Error) -> bool {
    matches!(error, db::Error::ScopeRefused(_) | db::Error::TenantRefused(_))
}

/// An error if the database may have changed since the operation was planned. A mutation has been undone
/// completely then.
pub(super) fn may_be_outdated(
    execution: Execution<'_>,
    root: Option<&Root>,
    error: &db::Error,
) -> Result<(), Error> {
    // A tenant's schema may stay behind the others, and each of its requests would ask again.
    let is_confirmed = execution.structure == Structure::Confirmed
        || (execution.bound.tenant.is_some() && execution.role_schema.is_confirmed());
    if is_confirmed || !is_schema_change(error) {
        return Ok(());
    }
    let client_error = Box::new(client_error(execution, root, error));
    Err(Error::SchemaChanged { error: error.clone(), client_error })
}

/// The client's error, with its place in the document and in the answer.
fn client_error(execution: Execution<'_>, root: Option<&Root>, error: &db::Error) -> GraphqlError {
    let path = root.map(|root| root.key.clone().into()).into_iter().collect();
    let locations = root.and_then(|root| root.location).into_iter().collect();
    let tenant = execution.bound.tenant.as_ref();
    GraphqlError { locations, path, ..of_operation(error, &execution.snapshot().schema, tenant) }
}

pub(super) fn assemble(
    compiled: &CompiledOperation,
    answers: &[Option<String>],
    known: &ReadyAnswers,
    errors: &[GraphqlError],
) -> Body {
    let mut stopwatch = Stopwatch::start();
    let mut answers = answers.iter();
    let values: Vec<_> = compiled
        .roots
        .iter()
        .map(|root| {
            let value = match &root.source {
                Source::Known(text) => Some(text),
                Source::Introspection | Source::Service(_) | Source::Application(_) => known.get(&root.key),
                Source::Database { .. } => answers.next().and_then(Option::as_ref),
            };
            (root.key.as_str(), value.map_or("null", String::as_str))
        })
        .collect();
    let body = response::with_data(&values, errors);
    stopwatch.finish(Stage::Response);
    body
}
