//! Request -> compiled operation, by the catalogs of roles. Needs no connection to the database if another
//! process reads the catalogs. Never runs an operation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::catalog_loader::{CatalogClient, CatalogLoader};
use super::compile::{BoundOperation, CompiledOperation, ReadyAnswers};
use super::offload::{Offload, Place};
use super::run::{Execution, Structure};
use super::snapshots::{RoleSchema, Snapshots};
use super::tenancy::{Tenancy, shard_of, tenant_of};
use super::work::Work;
use super::{Identity, ReadFrom, Request, RoleLimits, describe, persisted};
use crate::config::{Config, Documents, Limits, Tenant};
use crate::db::Database;
use crate::error::Error;
use crate::event::{Stage, Stopwatch};
use crate::persisted::Persisted;
use crate::plan::Effect;
use crate::request::{JsonMap, Operation, is_subscription, json_map};
use crate::schema::Application;
use crate::sql::{ShardingKey, TenantSchema};

/// Validates and plans requests against the API of their role. Cheap to clone.
#[derive(Clone)]
pub struct Planning {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) persisted: Persisted,
    /// The file with the list of persisted operations.
    pub(super) list_file: Option<PathBuf>,
    pub(super) snapshots: Snapshots,
    /// How long a request waits for a permit of its role.
    pub(super) acquire_timeout: Duration,
    /// The threads for long computations.
    pub(super) offload: Offload,
    /// Where the caller's tenant stands.
    tenant: Option<Tenant>,
    /// Where the schema of the caller's tenant stands.
    tenancy: Option<Tenancy>,
}

/// An accepted request with its statements.
pub(super) struct Prepared {
    operation: Operation,
    pub(super) compiled: Arc<CompiledOperation>,
    bound: BoundOperation,
    /// The ready answers.
    pub(super) known: Arc<ReadyAnswers>,
    read_from: ReadFrom,
    answer_limit: usize,
}

impl Prepared {
    pub(super) fn operation(&self) -> &Operation {
        &self.operation
    }

    pub(super) fn tenant(&self) -> Option<&TenantSchema> {
        self.bound.tenant.as_ref()
    }

    pub(super) fn shard(&self) -> Option<&ShardingKey> {
        self.bound.shard.as_ref()
    }

    pub(super) fn execution<'a>(
        &'a self,
        identity: &'a Identity,
        role_schema: &'a Arc<RoleSchema>,
        structure: Structure,
    ) -> Execution<'a> {
        let Self { operation, compiled, bound, read_from, answer_limit, .. } = self;
        // Effects of the application's fields outside of the transaction cannot be undone, so such a mutation
        // is not tried again.
        let is_tried_once = compiled.effect == Effect::Mutation && compiled.calls_application();
        let structure = if is_tried_once { Structure::Confirmed } else { structure };
        let (read_from, answer_limit) = (*read_from, *answer_limit);
        Execution { role_schema, operation, compiled, bound, identity, read_from, structure, answer_limit }
    }
}

impl Planning {
    /// With catalogs from this process's own database connections.
    pub(super) fn of_database(config: &Config, api: Application, database: Database) -> Result<Self, Error> {
        let timeout = config.database.statement_timeout;
        Self::new(config, api, CatalogLoader::of_database(database, &config.api.schemas, timeout))
    }

    /// With catalogs that another process reads. `api` are the fields that an application adds. Until the
    /// first catalog arrives, requests wait for it.
    pub fn of_others(config: &Config, api: Application, client: CatalogClient) -> Result<Self, Error> {
        Self::new(config, api, CatalogLoader::of_client(client))
    }

    fn new(config: &Config, api: Application, loader: CatalogLoader) -> Result<Self, Error> {
        let statement_timeout = config.database.statement_timeout;
        let limits = RoleLimits { all: config.limits.clone(), by_role: config.role_limits.clone() };
        let snapshots = Snapshots::new(loader, config.api.clone(), api, statement_timeout, limits);
        let acquire_timeout = config.database.acquire_timeout;
        let Documents { list: list_file, policy } = config.documents.clone();
        let persisted = Persisted::new(policy, persisted::read_if_given(list_file.as_deref())?);
        Ok(Self {
            inner: Arc::new(Inner {
                persisted,
                list_file,
                snapshots,
                acquire_timeout,
                offload: Offload::new(),
                tenant: config.api.tenant.clone(),
                tenancy: Tenancy::of(&config.api),
            }),
        })
    }

