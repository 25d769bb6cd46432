//! The conformance cases: the same databases and operations must give the answers that were recorded as facts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::time::Duration;

use glowplug::config::{self, Config, Introspection, PoolMode, Secret};
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use serde::Deserialize;
use serde_json::{Map, Value};

use glowplug_local::Pooler;

use crate::place::{Place, say};
use crate::ways::{Answering, Route, on_every_way};
use crate::{harness, session};

/// How many cases are run.
const CASES: usize = 418;

#[derive(Deserialize)]
struct Case {
    id: String,
    schema: String,
    search_path: String,
    role: String,
    claims: Option<Value>,
    query: String,
    variables: Option<Map<String, Value>>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    #[serde(default)]
    compare: Compare,
    expect: Expectation,
    #[serde(default)]
    after: Vec<Check>,
}

/// The content of the database after the operation.
#[derive(Deserialize)]
struct Check {
    sql: String,
    rows: Vec<Vec<Option<String>>>,
}

impl Case {
    /// Whether it needs a separate database.
    fn writes(&self) -> bool {
        self.query.contains("mutation") || !self.after.is_empty()
    }

    /// The request and its identity.
    fn request(&self) -> (Request, Identity) {
        let mut settings = Vec::new();
        if let Some(claims) = &self.claims {
            settings.push(("request.jwt.claims".into(), claims.to_string().into()));
        }
        let role = (self.role != "postgres").then(|| self.role.as_str().into());
        let request = Request {
            document: self.query.as_str().into(),
            operation_name: self.operation_name.clone(),
            variables: self.variables.clone().unwrap_or_default(),
            extensions: Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        (request, Identity { role, settings: settings.into(), ..Identity::default() })
    }
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Compare {
    #[default]
    Exact,
    Unordered,
    Subset,
}

#[derive(Deserialize)]
struct Expectation {
    data: Value,
    #[serde(default)]
    errors: Vec<Value>,
}

/// Cases with intentionally different answers, and why.
const OTHERWISE: [(&str, &str); 2] = [
    ("functions/enum-argument", "functions that take or return enums are part of the API"),
    ("introspection/mutation-fields", "`set` has a default where an update can do something else, too"),
];

fn is_otherwise(case: &Case) -> bool {
    OTHERWISE.iter().any(|(id, _)| *id == case.id)
}

on_every_way!(cases_give_the_recorded_answers);

async fn cases_give_the_recorded_answers(route: Route) {
    each_case_holds(&Place::Private(harness::cluster()), route).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_give_the_recorded_answers_on_a_newer_postgresql() {
    each_case_holds(&Place::Private(harness::newer_cluster()), Route::Direct).await;
}

/// Runs all cases on databases that are made there.
pub(crate) async fn each_case_holds(place: &Place, route: Route) {
    let (otherwise, cases): (Vec<_>, Vec<_>) = cases().into_iter().partition(is_otherwise);
    let mut answering_by_site = BTreeMap::new();
    let mut failures = Vec::new();
    for case in &cases {
        let outcome = if case.writes() {
            let url = fresh_database(place, case).await;
            let outcome = run(case, &answering(place, case, route, &url).await, &url).await;
            place.drop_database(&url).await;
            outcome
        } else {
            let site = (&case.schema, &case.search_path);
            let (shared, url) = match answering_by_site.entry(site) {
                Entry::Occupied(found) => found.into_mut(),
                Entry::Vacant(free) => {
                    let url = fresh_database(place, case).await;
                    free.insert((answering(place, case, route, &url).await, url))
                }
            };
            run(case, shared, url).await
        };
        failures.extend(outcome.err().map(|reason| format!("{}: {reason}", case.id)));
    }
    for (_, url) in answering_by_site.into_values() {
        place.drop_database(&url).await;
    }
    say(&format!("{} of {} cases hold", cases.len() - failures.len(), cases.len()));
    assert!(
        failures.is_empty(),
        "{} of {} cases do not hold\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    assert_eq!((cases.len(), otherwise.len()), (CASES, OTHERWISE.len()), "the number of cases");
}

/// The answers stay the same with unusual settings of the database, settings that another client has left,
/// and objects with PostgreSQL's names in the path.
#[tokio::test(flavor = "multi_thread")]
async fn cases_hold_in_hostile_surroundings() {
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    let mut sites = BTreeMap::<_, (Engine, String)>::new();
    let mut failures = Vec::new();
    for case in cases().iter().filter(|case| !is_otherwise(case)) {
        let site = (&case.schema, &case.search_path);
        let (engine, url) = match sites.entry(site) {
            Entry::Occupied(found) if !case.writes() => found.get().clone(),
            Entry::Vacant(free) if !case.writes() => free.insert(hostile_engine(case, &pooler).await).clone(),
            _ => hostile_engine(case, &pooler).await,
        };
        let answer = ask(case, &engine).await;
        if let Err(reason) = hold(case, &answer, &url).await {
            failures.push(format!("{}: {reason}", case.id));
        }
    }
    assert!(failures.is_empty(), "{} cases do not hold\n{}", failures.len(), failures.join("\n"));
}

/// An engine, and the database's own URL.
async fn hostile_engine(case: &Case, pooler: &Pooler) -> (Engine, String) {
    let database = session::hostile_database(&schema(case)).await;
    session::surround(&database).await;
    let (url, through) = (harness::cluster().url(&database), pooler.url(&database));
    session::leave_behind(&through).await;
    let mut config = config(case, &url);
    config.database.url = Secret::new(through);
    config.database.pool_mode = PoolMode::Transaction;
    (Engine::new(&config).expect("an engine"), url)
}

/// The answers are the same bytes with named statements and with messages of literals.
#[tokio::test(flavor = "multi_thread")]
async fn named_statements_give_the_answers_of_messages() {
    let mut sites = BTreeMap::<_, [Engine; 2]>::new();
    let mut differences = Vec::new();
    for case in &cases() {
        let site = (&case.schema, &case.search_path);
        let [named, message] = match sites.entry(site) {
            Entry::Occupied(found) if !case.writes() => found.get().clone(),
            Entry::Vacant(free) if !case.writes() => free.insert(engines(case).await).clone(),
            _ => engines(case).await,
        };
        let (named, message) = (ask(case, &named).await, ask(case, &message).await);
        if named != message {
            differences.push(format!("{}: by name\n    {named}\n  as a message\n    {message}", case.id));
        }
    }
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

/// One engine with named statements, and one that sends messages, each with its own database.
async fn engines(case: &Case) -> [Engine; 2] {
    let place = Place::Private(harness::cluster());
    let (named, message) = (fresh_database(&place, case).await, fresh_database(&place, case).await);
    [(named, PoolMode::Direct), (message, PoolMode::Transaction)].map(|(url, pool_mode)| {
        let mut config = config(case, &url);
        config.database.pool_mode = pool_mode;
        Engine::new(&config).expect("an engine")
    })
}

async fn ask(case: &Case, engine: &Engine) -> String {
    let (request, identity) = case.request();
    let response = engine.respond(request, &identity).await;
    String::from_utf8(response.body.to_vec()).expect("UTF-8")
}

/// The URL of a database with the case's schema.
async fn fresh_database(place: &Place, case: &Case) -> String {
    place.database(&schema(case)).await
}

fn schema(case: &Case) -> String {
    let path = Path::new("tests/conformance/schemas").join(format!("{}.sql", case.schema));
    std::fs::read_to_string(path).expect("the case's schema")
}

async fn answering(place: &Place, case: &Case, route: Route, url: &str) -> Answering {
    let mut config = config(case, url);
    config.database.pool_mode = place.pool_mode();
    Answering::start(route, &config).await
}

fn cases() -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir("tests/conformance/cases")
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).expect("a file of cases");
            serde_json::from_str::<Vec<Case>>(&text).expect("cases")
        })
        .collect()
}

async fn run(case: &Case, answering: &Answering, url: &str) -> Result<(), String> {
    let (request, identity) = case.request();
    let response = answering.respond(request, &identity).await;
    hold(case, std::str::from_utf8(&response.body).map_err(|error| error.to_string())?, url).await
}

/// Compares an answer, and the content of the database after it, with the case.
async fn hold(case: &Case, text: &str, url: &str) -> Result<(), String> {
    let answer: Value = serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))?;
    compare(case, &answer).map_err(|reason| format!("{reason}\n    {text}"))?;
    let owner = harness::connect(url).await;
    if !case.after.is_empty() {
        let calm = "begin; set local search_path = \"$user\", public; set local extra_float_digits = 1; \
            set local standard_conforming_strings = on; set local DateStyle = 'ISO, MDY'; set local bytea_output = hex";
        owner.batch_execute(calm).await.expect("the settings in which the checks were recorded");
    }
    for check in &case.after {
        let found = rows(&owner, &check.sql).await;
        if found != check.rows {
            return Err(format!("{}: expected {:?}, found {found:?}", check.sql, check.rows));
        }
    }
    Ok(())
}

