//! The front end: request -> plan, by the pictures of the database that roles see. It needs no connection to the database
//! where somebody else draws them. Never runs an operation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::aside::{Aside, Place};
use super::compile::{BoundOperation, CompiledOperation};
use super::picture::Pictures;
use super::run::{Job, Known, Structure};
use super::snapshots::{Snapshots, View};
use super::work::Work;
use super::{AllowedOperations, Asker, Identity, ReadFrom, Request, RoleLimits, describe, persisted};
use crate::config::{Config, Documents, Limits};
use crate::db::Database;
use crate::error::Error;
use crate::event::{Stage, Stopwatch};
use crate::persisted::Persisted;
use crate::plan::Effect;
use crate::request::{JsonMap, Operation, json_map};
use crate::schema::Application;

/// Holds requests against the API as who asks sees it. Cheap to clone.
#[derive(Clone)]
pub struct Frontend {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) persisted: Persisted,
    /// Where the list of persisted operations is read from.
    pub(super) list_file: Option<PathBuf>,
    pub(super) snapshots: Snapshots,
    /// How long a request waits for a place among those of its role.
    pub(super) acquire_timeout: Duration,
    /// Where long work is done.
    pub(super) aside: Aside,
}

/// A request that has been accepted, with its statements.
pub(super) struct Prepared {
    operation: Operation,
    pub(super) compiled: Arc<CompiledOperation>,
    bound: BoundOperation,
    /// The answers that are there already.
    pub(super) known: Arc<Known>,
    read_from: ReadFrom,
    answer_limit: usize,
}

impl Prepared {
    pub(super) fn job<'a>(
        &'a self,
        identity: &'a Identity,
        view: &'a Arc<View>,
        structure: Structure,
    ) -> Job<'a> {
        let Self { operation, compiled, bound, read_from, answer_limit, .. } = self;
        // What the application's fields have done elsewhere cannot be undone, so that such a mutation is not tried again.
        let is_tried_once = compiled.effect == Effect::Mutation && compiled.calls_application();
        let structure = if is_tried_once { Structure::Confirmed } else { structure };
        let (read_from, answer_limit) = (*read_from, *answer_limit);
        Job { view, operation, compiled, bound, identity, read_from, structure, answer_limit }
    }
}

impl Frontend {
    /// One that asks the database itself.
    pub(super) fn of_database(config: &Config, api: Application, database: Database) -> Result<Self, Error> {
        let timeout = config.database.statement_timeout;
        Self::new(config, api, Pictures::of_database(database, &config.api.schemas, timeout))
    }

    /// One that has somebody else ask the database. `api` are the fields that an application adds. Until the first picture
    /// is there, requests wait for it.
    pub fn of_others(config: &Config, api: Application, asker: Asker) -> Result<Self, Error> {
        Self::new(config, api, Pictures::of_others(asker))
    }

    fn new(config: &Config, api: Application, pictures: Pictures) -> Result<Self, Error> {
        let statement_timeout = config.database.statement_timeout;
        let limits = RoleLimits { all: config.limits.clone(), by_role: config.role_limits.clone() };
        let snapshots = Snapshots::new(pictures, config.api.clone(), api, statement_timeout, limits);
        let acquire_timeout = config.database.acquire_timeout;
        let Documents { list: list_file, policy } = config.documents.clone();
        let persisted = Persisted::new(policy, persisted::read_if_given(list_file.as_deref())?);
        Ok(Self {
            inner: Arc::new(Inner { persisted, list_file, snapshots, acquire_timeout, aside: Aside::new() }),
        })
    }

    /// Everything before anything runs. What takes long is done aside.
    pub(super) async fn prepare(
        &self,
        request: &Request,
        text: &str,
        variables: &Arc<JsonMap>,
        (identity, view): (&Identity, &Arc<View>),
        account: &mut Account<'_>,
    ) -> Result<Prepared, Error> {
        let limits = self.limits(identity);
        let mut stopwatch = Stopwatch::start();
        let remembered = view.snapshot.remembered(text, limits)?;
        let place = Place::of(text, remembered.is_some(), variables);
        let work = Work { view, text, limits };
        let name = request.operation_name.as_deref();
        let selected = match place {
            Place::Here => work.select(remembered, name, variables)?,
            Place::Aside => {
                let (work, name, variables) = (work.shared(), name.map(str::to_owned), Arc::clone(variables));
                let select = move || work.borrowed().select(remembered, name.as_deref(), &variables);
                self.inner.aside.run(select).await??
            }
        };
        account.of(&selected.operation);
        stopwatch.finish(Stage::Validate);
        if request.allowed == AllowedOperations::QueriesOnly && !selected.operation.definition().is_query() {
            return Err(Error::NotAllowed);
        }
        let (operation, found) = match place {
            Place::Here => work.compile(selected),
            Place::Aside => {
                let work = work.shared();
                self.inner.aside.run(move || work.borrowed().compile(selected)).await?
            }
        };
        let (compiled, known) = found?;
        account.compiled(&compiled);
        stopwatch.finish(Stage::Plan);
        let (operation, bound) = match place {
            Place::Here => work.bind(operation, &compiled),
            Place::Aside => {
                let (work, compiled) = (work.shared(), Arc::clone(&compiled));
                self.inner.aside.run(move || work.borrowed().bind(operation, &compiled)).await?
            }
        };
        let bound = bound?;
        stopwatch.finish(Stage::Sql);
        let (read_from, answer_limit) = (request.read_from, limits.answer_bytes);
        Ok(Prepared { operation, compiled, bound, known, read_from, answer_limit })
    }

    /// Whether a request fits a view of the API.
    pub(super) async fn fits(&self, request: &Request, identity: &Identity, view: &Arc<View>) -> bool {
        let variables = Arc::new(json_map(request.variables.clone()));
        let Ok(text) = self.inner.persisted.text(&request.document) else { return false };
        // Whoever runs it gives account of it.
        let mut account = Account::open(None);
        let fits = self.prepare(request, &text, &variables, (identity, view), &mut account).await.is_ok();
        account.hand_over();
        fits
    }

    /// What one request of who asks may ask for.
    pub fn limits(&self, identity: &Identity) -> &Limits {
        self.inner.snapshots.limits(identity.role.as_deref())
    }

    /// Whether the API is known, as the connection's own user sees it.
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner.snapshots.of(None).await.map(|_| ())
    }

    /// The API as who asks sees it, as SDL text.
    pub async fn sdl(&self, identity: &Identity) -> Result<Arc<str>, Error> {
        let view = self.inner.snapshots.of(identity.role.as_deref()).await?;
        let rendered = view.snapshot.rendered.clone();
        self.inner.aside.run(move || rendered.sdl()).await
    }

    /// A query that returns something, for people who look at the API for the first time.
    pub async fn default_query(&self, identity: &Identity) -> String {
        match self.inner.snapshots.of(identity.role.as_deref()).await {
            Ok(view) => describe::default_query(&view.snapshot.schema),
            Err(_) => describe::EMPTY_QUERY.to_owned(),
        }
    }
}
