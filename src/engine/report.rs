//! Logs failures, and gives the client the id of the log entry.

use std::fmt::Display;
use std::sync::Arc;

use uuid::Uuid;

use super::compile::Root;
use crate::error::{Code, GraphqlError};
use crate::event::{Event, request_id};

/// The field that failed, for the log; empty for a failure of the whole request.
#[derive(Debug, Default)]
pub(super) struct FailedField {
    /// The root field.
    field: Option<String>,
    /// Its SQL, with placeholders in place of values.
    statement: Option<String>,
}

impl FailedField {
    /// A failure at a root field, by its key in the answer.
    pub(super) fn of_field(root: &Root) -> Self {
        Self { field: Some(root.key.clone()), statement: None }
    }

    /// A failure of a root field's statement; `None` if it belongs to no field.
    pub(super) fn of_statement(root: Option<&Root>) -> Self {
        let Some(root) = root else { return Self::default() };
        let texts = root.statements().iter().map(|statement| statement.template().numbered());
        Self { statement: Some(texts.collect::<Vec<_>>().join("; ")), ..Self::of_field(root) }
    }
}

/// Logs the error if it concerns operators. If the client's error is an internal one, it gets the id of the
/// log entry.
pub(super) fn report(
    client_error: GraphqlError,
    error: &dyn Display,
    place: impl FnOnce() -> FailedField,
) -> GraphqlError {
    if !client_error.concerns_operators() {
        return client_error;
    }
    let id = log(error, place());
    let request_id = (client_error.code == Code::Internal).then(|| id.to_string());
    GraphqlError { request_id, ..client_error }
}

/// Logs the error, and returns the id of the log entry.
pub(super) fn log(error: &dyn Display, FailedField { field, statement }: FailedField) -> Arc<str> {
    let id = request_id().unwrap_or_else(|| Uuid::new_v4().to_string().into());
    let (field, statement) = (field.as_deref(), statement.as_deref());
    Event::RequestFailed { error: &error.to_string(), id: &id, field, statement }.emit();
    id
}
