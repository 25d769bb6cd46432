//! The plan that PostgreSQL makes of a request's statement, to see which indexes its conditions and orders can use.

use std::fmt::Write as _;
use std::sync::Arc;

use glowplug::catalog::{Catalog, INTROSPECT};
use glowplug::config::PoolMode;
use glowplug::plan::{Source, plan};
use glowplug::request::{Document, Facts, Operation, json_map};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::compile;
use serde_json::Value;

use crate::harness;

/// Settings with which conditions use indexes wherever they can, and orders use none: tables of tests are small.
pub(crate) const FOR_CONDITIONS: &str =
    "set enable_seqscan = off; set enable_indexscan = off; set enable_indexonlyscan = off";

/// The plans of the statement of a request with one root field: for its values, and for any values, as a named statement may get it.
pub(crate) async fn plans(url: &str, settings: &str, query: &str, variables: &Value) -> [String; 2] {
    let client = harness::connect(url).await;
    client.batch_execute("set jit = off").await.expect("a setting");
    let introspect = INTROSPECT.replace("$1::pg_catalog.text[]", "array['public']::text[]");
    let picture = harness::ask(&client, &introspect).await.expect("a catalog");
    let schema = Schema::new(Arc::new(Catalog::from_json(&picture).expect("a catalog")), Options::default());
    let rendered = Rendered::new(&schema).expect("a schema");
    let limits = harness::config(url, PoolMode::Direct).limits;
    let document = Arc::new(Document::parse(&rendered, query, &limits).expect("a document"));
    let variables = json_map(variables.as_object().cloned().unwrap_or_default());
    let operation = Operation::new(document, None, &variables, (&schema, &rendered), &limits);
    let operation = operation.expect("an operation");
    let mut roots = plan(&schema, &Facts::of(&operation)).expect("a plan").roots;
    let Some(Source::Database(action)) = roots.pop().map(|root| root.source) else { panic!("no statement") };
    let statement = compile(&schema, &action).remove(0);
    let statement = statement.bind(&schema, operation.variables()).expect("values of their types");
    let mut execute = String::from("explain (costs off) execute asked");
    for (index, value) in statement.parameters.iter().enumerate() {
        execute += if index == 0 { "(" } else { ", " };
        match value {
            Some(value) => write!(execute, "'{}'", value.replace('\'', "''")).expect("a string takes it"),
            None => execute += "null",
        }
    }
    execute += if statement.parameters.is_empty() { "" } else { ")" };
    let prepare = format!("{settings}; prepare asked as {}", statement.numbered());
    client.batch_execute(&prepare).await.unwrap_or_else(|error| panic!("{prepare}\n{error:?}"));
    let mut plans = [String::new(), String::new()];
    for (plan, mode) in plans.iter_mut().zip(["force_custom_plan", "force_generic_plan"]) {
        let explained = client.simple_query(&format!("set plan_cache_mode = {mode}; {execute}")).await;
        for message in explained.expect("the statement is planned") {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                *plan += row.get(0).expect("a line");
                plan.push('\n');
            }
        }
    }
    plans
}
