//! Snapshots: the catalogue and the API as one role sees them, immutable, replaced whole.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::run::Known;
use crate::catalog::{Catalog, INTROSPECT};
use crate::config::{Api, Introspection, Limits};
use crate::db::{Access, Database, Scope};
use crate::error::Error;
use crate::event::Event;
use crate::plan::{Plan, Source};
use crate::request::{Document, Message, Operation, RequestError};
use crate::schema::rendered::Rendered;
use crate::schema::{Application, Options, Schema};
use crate::sql::Statement;

/// The roles whose snapshots are kept; with more of them the pictures are drawn anew.
const ROLES: usize = 64;

/// The bytes of document texts that are remembered for each snapshot; a validated document takes about twenty times that.
const DOCUMENT_BYTES: u64 = 4 << 20;

/// The bytes of introspection answers that are remembered for each snapshot. Tools ask the same again and again; the answer
/// for a thousand tables has some megabytes.
const INTROSPECTION_BYTES: u64 = 16 << 20;

/// A picture of a thousand tables takes about a second; it is drawn at start and after changes only.
const PICTURE_TIMEOUT: Duration = Duration::from_mins(1);

/// Everything that requests of one role are answered with.
pub(super) struct Snapshot {
    pub(super) schema: Schema,
    pub(super) rendered: Rendered,
    visible: Option<Rendered>,
    documents: Cache<String, Arc<Document>, TextWeight>,
    introspected: Cache<String, Arc<Known>, TextWeight>,
    fingerprint: u64,
}

/// The snapshots of all roles that have asked.
pub(super) struct Snapshots {
    database: Database,
    api: Api,
    application: Application,
    timeout: Duration,
    by_role: ArcSwap<HashMap<Option<String>, Arc<Snapshot>>>,
    /// Held while a snapshot is made, so that a hundred requests at start make one.
    making: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct TextWeight;

impl Weighter<String, Arc<Document>> for TextWeight {
    fn weight(&self, text: &String, _: &Arc<Document>) -> u64 {
        text.len() as u64 + 64
    }
}

impl Weighter<String, Arc<Known>> for TextWeight {
    fn weight(&self, text: &String, answers: &Arc<Known>) -> u64 {
        let answers: usize = answers.iter().map(|(key, value)| key.len() + value.len() + 64).sum();
        (text.len() + answers) as u64 + 64
    }
}

impl Snapshots {
    pub(super) fn new(
        database: Database,
        api: Api,
        application: Application,
        statement_timeout: Duration,
    ) -> Self {
        let timeout = statement_timeout.max(PICTURE_TIMEOUT);
        let making = tokio::sync::Mutex::default();
        Self { database, api, application, timeout, by_role: ArcSwap::default(), making }
    }

    /// The snapshot of a role; made if there is none yet.
    pub(super) async fn of(&self, role: Option<&str>) -> Result<Arc<Snapshot>, Error> {
        let role = role.map(str::to_owned);
        if let Some(snapshot) = self.by_role.load().get(&role) {
            return Ok(Arc::clone(snapshot));
        }
        let _alone = self.making.lock().await;
        if let Some(snapshot) = self.by_role.load().get(&role) {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.make(role.as_deref()).await?);
        let mut snapshots = HashMap::clone(&self.by_role.load());
        if snapshots.len() >= ROLES {
            snapshots.retain(|role, _| role.is_none());
        }
        snapshots.insert(role, Arc::clone(&snapshot));
        self.by_role.store(Arc::new(snapshots));
        Ok(snapshot)
    }

    /// Draws the picture again and replaces the snapshots if it has changed; says whether it has. Requests that run keep
    /// the one that they began with.
    pub(super) async fn reload(&self) -> Result<bool, Error> {
        let _alone = self.making.lock().await;
        let start = Instant::now();
        let picture = self.ask(None, INTROSPECT).await?;
        if self.by_role.load().get(&None).is_some_and(|old| old.fingerprint == fingerprint(&picture)) {
            return Ok(false);
        }
        let fresh = Arc::new(self.build(&picture, start)?);
        self.by_role.store(Arc::new(HashMap::from([(None, fresh)])));
        Ok(true)
    }

    async fn make(&self, role: Option<&str>) -> Result<Snapshot, Error> {
        let start = Instant::now();
        let picture = self.ask(role, INTROSPECT).await?;
        self.build(&picture, start)
    }

    fn build(&self, picture: &str, start: Instant) -> Result<Snapshot, Error> {
        let snapshot = Snapshot::new(picture, &self.api, &self.application)?;
        let tables = snapshot.schema.tables.iter().flatten().count();
        Event::CatalogLoaded { tables, took: start.elapsed() }.emit();
        Ok(snapshot)
    }

