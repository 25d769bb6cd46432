//! Runs operations with fields of the application, alone or beside fields of the database.
//!
//! A query sends its database fields as one message, as any other query does. Meanwhile it calls the
//! application's fields one after the other, so an operation never holds more than two connections. A
//! mutation runs its fields in order in one transaction of several messages: all of them or none.

use std::collections::HashMap;

use serde_json::Value;

use super::Engine;
use super::application::{FieldCode, FieldContext, FieldError, Resolver};
use super::compile::{ReadyAnswers, Root, Source};
use super::report::{FailedField, report};
use super::run::{Execution, FailureScope, assemble, failed, may_be_outdated};
use super::session::Session;
use crate::db;
use crate::error::{Error, GraphqlError};
use crate::plan::Effect;
use crate::request::{ApplicationAnswers, RequestError, TypeMismatch};
use crate::response::{self, Body};

/// A selected field of the application.
pub(super) struct Call<'a> {
    root: &'a Root,
    resolver: &'a Resolver,
    arguments: Value,
}

/// The results of a query's application fields.
#[derive(Default)]
struct Resolved {
    answers: ApplicationAnswers,
    errors: Vec<GraphqlError>,
    /// Whether a non-null field has failed.
    ends_all: bool,
}

impl Engine {
    /// Runs an operation with fields of the application. `known` are the ready answers.
    pub(super) async fn run_mixed(
        &self,
        execution: Execution<'_>,
        known: &ReadyAnswers,
    ) -> Result<Body, Error> {
        let (calls, known) = (self.calls(execution)?, known.clone());
        match execution.compiled.effect {
            Effect::Query => self.read_mixed(execution, calls, known).await,
            Effect::Mutation => self.write_mixed(execution, calls, known).await,
        }
    }

    /// The application's fields in the order of the operation. Fails on wrong arguments, before anything runs.
    pub(super) fn calls<'a>(&'a self, execution: Execution<'a>) -> Result<Vec<Call<'a>>, Error> {
        let mut calls = Vec::new();
        for root in &execution.compiled.roots {
            if let Source::Application(field) = root.source
                && let Some(FieldCode::Query(resolver) | FieldCode::Mutation(resolver)) =
                    self.inner.fields.get(field)
            {
                let arguments =
                    execution.operation.coerced_arguments(&execution.snapshot().rendered, &root.key);
                let arguments = arguments.map_err(|message| RequestError::Invalid(vec![message]))?;
                calls.push(Call { root, resolver, arguments: Value::Object(arguments) });
            }
        }
        Ok(calls)
    }

    async fn read_mixed(
        &self,
        execution: Execution<'_>,
        calls: Vec<Call<'_>>,
        mut known: ReadyAnswers,
    ) -> Result<Body, Error> {
        let sent = self.send(execution);
        let (sent, resolved) = tokio::join!(sent, self.resolve(execution, calls));
        let sent = sent?;
        let mut errors = sent.errors;
        errors.extend(resolved.errors);
        let values = complete(execution, &resolved.answers, &mut errors)?;
        if let Some(values) = values.filter(|_| sent.ends == FailureScope::Field && !resolved.ends_all)
            && let Some(answers) = self.complete_marked(execution, sent.answers, &mut errors).await
        {
            known.extend(values);
            return Ok(assemble(execution.compiled, &answers, &known, &errors));
        }
        Ok(response::with_null_data(&errors))
    }

    /// Calls a query's application fields one after the other, each in its own transaction.
    async fn resolve(&self, execution: Execution<'_>, calls: Vec<Call<'_>>) -> Resolved {
        let mut resolved = Resolved::default();
        for Call { root, resolver, arguments } in calls {
            let session = self.session(execution);
            let context = FieldContext::new(session.clone(), execution.identity.clone());
            let answer = match resolver(context, arguments).await {
                Ok(value) => session.commit().await.map(|()| value).map_err(FieldError::from),
                Err(error) => Err(error),
            };
            match answer {
                Ok(value) => {
                    resolved.answers.insert(root.key.clone(), value);
                }
                Err(error) => {
                    resolved.errors.push(at(
                        root,
                        error.client_error(&session, &execution.snapshot().schema, root).await,
                    ));
                    resolved.ends_all |= root.is_non_null;
                    session.roll_back().await;
                }
            }
        }
        resolved
    }

