//! The acceptance of requests that are run elsewhere: what can be answered here is, the rest is handed on. Never runs an
//! operation.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::account::Account;
use super::compile::Source;
use super::planning::{Inner, Prepared};
use super::run::assemble;
use super::{Identity, Planning, Request, Response, outcome_of};
use crate::error::Error;
use crate::plan::Effect;
use crate::request::json_map;
use crate::response::Body;

/// An accepted request, which is to be run.
#[derive(Debug)]
pub struct Accepted {
    /// The document, wherever it came from.
    pub document: String,
    /// Whether it may write.
    pub effect: Effect,
    /// Its place among the operations of its role that run at once, if those are limited; given back when it is dropped.
    pub place: Option<OwnedSemaphorePermit>,
}

impl Planning {
    /// Holds a request against the API. What need not be run is answered: a refused request as it would be if it were to run,
    /// and one that asks about the API alone.
    pub async fn accept(&self, request: &Request, identity: &Identity) -> Result<Accepted, Response> {
        let mut account = Account::open(identity.role.as_deref());
        let answered = match self.prepared(request, identity, &mut account).await {
            Ok((accepted, Prepared { compiled, known, .. })) => {
                let is_local = |source: &Source| matches!(source, Source::Known(_) | Source::Introspection);
                if !compiled.roots.iter().all(|root| is_local(&root.source)) {
                    account.hand_over();
                    return Ok(accepted);
                }
                Ok(assemble(&compiled, &[], &known, &[]))
            }
            Err(error) => Err(error),
        };
        let (outcome, Body { json, code }) = outcome_of(answered);
        account.close(code);
        Err(Response { outcome, body: json })
    }

    async fn prepared(
        &self,
        request: &Request,
        identity: &Identity,
        account: &mut Account<'_>,
    ) -> Result<(Accepted, Prepared), Error> {
        let Inner { persisted, snapshots, acquire_timeout, .. } = &*self.inner;
        let variables = Arc::new(json_map(request.variables.clone()));
        let text = persisted.text(&request.document)?;
        let role_schema = snapshots.of(identity.role.as_deref()).await?;
        let place = role_schema.place(*acquire_timeout).await?;
        let prepared = self.prepare(request, &text, &variables, (identity, &role_schema), account).await?;
        let effect = prepared.compiled.effect;
        Ok((Accepted { document: text.into_owned(), effect, place }, prepared))
    }
}
