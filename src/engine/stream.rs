//! Subscriptions that the application answers: a stream of values, each of which becomes an answer. Never
//! decides who may subscribe, nor ends a stream for reasons outside of it.

use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use serde_json::Value;

use super::application::{FieldCode, FieldContext, FieldError, ValueStream};
use super::compile::{Root, Source};
use super::live::{LiveOperation, LiveRun, failed};
use super::mixed::{at, complete};
use super::run::{Execution, Structure, assemble};
use super::session::Session;
use super::{Engine, Outcome, Response, refuse};
use crate::error::Error;
use crate::request::{ApplicationAnswers, RequestError};
use crate::response::{self, Body};

/// One step of an application's stream.
#[derive(Debug, Clone)]
pub enum StreamStep {
    /// The answer made from a value.
    Answer(Response),
    /// The operation is no longer valid; the response says why.
    Invalid(Response),
    /// The operation may no longer run as its role; the response says why.
    RoleRefused(Response),
}

/// A started stream.
struct Streaming {
    engine: Engine,
    operation: LiveOperation,
    session: Session,
    values: ValueStream,
}

impl Engine {
    /// Starts the stream of an operation that the application answers; see [`LiveOperation::is_of_application`]. An error is the final
    /// answer.
    pub async fn stream(&self, operation: LiveOperation) -> Result<BoxStream<'static, StreamStep>, Response> {
        let execution = operation.execution(Structure::Confirmed);
        let session = self.session(execution);
        let context = FieldContext::new(session.clone(), operation.identity().clone());
        let values = self.start(execution, &session, context).await.map_err(|error| match error {
            Ok(body) => Response { outcome: Outcome::RequestError, body: body.json },
            Err(error) => {
                let (outcome, body) = refuse(&error);
                Response { outcome, body: body.json }
            }
        })?;
        let streaming = Streaming { engine: self.clone(), operation, session, values };
        Ok(unfold(Some(streaming), |streaming| async move { streaming?.next().await }).boxed())
    }

    /// The field's stream, or the client's error.
    async fn start(
        &self,
        execution: Execution<'_>,
        session: &Session,
        context: FieldContext,
    ) -> Result<ValueStream, Result<Body, Error>> {
        let root = root(execution);
        let Source::Application(field) = root.source else { return Err(Err(Error::NoSubscription)) };
        let Some(FieldCode::Subscription(resolver)) = self.inner.fields.get(field) else {
            return Err(Err(Error::NoSubscription));
        };
        let arguments = execution.operation.coerced_arguments(&execution.snapshot().rendered, &root.key);
        let arguments =
            arguments.map_err(|message| Err(Error::from(RequestError::Invalid(vec![message]))))?;
        let started = resolver(context, Value::Object(arguments)).await;
        let error = match settled(session, started).await {
            Ok(values) => return Ok(values),
            Err(error) => error.client_error(session, &execution.snapshot().schema, root).await,
        };
        session.roll_back().await;
        Err(Ok(response::refused(&[at(root, error)])))
    }
}

/// The subscription's root field.
fn root(execution: Execution<'_>) -> &Root {
    // Validation guarantees that there is exactly one.
    &execution.compiled.roots[0]
}

/// Ends the transaction behind a result, if there is one.
async fn settled<T>(session: &Session, result: Result<T, FieldError>) -> Result<T, FieldError> {
    let value = result?;
    session.commit().await?;
    Ok(value)
}

impl Streaming {
    async fn next(mut self) -> Option<(StreamStep, Option<Self>)> {
        let Some(value) = self.values.next().await else {
            // Queries after the last value have no result.
            self.session.roll_back().await;
            return None;
        };
        if self.engine.is_outdated(&self.operation) {
            match self.engine.renew(&self.operation).await.map_err(failed) {
                Ok(renewed) => self.operation = renewed,
                Err(LiveRun::Invalid(response)) => return Some((StreamStep::Invalid(response), None)),
                Err(LiveRun::RoleRefused(response)) => {
                    return Some((StreamStep::RoleRefused(response), None));
                }
                // The database cannot be reached now, and the application may not need it.
                Err(_) => {}
            }
        }
        let body = answer(&self.operation, &self.session, value).await;
        Some((StreamStep::Answer(Response { outcome: Outcome::Executed, body: body.json }), Some(self)))
    }
}

/// The answer made from a value or an error.
async fn answer(operation: &LiveOperation, session: &Session, value: Result<Value, FieldError>) -> Body {
    let execution = operation.execution(Structure::Confirmed);
    let root = root(execution);
    let (mut answers, mut errors) = (ApplicationAnswers::new(), Vec::new());
    match settled(session, value).await {
        Ok(value) => {
            answers.insert(root.key.clone(), value);
        }
        Err(error) => {
            errors.push(at(root, error.client_error(session, &execution.snapshot().schema, root).await));
            session.roll_back().await;
            if root.is_non_null {
                return response::with_null_data(&errors);
            }
        }
    }
    match complete(execution, &answers, &mut errors) {
        Ok(Some(values)) => {
            let mut known = operation.known().clone();
            known.extend(values);
            assemble(execution.compiled, &[], &known, &errors)
        }
        Ok(None) => response::with_null_data(&errors),
        Err(error) => refuse(&error).1,
    }
}
