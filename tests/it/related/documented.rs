//! The examples of docs/convention.md are answered on the task board, with rows.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_documentation_are_answered_with_rows() {
    let text = std::fs::read_to_string("docs/convention.md").expect("the documentation");
    let sections = text.split("\n## ").filter(|section| {
        section.starts_with("Filters and orders over relations")
            || section.starts_with("The first row of each group")
            || section.starts_with("More aggregates")
            || section.starts_with("Filters of JSON documents")
            || section.starts_with("Groups of rows")
    });
    let sections: String = sections.collect();
    let database = harness::starter_database().await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let mut examples = 0;
    for block in sections.split("```graphql\n").skip(1) {
        let query = block.split("```").next().expect("its text");
        let answer = harness::graphql(&engine, query, json!({})).await;
        let connection = answer["data"].as_object().and_then(|data| data.values().next());
        let edges = connection.and_then(|found| found["edges"].as_array()).map_or(0, Vec::len);
        assert!(answer["errors"].is_null() && edges > 0, "{query}: {answer}");
        examples += 1;
    }
    assert!(examples >= 12, "{examples}");
    // Filters that are the same according to the text give the same rows.
    let titles = async |filter: &str| -> Value {
        let query =
            format!("{{ taskCollection(filter: {filter}, first: 100) {{ edges {{ node {{ title }} }} }} }}");
        harness::graphql(&engine, &query, json!({})).await
    };
    let without = titles("{ parent: { is: NULL } }").await;
    assert_eq!(titles("{ not: { parent: {} } }").await, without);
    assert_eq!(titles("{ parent: { is: NOT_NULL } }").await, titles("{ parent: {} }").await);
    assert_ne!(titles("{ parent: {} }").await, without);
    assert_eq!(titles("{ comments: { some: null }, project: null }").await, titles("{}").await);
}
