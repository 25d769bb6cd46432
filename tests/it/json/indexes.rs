//! PostgreSQL uses indexes for the filters of documents.

use std::sync::Arc;

use glowplug::catalog::{Catalog, INTROSPECT};
use glowplug::config::PoolMode;
use glowplug::plan::{Source, plan};
use glowplug::request::{Document, Facts, JsonMap, Operation};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::compile;

use crate::harness;

const SETUP: &str = "
    create table doc (id int primary key, d jsonb);
    create index doc_d on doc using gin (d);
    create index doc_kind on doc ((d #>> '{size,kind}'));
    insert into doc select n, jsonb_build_object('n', n, 'size', jsonb_build_object('kind', 'k' || n)) from generate_series(1, 5000) as n;
    analyze;";

/// Five thousand rows are few enough to read them all: without these ways, only an index on the document is left.
const BY_INDEX: &str = "set enable_seqscan = off; set enable_indexscan = off;";

/// The statement of a query, with its values as literals.
fn statement(schema: &Schema, query: &str) -> String {
    let config = harness::config("postgres://nobody@localhost/none", PoolMode::Direct);
    let rendered = Rendered::new(schema).expect("a valid schema");
    let document = Document::parse(&rendered, query, &config.limits).expect("a document");
    let (variables, api) = (JsonMap::new(), (schema, &rendered));
    let operation =
        Operation::new(Arc::new(document), None, &variables, api, &config.limits).expect("an operation");
    let root = plan(schema, &Facts::of(&operation)).expect("a plan").roots.remove(0);
    let Source::Database(action) = root.source else { panic!("{query} asks the database") };
    let compiled = compile(schema, &action).remove(0);
    let statement = compiled.bind(schema, operation.variables()).expect("values of their types");
    let mut text = statement.numbered().into_owned();
    for (index, value) in statement.parameters.iter().enumerate().rev() {
        let value =
            value.as_deref().map_or("null".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
        text = text.replace(&format!("${}", index + 1), &value);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_of_documents_are_answered_by_indexes() {
    let database = harness::database(SETUP).await;
    let client = harness::connect(&harness::cluster().url(&database)).await;
    client.batch_execute(BY_INDEX).await.expect("settings");
    let rows = client.query(INTROSPECT, &[&vec!["public"]]).await.expect("the catalogue");
    let catalog = Catalog::from_json(rows[0].get(0)).expect("a catalogue");
    let schema = Schema::new(Arc::new(catalog), Options::default());
    for (filter, index) in [
        (r#"contains: "{\"n\": 7}""#, "doc_d"),
        (r#"hasKey: "absent""#, "doc_d"),
        (r#"hasAnyKeys: ["absent", "none"]"#, "doc_d"),
        (r#"hasAllKeys: ["n", "none"]"#, "doc_d"),
        (r#"matches: {path: "$.n == 7"}"#, "doc_d"),
        (r#"matches: {path: "exists($.size ? (@.kind == \"k7\"))"}"#, "doc_d"),
        (r#"path: {at: ["size", "kind"], eq: "k7"}"#, "doc_kind"),
        (r#"path: {at: ["size", "kind"], in: ["k7", "k8"]}"#, "doc_kind"),
    ] {
        let query =
            format!("{{ docCollection(filter: {{d: {{{filter}}}}}) {{ edges {{ node {{ id }} }} }} }}");
        let text = statement(&schema, &query);
        let lines = client.simple_query(&format!("explain (costs off) {text}")).await.expect("a plan");
        let lines = lines.into_iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        let plan: Vec<_> = lines.collect();
        let plan = plan.join("\n");
        assert!(plan.contains(&format!("Bitmap Index Scan on {index}")), "{filter}\n{text}\n{plan}");
    }
}
