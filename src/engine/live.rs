//! Operations that run repeatedly. They are prepared once, by the same stages as a request, and again if the
//! database has changed. Never decides when an operation runs, nor who gets its answer.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::account::Account;
use super::compile::ReadyAnswers;
use super::planning::Prepared;
use super::run::{Execution, Structure};
use super::snapshots::RoleSchema;
use super::{Engine, Identity, Outcome, ReadFrom, Request, Response, refuse};
use crate::db;
use crate::error::Error;
use crate::request::{JsonMap, json_map};
use crate::response::{self, Body};
use crate::sql::ShardingKey;

/// An operation that runs repeatedly for one identity, always on the primary.
pub struct LiveOperation {
    /// Without its variables.
    request: Request,
    variables: Arc<JsonMap>,
    identity: Identity,
    role_schema: Arc<RoleSchema>,
    prepared: Prepared,
}

/// A SHA-256 that is equal for operations with the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LiveKey([u8; 32]);

/// The answer of a run.
#[derive(Debug, Clone)]
pub struct LiveAnswer {
    /// The answer.
    pub response: Response,
    /// Whether fields have failed.
    pub has_errors: bool,
}

/// The outcome of a run.
pub enum LiveRun {
    /// Its answer.
    Answered(LiveAnswer),
    /// The answer, after the operation was prepared again because the database has changed.
    Renewed(Box<LiveOperation>, LiveAnswer),
    /// The operation is no longer valid; the response says why.
    Invalid(Response),
    /// The operation may no longer run as its role; the response says why.
    RoleRefused(Response),
    /// The database could not be reached, or has not answered in time. The caller may try again.
    Unavailable(Error),
}

impl Engine {
    /// Prepares an operation that only reads. An error is the final answer.
    pub async fn prepare_live(
        &self,
        mut request: Request,
        identity: Identity,
    ) -> Result<LiveOperation, Response> {
        // Only the primary knows when it has changed; a replica may not yet have the change for which a query
        // runs again.
        request.read_from = ReadFrom::Primary;
        let variables = Arc::new(json_map(std::mem::take(&mut request.variables)));
        let role = identity.role.clone();
        let mut account = Account::open(role.as_deref());
        let prepared = async {
            let role_schema = self.inner.planning.inner.snapshots.of(role.as_deref()).await?;
            let prepared =
                self.prepare_for(&request, &variables, &identity, &role_schema, &mut account).await?;
            Ok((role_schema, prepared))
        };
        match prepared.await {
            Ok((role_schema, prepared)) => {
                account.close(None);
                Ok(LiveOperation { request, variables, identity, role_schema, prepared })
            }
            Err(error) => {
                let (outcome, Body { json, code }) = refuse(&error);
                account.close(code);
                Err(Response { outcome, body: json })
            }
        }
    }

    async fn prepare_for(
        &self,
        request: &Request,
        variables: &Arc<JsonMap>,
        identity: &Identity,
        role_schema: &Arc<RoleSchema>,
        account: &mut Account<'_>,
    ) -> Result<Prepared, Error> {
        let text = self.inner.planning.inner.persisted.text(&request.document)?;
        self.inner.planning.prepare(request, &text, variables, (identity, role_schema), account).await
    }

    /// Runs an operation by itself, like a request. Prepares it again first if its role has a new schema.
    pub async fn run_live(&self, live: &LiveOperation) -> LiveRun {
        if self.is_outdated(live) {
            return self.run_renewed(live).await;
        }
        match self.run_prepared(live.execution(Structure::Cached), &live.prepared).await {
            Ok(body) => LiveRun::Answered(body.into()),
            Err(Error::SchemaChanged { .. }) => self.run_after_change(live).await,
            Err(error) => failed(error),
        }
    }

    /// Whether its role has another schema than the one that the operation was prepared with.
    pub fn is_outdated(&self, live: &LiveOperation) -> bool {
        let known = self.inner.planning.inner.snapshots.known(live.identity.role.as_deref());
        known.is_none_or(|known| !Arc::ptr_eq(&known.snapshot, &live.role_schema.snapshot))
    }

    async fn run_prepared(&self, execution: Execution<'_>, prepared: &Prepared) -> Result<Body, Error> {
        if execution.compiled.calls_application() {
            return Box::pin(self.run_mixed(execution, &prepared.known)).await;
        }
        self.run(execution, &prepared.known).await
    }

    /// Runs an operation again after an error that says that the database has changed.
    async fn run_after_change(&self, live: &LiveOperation) -> LiveRun {
        let snapshots = &self.inner.planning.inner.snapshots;
        match snapshots.after(live.identity.role.as_deref(), &live.role_schema).await {
            Ok(Some(_)) => self.run_renewed(live).await,
            Ok(None) => match self.run_prepared(live.execution(Structure::Confirmed), &live.prepared).await {
                Ok(body) => LiveRun::Answered(body.into()),
                Err(error) => failed(error),
            },
            Err(error) => failed(error),
        }
    }

