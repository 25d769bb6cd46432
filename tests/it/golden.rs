//! Golden tests: `tests/golden/<case>/` contains a schema, a request, the expected SQL and the expected
//! answer.
//!
//! `catalog.json` is the result of introspection for the schema, so the SQL can be tested without a database.
//! `UPDATE=1 cargo test golden` writes `catalog.json`, `statement.sql` and `response.json` anew: read the
//! difference.
//!
//! A case `citus_…` has the SQL for Citus, which runs on PostgreSQL, too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glowplug::catalog::{Catalog, INTROSPECT};
use glowplug::config::{CLAIMS_SETTING, Config, PoolMode, SchemaPerTenant, TenantSource};
use glowplug::engine::{AllowedOperations, Identity, ReadFrom, Request};
use glowplug::plan::{PlanError, Source, plan};
use glowplug::request::{Document, Facts, Operation, json_map};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::{Statement, compile};
use glowplug::statement::TenantSchema;
use serde_json::{Map, Value};

use crate::harness;
use crate::place::{Place, say};
use crate::ways::{Answering, Route};

const SCHEMAS: [&str; 2] = ["public", "odd \"schema\""];

pub(crate) struct Case {
    pub(crate) folder: PathBuf,
}

impl Case {
    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Compares with a file of the case, or writes it.
    fn hold(&self, file: &str, found: &str) -> Option<String> {
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(self.folder.join(file), found).expect("the file can be written");
            return None;
        }
        let expected = self.read(file);
        (expected != found)
            .then(|| format!("{}/{file}\nexpected:\n{expected}\nfound:\n{found}", self.folder.display()))
    }

    /// Whether the API is a subgraph of Federation.
    fn is_of_subgraph(&self) -> bool {
        self.folder.ends_with("entities")
    }

    pub(crate) fn config(&self, url: &str, pool_mode: PoolMode) -> Config {
        let mut config = harness::config(url, pool_mode);
        config.api.schemas = SCHEMAS.map(str::to_owned).into();
        config.api.federation = self.is_of_subgraph();
        if self.is_of_tenants() {
            let named_by = TenantSource::Claim(vec!["tenant".to_owned()]);
            config.api.schema_per_tenant =
                Some(SchemaPerTenant { template: SCHEMAS[1].to_owned(), named_by });
        }
        config
    }

    /// Whether each tenant has a schema of its own; its request is one of the tenant `acme`.
    fn is_of_tenants(&self) -> bool {
        self.folder.ends_with("schema_per_tenant")
    }

    pub(crate) fn identity(&self) -> Identity {
        let claims = serde_json::json!({ "tenant": "acme" }).to_string();
        let settings = [(CLAIMS_SETTING.into(), claims.into())].into();
        if self.is_of_tenants() { Identity { settings, ..Identity::default() } } else { Identity::default() }
    }

    pub(crate) fn request(&self) -> Request {
        Request {
            document: self.read("request.graphql").into(),
            operation_name: None,
            variables: self.variables(),
            extensions: Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        }
    }

    fn variables(&self) -> Map<String, Value> {
        serde_json::from_str(&self.read("variables.json")).expect("variables")
    }

    /// Whether it has the SQL for Citus.
    pub(crate) fn is_of_citus(&self) -> bool {
        let name = self.folder.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("citus_"))
    }

    /// The catalog of a database with the case's schema.
    pub(crate) async fn picture(&self, url: &str) -> String {
        let picture = picture(url).await;
        if self.is_of_citus() { of_citus(&picture) } else { picture }
    }

    /// The statements of each root field of the request, by its key.
    pub(crate) fn roots(&self, picture: &str) -> Vec<(String, Vec<Statement>)> {
        let config = harness::config("postgres://nobody@localhost/none", PoolMode::Direct);
        let catalog = Catalog::from_json(picture).expect("a catalogue");
        let mut schema = Schema::new(
            Arc::new(catalog),
            Options { federation: self.is_of_subgraph(), ..Options::default() },
        );
        let tenant = self.is_of_tenants().then(|| TenantSchema::new("acme", &[]).expect("a tenant's name"));
        schema.tenant_template = tenant.is_some().then(|| SCHEMAS[1].into());
        let rendered = Rendered::new(&schema).expect("a valid schema");
        let document =
            Document::parse(&rendered, &self.read("request.graphql"), &config.limits).expect("a document");
        let variables = json_map(self.variables());
        let api = (&schema, &rendered);
        let operation =
            Operation::new(Arc::new(document), None, &variables, api, &config.limits).expect("an operation");
        let roots = plan(&schema, &Facts::of(&operation)).expect("a plan").roots.into_iter();
        let statements = roots.filter_map(|root| {
            let Source::Database(action) = root.source else { return None };
            let compiled = compile(&schema, &action).into_iter();
            let bound = compiled.map(|compiled| compiled.bind(&schema, operation.variables()));
            let bound = bound.map(|statement| Ok(statement?.within(tenant.as_ref())));
            Some((root.key, bound.collect::<Result<_, PlanError>>().expect("values of their types")))
        });
        statements.collect()
    }

    /// The statements of the request, with their parameters as comments.
    fn statements(&self, picture: &str) -> String {
        let mut text = String::new();
        for (key, statements) in self.roots(picture) {
            for statement in statements {
                // The text has a place for the tenant's schema.
                let statement = statement.within(None);
                writeln!(text, "-- {key}\n{};", statement.numbered()).expect("a string takes everything");
                if let Some(known) = statement.if_no_row() {
                    writeln!(text, "-- without a row: {known}").expect("a string takes everything");
                }
                for (index, parameter) in statement.parameters.iter().enumerate() {
                    writeln!(text, "-- ${} = {parameter:?}", index + 1).expect("a string takes everything");
                }
            }
        }
        text
    }
}

