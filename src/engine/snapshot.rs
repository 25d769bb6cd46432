//! A snapshot: the catalog and the API of roles with the same privileges. It is immutable, and replaced as a
//! whole.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::compile::{CompiledOperation, ReadyAnswers, Root, Source};
use super::compiled::{CompiledOperations, Id};
use super::toolbox::Toolbox;
use crate::catalog::{Catalog, base_type};
use crate::config::{Api, Introspection, Limits, Tenant};
use crate::error::Error;
use crate::event::Event;
use crate::plan::ServiceField;
use crate::request::{Document, JsonMap, Message, Operation, RequestError};
use crate::schema::rendered::Rendered;
use crate::schema::{Application, Options, QueryFieldKind, Schema};
use crate::sql::KeyType;

/// About how many bytes the cached documents of a snapshot may take.
const DOCUMENT_BYTES: u64 = 16 << 20;

/// The maximum number of bytes of a snapshot's cached introspection answers. Tools send the same queries
/// repeatedly; the answer for a thousand tables has some megabytes.
const INTROSPECTION_BYTES: u64 = 16 << 20;

/// The ready answers of an operation without introspection, as nearly all are.
static NONE_READY: LazyLock<Arc<ReadyAnswers>> = LazyLock::new(Arc::default);

/// Everything that is needed to answer requests of roles with the same catalog JSON.
pub(super) struct Snapshot {
    pub(super) schema: Schema,
    pub(super) rendered: Rendered,
    visible: Option<Rendered>,
    /// Whether the SDL may be read.
    shows_sdl: bool,
    documents: Cache<String, CachedDocument, TextWeight>,
    pub(super) compiled: CompiledOperations,
    introspected: Cache<String, Arc<ReadyAnswers>, TextWeight>,
    pub(super) tools: Toolbox,
    /// A hash of the catalog JSON that it was made from.
    pub(super) fingerprint: u64,
}

/// A cached document, which was accepted before.
#[derive(Clone)]
pub(super) struct CachedDocument {
    pub(super) id: Id,
    pub(super) document: Arc<Document>,
}

#[derive(Clone)]
struct TextWeight;

impl Weighter<String, CachedDocument> for TextWeight {
    fn weight(&self, text: &String, cached: &CachedDocument) -> u64 {
        (text.len() + cached.document.size()) as u64
    }
}

impl Weighter<String, Arc<ReadyAnswers>> for TextWeight {
    fn weight(&self, text: &String, answers: &Arc<ReadyAnswers>) -> u64 {
        let answers: usize = answers.iter().map(|(key, value)| key.len() + value.len() + 64).sum();
        (text.len() + answers) as u64 + 64
    }
}

/// The type of the sharding key, by the first table that has it.
fn key_type(catalog: &Catalog, tenant: &Tenant) -> KeyType {
    let column = catalog.tables.iter().find_map(|table| {
        let index = table.column_index(&tenant.column)?;
        catalog.type_of(&table.columns[index])
    });
    column.map_or(KeyType::Text, |found| KeyType::of(&base_type(&catalog.types, found).name))
}

/// Makes tables without the sharding key read-only: each shard has a copy of them, and a change would reach only one.
fn protect_copies(catalog: &mut Catalog, tenant: &Tenant) {
    for table in catalog.tables.iter_mut().filter(|table| table.column_index(&tenant.column).is_none()) {
        (table.can_insert, table.can_update, table.can_delete) = (false, false, false);
    }
}

impl Snapshot {
    pub(super) fn new(json: &str, api: &Api, application: &Application) -> Result<Self, Error> {
        let mut catalog = Catalog::from_json(json)?;
        if api.schema_per_tenant.is_some() {
            // Those of tenants are nothing for other tenants.
            catalog
                .text_search
                .keep(|schema| schema == "public" || api.schemas.iter().any(|own| own == schema));
        }
        let sharded = api.tenant.as_ref().filter(|tenant| tenant.is_sharding_key);
        let sharding_key = sharded.map(|tenant| {
            protect_copies(&mut catalog, tenant);
            key_type(&catalog, tenant)
        });
        let options = Options {
            total_count: api.total_count,
            aggregate: api.aggregate,
            partitions: api.partitions,
            subscriptions: api.subscriptions,
            federation: api.federation,
            semantic_non_null: api.semantic_non_null,
        };
        let visible = visible_part(&catalog, api.introspection);
        let extended = |catalog| Rendered::of(&Arc::new(catalog), options, application);
        let (mut schema, rendered) = extended(catalog)?;
        schema.tenant_column = api.tenant.as_ref().map(|tenant| tenant.column.as_str().into());
        schema.sharding_key = sharding_key;
        let template = api.schema_per_tenant.as_ref().map(|tenants| tenants.template.as_str().into());
        schema.tenant_template = template;
        let visible = match visible {
            Visible::All => Some(rendered.clone()),
            Visible::Part(part) => Some(extended(*part)?.1),
            Visible::None => None,
        };
        let documents = Cache::with_weighter(1024, DOCUMENT_BYTES, TextWeight);
        let introspected = Cache::with_weighter(8, INTROSPECTION_BYTES, TextWeight);
        let compiled = CompiledOperations::new();
        let fingerprint = fingerprint(json);
        let shows_sdl = api.introspection != Introspection::Off;
        Ok(Self {
            schema,
            rendered,
            visible,
            shows_sdl,
            documents,
            compiled,
            introspected,
            tools: Toolbox::default(),
            fingerprint,
        })
    }