    async fn run_renewed(&self, live: &LiveOperation) -> LiveRun {
        let renewed = match self.renew(live).await {
            Ok(renewed) => renewed,
            Err(error) => return failed(error),
        };
        match self.run_prepared(renewed.execution(Structure::Cached), &renewed.prepared).await {
            Ok(body) => LiveRun::Renewed(Box::new(renewed), body.into()),
            // The next run checks again.
            Err(error @ Error::SchemaChanged { .. }) => LiveRun::Unavailable(error),
            Err(error) => failed(error),
        }
    }

    pub(super) async fn renew(&self, live: &LiveOperation) -> Result<LiveOperation, Error> {
        let LiveOperation { request, variables, identity, .. } = live;
        let role = identity.role.as_deref();
        let role_schema = self.inner.planning.inner.snapshots.of(role).await?;
        let mut account = Account::open(role);
        let prepared = self.prepare_for(request, variables, identity, &role_schema, &mut account).await;
        account.hand_over();
        let (request, variables, identity) = (request.clone(), Arc::clone(variables), identity.clone());
        Ok(LiveOperation { request, variables, identity, role_schema, prepared: prepared? })
    }

    /// The response to an error that is not a failure, and that need not be logged.
    pub(crate) fn refusal(error: &Error) -> Response {
        let body = response::refused(&error.for_client());
        Response { outcome: Outcome::RequestError, body: body.json }
    }
}

impl LiveOperation {
    /// The identity that it runs for.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A hash that is equal for operations with the same answer. It covers the SQL with its values, the keys
    /// of the answer, the schema, the role, and everything that policies can read of the identity.
    pub fn key(&self) -> LiveKey {
        let execution = self.execution(Structure::Cached);
        let mut digest = Sha256::new();
        // Each part goes in with its length, so that different lists of parts differ.
        let mut add = |part: Option<&[u8]>| {
            digest.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            digest.update(part.unwrap_or_default());
        };
        add(Some(&self.role_schema.snapshot.fingerprint.to_be_bytes()));
        add(self.identity.role.as_deref().map(str::as_bytes));
        add(Some(&self.identity.settings.len().to_be_bytes()));
        for (name, value) in &*self.identity.settings {
            add(Some(name.as_bytes()));
            add(Some(value.as_bytes()));
        }
        add(Some(&execution.compiled.roots.len().to_be_bytes()));
        for root in &execution.compiled.roots {
            add(Some(root.key.as_bytes()));
        }
        for statement in &execution.bound.statements {
            add(Some(statement.numbered().as_bytes()));
            for value in &statement.parameters {
                add(value.as_deref().map(str::as_bytes));
            }
        }
        // Ready answers and those of the application depend only on the document.
        if execution.bound.statements.is_empty() || execution.compiled.calls_application() {
            add(Some(format!("{:?} {:?}", self.request.document, self.request.operation_name).as_bytes()));
            add(Some(serde_json::to_string(&*self.variables).unwrap_or_default().as_bytes()));
        }
        LiveKey(digest.finalize().into())
    }

    /// Whether the application answers it with a stream; see [`Engine::stream`]. Other operations run again.
    pub fn is_of_application(&self) -> bool {
        self.prepared.compiled.calls_application()
    }

    /// The shard that it runs in, if there are several.
    pub(super) fn shard(&self) -> Option<&ShardingKey> {
        self.prepared.shard()
    }

    /// The answers that are ready before anything runs.
    pub(super) fn known(&self) -> &ReadyAnswers {
        &self.prepared.known
    }

    pub(super) fn execution(&self, structure: Structure) -> Execution<'_> {
        self.prepared.execution(&self.identity, &self.role_schema, structure)
    }
}

impl From<Body> for LiveAnswer {
    fn from(Body { json, code }: Body) -> Self {
        Self { response: Response { outcome: Outcome::Executed, body: json }, has_errors: code.is_some() }
    }
}

/// What an error of a whole run means for later runs.
pub(super) fn failed(error: Error) -> LiveRun {
    if may_pass(&error) {
        return LiveRun::Unavailable(error);
    }
    let (outcome, body) = refuse(&error);
    let response = Response { outcome, body: body.json };
    match error {
        Error::RoleRefused(_) => LiveRun::RoleRefused(response),
        _ => LiveRun::Invalid(response),
    }
}

/// Whether the same operation may succeed later.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Database(error) => error.is_transient() || matches!(error, db::Error::DeadlineExceeded(_)),
        Error::RoleBusy(_) | Error::NotDescribed(_) | Error::SchemaChanged { .. } | Error::ReadOnly(_) => {
            true
        }
        _ => false,
    }
}
