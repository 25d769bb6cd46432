//! The snapshots by role: made when a role first asks, shared by all roles with the same picture, bounded in number.
//!
//! A request reads one atomic pointer and waits for nobody, as long as its role is known.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::RoleLimits;
use super::concurrency::Concurrency;
use super::picture::{Mark, Picture, Pictures};
use super::snapshot::{Snapshot, fingerprint};
use crate::config::{Api, Limits};
use crate::error::Error;
use crate::event::Event;
use crate::schema::Application;

/// The roles that are remembered. One takes some hundred bytes besides its snapshot.
const ROLES: usize = 1000;

/// The different snapshots that are held. One of a thousand tables takes about 110 MB.
const SNAPSHOTS: usize = 16;

/// The pictures that are drawn at once, so that roles that come for the first time do not take the whole pool.
const DRAWN_AT_ONCE: usize = 4;

/// The roles whose pictures are drawn again after a change, those that asked last; others when they ask again.
const RELOADED: usize = 64;

/// What requests of one role are answered with.
pub(super) struct View {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) statement_timeout: Duration,
    /// A place for each operation that may run at once; `None` where nothing is said. All views of the role share it.
    places: Option<Arc<Semaphore>>,
    mark: Mark,
    /// When it was last asked for, in seconds since the start.
    used: AtomicU64,
}

impl View {
    /// Waits until one more operation of the role may run; it holds the place until it has ended.
    pub(super) async fn place(&self, timeout: Duration) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let Some(places) = &self.places else { return Ok(None) };
        match tokio::time::timeout(timeout, Arc::clone(places).acquire_owned()).await {
            // Nobody closes it.
            Ok(place) => Ok(place.ok()),
            Err(_) => Err(Error::RoleBusy(timeout)),
        }
    }
}

/// The views of all roles that have asked.
pub(super) struct Snapshots {
    pub(super) pictures: Pictures,
    api: Api,
    application: Arc<Application>,
    statement_timeout: Duration,
    limits: RoleLimits,
    start: Instant,
    views: ArcSwap<Views>,
    /// Held while the views are replaced, and while a snapshot is made for them: two roles with the same new picture make one.
    replacing: Mutex<()>,
    turns: Turns,
    concurrency: Concurrency,
    drawing: Semaphore,
}

#[derive(Clone, Default)]
struct Views {
    /// That of the connection's own user.
    own: Option<Arc<View>>,
    by_role: HashMap<String, Arc<View>>,
}

/// A lock for each role, held while its picture is drawn: a hundred first requests draw one.
#[derive(Default)]
struct Turns(std::sync::Mutex<HashMap<Option<String>, Weak<Mutex<()>>>>);

impl Snapshots {
    pub(super) fn new(
        pictures: Pictures,
        api: Api,
        application: Application,
        statement_timeout: Duration,
        limits: RoleLimits,
    ) -> Self {
        Self {
            limits,
            pictures,
            api,
            application: Arc::new(application),
            statement_timeout,
            start: Instant::now(),
            views: ArcSwap::default(),
            replacing: Mutex::default(),
            turns: Turns::default(),
            concurrency: Concurrency::default(),
            drawing: Semaphore::new(DRAWN_AT_ONCE),
        }
    }

    /// What one request of a role may ask for.
    pub(super) fn limits(&self, role: Option<&str>) -> &Limits {
        self.limits.of(role)
    }

    /// The view of a role; `None` is the connection's own user. A role that is refused is not remembered: it costs no more
    /// than the smallest request, and is there as soon as it is granted.
    pub(super) async fn of(&self, role: Option<&str>) -> Result<Arc<View>, Error> {
        if let Some(view) = self.known(role) {
            return Ok(view);
        }
        let _turn = self.turns.of(role).await;
        match self.known(role) {
            Some(view) => Ok(view),
            None => Ok(self.draw(role).await?.0),
        }
    }

    /// Whether a role has a view, so that its requests need not wait for one.
    pub(super) fn is_known(&self, role: Option<&str>) -> bool {
        self.known(role).is_some()
    }

    /// The view of a role after the database has turned out to be another than in `old`; `None` if it is the same.
    pub(super) async fn after(&self, role: Option<&str>, old: &View) -> Result<Option<Arc<View>>, Error> {
        let _turn = self.turns.of(role).await;
        let known = self.known(role);
        if let Some(view) = known.as_ref().filter(|view| !Arc::ptr_eq(&view.snapshot, &old.snapshot)) {
            return Ok(Some(Arc::clone(view)));
        }
        let marks = self.pictures.marks(&[role]).await?;
        if known.is_some_and(|view| marks.first().is_some_and(|(_, mark)| *mark == view.mark)) {
            return Ok(None);
        }
        let (view, _) = self.draw(role).await?;
        Ok(Some(view).filter(|view| !Arc::ptr_eq(&view.snapshot, &old.snapshot)))
    }

    /// Draws the pictures of all roles again; says whether any has changed. Requests that run keep the view that they began
    /// with, and a role whose picture cannot be drawn keeps its own.
    pub(super) async fn reload(&self) -> Result<bool, Error> {
        let roles = self.held();
        self.redraw(if roles.is_empty() { vec![None] } else { roles }).await
    }

    /// The same for those roles whose pictures may have changed.
    pub(super) async fn reload_changed(&self) -> Result<bool, Error> {
        let roles = self.held();
        let asked: Vec<Option<&str>> = roles.iter().map(Option::as_deref).collect();
        let marks: HashMap<Option<String>, Mark> = self.pictures.marks(&asked).await?.into_iter().collect();
        let views = self.views.load_full();
        let is_the_same =
            |role: &Option<String>| views.get(role.as_deref()).map(|view| &view.mark) == marks.get(role);
        self.redraw(roles.into_iter().filter(|role| !is_the_same(role)).collect()).await
    }

