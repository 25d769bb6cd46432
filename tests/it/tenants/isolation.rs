//! Tenants stay separate under load: 64 clients of 16 tenants on two server connections, by each way to the database. Every text in
//! a tenant's schema names the tenant, so that each answer shows whose it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use glowplug::config::{PoolMode, StoredOperations};
use glowplug::db::Database;
use serde_json::{Value, json};

use super::{TEMPLATE, ask, config, database, identity};
use crate::harness;
use crate::random::Random;
use crate::ways::{Answering, Route};

const CLIENTS: usize = 64;
const TENANTS: usize = 16;
const SERVER_CONNECTIONS: u32 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_kept_apart_in_transaction_mode() {
    hold_apart(Route::Direct, PoolMode::Transaction, 24).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_kept_apart_by_named_statements() {
    hold_apart(Route::Direct, PoolMode::Direct, 24).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_kept_apart_by_set_local() {
    hold_apart(Route::SetLocal, PoolMode::Transaction, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_kept_apart_where_operations_are_stored() {
    let often = StoredOperations { uses: 1, ..StoredOperations::default() };
    hold_apart_with(Some(often), Route::Direct, PoolMode::Transaction, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_kept_apart_in_the_queue() {
    hold_apart(Route::Queued, PoolMode::Transaction, 8).await;
}

/// Names with quotation marks, backslashes and more, as no one would choose them.
fn tenants() -> Vec<String> {
    const ODD: [&str; 5] = [r#"o'brien "x"\"#, "a; drop schema base", "t.task", "$1", "Größe"];
    let plain = (ODD.len()..TENANTS).map(|number| format!("t{number}"));
    ODD.iter().map(|name| (*name).to_owned()).chain(plain).collect()
}

async fn hold_apart(route: Route, pool_mode: PoolMode, turns: usize) {
    hold_apart_with(None, route, pool_mode, turns).await;
}

async fn hold_apart_with(stored: Option<StoredOperations>, route: Route, pool_mode: PoolMode, turns: usize) {
    let tenants = tenants();
    let database = database(&tenants.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let pooler = harness::pooler(PoolMode::Transaction, SERVER_CONNECTIONS);
    let direct = harness::cluster().url(&database);
    let url = if pool_mode == PoolMode::Direct { direct } else { pooler.url(&database) };
    let mut config = config(&url, pool_mode);
    config.database.stored_operations = stored;
    if stored.is_some() {
        let url = harness::cluster().url(&database);
        let owner = Database::new(&harness::config(&url, PoolMode::Direct).database).expect("a pool");
        glowplug::stored::set_up(&owner, &[]).await.expect("the schema of functions");
    }
    config.database.pool_size = SERVER_CONNECTIONS;
    // No client should be refused only because many wait for two connections.
    config.database.acquire_timeout = std::time::Duration::from_mins(5);
    config.database.statement_timeout = std::time::Duration::from_mins(5);
    config.queue.operation_timeout = std::time::Duration::from_mins(5);
    let answering = Arc::new(Answering::start(route, &config).await);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let tenant = tenants[number % TENANTS].clone();
            let random = Random(number as u64);
            let client = Client { tenant, answering: Arc::clone(&answering), random, written: 0 };
            tokio::spawn(client.work(turns))
        })
        .collect();
    let mut written = BTreeMap::new();
    for client in clients {
        let (tenant, count) = client.await.expect("no client met a wrong answer");
        *written.entry(tenant).or_insert(0) += count;
    }
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    written.insert(TEMPLATE.to_owned(), 0);
    for (tenant, count) in written {
        let schema = tenant.replace('"', "\"\"");
        let found = format!("select count(*) from \"{schema}\".task where title like 'new %'");
        assert_eq!(harness::ask(&owner, &found).await, Some(count.to_string()), "{tenant}");
        let literal = tenant.replace('\'', "''");
        let astray = format!(
            "select count(*) from \"{schema}\".note where right(text, length('{literal}')) <> '{literal}'"
        );
        assert_eq!(harness::ask(&owner, &astray).await.as_deref(), Some("0"), "{tenant}");
    }
    if stored.is_some() {
        let functions = "select count(*) from pg_proc where pronamespace = 'glowplug_operations'::regnamespace and proname <> 'enter'";
        assert_eq!(harness::ask(&owner, functions).await.as_deref(), Some("0"), "none for a tenant");
    }
}

struct Client {
    tenant: String,
    answering: Arc<Answering>,
    random: Random,
    written: usize,
}

impl Client {
    /// Returns the tenant, and how many rows it has written there.
    async fn work(mut self, turns: usize) -> (String, usize) {
        for _ in 0..turns {
            match self.random.below(8) {
                0 => self.read().await,
                1 => self.read_all_kinds().await,
                2 => self.write().await,
                3 => self.write_nested().await,
                4 => self.call().await,
                5 => self.upsert().await,
                6 => self.fail().await,
                _ => self.read_by_node_id().await,
            }
        }
        (self.tenant, self.written)
    }

    async fn ask(&self, document: &str) -> Value {
        ask(&self.answering, &self.tenant, document).await
    }

    /// Asserts that there are texts in an answer without errors, and that each is the tenant's.
    fn is_own(&self, answer: &Value) {
        assert!(answer["errors"].is_null(), "{}: {answer}", self.tenant);
        let mut texts = Vec::new();
        collect(answer, &mut texts);
        let tenant = self.tenant.to_lowercase();
        let is_own = |text: &String| {
            let text = text.to_lowercase();
            text.trim_end_matches("open").trim_end_matches("done").ends_with(&format!(" of {tenant}"))
        };
        assert!(!texts.is_empty() && texts.iter().all(is_own), "{}: {answer}", self.tenant);
    }

    async fn read(&self) {
        let document = "{ taskCollection(last: 5) { edges { node { title project { name taskCollection { edges { node { title } } } } } } } }";
        self.is_own(&self.ask(document).await);
    }

    /// Whatever has the schema's name in its SQL: types, functions, row types, tables of children, configurations.
    async fn read_all_kinds(&self) {
        let document = "{ titled(pattern: \"task%\") { edges { node { title label project { name } } } }
            taskCollection(filter: {state: {in: [open, done]}, title: {search: {query: \"tasks\", config: \"words\"}}}) {
                edges { node { title label } } }
            urgentTaskCollection { edges { node { title } } }
            projectByPk(id: 1) { name taskCollection { edges { node { title } } } } }";
        self.is_own(&self.ask(document).await);
    }

    async fn write(&mut self) {
        let title = format!("new {} of {}", self.random.next(), self.tenant);
        let object = json!({ "title": title, "state": "open", "projectId": 1 });
        self.insert(&object, "records { title label project { name } }").await;
    }

    async fn write_nested(&mut self) {
        let id = self.random.next() % 1_000_000_000 + 10;
        let [name, title] = ["named", "new"].map(|word| format!("{word} {id} of {}", self.tenant));
        let object = json!({ "title": title, "project": { "object": { "id": id, "name": name } } });
        self.insert(&object, "records { title project { name } }").await;
    }

    async fn insert(&mut self, object: &Value, fields: &str) {
        let document = format!(
            "mutation($objects: [TaskInsertInput!]!) {{ insertIntoTaskCollection(objects: $objects) {{ {fields} }} }}"
        );
        let request = harness::request(&document, &json!({ "objects": [object] }));
        let response = self.answering.respond(request, &identity(&self.tenant.as_str().into())).await;
        self.is_own(&serde_json::from_slice(&response.body).expect("JSON"));
        self.written += 1;
    }

    async fn call(&self) {
        let answer = self.ask("mutation { finish(taskId: 2) { title label } }").await;
        self.is_own(&answer);
    }

    /// By an index whose predicate names a type of the schema.
    async fn upsert(&self) {
        let document = format!(
            "mutation {{ insertIntoTaskCollection(objects: [{{title: {title}, projectId: 2}}], onConflict: {{
                constraint: task_open, updateColumns: [projectId] }}) {{ records {{ title }} }}
                updateTaskCollection(set: {{state: open}}, filter: {{id: {{eq: 3}}}}) {{ records {{ title }} }} }}",
            title = Value::from(format!("upserted of {}", self.tenant))
        );
        self.is_own(&self.ask(&document).await);
    }

    /// An error of the tenant's data, with its reason.
    async fn fail(&self) {
        let document =
            "mutation { insertIntoProjectCollection(objects: [{id: 1, name: \"again\"}]) { affectedCount } }";
        let answer = self.ask(document).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("project_pkey"), "{}: {answer}", self.tenant);
    }

    /// The id has the template's name, whichever tenant it comes from.
    async fn read_by_node_id(&self) {
        let node_id = STANDARD.encode(format!("[\"{TEMPLATE}\", \"project\", 1]"));
        let document = format!("{{ node(nodeId: \"{node_id}\") {{ ... on Project {{ name }} }} }}");
        let answer = self.ask(&document).await;
        self.is_own(&answer);
    }
}

/// The texts in an answer, other than the names of enum values.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
