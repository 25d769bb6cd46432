//! Operations that are run again and again: prepared once, by the same stages as a request's, and prepared anew where the
//! database has changed. Never decides when one is run, nor who gets its answer.

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

/// An operation that is run again and again, for one identity; always on the primary.
pub struct LiveOperation {
    /// Without its variables.
    request: Request,
    variables: Arc<JsonMap>,
    identity: Identity,
    role_schema: Arc<RoleSchema>,
    prepared: Prepared,
}

/// By what it is known whether two operations have the same answer: a SHA-256.
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

/// What a run has come to.
pub enum LiveRun {
    /// Its answer.
    Answered(LiveAnswer),
    /// The same, after the operation was prepared anew, because the database has changed.
    Renewed(Box<LiveOperation>, LiveAnswer),
    /// The operation does not fit the API any more; the response says why.
    Misfit(Response),
    /// The operation may not run as its role any more; the response says why.
    RoleRefused(Response),
    /// The database could not be reached, or has not answered in time: it may be tried again.
    Unavailable(Error),
}

impl Engine {
    /// Prepares an operation that only reads. An error is the final answer.
    pub async fn prepare_live(
        &self,
        mut request: Request,
        identity: Identity,
    ) -> Result<LiveOperation, Response> {
        // Which alone says when it has changed; a replica may not have the change yet for which a query is run again.
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

    /// Runs an operation by itself, as a request would be. It is prepared anew first where another schema of its role is in
    /// use by now.
    pub async fn run_live(&self, live: &LiveOperation) -> LiveRun {
        if self.is_outdated(live) {
            return self.run_renewed(live).await;
        }
        match self.run_prepared(live.execution(Structure::Remembered), &live.prepared).await {
            Ok(body) => LiveRun::Answered(body.into()),
            Err(Error::SchemaChanged { .. }) => self.run_after_change(live).await,
            Err(error) => failed(error),
        }
    }

    /// Whether another schema of its role is in use than the one that it was prepared with.
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

    /// The database says that something is not as the operation was planned for.
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
        match self.run_prepared(renewed.execution(Structure::Remembered), &renewed.prepared).await {
            Ok(body) => LiveRun::Renewed(Box::new(renewed), body.into()),
            // The next run looks again.
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

    /// What a client reads of an error that is no failure, and that no operator needs to read of.
    pub(crate) fn refusal(error: &Error) -> Response {
        let body = response::refused(&error.for_client());
        Response { outcome: Outcome::RequestError, body: body.json }
    }
}

impl LiveOperation {
    /// Whose it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// By what it is known whether two operations have the same answer: the SQL with its values, the keys of the answer, the schema,
    /// the role, and what policies can read of the identity.
    pub fn key(&self) -> LiveKey {
        let execution = self.execution(Structure::Remembered);
        let mut digest = Sha256::new();
        // Each part with its length, so that none can be taken for the beginning of the next.
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
        // Answers that are there already, and those of the application, depend on the document alone.
        if execution.bound.statements.is_empty() || execution.compiled.calls_application() {
            add(Some(format!("{:?} {:?}", self.request.document, self.request.operation_name).as_bytes()));
            add(Some(serde_json::to_string(&*self.variables).unwrap_or_default().as_bytes()));
        }
        LiveKey(digest.finalize().into())
    }

    /// Whether the application answers it, and says itself when there is another answer; see [`Engine::stream`]. Others are answered by
    /// running them again.
    pub fn is_of_application(&self) -> bool {
        self.prepared.compiled.calls_application()
    }

    /// The answers that are there before anything runs.
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

/// What an error of a whole run means for the runs after it.
pub(super) fn failed(error: Error) -> LiveRun {
    if may_pass(&error) {
        return LiveRun::Unavailable(error);
    }
    let (outcome, body) = refuse(&error);
    let response = Response { outcome, body: body.json };
    match error {
        Error::RoleRefused(_) => LiveRun::RoleRefused(response),
        _ => LiveRun::Misfit(response),
    }
}

/// Whether the same may succeed later.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Database(error) => error.is_transient() || matches!(error, db::Error::DeadlineExceeded(_)),
        Error::RoleBusy(_) | Error::NotDrawn(_) | Error::SchemaChanged { .. } | Error::ReadOnly(_) => true,
        _ => false,
    }
}