    fn known(&self, role: Option<&str>) -> Option<Arc<View>> {
        let views = self.views.load();
        let view = views.get(role)?;
        let now = self.start.elapsed().as_secs();
        // Written once a second, so that requests on several processors do not take the value from each other.
        if view.used.load(Ordering::Relaxed) != now {
            view.used.store(now, Ordering::Relaxed);
        }
        Some(Arc::clone(view))
    }

    /// The roles that have views: the own user first, then those that asked last.
    fn held(&self) -> Vec<Option<String>> {
        let views = self.views.load();
        let mut roles: Vec<(&String, u64)> =
            views.by_role.iter().map(|(role, view)| (role, view.used.load(Ordering::Relaxed))).collect();
        roles.sort_by_key(|(_, used)| std::cmp::Reverse(*used));
        let own = views.own.iter().map(|_| None);
        own.chain(roles.into_iter().map(|(role, _)| Some(role.clone()))).collect()
    }

    async fn redraw(&self, roles: Vec<Option<String>>) -> Result<bool, Error> {
        let (mut has_changed, mut failure) = (false, None);
        for (index, role) in roles.into_iter().enumerate() {
            let _turn = self.turns.of(role.as_deref()).await;
            if index >= RELOADED {
                self.replace(|views| views.forget(role.as_deref())).await;
                continue;
            }
            match self.draw(role.as_deref()).await {
                Ok((_, is_new)) => has_changed |= is_new,
                Err(error) if error.is_role_refused() => {
                    self.replace(|views| views.forget(role.as_deref())).await;
                    has_changed = true;
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(has_changed), Err)
    }

    /// Draws a role's picture and puts its view in place; whether the picture is another than before. The caller has the
    /// role's turn.
    async fn draw(&self, role: Option<&str>) -> Result<(Arc<View>, bool), Error> {
        let start = Instant::now();
        let picture = {
            let _place = self.drawing.acquire().await;
            self.pictures.draw(role).await?
        };
        let _alone = self.replacing.lock().await;
        let views = self.views.load_full();
        let fingerprint = fingerprint(&picture.text);
        let Picture { text, mark } = picture;
        let snapshot = match views.with_picture(fingerprint) {
            Some(snapshot) => snapshot,
            None => self.make(role, text, start).await?,
        };
        let is_new = views.get(role).is_none_or(|old| old.snapshot.fingerprint != fingerprint);
        let statement_timeout = mark.statement_timeout.unwrap_or(self.statement_timeout);
        let used = AtomicU64::new(self.start.elapsed().as_secs());
        let places = self.limits.of(role).concurrency.map(|count| self.concurrency.of(role, count));
        let view = Arc::new(View { snapshot, statement_timeout, places, mark, used });
        let mut views = Views::clone(&views);
        views.insert(role, Arc::clone(&view));
        self.views.store(Arc::new(views));
        Ok((view, is_new))
    }

    /// Makes a snapshot on a thread that no request waits for: it takes some hundred milliseconds for a thousand tables.
    async fn make(
        &self,
        role: Option<&str>,
        picture: String,
        start: Instant,
    ) -> Result<Arc<Snapshot>, Error> {
        let (api, application) = (self.api.clone(), Arc::clone(&self.application));
        let making = tokio::task::spawn_blocking(move || Snapshot::new(&picture, &api, &application));
        let snapshot = making.await.map_err(|error| Error::NotMade(error.to_string()))??;
        let tables = snapshot.schema.tables.iter().flatten().count();
        Event::CatalogLoaded { role, tables, took: start.elapsed() }.emit();
        Ok(Arc::new(snapshot))
    }

    async fn replace(&self, change: impl FnOnce(&mut Views)) {
        let _alone = self.replacing.lock().await;
        let mut views = Views::clone(&self.views.load());
        change(&mut views);
        self.views.store(Arc::new(views));
    }
}

impl Views {
    fn get(&self, role: Option<&str>) -> Option<&Arc<View>> {
        match role {
            Some(role) => self.by_role.get(role),
            None => self.own.as_ref(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Arc<View>> {
        self.own.iter().chain(self.by_role.values())
    }

    fn with_picture(&self, fingerprint: u64) -> Option<Arc<Snapshot>> {
        let found = self.all().find(|view| view.snapshot.fingerprint == fingerprint);
        found.map(|view| Arc::clone(&view.snapshot))
    }

    fn forget(&mut self, role: Option<&str>) {
        match role {
            Some(role) => {
                self.by_role.remove(role);
            }
            None => self.own = None,
        }
    }

    /// Adds a view, and forgets those that have not been asked for longest where there are too many.
    fn insert(&mut self, role: Option<&str>, view: Arc<View>) {
        match role {
            Some(role) => {
                self.by_role.insert(role.to_owned(), view);
            }
            None => self.own = Some(view),
        }
        while self.by_role.len() > ROLES || self.snapshots() > SNAPSHOTS {
            let others = self.by_role.iter().filter(|(other, _)| Some(other.as_str()) != role);
            let oldest = others.min_by_key(|(_, view)| view.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(role, _)| role.clone()) else { return };
            self.by_role.remove(&oldest);
        }
    }

    /// How many different ones there are.
    fn snapshots(&self) -> usize {
        self.all().map(|view| view.snapshot.fingerprint).collect::<HashSet<_>>().len()
    }
}

impl Turns {
    async fn of(&self, role: Option<&str>) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let waiting = turns.entry(role.map(str::to_owned)).or_default();
            waiting.upgrade().unwrap_or_else(|| {
                let turn = Arc::default();
                *waiting = Arc::downgrade(&turn);
                turn
            })
        };
        turn.lock_owned().await
    }
}
