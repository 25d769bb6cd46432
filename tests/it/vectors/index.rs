//! Orders by distance are served by the index that was made for their metric, where the page begins with the nearest rows; all
//! other pages have each row once, which no such index would promise.

use std::sync::Arc;

use glowplug::catalog::{Catalog, INTROSPECT};
use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use glowplug::plan::{Source, plan};
use glowplug::request::{Document, Facts, Operation, json_map};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::compile;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness;

/// More rows than an index returns for one question (`hnsw.ef_search` is 40), some of them equally far from the origin.
const SETUP: &str = "
    create schema ext; create extension vector schema ext;
    create table item (id int primary key, kind int, e ext.vector(2), h ext.halfvec(2));
    insert into item select n, n % 3, format('[%s,%s]', n % 71, n / 71)::ext.vector, format('[%s,%s]', n % 71, n / 71)::ext.halfvec
        from generate_series(1, 5000) as n;
    insert into item values (0, 0, null, null);
    create index item_l2 on item using hnsw (e ext.vector_l2_ops);
    create index item_cosine on item using hnsw (e ext.vector_cosine_ops);
    create index item_product on item using ivfflat (e ext.vector_ip_ops) with (lists = 5);
    create index item_half on item using hnsw (h ext.halfvec_l1_ops);
    comment on schema public is '@graphql({\"max_rows\": 1000})';
    analyze item;";

/// The SQL that a query becomes, with its values.
pub(crate) fn sql(catalog: &str, query: &str, variables: &Value) -> String {
    let config = harness::config("postgres://nobody@localhost/none", PoolMode::Direct);
    let catalog = Catalog::from_json(catalog).expect("a catalogue");
    let schema = Schema::new(Arc::new(catalog), Options::default());
    let rendered = Rendered::new(&schema).expect("a valid schema");
    let document = Document::parse(&rendered, query, &config.limits).expect("a document");
    let variables = json_map(variables.as_object().cloned().unwrap_or_default());
    let operation =
        Operation::new(Arc::new(document), None, &variables, (&schema, &rendered), &config.limits);
    let operation = operation.expect("an operation");
    let mut roots = plan(&schema, &Facts::of(&operation)).expect("a plan").roots;
    let Source::Database(action) = roots.remove(0).source else { panic!("{query} needs no database") };
    let statement = compile(&schema, &action)[0].bind(&schema, operation.variables()).expect("values");
    let mut text = statement.numbered().into_owned();
    for (index, value) in statement.parameters.iter().enumerate().rev() {
        let value =
            value.as_ref().map_or("null".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
        text = text.replace(&format!("${}", index + 1), &value);
    }
    text
}

/// The catalog JSON of a database.
pub(crate) async fn catalog(client: &Client) -> String {
    let row = client.query_one(INTROSPECT, &[&vec!["public"]]).await.expect("the catalog");
    row.get(0)
}

/// How PostgreSQL runs a query.
pub(crate) async fn explained(client: &Client, catalog: &str, query: &str) -> String {
    let statement = format!("explain (costs off) {}", sql(catalog, query, &json!({})));
    let rows = client.simple_query(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    let lines = rows.iter().filter_map(|row| match row {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_of_the_metric_serves_the_first_page() {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, SETUP).await;
    let client = harness::connect(&cluster.url(&database)).await;
    let catalog = catalog(&client).await;
    let query = |arguments: &str| {
        format!(
            "{{ itemCollection({arguments}) {{ edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
    };
    for (arguments, index) in [
        ("first: 10, orderBy: [{eDistance: {to: [1, 2], metric: L2}}]", "Index Scan using item_l2"),
        (
            "first: 10, orderBy: [{eDistance: {to: [1, 2], metric: L2}}, {kind: DescNullsLast}]",
            "Index Scan using item_l2",
        ),
        ("first: 10, orderBy: [{eDistance: {to: [1, 2], metric: COSINE}}]", "Index Scan using item_cosine"),
        (
            "first: 10, orderBy: [{eDistance: {to: [1, 2], metric: INNER_PRODUCT}}]",
            "Index Scan using item_product",
        ),
        ("first: 10, orderBy: [{hDistance: {to: [1, 2], metric: L1}}]", "Index Scan using item_half"),
        (
            "first: 10, filter: {kind: {eq: 1}}, orderBy: [{eDistance: {to: [1, 2], metric: L2}}]",
            "Index Scan using item_l2",
        ),
    ] {
        let found = explained(&client, &catalog, &query(arguments)).await;
        assert!(found.contains(index), "{arguments}: {index} is missing:\n{found}");
    }
    for arguments in [
        "first: 10, orderBy: [{eDistance: {to: [1, 2], metric: L1}}]",
        "first: 10, orderBy: [{eDistance: {to: [1, 2], metric: L2, direction: DescNullsLast}}]",
        "last: 10, orderBy: [{eDistance: {to: [1, 2], metric: L2}}]",
        "first: 10, offset: 10, orderBy: [{eDistance: {to: [1, 2], metric: L2}}]",
        "first: 10, after: \"WzEuNSwgMV0=\", orderBy: [{eDistance: {to: [1, 2], metric: L2}}]",
        "first: 10, orderBy: [{kind: AscNullsLast}, {eDistance: {to: [1, 2], metric: L2}}]",
    ] {
        let found = explained(&client, &catalog, &query(arguments)).await;
        assert!(!found.contains("Index Scan using item_"), "{arguments}:\n{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_behind_the_first_one_have_each_row_once() {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, SETUP).await;
    let url = cluster.url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let query = "query ($after: Cursor) { t: itemCollection(first: 30, after: $after, orderBy: [{eDistance: {to: [30, 30], metric: L2}}]) {
        edges { node { id } } pageInfo { endCursor hasNextPage } } }";
    let (mut walked, mut after) = (Vec::new(), Value::Null);
    for _ in 0..6 {
        let answer = harness::graphql(&engine, query, json!({ "after": after })).await;
        let page = &answer["data"]["t"];
        walked.extend(super::ids(page).as_array().expect("ids").clone());
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(page["pageInfo"]["hasNextPage"], true, "{answer}");
    }
    let statement = "select json_agg(id) from (select id from item order by (e operator(ext.<->) '[30,30]'::ext.vector) + 0, id limit 180) as t";
    let expected = harness::ask(&harness::connect(&url).await, statement).await.expect("ids");
    assert_eq!(
        json!(walked).to_string(),
        serde_json::from_str::<Value>(&expected).expect("JSON").to_string()
    );
}
