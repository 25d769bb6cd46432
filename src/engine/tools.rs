//! The tools for agents: the described operations that are valid in the API of a role, and what it may see of the API.

use std::sync::Arc;

use super::snapshots::RoleSchema;
use super::{Identity, Planning, Response, outcome_of};
use crate::config::{DocumentPolicy, Limits};
use crate::error::Error;
use crate::event::ToolEvent;
use crate::mcp::{Candidate, Exploration, Tool, candidates};
use crate::persisted::AllowList;
use crate::response::Body;

impl Planning {
    /// The tools of this identity, in the order of the list. An error is an answer, as to a request.
    pub async fn tools(&self, identity: &Identity) -> Result<Arc<[Tool]>, Response> {
        self.made_tools(identity).await.map_err(refusal)
    }

    async fn made_tools(&self, identity: &Identity) -> Result<Arc<[Tool]>, Error> {
        let role_schema = self.inner.snapshots.of(identity.role.as_deref()).await?;
        let (list, limits) = (self.inner.persisted.list(), self.limits(identity));
        if let Some(known) = role_schema.snapshot.tools.get(&list, limits) {
            return Ok(known);
        }
        let (of_role, of_list, of_limits) = (Arc::clone(&role_schema), Arc::clone(&list), limits.clone());
        let made = self.inner.offload.run(move || make(&of_list, &of_role, &of_limits)).await?;
        role_schema.snapshot.tools.keep(list, limits, &made);
        Ok(made)
    }

    /// Whether this identity may explore the API: not if the setting `explore` shows nothing.
    pub async fn shows_schema(&self, identity: &Identity) -> Result<bool, Response> {
        let found = self.inner.snapshots.of(identity.role.as_deref()).await;
        found.map(|role_schema| role_schema.snapshot.visible().is_some()).map_err(refusal)
    }

    /// Shows this identity what it wants to see of the API. The inner error is for the agent.
    pub async fn explore(
        &self,
        identity: &Identity,
        wanted: Exploration,
    ) -> Result<Result<String, String>, Response> {
        let found = self.inner.snapshots.of(identity.role.as_deref()).await.map_err(refusal)?;
        let Some(visible) = found.snapshot.visible().cloned() else {
            return Ok(Err("the schema is not shown (setting explore)".to_owned()));
        };
        self.inner.offload.run(move || wanted.of(&visible.compiled)).await.map_err(refusal)
    }

    /// Whether clients may send documents that are not in the list.
    pub fn takes_any_document(&self) -> bool {
        self.inner.persisted.policy() != DocumentPolicy::ListOnly
    }

    /// Logs the described operations that cannot become tools. Returns whether there are any that can.
    pub fn check_tools(&self) -> bool {
        let (found, left_out) = candidates(&self.inner.persisted.list());
        for left in &left_out {
            ToolEvent::LeftOut { id: &left.id, reason: &left.reason.to_string() }.emit();
        }
        !found.is_empty()
    }
}

fn make(list: &AllowList, role_schema: &RoleSchema, limits: &Limits) -> Arc<[Tool]> {
    let snapshot = &role_schema.snapshot;
    let parts = (&snapshot.schema, &snapshot.rendered);
    let tool = |candidate: &Candidate| {
        let document = snapshot.document(&candidate.document, limits).ok()?;
        Tool::new(candidate, &document, parts)
    };
    candidates(list).0.iter().filter_map(tool).collect()
}

fn refusal(error: Error) -> Response {
    let (outcome, Body { json, .. }) = outcome_of(Err(error));
    Response { outcome, body: json }
}
