//! Glowplug in front of Citus: each answer is compared with that of PostgreSQL, where the same tables are whole.
//!
//! The first test runs where the environment variable `CITUS_DSN` leads to a coordinator with workers: a superuser, and a database with the extension.
//! Elsewhere it says that it did not run. The other one runs the same operations on PostgreSQL with the setting `tenant`.

mod operations;
mod schema;
mod schemas;

use glowplug::config::{CLAIMS_SETTING, Config, PoolMode, Tenant};
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::{self, graphql, graphql_as};
use crate::place::say;
use operations::{ANSWERED, MUTATIONS, REFUSED};
use schema::SCHEMA;

/// The same tables on Citus and on PostgreSQL.
struct Pair {
    engines: [Engine; 2],
    clients: [Client; 2],
}

impl Pair {
    async fn new(citus: &str) -> Self {
        let postgresql = harness::cluster().url(&harness::database("").await);
        let urls = [citus, &postgresql];
        let clients = [harness::connect(urls[0]).await, harness::connect(urls[1]).await];
        schema::create(&clients[0], true).await;
        schema::create(&clients[1], false).await;
        Self { engines: urls.map(|url| Engine::new(&config(url)).expect("an engine")), clients }
    }

    /// Both answers, that of Citus first.
    async fn answers(&self, operation: &str) -> [Value; 2] {
        let [citus, postgresql] = &self.engines;
        [graphql(citus, operation, json!({})).await, graphql(postgresql, operation, json!({})).await]
            .map(|answer| in_any_order(&answer))
    }

    /// The rows of all tables.
    async fn rows(&self) -> [Vec<String>; 2] {
        let mut rows = [Vec::new(), Vec::new()];
        for (client, rows) in self.clients.iter().zip(&mut rows) {
            for table in ["country", "person", "project", "task", "comment", "setting"] {
                let all =
                    format!("select coalesce(json_agg(t order by t::text), '[]') from {SCHEMA}.{table} t");
                rows.push(harness::ask(client, &all).await.expect("rows"));
            }
        }
        rows
    }
}

fn config(url: &str) -> Config {
    // All of an operation in one message, so that it is atomic.
    let mut config = harness::config(url, PoolMode::Transaction);
    config.api.schemas = vec![SCHEMA.to_owned()];
    config
}