/// Rows in PostgreSQL's text form.
async fn rows(client: &tokio_postgres::Client, statement: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(statement).await.expect("the check runs");
    let rows = messages.into_iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
        }
        _ => None,
    });
    rows.collect()
}

fn config(case: &Case, url: &str) -> Config {
    let mut config = harness::config(url, PoolMode::Direct);
    config.database.pool_size = 2;
    config.database.statement_timeout = Duration::from_secs(30);
    config.api = config::Api {
        schemas: case.search_path.split(", ").map(str::to_owned).collect(),
        introspection: Introspection::Directive,
        total_count: false,
        aggregate: false,
        partitions: true,
        semantic_non_null: false,
        subscriptions: false,
        federation: false,
        tenant: None,
        schema_per_tenant: None,
    };
    config
}

fn compare(case: &Case, answer: &Value) -> Result<(), String> {
    let data = answer.get("data").unwrap_or(&Value::Null);
    let has_errors = answer.get("errors").is_some();
    if has_errors == case.expect.errors.is_empty() {
        return Err(format!("errors: expected {:?}", case.expect.errors));
    }
    let is_null = data.is_null() || data.as_object().is_some_and(|roots| roots.values().all(Value::is_null));
    if case.expect.data.is_null() && is_null {
        return Ok(());
    }
    difference(&case.expect.data, data, case.compare).map_or(Ok(()), Err)
}

