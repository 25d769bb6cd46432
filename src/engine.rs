//! The engine: request -> plan -> SQL -> database -> response. `respond` shows all of it.

mod accept;
mod account;
mod application;
mod catalog_loader;
mod compile;
mod compiled;
mod completion;
mod concurrency;
mod describe;
mod executor;
mod explain;
mod live;
mod live_batch;
mod live_state;
mod missing;
mod mixed;
mod offload;
mod people;
mod persisted;
mod planning;
mod readings;
mod report;
mod run;
mod session;
mod snapshot;
mod snapshots;
mod stored;
mod stream;
mod tenancy;
mod toolbox;
mod tools;
mod watch;
mod within;
mod without_token;
mod work;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{CLAIMS_SETTING, Config, ContextForm, Limits, StoredOperations};
use crate::db::{Database, Replicas};
use crate::error::{Code, Error};
use crate::event::{Event, Trace, in_request_span};
use crate::persisted::PersistedError;
use crate::request::{Definition, JsonMap, OperationType, json_map};
use crate::response::{self, Body};

pub use crate::changes::{Changes, TableId};
pub use crate::db::{AnswerHash, ReadFrom, ReplicaState, Settings, Watch};
pub use crate::persisted::DocumentSource;
pub use crate::plan::Effect;
pub use accept::Accepted;
use account::Account;
pub use application::{
    Extension, FieldCode, FieldContext, FieldError, Resolver, StreamResolver, ValueStream,
};
pub use catalog_loader::{CatalogClient, CatalogRequest};
pub use describe::{Described, describe};
pub(crate) use executor::executor_response;
pub use live::{LiveAnswer, LiveKey, LiveOperation, LiveRun};
pub use live_batch::{BatchResult, BatchRun};
pub use live_state::LiveState;
pub use missing::{NotGranted, Unmet};
pub use people::SamplePerson;
pub use planning::Planning;
use planning::Prepared;
pub use readings::{pool, ready, unready};
use report::{FailedField, report};
use run::Structure;
pub use session::FieldConnection;
use snapshots::RoleSchema;
pub use stored::{NotStored, StoredOperation};
pub use stream::StreamStep;
pub use within::{Admitted, Written};
pub use without_token::WithoutToken;

/// Answers GraphQL requests from a database. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    planning: Planning,
    /// The primary, for catalogs, mutations, and the queries of the application's fields.
    database: Database,
    replicas: Replicas,
    /// The task that makes functions of frequently used statements; aborted when this is dropped.
    _keeper: JoinSet<()>,
    /// The code of the application's fields, by number.
    fields: Vec<FieldCode>,
    /// The identity of requests to the [`Executor`](async_graphql::Executor) that have none; `None` refuses
    /// them.
    anonymous: Option<Identity>,
    /// The number of committed mutations.
    commits: tokio::sync::watch::Sender<u64>,
    /// Whether requests may ask for their SQL and its plan.
    explains: bool,
}

/// A request that is being answered.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    request: &'a Request,
    text: &'a str,
    variables: &'a Arc<JsonMap>,
    identity: &'a Identity,
}

/// The limits of one request, by role.
struct RoleLimits {
    all: Limits,
    /// The roles that have their own limits.
    by_role: HashMap<String, Limits>,
}

impl RoleLimits {
    fn of(&self, role: Option<&str>) -> &Limits {
        role.and_then(|role| self.by_role.get(role)).unwrap_or(&self.all)
    }
}

/// A GraphQL request, as it was received.
#[derive(Debug, Clone)]
pub struct Request {
    /// The document, or its id or hash.
    pub document: DocumentSource,
    /// Which of its operations to run.
    pub operation_name: Option<String>,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// The request's `extensions`.
    pub extensions: Map<String, Value>,
    /// Which operations may run.
    pub allowed: AllowedOperations,
    /// Whether a query reads from a replica, if there are any.
    pub read_from: ReadFrom,
}

/// Which operations a request may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedOperations {
    /// Queries and mutations.
    All,
    /// Only queries.
    QueriesOnly,
    /// Only subscriptions.
    SubscriptionsOnly,
}

impl AllowedOperations {
    fn check(self, operation: &Definition) -> Result<(), Error> {
        match (self, operation.operation_type) {
            (Self::All, OperationType::Query | OperationType::Mutation)
            | (Self::QueriesOnly, OperationType::Query)
            | (Self::SubscriptionsOnly, OperationType::Subscription) => Ok(()),
            (Self::QueriesOnly, OperationType::Mutation) => Err(Error::NotAllowed),
            (Self::All | Self::QueriesOnly, OperationType::Subscription) => Err(Error::StreamNeeded),
            (Self::SubscriptionsOnly, OperationType::Query | OperationType::Mutation) => {
                Err(Error::NoSubscription)
            }
        }
    }
}

/// The user of a request: role and settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The role to run as; `None` is the connection's own user.
    pub role: Option<Arc<str>>,
    /// Settings during the operation, such as `request.jwt.claims`: names and values.
    pub settings: Settings,
    /// When the token expires; a subscription ends then. `None` is never.
    pub expires_at: Option<SystemTime>,
}

