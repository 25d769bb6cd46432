//! The snapshots by role. A snapshot is made at a role's first request, and shared by all roles with the same
//! catalog JSON. Their number is bounded.
//!
//! A request reads one atomic pointer, and does not wait if its role is known.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::RoleLimits;
use super::catalog_loader::{CatalogLoader, CatalogVersion, LoadedCatalog};
use super::concurrency::Concurrency;
use super::snapshot::{Snapshot, fingerprint};
use crate::config::{Api, Limits};
use crate::error::Error;
use crate::event::Event;
use crate::schema::Application;

/// The maximum number of cached roles. One takes some hundred bytes besides its snapshot.
const ROLES: usize = 1000;

/// The maximum number of snapshots. One of a thousand tables takes about 110 MB.
const SNAPSHOTS: usize = 16;

/// How many catalogs are read at once, so that the first requests of many roles do not take the whole pool.
const LOADS_AT_ONCE: usize = 4;

/// How many roles have their catalogs read again after a change: the most recently used ones. The catalogs of
/// others are read at their next request.
const RELOADED: usize = 64;

/// For this long, a failure in the schema of one tenant is no reason to look for changes again.
const CONFIRMED_FOR: Duration = Duration::from_secs(2);

/// Everything that is needed to answer requests of one role.
pub(super) struct RoleSchema {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) statement_timeout: Duration,
    /// A permit for each operation that may run at once; `None` is no limit. All schemas of the role share
    /// it.
    places: Option<Arc<Semaphore>>,
    version: CatalogVersion,
    /// When it was last used, in seconds since the start.
    used: AtomicU64,
    /// When the database was last found to be as this says.
    confirmed: ArcSwapOption<Instant>,
}

impl RoleSchema {
    /// Whether the database was just found to be as this says.
    pub(super) fn is_confirmed(&self) -> bool {
        self.confirmed.load().as_ref().is_some_and(|at| at.elapsed() < CONFIRMED_FOR)
    }

    /// Waits until one more operation of the role may run. The operation keeps the permit until it ends.
    pub(super) async fn place(&self, timeout: Duration) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let Some(places) = &self.places else { return Ok(None) };
        match tokio::time::timeout(timeout, Arc::clone(places).acquire_owned()).await {
            // The semaphore is never closed.
            Ok(place) => Ok(place.ok()),
            Err(_) => Err(Error::RoleBusy(timeout)),
        }
    }
}

/// The schemas of all roles that have sent requests.
pub(super) struct Snapshots {
    pub(super) loader: CatalogLoader,
    api: Api,
    application: Arc<Application>,
    statement_timeout: Duration,
    limits: RoleLimits,
    start: Instant,
    role_schemas: ArcSwap<RoleSchemas>,
    /// Held while a role's schema is replaced and its snapshot is made, so that two roles with the same new
    /// catalog make only one.
    replacing: Mutex<()>,
    role_locks: RoleLocks,
    concurrency: Concurrency,
    loading: Semaphore,
}

#[derive(Clone, Default)]
struct RoleSchemas {
    /// The schema of the connection's own user.
    own: Option<Arc<RoleSchema>>,
    by_role: HashMap<String, Arc<RoleSchema>>,
}

/// A lock for each role, held while its catalog is read, so that a hundred first requests read it once.
#[derive(Default)]
struct RoleLocks(std::sync::Mutex<HashMap<Option<String>, Weak<Mutex<()>>>>);

impl Snapshots {
    pub(super) fn new(
        loader: CatalogLoader,
        api: Api,
        application: Application,
        statement_timeout: Duration,
        limits: RoleLimits,
    ) -> Self {
        Self {
            limits,
            loader,
            api,
            application: Arc::new(application),
            statement_timeout,
            start: Instant::now(),
            role_schemas: ArcSwap::default(),
            replacing: Mutex::default(),
            role_locks: RoleLocks::default(),
            concurrency: Concurrency::default(),
            loading: Semaphore::new(LOADS_AT_ONCE),
        }
    }

    /// The limits of one request of a role.
    pub(super) fn limits(&self, role: Option<&str>) -> &Limits {
        self.limits.of(role)
    }

    /// The schema of a role; `None` is the connection's own user. A refused role is not cached: a refusal
    /// costs no more than the smallest request, and a grant takes effect at once.
    pub(super) async fn of(&self, role: Option<&str>) -> Result<Arc<RoleSchema>, Error> {
        if let Some(role_schema) = self.known(role) {
            return Ok(role_schema);
        }
        let _turn = self.role_locks.of(role).await;
        match self.known(role) {
            Some(role_schema) => Ok(role_schema),
            // On the heap, because the future of a request that need not wait would be as large.
            None => Ok(Box::pin(self.load(role)).await?.0),
        }
    }