    async fn write_mixed(
        &self,
        execution: Execution<'_>,
        calls: Vec<Call<'_>>,
        known: ReadyAnswers,
    ) -> Result<Body, Error> {
        let session = self.session(execution);
        let written = match self.write(execution, &session, calls, known).await {
            Ok(body) => match session.commit().await {
                Ok(()) => return Ok(body),
                // An error at the commit belongs to no field.
                Err(error) => at_end(execution, None, error),
            },
            Err(errors) => {
                session.roll_back().await;
                errors
            }
        };
        Ok(response::with_null_data(&written?))
    }

    /// Runs a mutation's fields, and completes their answers before the commit: an answer that does not have
    /// its field's type undoes them, too. The error is that of the answer, or of the whole request.
    pub(super) async fn write(
        &self,
        execution: Execution<'_>,
        session: &Session,
        calls: Vec<Call<'_>>,
        mut known: ReadyAnswers,
    ) -> Result<Body, Result<Vec<GraphqlError>, Error>> {
        let mut calls = calls.into_iter();
        let (mut sent, mut answers) = (Vec::new(), ApplicationAnswers::new());
        for (index, root) in execution.compiled.roots.iter().enumerate() {
            let mut answer = None;
            for statement in execution.bound.of_root(index) {
                let ran = session.run(statement).await;
                answer = Some(ran.map_err(|error| {
                    may_be_outdated(execution, Some(root), &error)?;
                    failed(execution, Some(root), error).map(|(client_error, _)| vec![client_error])
                })?);
            }
            if let Some(answer) = answer {
                sent.push(answer);
            } else if matches!(root.source, Source::Application(_))
                && let Some(Call { resolver, arguments, .. }) = calls.next()
            {
                let context = FieldContext::new(session.clone(), execution.identity.clone());
                match resolver(context, arguments).await {
                    Ok(value) => answers.insert(root.key.clone(), value),
                    Err(error) => {
                        return Err(Ok(vec![at(
                            root,
                            error.client_error(session, &execution.snapshot().schema, root).await,
                        )]));
                    }
                };
            }
        }
        let mut errors = Vec::new();
        let values = complete(execution, &answers, &mut errors).map_err(Err)?;
        match values {
            Some(values) if errors.is_empty() => {
                known.extend(values);
                // Bad values in the database are not the mutation's fault, and undo nothing.
                Ok(match self.complete_marked(execution, sent, &mut errors).await {
                    Some(sent) => assemble(execution.compiled, &sent, &known, &errors),
                    None => response::with_null_data(&errors),
                })
            }
            _ => Err(Ok(errors)),
        }
    }

    pub(super) fn session(&self, execution: Execution<'_>) -> Session {
        Session::new(self.inner.database.clone(), execution.scope(), execution.bound.tenant.clone())
    }
}

/// Completes the answers by the operation's selection. A value that does not have its field's type is logged,
/// and is an internal error for the client.
pub(super) fn complete(
    execution: Execution<'_>,
    answers: &ApplicationAnswers,
    errors: &mut Vec<GraphqlError>,
) -> Result<Option<HashMap<String, String>>, Error> {
    let completed = execution.operation.complete(&execution.snapshot().rendered, answers);
    let completed = completed.map_err(|message| RequestError::Invalid(vec![message]))?;
    for TypeMismatch { text, locations, path } in completed.mismatches {
        let client_error = GraphqlError { locations, path, ..GraphqlError::internal() };
        errors.push(report(client_error, &text, FailedField::default));
    }
    Ok(completed.values)
}

/// The client's error for a mutation that fails at the commit, with or without a field.
pub(super) fn at_end(
    execution: Execution<'_>,
    root: Option<&Root>,
    error: db::Error,
) -> Result<Vec<GraphqlError>, Error> {
    failed(execution, root, error).map(|(client_error, _)| vec![client_error])
}

/// The error with its root field's place.
pub(super) fn at(root: &Root, client_error: GraphqlError) -> GraphqlError {
    let locations = root.location.into_iter().collect();
    GraphqlError { path: vec![root.key.clone().into()], locations, ..client_error }
}