/// The difference between the expected and the actual answer.
fn difference(expected: &Value, found: &Value, compare: Compare) -> Option<String> {
    match (expected, found) {
        (Value::Number(expected), Value::Number(found)) => {
            let (left, right) = (expected.as_f64()?, found.as_f64()?);
            let is_close = (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1.0);
            (!is_close).then(|| format!("expected {expected}, found {found}"))
        }
        (Value::Object(expected), Value::Object(found)) => {
            if expected.len() != found.len() {
                return Some(format!("expected the keys {:?}, found {:?}", expected.keys(), found.keys()));
            }
            expected.iter().find_map(|(key, value)| match found.get(key) {
                None => Some(format!("{key} is missing")),
                Some(found) => difference(value, found, compare).map(|reason| format!("{key}: {reason}")),
            })
        }
        (Value::Array(expected), Value::Array(found)) if compare == Compare::Exact => {
            if expected.len() != found.len() {
                return Some(format!("expected {} entries, found {}", expected.len(), found.len()));
            }
            let pairs = expected.iter().zip(found).enumerate();
            pairs.into_iter().find_map(|(index, (expected, found))| {
                difference(expected, found, compare).map(|reason| format!("{index}: {reason}"))
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            if compare == Compare::Unordered && expected.len() != found.len() {
                return Some(format!("expected {} entries, found {}", expected.len(), found.len()));
            }
            let missing = expected.iter().find(|entry| {
                !found.iter().any(|candidate| difference(entry, candidate, compare).is_none())
            })?;
            Some(format!("no entry is {missing}"))
        }
        _ => (expected != found).then(|| format!("expected {expected}, found {found}")),
    }
}
