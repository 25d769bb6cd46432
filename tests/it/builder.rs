//! The library: fields written in Rust beside those of the database, through a transaction-mode pooler with
//! two server connections. Most tests use the board of `examples/board`.

mod definitions;
#[path = "../../examples/board/fields.rs"]
mod fields;
mod mixed;
#[path = "../../examples/board/schema.rs"]
#[allow(unreachable_pub, clippy::wildcard_imports, reason = "Diesel writes it")]
mod schema;
mod subscriptions;
mod tables;

use glowplug::config::PoolMode;
use glowplug::engine::{AllowedOperations, Identity, ReadFrom, Request};
use glowplug::server::Builder;
use glowplug::{Server, engine};
use glowplug_local::Pooler;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness;

/// A separate board for a test, and a plain connection to its database.
struct Board {
    server: Server,
    plain: Client,
    pooler: Pooler,
    database: String,
}

impl Board {
    /// The example's fields on the starter's tables.
    async fn start() -> Self {
        Self::of(&harness::starter_database().await, fields::board()).await
    }

    /// The server of a builder on a database.
    async fn of(database: &str, builder: Builder) -> Self {
        let pooler = harness::pooler(PoolMode::Transaction, 2);
        let config = harness::config(&pooler.url(database), PoolMode::Transaction);
        let server = builder.config(config).build().expect("a server");
        let plain = harness::connect(&harness::cluster().url(database)).await;
        Self { server, plain, pooler, database: database.to_owned() }
    }

    /// The answer's text.
    async fn text(&self, query: &str, variables: Value) -> String {
        self.text_as(&Identity::default(), query, variables).await
    }

    async fn text_as(&self, identity: &Identity, query: &str, variables: Value) -> String {
        let Value::Object(variables) = variables else { panic!("variables are an object") };
        let request = Request {
            document: query.into(),
            operation_name: None,
            variables,
            extensions: serde_json::Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        let engine::Response { body, .. } =
            self.server.engine().expect("an engine").respond(request, identity).await;
        String::from_utf8(body.to_vec()).expect("text")
    }

    /// The answer as a value.
    async fn answer(&self, query: &str) -> Value {
        serde_json::from_str(&self.text(query, json!({})).await).expect("JSON")
    }

    /// The first column of the only row, asked directly.
    async fn sql(&self, statement: &str) -> String {
        harness::ask(&self.plain, statement).await.expect("a value")
    }

    /// Asserts that neither of the two server connections has a named statement, an open transaction, or
    /// another role.
    async fn nothing_is_left(&self) {
        let open = "select count(*)::text from pg_stat_activity \
                    where datname = current_database() and state like 'idle in transaction%'";
        assert_eq!(self.sql(open).await, "0");
        let mut held = Vec::new();
        for _ in 0..2 {
            let client = harness::connect(&self.pooler.url(&self.database)).await;
            client.batch_execute("begin").await.expect("a server connection that no other test client has");
            let left = "select (select count(*) from pg_prepared_statements) || current_setting('role') \
                        || current_setting('transaction_read_only')";
            assert_eq!(harness::ask(&client, left).await.as_deref(), Some("0noneoff"));
            held.push(client);
        }
    }
}

/// The code of an answer's only error.
fn code(answer: &Value) -> &str {
    let errors = answer["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{answer}");
    errors[0]["extensions"]["code"].as_str().expect("a code")
}
