//! The running of operations that ask for fields of the application, alone or beside fields of the database.
//!
//! A query sends what it asks of the database as one message, as any other, and meanwhile asks the application for one
//! field after the other, so that an operation never holds more than two connections. A mutation runs its fields in
//! order in one transaction of several messages: all of them or none.

use std::collections::HashMap;

use serde_json::Value;

use super::Engine;
use super::application::{FieldContext, FieldError, Resolver};
use super::compile::{Root, Source};
use super::report::{FailedField, report};
use super::run::{Ends, Job, Known, assemble, failed, may_be_outdated};
use super::session::Session;
use crate::db;
use crate::error::{Error, GraphqlError};
use crate::plan::Effect;
use crate::request::{ApplicationAnswers, Misfit, RequestError};
use crate::response::{self, Body};

/// A field of the application that is asked for.
pub(super) struct Call<'a> {
    root: &'a Root,
    resolver: &'a Resolver,
    arguments: Value,
}

/// What the application's fields of a query have come to.
#[derive(Default)]
struct Resolved {
    answers: ApplicationAnswers,
    errors: Vec<GraphqlError>,
    /// Whether a field that is never null has failed.
    ends_all: bool,
}

impl Engine {
    /// Runs an operation that asks for fields of the application. `known` are the answers that are there already.
    pub(super) async fn run_mixed(&self, job: Job<'_>, known: &Known) -> Result<Body, Error> {
        let (calls, known) = (self.calls(job)?, known.clone());
        match job.compiled.effect {
            Effect::Query => self.read_mixed(job, calls, known).await,
            Effect::Mutation => self.write_mixed(job, calls, known).await,
        }
    }

    /// The application's fields in the order of the operation. Fails on wrong arguments, before anything runs.
    pub(super) fn calls<'a>(&'a self, job: Job<'a>) -> Result<Vec<Call<'a>>, Error> {
        let mut calls = Vec::new();
        for root in &job.compiled.roots {
            if let Source::Application(field) = root.source
                && let Some(resolver) = self.inner.resolvers.get(field)
            {
                let arguments = job.operation.coerced_arguments(&job.snapshot().rendered, &root.key);
                let arguments = arguments.map_err(|message| RequestError::Invalid(vec![message]))?;
                calls.push(Call { root, resolver, arguments: Value::Object(arguments) });
            }
        }
        Ok(calls)
    }

    async fn read_mixed(&self, job: Job<'_>, calls: Vec<Call<'_>>, mut known: Known) -> Result<Body, Error> {
        let sent = self.send(job);
        let (sent, resolved) = tokio::join!(sent, self.resolve(job, calls));
        let sent = sent?;
        let mut errors = sent.errors;
        errors.extend(resolved.errors);
        let values = complete(job, &resolved.answers, &mut errors)?;
        if let Some(values) = values.filter(|_| sent.ends == Ends::Field && !resolved.ends_all)
            && let Some(answers) = self.complete_marked(job, sent.answers, &mut errors).await
        {
            known.extend(values);
            return Ok(assemble(job.compiled, &answers, &known, &errors));
        }
        Ok(response::with_null_data(&errors))
    }

    /// Asks for the application's fields of a query, one after the other, each in a transaction of its own.
    async fn resolve(&self, job: Job<'_>, calls: Vec<Call<'_>>) -> Resolved {
        let mut resolved = Resolved::default();
        for Call { root, resolver, arguments } in calls {
            let session = self.session(job);
            let context = FieldContext::new(session.clone(), job.identity.clone());
            let answer = match resolver(context, arguments).await {
                Ok(value) => session.commit().await.map(|()| value).map_err(FieldError::from),
                Err(error) => Err(error),
            };
            match answer {
                Ok(value) => {
                    resolved.answers.insert(root.key.clone(), value);
                }
                Err(error) => {
                    resolved.errors.push(at(root, error.told(&session, &job.snapshot().schema, root).await));
                    resolved.ends_all |= root.is_non_null;
                    session.roll_back().await;
                }
            }
        }
        resolved
    }