    /// Whether a role has a schema, so its requests need not wait for one.
    pub(super) fn is_known(&self, role: Option<&str>) -> bool {
        self.known(role).is_some()
    }

    /// The new schema of a role if the database has changed since `old`; `None` if it has not.
    pub(super) async fn after(
        &self,
        role: Option<&str>,
        old: &RoleSchema,
    ) -> Result<Option<Arc<RoleSchema>>, Error> {
        let _turn = self.role_locks.of(role).await;
        let known = self.known(role);
        if let Some(role_schema) =
            known.as_ref().filter(|role_schema| !Arc::ptr_eq(&role_schema.snapshot, &old.snapshot))
        {
            return Ok(Some(Arc::clone(role_schema)));
        }
        let versions = self.loader.versions(&[role]).await?;
        let is_the_same = |role_schema: &Arc<RoleSchema>| {
            versions.first().is_some_and(|(_, version)| *version == role_schema.version)
        };
        let role_schema = match known.filter(is_the_same) {
            Some(role_schema) => role_schema,
            None => self.load(role).await?.0,
        };
        if Arc::ptr_eq(&role_schema.snapshot, &old.snapshot) {
            role_schema.confirmed.store(Some(Arc::new(Instant::now())));
            return Ok(None);
        }
        Ok(Some(role_schema))
    }

    /// Reads the catalogs of all roles again; returns whether any has changed. Running requests keep the
    /// schema that they began with, and a role whose catalog cannot be read keeps its schema.
    pub(super) async fn reload(&self) -> Result<bool, Error> {
        let roles = self.held();
        self.reload_roles(if roles.is_empty() { vec![None] } else { roles }).await
    }

    /// Reads again the catalogs of the roles for which they may have changed; returns whether any has.
    pub(super) async fn reload_changed(&self) -> Result<bool, Error> {
        let roles = self.held();
        let asked: Vec<Option<&str>> = roles.iter().map(Option::as_deref).collect();
        let versions: HashMap<Option<String>, CatalogVersion> =
            self.loader.versions(&asked).await?.into_iter().collect();
        let role_schemas = self.role_schemas.load_full();
        let is_the_same = |role: &Option<String>| {
            role_schemas.get(role.as_deref()).map(|role_schema| &role_schema.version) == versions.get(role)
        };
        self.reload_roles(roles.into_iter().filter(|role| !is_the_same(role)).collect()).await
    }

    /// The schema of a role, if it is cached.
    pub(super) fn known(&self, role: Option<&str>) -> Option<Arc<RoleSchema>> {
        let role_schemas = self.role_schemas.load();
        let role_schema = role_schemas.get(role)?;
        let now = self.start.elapsed().as_secs();
        // Written once a second at most, so that processors do not contend for the cache line.
        if role_schema.used.load(Ordering::Relaxed) != now {
            role_schema.used.store(now, Ordering::Relaxed);
        }
        Some(Arc::clone(role_schema))
    }

    /// The roles that have schemas: the connection's own user first, then the most recently used ones.
    fn held(&self) -> Vec<Option<String>> {
        let role_schemas = self.role_schemas.load();
        let mut roles: Vec<(&String, u64)> = role_schemas
            .by_role
            .iter()
            .map(|(role, role_schema)| (role, role_schema.used.load(Ordering::Relaxed)))
            .collect();
        roles.sort_by_key(|(_, used)| std::cmp::Reverse(*used));
        let own = role_schemas.own.iter().map(|_| None);
        own.chain(roles.into_iter().map(|(role, _)| Some(role.clone()))).collect()
    }