    /// Something that changes whenever the picture does.
    pub(super) async fn mark(&self) -> Result<String, Error> {
        self.ask(
            None,
            &format!("select pg_catalog.md5(picture.text) from (\n{INTROSPECT}\n) as picture(text)"),
        )
        .await
    }

    async fn ask(&self, role: Option<&str>, text: &str) -> Result<String, Error> {
        let schemas = crate::sql::array_literal(self.api.schemas.iter().map(|name| Some(name.as_str())));
        let scope = Scope {
            access: Access::ReadOnly,
            role: role.map(str::to_owned),
            // Compiling the statement would take longer than running it.
            settings: vec![("jit".to_owned(), "off".to_owned())],
            statement_timeout: self.timeout,
        };
        let statement = Statement { text: text.to_owned(), parameters: vec![Some(schemas)] };
        let answers = self.database.run(&scope, &[statement]).await.map_err(|failure| failure.error)?;
        Ok(answers.into_iter().flatten().next().unwrap_or_default())
    }
}

impl Snapshot {
    fn new(picture: &str, api: &Api, application: &Application) -> Result<Self, Error> {
        let catalog = Catalog::from_json(picture)?;
        let options =
            Options { total_count: api.total_count, aggregate: api.aggregate, partitions: api.partitions };
        let visible = visible_part(&catalog, api.introspection);
        let extended = |catalog| Schema::extended(Arc::new(catalog), options, application);
        let schema = extended(catalog);
        let rendered = Rendered::new(&schema)?;
        let visible = match visible {
            Visible::All => Some(rendered.clone()),
            Visible::Part(part) => Some(Rendered::new(&extended(part))?),
            Visible::None => None,
        };
        let documents = Cache::with_weighter(1024, DOCUMENT_BYTES, TextWeight);
        let introspected = Cache::with_weighter(8, INTROSPECTION_BYTES, TextWeight);
        Ok(Self { schema, rendered, visible, documents, introspected, fingerprint: fingerprint(picture) })
    }

    /// The API in both its forms.
    pub(super) fn api(&self) -> (&Schema, &Rendered) {
        (&self.schema, &self.rendered)
    }

    /// The validated document; remembered by its text.
    pub(super) fn document(&self, text: &str, limits: &Limits) -> Result<Arc<Document>, RequestError> {
        if let Some(document) = self.documents.get(text) {
            return Ok(document);
        }
        let document =
            Document::parse(&self.rendered, text, limits).map_err(|error| match &self.visible {
                Some(visible) => error.with_suggestions(visible),
                None => error,
            })?;
        let document = Arc::new(document);
        self.documents.insert(text.to_owned(), Arc::clone(&document));
        Ok(document)
    }

    /// The answers of the operation's `__schema` and `__type` fields; remembered by the document's text, the operation and
    /// its variables.
    pub(super) fn introspection(
        &self,
        plan: &Plan,
        operation: &Operation,
        text: &str,
    ) -> Result<Arc<Known>, RequestError> {
        let Some(root) = plan.roots.iter().find(|root| root.source == Source::Introspection) else {
            return Ok(Arc::default());
        };
        let Some(visible) = &self.visible else {
            let text =
                "introspection is off; ask for the schema's SDL file, or see the setting introspection"
                    .to_owned();
            let locations = root.location.into_iter().collect();
            return Err(RequestError::NoIntrospection(Message { text, locations }));
        };
        let variables = serde_json::to_string(&**operation.variables()).unwrap_or_default();
        let name = operation.definition().name.as_ref().map_or("", |name| name.as_str());
        let key = format!("{name} {variables} {text}");
        if let Some(answers) = self.introspected.get(&key) {
            return Ok(answers);
        }
        let answers = Arc::new(operation.introspect(visible)?);
        self.introspected.insert(key, Arc::clone(&answers));
        Ok(answers)
    }
}

fn fingerprint(picture: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    picture.hash(&mut hasher);
    hasher.finish()
}

enum Visible {
    All,
    Part(Catalog),
    None,
}

/// The part of the catalogue that introspection shows.
fn visible_part(catalog: &Catalog, introspection: Introspection) -> Visible {
    let is_visible =
        |name: &str| catalog.schema(name).is_some_and(|schema| schema.directive.introspection == Some(true));
    match introspection {
        Introspection::On => Visible::All,
        Introspection::Off => Visible::None,
        Introspection::Directive if catalog.schemas.iter().all(|schema| is_visible(&schema.name)) => {
            Visible::All
        }
        Introspection::Directive if !catalog.schemas.iter().any(|schema| is_visible(&schema.name)) => {
            Visible::None
        }
        Introspection::Directive => Visible::Part(catalog.only(is_visible)),
    }
}