impl Identity {
    /// A role with claims, as a token with these claims has them. The claim `role` becomes the role's name.
    pub fn of_role(role: &str, mut claims: Map<String, Value>) -> Self {
        claims.insert("role".to_owned(), role.into());
        let claims = Value::Object(claims).to_string();
        let settings = [(CLAIMS_SETTING.into(), claims.into())].into();
        Self { role: Some(role.into()), settings, expires_at: None }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The kind of answer.
    pub outcome: Outcome,
    /// The whole JSON text.
    pub body: Bytes,
}

/// The kind of answer, from which HTTP makes a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The operation was run: the answer has `data`, even if it is null.
    Executed,
    /// The request was refused: the answer has no `data`.
    RequestError,
    /// The request selects an operation that it may not run.
    OperationNotAllowed,
    /// The request names an unknown document by its hash (Apollo): the client should send the text.
    TextWanted,
    /// The request may not run as its role: the answer has no `data`.
    Forbidden,
    /// The database cannot be reached now.
    Unavailable,
    /// No answer came in time; the outcome of the operation is unknown.
    TimedOut,
    /// The operation will run; the client can query it by this id.
    Accepted(uuid::Uuid),
}

impl Engine {
    /// Needs a tokio runtime, but no database yet: until one answers, requests fail as unavailable.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::extended(config, Extension::default())
    }

    /// The same, with fields that an application answers.
    pub fn extended(config: &Config, Extension { api, fields }: Extension) -> Result<Self, Error> {
        let database = Database::new(&config.database)?;
        let replicas = Replicas::new(&config.database, &database)?;
        let planning = Planning::of_database(config, api, database.clone())?;
        let anonymous = executor::anonymous(&config.auth);
        let mut keeper = JoinSet::new();
        let limit = config.database.stored_operations.map(|StoredOperations { limit, .. }| limit);
        if limit.is_some() || config.database.context == Some(ContextForm::Function) {
            keeper.spawn(crate::stored::keep(database.clone(), limit));
        }
        let commits = tokio::sync::watch::Sender::default();
        let explains = config.http.dev.is_some();
        let inner =
            Inner { planning, database, replicas, _keeper: keeper, fields, anonymous, commits, explains };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Answers a request. The future may be dropped at any point: a running statement is cancelled.
    pub fn respond<'a>(
        &'a self,
        request: Request,
        identity: &'a Identity,
    ) -> impl Future<Output = Response> + Send + 'a {
        self.respond_to(request, identity, |error| matches!(error, Error::SchemaChanged { .. }))
    }

    /// Answers a request that another process has accepted. That process may have a newer catalog, so if the
    /// request is not valid here, the catalog is read again.
    pub fn respond_accepted<'a>(
        &'a self,
        request: Request,
        identity: &'a Identity,
    ) -> impl Future<Output = Response> + Send + 'a {
        self.respond_to(request, identity, |error| {
            matches!(error, Error::SchemaChanged { .. } | Error::Request(_) | Error::Plan(_))
        })
    }

    fn respond_to<'a>(
        &'a self,
        request: Request,
        identity: &'a Identity,
        may_be_outdated: fn(&Error) -> bool,
    ) -> impl Future<Output = Response> + Send + 'a {
        Trace::of_operation().around(async move {
            let mut account = Account::open(identity.role.as_deref());
            let answered = self.answer(request, identity, may_be_outdated, &mut account).await;
            if account.is_mutation() && answered.is_ok() {
                self.committed();
            }
            let (outcome, Body { json, code }) = outcome_of(answered);
            account.close(code);
            Response { outcome, body: json }
        })
    }

    /// Answers a request, and once more with a new snapshot if the database has changed since the last one.
    async fn answer(
        &self,
        mut request: Request,
        identity: &Identity,
        may_be_outdated: fn(&Error) -> bool,
        account: &mut Account<'_>,
    ) -> Result<Body, Error> {
        let variables = &Arc::new(json_map(std::mem::take(&mut request.variables)));
        let planning::Inner { snapshots, persisted, acquire_timeout, .. } = &*self.inner.planning.inner;
        let text = persisted.text(&request.document)?;
        let role = identity.role.as_deref();
        let role_schema = snapshots.of(role).await?;
        let _place = role_schema.place(*acquire_timeout).await?;
        let asked = Incoming { request: &request, text: &text, variables, identity };
        match self.attempt(asked, &role_schema, Structure::Cached, account).await {
            Err(error) if may_be_outdated(&error) => {
                Box::pin(self.answer_anew(asked, role_schema, error, account)).await
            }
            answer => answer,
        }
    }

    /// Answers again after a failure that a change of the database may have caused.
    async fn answer_anew(
        &self,
        asked: Incoming<'_>,
        role_schema: Arc<RoleSchema>,
        failure: Error,
        account: &mut Account<'_>,
    ) -> Result<Body, Error> {
        let role = asked.identity.role.as_deref();
        match (self.inner.planning.inner.snapshots.after(role, &role_schema).await?, failure) {
            (Some(role_schema), _) => self.attempt(asked, &role_schema, Structure::Cached, account).await,
            // The database contradicts itself: a function, view or policy refers to something that does not
            // exist. Other fields of a query can still be answered; a mutation was undone, and would fail
            // again.
            (None, Error::SchemaChanged { error, client_error }) if account.is_mutation() => {
                let client_error = report(*client_error, &error, FailedField::default);
                Ok(response::with_null_data(&[client_error]))
            }
            (None, Error::SchemaChanged { .. }) => {
                Box::pin(self.attempt(asked, &role_schema, Structure::Confirmed, account)).await
            }
            (None, failure) => Err(failure),
        }
    }

    async fn attempt(
        &self,
        Incoming { request, text, variables, identity }: Incoming<'_>,
        role_schema: &Arc<RoleSchema>,
        structure: Structure,
        account: &mut Account<'_>,
    ) -> Result<Body, Error> {
        let prepared =
            self.inner.planning.prepare(request, text, variables, (identity, role_schema), account).await?;
        let body = self.execute(&prepared, identity, role_schema, structure).await?;
        if self.inner.explains && explain::is_wanted(request) {
            // On the heap: few requests ask for it.
            let execution = prepared.execution(identity, role_schema, structure);
            return Ok(body.with_extensions(&Box::pin(self.explain(execution)).await));
        }
        Ok(body)
    }

    /// Runs a prepared request.
    async fn execute(
        &self,
        prepared: &Prepared,
        identity: &Identity,
        role_schema: &Arc<RoleSchema>,
        structure: Structure,
    ) -> Result<Body, Error> {
        let execution = prepared.execution(identity, role_schema, structure);
        if prepared.compiled.calls_application() {
            // On the heap: few requests need this future, and the futures of all others would be as large.
            return Box::pin(in_request_span(self.run_mixed(execution, &prepared.known))).await;
        }
        self.run(execution, &prepared.known).await
    }

    /// The answer to a request that has failed as a whole.
    pub(crate) fn failed(error: &Error) -> Response {
        let (outcome, Body { json, .. }) = refuse(error);
        Response { outcome, body: json }
    }

    /// Records that a mutation was committed, here or on behalf of this process.
    pub fn committed(&self) {
        self.inner.commits.send_modify(|count| *count += 1);
    }

    /// Changes whenever a mutation of this process was committed.
    pub fn commits(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// The part that needs no rows.
    pub fn planning(&self) -> &Planning {
        &self.inner.planning
    }

    /// The database, for programs that use the same connections.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Whether requests can be answered now.
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner.planning.ready().await?;
        Ok(self.inner.database.available().await?)
    }

    /// The number of replicas, and how many of them get reads.
    pub fn replicas(&self) -> ReplicaState {
        self.inner.replicas.state()
    }

    /// Whether queries can be answered while the primary cannot be reached: the catalog is loaded, and there
    /// is a replica.
    pub fn can_read_without_primary(&self) -> bool {
        self.inner.planning.inner.snapshots.is_known(None) && self.replicas().in_use > 0
    }

    /// As [`Planning::sdl`].
    pub async fn sdl(&self, identity: &Identity) -> Result<Arc<str>, Error> {
        self.inner.planning.sdl(identity).await
    }

    /// As [`Planning::reload`].
    pub async fn reload(&self) -> Result<bool, Error> {
        self.inner.planning.reload().await
    }

    /// As [`Planning::watch`].
    pub async fn watch(&self, interval: Duration, stop: CancellationToken) {
        self.inner.planning.watch(interval, stop).await;
    }

    /// Answers a catalog request of a process that has no connection to the database. Returns the texts of
    /// the answer.
    pub async fn ask(&self, question: &CatalogRequest) -> Result<Vec<String>, Error> {
        self.inner.planning.inner.snapshots.loader.ask(question).await
    }
}

fn outcome_of(answered: Result<Body, Error>) -> (Outcome, Body) {
    match answered {
        Ok(body) => (Outcome::Executed, body),
        Err(error) => refuse(&error),
    }
}

/// The answer for the client, and the log entry.
fn refuse(error: &Error) -> (Outcome, Body) {
    let errors =
        error.for_client().into_iter().map(|client_error| report(client_error, error, FailedField::default));
    let errors: Vec<_> = errors.collect();
    if error.is_role_refused() {
        Event::RoleRefused { error: &error.to_string() }.emit();
    }
    let outcome = match error {
        Error::RoleRefused(_) => Outcome::Forbidden,
        Error::NotAllowed => Outcome::OperationNotAllowed,
        Error::Persisted(PersistedError::UnknownHash | PersistedError::NotSupported) => Outcome::TextWanted,
        _ if errors.iter().any(|client_error| client_error.code == Code::Unavailable) => Outcome::Unavailable,
        Error::Plan(_) => return (Outcome::Executed, response::with_null_data(&errors)),
        _ => Outcome::RequestError,
    };
    (outcome, response::refused(&errors))
}