/// The answer with the records of mutations in one order: they come from several servers.
fn in_any_order(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let mut value = in_any_order(value);
                if key == "records"
                    && let Some(records) = value.as_array_mut()
                {
                    records.sort_by_key(Value::to_string);
                }
                (key.clone(), value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.iter().map(in_any_order).collect(),
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_on_tables_divided_by_tenant_have_the_answers_of_postgresql() {
    let Ok(dsn) = std::env::var("CITUS_DSN") else {
        say("not run: CITUS_DSN leads to no coordinator of Citus");
        return;
    };
    let pair = Pair::new(&dsn).await;
    let mut wrong = Vec::new();
    for (name, query) in ANSWERED {
        let [citus, postgresql] = pair.answers(query).await;
        assert!(postgresql["errors"].is_null(), "{name}: {postgresql}");
        if citus != postgresql {
            wrong.push(format!("{name}: {citus}\n    in place of {postgresql}"));
        }
    }
    let (right, all) = (ANSWERED.len() - wrong.len(), ANSWERED.len());
    say(&format!("{right} of {all} queries have the answers of PostgreSQL"));
    let mut right = 0;
    for (name, mutation) in MUTATIONS {
        let [citus, postgresql] = pair.answers(mutation).await;
        assert!(postgresql["errors"].is_null(), "{name}: {postgresql}");
        let [rows_of_citus, rows] = pair.rows().await;
        if citus != postgresql {
            wrong.push(format!("{name}: {citus}\n    in place of {postgresql}"));
        }
        if rows_of_citus != rows {
            wrong.push(format!("{name}: the tables differ"));
        }
        right += usize::from(citus == postgresql && rows_of_citus == rows);
    }
    say(&format!("{right} of {} mutations have the answers and rows of PostgreSQL", MUTATIONS.len()));
    let mut refused = 0;
    for (name, operation) in REFUSED {
        let [citus, postgresql] = pair.answers(operation).await;
        assert!(postgresql["errors"].is_null(), "{name}: {postgresql}");
        match citus["errors"][0]["message"].as_str() {
            Some(message) => say(&format!("refused, {name}: {message}")),
            None => wrong.push(format!("{name} is not refused: {citus}")),
        }
        refused += usize::from(citus["errors"].is_array());
    }
    say(&format!("{refused} of {} operations are refused", REFUSED.len()));
    schema::drop(&pair.clients[0]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Mutations that concern one tenant only, if the setting says so.
const OF_ONE_TENANT: [&str; 8] = [
    "update by key",
    "update with a relation",
    "update of all tenants",
    "update of all tenants with a relation",
    "delete",
    "delete with a relation",
    "delete of all tenants",
    "upsert",
];

#[tokio::test(flavor = "multi_thread")]
async fn with_the_setting_tenant_answers_are_those_of_tables_with_the_callers_rows_alone() {
    let [all, own] = [harness::database("").await, harness::database("").await];
    let [all, own] = [harness::cluster().url(&all), harness::cluster().url(&own)];
    let clients = [harness::connect(&all).await, harness::connect(&own).await];
    for client in &clients {
        schema::create(client, false).await;
    }
    for table in ["comment", "task", "project", "person"] {
        let delete = format!("delete from {SCHEMA}.{table} where tenant_id <> 3");
        clients[1].batch_execute(&delete).await.expect("the others' rows are gone");
    }
    let mut restricted = config(&all);
    let claim = ["org", "tenant"].map(str::to_owned).to_vec();
    restricted.api.tenant = Some(Tenant { column: "tenant_id".to_owned(), claim, is_sharding_key: false });
    let engines = [restricted, config(&own)].map(|config| Engine::new(&config).expect("an engine"));
    let claims = json!({ "org": { "tenant": 3 } }).to_string();
    let settings = [(CLAIMS_SETTING.into(), claims.into())].into();
    let caller = Identity { settings, ..Identity::default() };
    let of_others = "select coalesce(json_agg(t order by t::text), '[]') from glowplug_tenants.task t where tenant_id <> 3";
    let before = harness::ask(&clients[0], of_others).await;
    let queries = ANSWERED.iter().filter(|(name, _)| !name.contains("function"));
    let mutations = MUTATIONS.iter().filter(|(name, _)| OF_ONE_TENANT.contains(name));
    let mut count = 0;
    for (name, operation) in queries.chain(mutations) {
        let answer = graphql_as(&engines[0], &caller, operation, json!({})).await;
        assert_eq!(answer, graphql(&engines[1], operation, json!({})).await, "{name}");
        assert!(answer["errors"].is_null(), "{name}: {answer}");
        count += 1;
    }
    assert!(count > 85, "{count} operations");
    assert_eq!(before, harness::ask(&clients[0], of_others).await);
    // A function's row of another tenant is related to none of the caller's rows.
    let query = "{ tasksCalled(pattern: \"task 1.1\") { edges { node { title project { name } } } } }";
    let answer = graphql_as(&engines[0], &caller, query, json!({})).await.to_string();
    assert!(!answer.contains("project 3."), "{answer}");
    let anyone = Identity::default();
    let refused =
        graphql_as(&engines[0], &anyone, "{ taskCollection { edges { node { id } } } }", json!({})).await;
    let message = refused["errors"][0]["message"].as_str().expect("an error");
    assert!(message.starts_with("the request names no tenant"), "{message}");
    let without = "{ countryCollection { edges { node { name } } } }";
    assert!(graphql_as(&engines[0], &anyone, without, json!({})).await["errors"].is_null());
}