    async fn reload_roles(&self, roles: Vec<Option<String>>) -> Result<bool, Error> {
        let (mut has_changed, mut failure) = (false, None);
        for (index, role) in roles.into_iter().enumerate() {
            let _turn = self.role_locks.of(role.as_deref()).await;
            if index >= RELOADED {
                self.replace(|role_schemas| role_schemas.forget(role.as_deref())).await;
                continue;
            }
            match self.load(role.as_deref()).await {
                Ok((_, is_new)) => has_changed |= is_new,
                Err(error) if error.is_role_refused() => {
                    self.replace(|role_schemas| role_schemas.forget(role.as_deref())).await;
                    has_changed = true;
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(has_changed), Err)
    }

    /// Reads a role's catalog and stores its schema. Returns the schema, and whether the catalog has changed.
    /// The caller holds the role's lock.
    async fn load(&self, role: Option<&str>) -> Result<(Arc<RoleSchema>, bool), Error> {
        let start = Instant::now();
        let loaded = {
            let _place = self.loading.acquire().await;
            self.loader.load(role).await?
        };
        let _alone = self.replacing.lock().await;
        let role_schemas = self.role_schemas.load_full();
        let fingerprint = fingerprint(&loaded.json);
        let LoadedCatalog { json, version } = loaded;
        let snapshot = match role_schemas.with_fingerprint(fingerprint) {
            Some(snapshot) => snapshot,
            None => self.make(role, json, start).await?,
        };
        let is_new = role_schemas.get(role).is_none_or(|old| old.snapshot.fingerprint != fingerprint);
        let statement_timeout = version.statement_timeout.unwrap_or(self.statement_timeout);
        let used = AtomicU64::new(self.start.elapsed().as_secs());
        let places = self.limits.of(role).concurrency.map(|count| self.concurrency.of(role, count));
        let role_schema = Arc::new(RoleSchema {
            snapshot,
            statement_timeout,
            places,
            version,
            used,
            confirmed: ArcSwapOption::empty(),
        });
        let mut role_schemas = RoleSchemas::clone(&role_schemas);
        role_schemas.insert(role, Arc::clone(&role_schema));
        self.role_schemas.store(Arc::new(role_schemas));
        Ok((role_schema, is_new))
    }

    /// Makes a snapshot on a separate thread: it takes some hundred milliseconds for a thousand tables.
    async fn make(&self, role: Option<&str>, json: String, start: Instant) -> Result<Arc<Snapshot>, Error> {
        let (api, application) = (self.api.clone(), Arc::clone(&self.application));
        let making = tokio::task::spawn_blocking(move || Snapshot::new(&json, &api, &application));
        let snapshot = making.await.map_err(|error| Error::NotMade(error.to_string()))??;
        let tables = snapshot.schema.tables.iter().flatten().count();
        Event::CatalogLoaded { role, tables, took: start.elapsed() }.emit();
        Ok(Arc::new(snapshot))
    }

    async fn replace(&self, change: impl FnOnce(&mut RoleSchemas)) {
        let _alone = self.replacing.lock().await;
        let mut role_schemas = RoleSchemas::clone(&self.role_schemas.load());
        change(&mut role_schemas);
        self.role_schemas.store(Arc::new(role_schemas));
    }
}

impl RoleSchemas {
    fn get(&self, role: Option<&str>) -> Option<&Arc<RoleSchema>> {
        match role {
            Some(role) => self.by_role.get(role),
            None => self.own.as_ref(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Arc<RoleSchema>> {
        self.own.iter().chain(self.by_role.values())
    }

    fn with_fingerprint(&self, fingerprint: u64) -> Option<Arc<Snapshot>> {
        let found = self.all().find(|role_schema| role_schema.snapshot.fingerprint == fingerprint);
        found.map(|role_schema| Arc::clone(&role_schema.snapshot))
    }

    fn forget(&mut self, role: Option<&str>) {
        match role {
            Some(role) => {
                self.by_role.remove(role);
            }
            None => self.own = None,
        }
    }

    /// Adds a schema, and drops the least recently used ones if there are too many.
    fn insert(&mut self, role: Option<&str>, role_schema: Arc<RoleSchema>) {
        match role {
            Some(role) => {
                self.by_role.insert(role.to_owned(), role_schema);
            }
            None => self.own = Some(role_schema),
        }
        while self.by_role.len() > ROLES || self.snapshots() > SNAPSHOTS {
            let others = self.by_role.iter().filter(|(other, _)| Some(other.as_str()) != role);
            let oldest = others.min_by_key(|(_, role_schema)| role_schema.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(role, _)| role.clone()) else { return };
            self.by_role.remove(&oldest);
        }
    }

    /// The number of different snapshots.
    fn snapshots(&self) -> usize {
        self.all().map(|role_schema| role_schema.snapshot.fingerprint).collect::<HashSet<_>>().len()
    }
}

impl RoleLocks {
    async fn of(&self, role: Option<&str>) -> OwnedMutexGuard<()> {
        let turn = {
            let mut role_locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            role_locks.retain(|_, turn| turn.strong_count() > 0);
            let waiting = role_locks.entry(role.map(str::to_owned)).or_default();
            waiting.upgrade().unwrap_or_else(|| {
                let turn = Arc::default();
                *waiting = Arc::downgrade(&turn);
                turn
            })
        };
        turn.lock_owned().await
    }
}
