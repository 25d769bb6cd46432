//! What sort of operation a request is, for those who decide where it runs. Never runs it.

use super::account::Account;
use super::{Engine, Identity, Request, Response, refuse};
use crate::error::Error;
use crate::plan::{Effect, Plan, Source};
use crate::request::json_map;
use crate::response::Body;

/// An accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The document, wherever it came from.
    pub document: String,
    /// What sort of operation it asks for.
    pub nature: Nature,
}

/// What sort of operation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It is answered from the API's description alone.
    Local,
    /// It reads.
    Query,
    /// It may write.
    Mutation,
}

impl Engine {
    /// Holds a request against the API; a refused one is answered as it would be if it were to run.
    pub async fn inspect(&self, request: &Request, identity: &Identity) -> Result<Inspected, Response> {
        let mut account = Account::open(identity.role.as_deref());
        let accepted = async {
            let variables = json_map(request.variables.clone());
            let text = self.inner.persisted.text(&request.document)?;
            let view = self.inner.snapshots.of(identity.role.as_deref()).await?;
            let prepared = self.prepare(request, &text, &variables, (identity, &view), &mut account)?;
            Ok(Inspected { document: text.into_owned(), nature: nature(&prepared.plan) })
        };
        match accepted.await {
            Ok(inspected) => {
                account.hand_over();
                Ok(inspected)
            }
            Err(error) => {
                let error: Error = error;
                let (outcome, Body { json, code }) = refuse(&error);
                account.close(code);
                Err(Response { outcome, body: json })
            }
        }
    }
}

fn nature(plan: &Plan) -> Nature {
    let is_local = |source: &Source| matches!(source, Source::Known(_) | Source::Introspection);
    match plan.effect {
        _ if plan.roots.iter().all(|root| is_local(&root.source)) => Nature::Local,
        Effect::Query => Nature::Query,
        Effect::Mutation => Nature::Mutation,
    }
}