    /// The validated document of a text, if it is cached.
    pub(super) fn cached_document(
        &self,
        text: &str,
        limits: &Limits,
    ) -> Result<Option<CachedDocument>, RequestError> {
        let Some(cached) = self.documents.get(text) else { return Ok(None) };
        cached.document.check(limits)?;
        Event::DocumentHit.emit();
        Ok(Some(cached))
    }

    /// The validated document of a text.
    pub(super) fn document(&self, text: &str, limits: &Limits) -> Result<Arc<Document>, RequestError> {
        let document =
            Document::parse(&self.rendered, text, limits).map_err(|error| self.suggesting(error))?;
        Event::DocumentParsed.emit();
        Ok(Arc::new(document))
    }

    /// Caches a document with an operation that is within the limits. A document that is refused each time is
    /// not worth its memory.
    pub(super) fn cache_document(&self, text: &str, document: Arc<Document>) {
        self.documents.insert(text.to_owned(), CachedDocument { id: Id::new(), document });
    }

    /// The operation that a request selects from a document.
    pub(super) fn operation(
        &self,
        document: Arc<Document>,
        name: Option<&str>,
        variables: &JsonMap,
        limits: &Limits,
    ) -> Result<Operation, RequestError> {
        Operation::coerced(document, name, variables, &self.rendered, limits)
            .map_err(|error| self.suggesting(error))
    }

    /// Keeps suggestions of names in an error only for clients that may see the names anyway.
    fn suggesting(&self, error: RequestError) -> RequestError {
        match &self.visible {
            Some(visible) => error.with_suggestions(visible),
            None => error,
        }
    }

    /// The part of the API that introspection shows.
    pub(super) fn visible(&self) -> Option<&Rendered> {
        self.visible.as_ref()
    }

    /// The API as a file: of a subgraph what a supergraph is composed from.
    pub(super) fn file(&self) -> Arc<str> {
        let is_subgraph = self.schema.query.values().any(|kind| *kind == QueryFieldKind::Service);
        if is_subgraph { self.rendered.subgraph(&self.schema) } else { self.rendered.sdl() }
    }

    /// The answers that need neither the database nor the application.
    pub(super) fn ready_answers(
        &self,
        compiled: &CompiledOperation,
        operation: &Operation,
        text: &str,
        limits: &Limits,
    ) -> Result<Arc<ReadyAnswers>, RequestError> {
        let mut ready = self.introspection(compiled, operation, text, limits)?;
        for root in &compiled.roots {
            if let Source::Service(fields) = &root.source {
                let answer = self.service(fields).ok_or_else(|| {
                    not_shown(
                        root,
                        "the SDL is not shown; print it with glowplug schema, or see the setting explore",
                    )
                })?;
                Arc::make_mut(&mut ready).insert(root.key.clone(), answer);
            }
        }
        Ok(ready)
    }

    /// The answer of `_service`, if the SDL may be read.
    fn service(&self, fields: &[(String, ServiceField)]) -> Option<String> {
        let answers = fields.iter().map(|(key, field)| {
            let value = match field {
                ServiceField::Typename(name) => name.as_str().into(),
                ServiceField::Sdl => serde_json::Value::from(&*self.rendered.subgraph(&self.schema)),
            };
            format!("\"{key}\":{value}")
        });
        self.shows_sdl.then(|| format!("{{{}}}", answers.collect::<Vec<_>>().join(",")))
    }

    /// The answers to the operation's `__schema` and `__type` fields; cached by the document's text, the
    /// operation and its variables.
    fn introspection(
        &self,
        compiled: &CompiledOperation,
        operation: &Operation,
        text: &str,
        limits: &Limits,
    ) -> Result<Arc<ReadyAnswers>, RequestError> {
        let mut roots = compiled.roots.iter();
        let Some(root) = roots.find(|root| matches!(root.source, Source::Introspection)) else {
            return Ok(Arc::clone(&NONE_READY));
        };
        let Some(visible) = &self.visible else {
            let text = "introspection is off; ask for the schema's SDL file, or see the setting explore";
            return Err(not_shown(root, text));
        };
        let variables = serde_json::to_string(&**operation.variables()).unwrap_or_default();
        let name = operation.definition().name.as_ref().map_or("", |name| name.as_str());
        let key = format!("{name} {variables} {text}");
        if let Some(answers) = self.introspected.get(&key) {
            return Ok(answers);
        }
        let answers = Arc::new(operation.introspect(visible, limits.answer_bytes)?);
        self.introspected.insert(key, Arc::clone(&answers));
        Ok(answers)
    }
}

/// What is asked of the schema is not shown.
fn not_shown(root: &Root, text: &str) -> RequestError {
    let locations = root.location.into_iter().collect();
    RequestError::NoIntrospection(Message { text: text.to_owned(), locations })
}

pub(super) fn fingerprint(json: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    json.hash(&mut hasher);
    hasher.finish()
}

enum Visible {
    All,
    Part(Box<Catalog>),
    None,
}

/// The part of the catalog that introspection shows.
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
        Introspection::Directive => Visible::Part(Box::new(catalog.only(is_visible))),
    }
}