    /// All stages before the operation runs. Long computations run on separate threads.
    pub(super) async fn prepare(
        &self,
        request: &Request,
        text: &str,
        variables: &Arc<JsonMap>,
        (identity, role_schema): (&Identity, &Arc<RoleSchema>),
        account: &mut Account<'_>,
    ) -> Result<Prepared, Error> {
        let limits = self.limits(identity);
        let mut stopwatch = Stopwatch::start();
        let cached = role_schema.snapshot.cached_document(text, limits)?;
        let place = Place::of(text, cached.is_some(), variables);
        let work = Work { role_schema, text, limits };
        let name = request.operation_name.as_deref();
        let mut selected = match place {
            Place::Here => work.select(cached, name, variables)?,
            Place::Offload => {
                let (work, name, variables) = (work.shared(), name.map(str::to_owned), Arc::clone(variables));
                let select = move || work.borrowed().select(cached, name.as_deref(), &variables);
                self.inner.offload.run(select).await??
            }
        };
        if let Some(tenant) = &self.inner.tenant {
            selected.operation = selected.operation.of_tenant(tenant_of(tenant, identity));
        }
        account.of(&selected.operation);
        stopwatch.finish(Stage::Validate);
        request.allowed.check(selected.operation.definition())?;
        let (operation, found) = match place {
            Place::Here => work.compile(selected),
            Place::Offload => {
                let work = work.shared();
                self.inner.offload.run(move || work.borrowed().compile(selected)).await?
            }
        };
        let (compiled, known) = found?;
        account.compiled(&compiled);
        let tenant = match &self.inner.tenancy {
            Some(tenancy) if compiled.runs() => Some(tenancy.schema_of(identity)?),
            Some(_) | None => None,
        };
        let shard = match &self.inner.tenant {
            Some(tenant) if tenant.is_sharding_key && compiled.runs() => {
                Some(shard_of(tenant, identity, &role_schema.snapshot.schema)?)
            }
            Some(_) | None => None,
        };
        stopwatch.finish(Stage::Plan);
        let (operation, bound) = match place {
            Place::Here => work.bind(operation, &compiled),
            Place::Offload => {
                let (work, compiled) = (work.shared(), Arc::clone(&compiled));
                self.inner.offload.run(move || work.borrowed().bind(operation, &compiled)).await?
            }
        };
        let bound = bound?.within(tenant).in_shard(shard);
        stopwatch.finish(Stage::Sql);
        let (read_from, answer_limit) = (request.read_from, limits.answer_bytes);
        Ok(Prepared { operation, compiled, bound, known, read_from, answer_limit })
    }

    /// Whether a request is valid against a role's API.
    pub(super) async fn fits(
        &self,
        request: &Request,
        identity: &Identity,
        role_schema: &Arc<RoleSchema>,
    ) -> bool {
        let variables = Arc::new(json_map(request.variables.clone()));
        let Ok(text) = self.inner.persisted.text(&request.document) else { return false };
        // The request is recorded where it runs.
        let mut account = Account::open(None);
        let fits =
            self.prepare(request, &text, &variables, (identity, role_schema), &mut account).await.is_ok();
        account.hand_over();
        fits
    }

    /// Whether a request selects a subscription, by its text alone.
    pub fn asks_for_subscription(&self, request: &Request, identity: &Identity) -> bool {
        let Ok(text) = self.inner.persisted.text(&request.document) else { return false };
        is_subscription(&text, request.operation_name.as_deref(), self.limits(identity))
    }

    /// The limits of one request of this identity.
    pub fn limits(&self, identity: &Identity) -> &Limits {
        self.limits_of(identity.role.as_deref())
    }

    /// The limits of one request of a role; `None` is the connection's own user.
    pub fn limits_of(&self, role: Option<&str>) -> &Limits {
        self.inner.snapshots.limits(role)
    }

    /// The schema of an identity's tenant, if each has one of its own.
    #[cfg_attr(
        not(feature = "queue"),
        expect(dead_code, reason = "only workers compare it with the server's")
    )]
    pub(crate) fn tenant(&self, identity: &Identity) -> Option<String> {
        let schema = self.inner.tenancy.as_ref()?.schema_of(identity).ok()?;
        Some(schema.name().to_owned())
    }

    /// Whether the API of the connection's own user is loaded.
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner.snapshots.of(None).await.map(|_| ())
    }

    /// The API of this identity, as SDL text.
    pub async fn sdl(&self, identity: &Identity) -> Result<Arc<str>, Error> {
        let role_schema = self.inner.snapshots.of(identity.role.as_deref()).await?;
        let rendered = role_schema.snapshot.rendered.clone();
        self.inner.offload.run(move || rendered.sdl()).await
    }

    /// A query that returns something, for people who see the API for the first time.
    pub async fn default_query(&self, identity: &Identity) -> String {
        match self.inner.snapshots.of(identity.role.as_deref()).await {
            Ok(role_schema) => describe::default_query(&role_schema.snapshot.schema),
            Err(_) => describe::EMPTY_QUERY.to_owned(),
        }
    }
}