/// The same catalog of a database with Citus.
pub(crate) fn of_citus(picture: &str) -> String {
    let of_citus = picture.replacen("\"citus\" : null", "\"citus\" : \"13.2.2\"", 1);
    assert_ne!(of_citus, picture, "the catalog says that there is no Citus");
    of_citus
}

pub(crate) fn cases() -> Vec<Case> {
    let entries = std::fs::read_dir(Path::new("tests/golden")).expect("the golden folder");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    assert!(folders.len() >= 12, "only {} golden cases", folders.len());
    folders.into_iter().map(|folder| Case { folder }).collect()
}

#[test]
fn requests_become_the_same_sql_byte_for_byte_without_a_database() {
    if std::env::var_os("UPDATE").is_some() {
        // The other test writes the files that this one reads.
        return;
    }
    let wrong: Vec<_> = cases()
        .iter()
        .filter_map(|case| case.hold("statement.sql", &case.statements(&case.read("catalog.json"))))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_get_the_same_answer_directly_through_a_transaction_mode_pooler_and_queued() {
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let mut wrong = Vec::new();
    for case in cases() {
        let database = harness::database(&case.read("schema.sql")).await;
        let direct = harness::cluster().url(&database);
        let picture = case.picture(&direct).await;
        if std::env::var_os("UPDATE").is_some() {
            case.hold("catalog.json", &(picture.clone() + "\n"));
        }
        wrong.extend(case.hold("statement.sql", &case.statements(&picture)));
        // Each route gets its own database, because the request may write.
        let other = harness::database(&case.read("schema.sql")).await;
        let third = harness::cluster().url(&harness::database(&case.read("schema.sql")).await);
        let fourth = harness::cluster().url(&harness::database(&case.read("schema.sql")).await);
        for (url, mode, route, is_warm) in [
            (direct, PoolMode::Direct, Route::Direct, false),
            (pooler.url(&other), PoolMode::Transaction, Route::Direct, false),
            (third, PoolMode::Direct, Route::Queued, false),
            (fourth, PoolMode::Transaction, Route::Direct, true),
        ] {
            let answering = Answering::start(route, &case.config(&url, mode)).await;
            let request = case.request();
            if is_warm {
                answering.compile(&request).await;
            }
            let response = answering.respond(request, &case.identity()).await;
            let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
            wrong.extend(case.hold("response.json", &(body + "\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The newest PostgreSQL that the tests have. It has no PostGIS, and since PostgreSQL 18 a child table cannot drop a `not null` that it
/// inherits, so that fewer promises of a schema can be broken.
#[tokio::test(flavor = "multi_thread")]
async fn requests_get_the_same_answer_from_a_newer_postgresql() {
    if std::env::var_os("UPDATE").is_some() {
        // The other test writes the files that this one reads.
        return;
    }
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in cases() {
        let setup = case.read("schema.sql");
        if setup.contains("create extension postgis") || setup.contains("drop not null") {
            continue;
        }
        let cluster = harness::newer_cluster();
        let url = cluster.url(&harness::database_of(cluster, &setup).await);
        wrong.extend(case.hold("statement.sql", &case.statements(&case.picture(&url).await)));
        let answering = Answering::start(Route::Direct, &case.config(&url, PoolMode::Direct)).await;
        let response = answering.respond(case.request(), &case.identity()).await;
        let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
        wrong.extend(case.hold("response.json", &(body + "\n")));
        count += 1;
    }
    assert!(wrong.is_empty() && count > 25, "{count}: {}", wrong.join("\n\n"));
}

/// The answers of databases that are made there.
pub(crate) async fn each_request_gets_its_answer(place: &Place) {
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let url = place.database(&case.read("schema.sql")).await;
        let answering = Answering::start(Route::Direct, &case.config(&url, place.pool_mode())).await;
        let response = answering.respond(case.request(), &case.identity()).await;
        let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
        wrong.extend(case.hold("response.json", &(body + "\n")));
        drop(answering);
        place.drop_database(&url).await;
    }
    say(&format!("{} of {} golden answers hold", cases.len() - wrong.len(), cases.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

pub(crate) async fn picture(url: &str) -> String {
    let schemas: Vec<_> = SCHEMAS.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    let text = INTROSPECT.replace("$1::pg_catalog.text[]", &format!("array[{}]::text[]", schemas.join(", ")));
    let client = harness::connect(url).await;
    // JIT compilation of the statement would take longer than running it; the engine turns it off, too.
    client.batch_execute("set jit = off").await.expect("a setting");
    harness::ask(&client, &text).await.expect("a picture")
}
