//! Completes answers in which the database breaks the schema's promises. Other answers have no mark, and are
//! not parsed.

use super::Engine;
use super::compile::{Root, Source};
use super::report::{FailedField, log, report};
use super::run::Execution;
use crate::db::Answers;
use crate::error::{Code, GraphqlError, of_further_values, of_value};
use crate::request::{CompletedAnswer, MarkedAnswer};
use crate::schema::violation::is_marked;

/// Longer answers are completed on a separate thread, so that other requests do not wait.
const QUICK: usize = 1 << 16;

impl Engine {
    /// Replaces marked values by null, with an error for each. `None` if null has propagated up to `data`.
    pub(super) async fn complete_marked(
        &self,
        execution: Execution<'_>,
        mut answers: Answers,
        errors: &mut Vec<GraphqlError>,
    ) -> Option<Answers> {
        let roots =
            execution.compiled.roots.iter().filter(|root| matches!(root.source, Source::Database { .. }));
        for (root, answer) in roots.zip(&mut answers) {
            let Some(text) = answer.take_if(|text| is_marked(text)) else { continue };
            let (completed, found) = self.complete_root(execution, root, text).await;
            errors.extend(found);
            if completed.is_none() && root.is_non_null {
                return None;
            }
            *answer = completed;
        }
        Some(answers)
    }

    async fn complete_root(
        &self,
        execution: Execution<'_>,
        root: &Root,
        text: String,
    ) -> (Option<String>, Vec<GraphqlError>) {
        let snapshot = execution.snapshot();
        let row_type = match &root.source {
            Source::Database { row_type, .. } => row_type.clone(),
            Source::Known(_) | Source::Introspection | Source::Service(_) | Source::Application(_) => None,
        };
        let most_errors = self.inner.planning.limits(execution.identity).errors;
        let (operation, rendered) = (execution.operation.clone(), snapshot.rendered.clone());
        let (key, is_quick) = (root.key.clone(), text.len() <= QUICK);
        let complete = move || {
            let marked = MarkedAnswer { key: &key, row_type: row_type.as_deref(), text: &text, most_errors };
            operation.complete_marked(&rendered, marked)
        };
        let completed = if is_quick {
            complete().map_err(|error| error.to_string())
        } else {
            match tokio::task::spawn_blocking(complete).await {
                Ok(completed) => completed.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        };
        match completed {
            Ok(completed) => text_and_errors(root, completed),
            Err(error) => {
                let locations = root.location.into_iter().collect();
                let path = vec![root.key.clone().into()];
                let client_error = GraphqlError { locations, path, ..GraphqlError::internal() };
                let error = format!("the answer is no JSON: {error}");
                (None, vec![report(client_error, &error, || FailedField::of_statement(Some(root)))])
            }
        }
    }
}

fn text_and_errors(root: &Root, completed: CompletedAnswer) -> (Option<String>, Vec<GraphqlError>) {
    let CompletedAnswer { text, errors, further_errors } = completed;
    let further = (further_errors > 0).then(|| of_further_values(further_errors));
    let errors: Vec<_> = errors.into_iter().map(of_value).chain(further).collect();
    // What is wrong with a request concerns the client alone.
    let of_database = || errors.iter().filter(|error| error.code == Code::InvalidData);
    if let Some(first) = of_database().next() {
        let count = of_database().count() + further_errors;
        let path = serde_json::to_string(&first.path).unwrap_or_default();
        let text = format!("{count} values break the schema; the first, at {path}: {}", first.message);
        log(&text, FailedField::of_field(root));
    }
    (text, errors)
}
