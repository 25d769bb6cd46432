//! Accepts requests that may run elsewhere. Requests that need no rows are answered here; the others are
//! passed on with their plan.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::account::Account;
use super::compile::Source;
use super::planning::{Inner, Prepared};
use super::run::{Structure, assemble};
use super::snapshots::RoleSchema;
use super::{Engine, Identity, Incoming, Planning, Request, Response, outcome_of};
use crate::error::Error;
use crate::event::Trace;
use crate::plan::Effect;
use crate::request::{JsonMap, json_map};
use crate::response::Body;
use crate::sql::TenantSchema;

/// An accepted request that still has to run.
pub struct Accepted {
    /// The text of the document.
    document: String,
    /// Whether it may write.
    pub effect: Effect,
    /// Its permit to run, if the operations of its role are limited; returned when it is dropped.
    place: Option<OwnedSemaphorePermit>,
    /// On the heap, because requests that are passed on do not need it.
    planned: Box<Planned>,
}

/// The plan of an accepted request, if this process runs it.
struct Planned {
    role_schema: Arc<RoleSchema>,
    variables: Arc<JsonMap>,
    prepared: Prepared,
}

impl Planning {
    /// Validates a request. A refused request, and one that only asks about the API, is answered at once, as
    /// if it had run.
    pub async fn accept(&self, request: &Request, identity: &Identity) -> Result<Accepted, Response> {
        let mut account = Account::open(identity.role.as_deref());
        let answered = match self.prepared(request, identity, &mut account).await {
            Ok(accepted) => {
                let Prepared { compiled, known, .. } = &accepted.planned.prepared;
                let is_local = |source: &Source| {
                    matches!(source, Source::Known(_) | Source::Introspection | Source::Service(_))
                };
                if !compiled.roots.iter().all(|root| is_local(&root.source)) {
                    account.hand_over();
                    return Ok(accepted);
                }
                Ok(assemble(compiled, &[], known, &[]))
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
    ) -> Result<Accepted, Error> {
        let Inner { persisted, snapshots, acquire_timeout, .. } = &*self.inner;
        let variables = Arc::new(json_map(request.variables.clone()));
        let text = persisted.text(&request.document)?;
        let role_schema = snapshots.of(identity.role.as_deref()).await?;
        let place = role_schema.place(*acquire_timeout).await?;
        let prepared = self.prepare(request, &text, &variables, (identity, &role_schema), account).await?;
        let effect = prepared.compiled.effect;
        let planned = Box::new(Planned { role_schema, variables, prepared });
        Ok(Accepted { document: text.into_owned(), effect, place, planned })
    }
}

impl Accepted {
    /// The schema of the tenant that it runs for, if each has one of its own.
    pub fn tenant(&self) -> Option<&str> {
        self.planned.prepared.tenant().map(TenantSchema::name)
    }

    /// What is needed to run it elsewhere: the document, its effect, and the permit, which the caller keeps
    /// until the answer.
    pub fn hand_on(self) -> (String, Effect, Option<OwnedSemaphorePermit>) {
        (self.document, self.effect, self.place)
    }
}

impl Engine {
    /// Answers a request that was accepted here, without planning it again. The future may be dropped at any
    /// point.
    pub fn respond_planned<'a>(
        &'a self,
        request: Request,
        accepted: Accepted,
        identity: &'a Identity,
    ) -> impl Future<Output = Response> + Send + 'a {
        Trace::of_operation().around(async move {
            let mut account = Account::open(identity.role.as_deref());
            let answered = self.answer_planned(&request, accepted, identity, &mut account).await;
            let (outcome, Body { json, code }) = outcome_of(answered);
            account.close(code);
            Response { outcome, body: json }
        })
    }

    async fn answer_planned(
        &self,
        request: &Request,
        Accepted { document: text, place: _place, planned, effect: _ }: Accepted,
        identity: &Identity,
        account: &mut Account<'_>,
    ) -> Result<Body, Error> {
        let Planned { role_schema, variables, prepared } = *planned;
        account.of(prepared.operation());
        let asked = Incoming { request, text: &text, variables: &variables, identity };
        match self.execute(&prepared, identity, &role_schema, Structure::Cached).await {
            Err(error @ Error::SchemaChanged { .. }) => {
                Box::pin(self.answer_anew(asked, role_schema, error, account)).await
            }
            answer => answer,
        }
    }
}
