//! Glowplug in front of Citus: each answer is compared with that of PostgreSQL, where the same tables are whole.
//!
//! Runs where the environment variable `CITUS_DSN` leads to a coordinator with workers: a superuser, and a database with the extension.
//! Elsewhere it says that it did not run.

mod operations;
mod schema;

use glowplug::config::{Config, PoolMode};
use glowplug::engine::Engine;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::{self, graphql};
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
        println!("not run: CITUS_DSN leads to no coordinator of Citus");
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
    println!("{} of {} queries have the answers of PostgreSQL", ANSWERED.len() - wrong.len(), ANSWERED.len());
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
    println!("{right} of {} mutations have the answers and rows of PostgreSQL", MUTATIONS.len());
    let mut refused = 0;
    for (name, operation) in REFUSED {
        let [citus, postgresql] = pair.answers(operation).await;
        assert!(postgresql["errors"].is_null(), "{name}: {postgresql}");
        match citus["errors"][0]["message"].as_str() {
            Some(message) => println!("refused, {name}: {message}"),
            None => wrong.push(format!("{name} is not refused: {citus}")),
        }
        refused += usize::from(citus["errors"].is_array());
    }
    println!("{refused} of {} operations are refused", REFUSED.len());
    schema::drop(&pair.clients[0]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
