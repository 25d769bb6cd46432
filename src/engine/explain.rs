//! What an operation becomes: the SQL of each of its statements, with values and PostgreSQL's plan. Only for a development server: a
//! plan shows the conditions of policies.
//!
//! Never runs a statement: `EXPLAIN` without `ANALYZE` only plans it.

use serde_json::{Value, json};

use super::compile::BoundOperation;
use super::run::Execution;
use super::{Engine, Request};
use crate::db::{Access, Scope};
use crate::sql::Statement;

/// The request's extension with what it wants of us, and that of the answer.
const EXTENSION: &str = "glowplug";

/// Whether a request has `"extensions": {"glowplug": {"explain": true}}`.
pub(super) fn is_wanted(request: &Request) -> bool {
    request.extensions.get(EXTENSION).is_some_and(|wants| wants["explain"] == true)
}

impl Engine {
    /// The answer's extension: each statement with the field of the answer that it is for. If PostgreSQL cannot plan it, `error` says why.
    pub(super) async fn explain(&self, execution: Execution<'_>) -> Value {
        let BoundOperation { statements, roots, .. } = execution.bound;
        let mut explained = Vec::with_capacity(statements.len());
        for (statement, root) in statements.iter().zip(roots) {
            let field = &execution.compiled.roots[*root].key;
            let mut entry =
                json!({"field": field, "sql": statement.numbered(), "values": statement.parameters});
            match self.plan_of(execution, statement).await {
                Ok(plan) => entry["plan"] = plan,
                Err(error) => entry["error"] = error.into(),
            }
            explained.push(entry);
        }
        json!({ EXTENSION: { "explain": explained } })
    }

    async fn plan_of(&self, execution: Execution<'_>, statement: &Statement) -> Result<Value, String> {
        let text = format!("explain (format json) {}", statement.numbered());
        let explain =
            Statement { session: statement.session, ..Statement::new(text, statement.parameters.clone()) };
        // It only plans, so it needs no right to write.
        let scope = Scope { access: Access::ReadOnly, answer_limit: usize::MAX, ..execution.scope() };
        let answers = self.inner.database.run(&scope, &[explain]).await;
        let answers = answers.map_err(|failure| failure.error.to_string())?;
        let plan = answers.into_iter().flatten().next().unwrap_or_default();
        serde_json::from_str(&plan).map_err(|error| error.to_string())
    }
}
