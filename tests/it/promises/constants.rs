//! Connections without selected fields that need rows: each is exactly one value, with many rows or none, at
//! the root and below a row.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;

const SETUP: &str = "
    create table shelf (id int primary key);
    create table book (id int primary key, shelf_id int not null references shelf (id));
    create table calls (id int primary key);
    create function books(\"atLeast\" int) returns setof book stable language sql as 'select * from book where id >= \"atLeast\"';
    create function buy(number int) returns setof book language sql as
        'insert into calls select count(*) from calls; select * from book limit number';
    create function copies(shelf) returns setof book stable language sql as 'select * from book where shelf_id = $1.id';
    insert into shelf select generate_series(1, 2);
    insert into book select id, 1 from generate_series(1, 40) as id;
";

/// The selection of a connection, and the answers with and without rows.
const ASKED: [(&str, &str, &str); 9] = [
    ("{ __typename }", r#"{"__typename":"bookConnection"}"#, r#"{"__typename":"bookConnection"}"#),
    (
        "{ pageInfo { __typename } }",
        r#"{"pageInfo":{"__typename":"PageInfo"}}"#,
        r#"{"pageInfo":{"__typename":"PageInfo"}}"#,
    ),
    (
        "{ pageInfo { hasPreviousPage } }",
        r#"{"pageInfo":{"hasPreviousPage":false}}"#,
        r#"{"pageInfo":{"hasPreviousPage":false}}"#,
    ),
    (
        "{ aggregate { __typename } }",
        r#"{"aggregate":{"__typename":"bookAggregate"}}"#,
        r#"{"aggregate":{"__typename":"bookAggregate"}}"#,
    ),
    (
        "{ aggregate { sum { __typename } } }",
        r#"{"aggregate":{"sum":{"__typename":"bookSumAggregateResult"}}}"#,
        r#"{"aggregate":{"sum":{"__typename":"bookSumAggregateResult"}}}"#,
    ),
    ("{ totalCount }", r#"{"totalCount":40}"#, r#"{"totalCount":0}"#),
    ("(first: 1) { edges { __typename } }", r#"{"edges":[{"__typename":"bookEdge"}]}"#, r#"{"edges":[]}"#),
    (
        "(last: 1) { pageInfo { hasNextPage } }",
        r#"{"pageInfo":{"hasNextPage":false}}"#,
        r#"{"pageInfo":{"hasNextPage":false}}"#,
    ),
    (
        "(first: 0) { edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }",
        r#"{"edges":[],"pageInfo":{"hasNextPage":true,"hasPreviousPage":false,"startCursor":null,"endCursor":null}}"#,
        r#"{"edges":[],"pageInfo":{"hasNextPage":false,"hasPreviousPage":false,"startCursor":null,"endCursor":null}}"#,
    ),
];

/// A field with its selection and arguments.
fn field(name: &str, arguments: &str, asked: &str) -> String {
    match asked.strip_prefix('(') {
        Some(rest) if !arguments.is_empty() => format!("{name}({arguments}, {rest}"),
        None if !arguments.is_empty() => format!("{name}({arguments}) {asked}"),
        _ => format!("{name}{asked}"),
    }
}

async fn engine() -> (Engine, tokio_postgres::Client) {
    let url = harness::cluster().url(&harness::database(SETUP).await);
    let mut config = harness::config(&url, PoolMode::Direct);
    (config.api.total_count, config.api.aggregate) = (true, true);
    (Engine::new(&config).expect("an engine"), harness::connect(&url).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_need_no_row_are_one_value_with_rows_and_without() {
    let (engine, owner) = engine().await;
    for (asked, full, empty) in ASKED {
        let [full, empty] = [full, empty].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        let hold = async |query: String, expected: Value| {
            let answer = harness::graphql(&engine, &query, json!({})).await;
            assert_eq!(answer, json!({ "data": expected }), "{query}");
        };
        let none = "filter: {id: {lt: 0}}";
        hold(format!("{{ {} }}", field("bookCollection", "", asked)), json!({ "bookCollection": full }))
            .await;
        hold(format!("{{ {} }}", field("bookCollection", none, asked)), json!({ "bookCollection": empty }))
            .await;
        hold(format!("{{ {} }}", field("books", "atLeast: 1", asked)), json!({ "books": full })).await;
        hold(format!("{{ {} }}", field("books", "atLeast: 99", asked)), json!({ "books": empty })).await;
        for below in ["bookCollection", "copies"] {
            let query =
                format!("{{ shelfCollection {{ edges {{ node {{ {} }} }} }} }}", field(below, "", asked));
            let rows = json!([{ "node": { below: full } }, { "node": { below: empty } }]);
            hold(query, json!({ "shelfCollection": { "edges": rows } })).await;
        }
        // A volatile function is called once, whatever is selected of its rows.
        hold(format!("mutation {{ {} }}", field("buy", "number: 40", asked)), json!({ "buy": full })).await;
        hold(format!("mutation {{ {} }}", field("buy", "number: 0", asked)), json!({ "buy": empty })).await;
    }
    let calls = harness::ask(&owner, "select count(*) from calls").await;
    assert_eq!(calls.as_deref(), Some((2 * ASKED.len()).to_string().as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_of_mutations_that_need_no_row_are_one_value() {
    let (engine, _owner) = engine().await;
    for (query, root, type_name) in [
        (
            "insertIntoshelfCollection(objects: [{id: 7}, {id: 8}]) { __typename }",
            "insertIntoshelfCollection",
            "shelfInsertResponse",
        ),
        (
            "updateshelfCollection(set: {id: 9}, filter: {id: {eq: 99}}) { __typename }",
            "updateshelfCollection",
            "shelfUpdateResponse",
        ),
        (
            "deleteFromshelfCollection(filter: {id: {gt: 6}}, atMost: 2) { __typename }",
            "deleteFromshelfCollection",
            "shelfDeleteResponse",
        ),
    ] {
        let answer = harness::graphql(&engine, &format!("mutation {{ {query} }}"), json!({})).await;
        assert_eq!(answer, json!({ "data": { root: { "__typename": type_name } } }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_functions_with_nulls_in_not_null_columns_are_not_lost_between_pages() {
    let setup = "
        create table part (id int primary key, name text not null, size int not null);
        create function parts() returns setof part stable language sql as $$
            select id, case when id % 3 > 0 then 'part ' || id % 7 end, case when id % 4 > 0 then id % 5 end
            from generate_series(1, 40) as id
        $$;
    ";
    let url = harness::cluster().url(&harness::database(setup).await);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    for direction in ["AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast"] {
        for way in ["first: 7, after", "last: 7, before"] {
            let (mut seen, mut cursor) = (Vec::new(), Value::Null);
            loop {
                let query = format!(
                    "{{ parts({way}: {cursor}, orderBy: [{{size: {direction}}}, {{name: {direction}}}]) {{ edges {{ cursor node {{ id }} }} }} }}"
                );
                let answer = harness::graphql(&engine, &query, json!({})).await;
                let edges =
                    answer["data"]["parts"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
                let Some(end) = (if way.starts_with("first") { edges.last() } else { edges.first() }) else {
                    break;
                };
                cursor = end["cursor"].clone();
                seen.extend(edges.iter().map(|edge| edge["node"]["id"].as_i64().expect("a number")));
            }
            seen.sort_unstable();
            assert_eq!(seen, (1..=40).collect::<Vec<_>>(), "{way} {direction}");
        }
    }
}