    async fn write_mixed(&self, job: Job<'_>, calls: Vec<Call<'_>>, known: Known) -> Result<Body, Error> {
        let session = self.session(job);
        let written = match self.write(job, &session, calls, known).await {
            Ok(body) => match session.commit().await {
                Ok(()) => return Ok(body),
                // What is checked at the end belongs to no field.
                Err(error) => at_end(job, None, error),
            },
            Err(errors) => {
                session.roll_back().await;
                errors
            }
        };
        Ok(response::with_null_data(&written?))
    }

    /// Runs a mutation's fields, and makes their answer before it is known whether they last: an answer that is not of its
    /// field's type undoes them, too. The error is what the client is told, or that of the whole request.
    pub(super) async fn write(
        &self,
        job: Job<'_>,
        session: &Session,
        calls: Vec<Call<'_>>,
        mut known: Known,
    ) -> Result<Body, Result<Vec<GraphqlError>, Error>> {
        let mut calls = calls.into_iter();
        let (mut sent, mut answers) = (Vec::new(), ApplicationAnswers::new());
        for (index, root) in job.compiled.roots.iter().enumerate() {
            let mut answer = None;
            for statement in job.bound.of_root(index) {
                let ran = session.run(statement).await;
                answer = Some(ran.map_err(|error| {
                    may_be_outdated(job, Some(root), &error)?;
                    failed(job, Some(root), error).map(|(told, _)| vec![told])
                })?);
            }
            if let Some(answer) = answer {
                sent.push(answer);
            } else if matches!(root.source, Source::Application(_))
                && let Some(Call { resolver, arguments, .. }) = calls.next()
            {
                let context = FieldContext::new(session.clone(), job.identity.clone());
                match resolver(context, arguments).await {
                    Ok(value) => answers.insert(root.key.clone(), value),
                    Err(error) => {
                        return Err(Ok(vec![at(
                            root,
                            error.told(session, &job.snapshot().schema, root).await,
                        )]));
                    }
                };
            }
        }
        let mut errors = Vec::new();
        let values = complete(job, &answers, &mut errors).map_err(Err)?;
        match values {
            Some(values) if errors.is_empty() => {
                known.extend(values);
                // What the database holds is no fault of the mutation, and undoes nothing.
                Ok(match self.complete_marked(job, sent, &mut errors).await {
                    Some(sent) => assemble(job.compiled, &sent, &known, &errors),
                    None => response::with_null_data(&errors),
                })
            }
            _ => Err(Ok(errors)),
        }
    }

    fn session(&self, job: Job<'_>) -> Session {
        Session::new(self.inner.database.clone(), job.scope())
    }
}

/// The answers as the operation asks for them. What is not of its type is logged, and told as a defect.
fn complete(
    job: Job<'_>,
    answers: &ApplicationAnswers,
    errors: &mut Vec<GraphqlError>,
) -> Result<Option<HashMap<String, String>>, Error> {
    let completed = job.operation.complete(&job.snapshot().rendered, answers);
    let completed = completed.map_err(|message| RequestError::Invalid(vec![message]))?;
    for Misfit { text, locations, path } in completed.misfits {
        let told = GraphqlError { locations, path, ..GraphqlError::internal() };
        errors.push(report(told, &text, FailedField::default));
    }
    Ok(completed.values)
}

/// What the client is told of a mutation that fails when it is to last, at a field or at none.
pub(super) fn at_end(
    job: Job<'_>,
    root: Option<&Root>,
    error: db::Error,
) -> Result<Vec<GraphqlError>, Error> {
    failed(job, root, error).map(|(told, _)| vec![told])
}

fn at(root: &Root, told: GraphqlError) -> GraphqlError {
    let locations = root.location.into_iter().collect();
    GraphqlError { path: vec![root.key.clone().into()], locations, ..told }
}
