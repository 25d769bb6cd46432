//! Invalid filters and orders over relations get an error that says what to do.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;

const SETUP: &str = "
    create table branch (id int primary key, name text, parent_id int references branch);
    create table \"group\" (id int primary key, \"is\" int, branch_id int references branch);
    create table \"group_relation\" (id int primary key, group_id int references \"group\");
    create table entry (id int primary key, group_id int references \"group\");
    insert into branch values (1, 'one', null), (2, 'two', 1);
    comment on schema public is '@graphql({\"inflect_names\": true})';";

async fn engine() -> Engine {
    let database = harness::database(SETUP).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

/// The message of the first error, which has to be a client error.
async fn refused(engine: &Engine, query: &str, variables: Value) -> String {
    let answer = harness::graphql(engine, query, variables).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query:.300}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}

fn filtered(filter: &str) -> String {
    format!("{{ branchCollection(filter: {{{filter}}}) {{ edges {{ cursor }} }} }}")
}

fn ordered(order: &str) -> String {
    format!("{{ branchCollection(orderBy: [{order}]) {{ edges {{ cursor }} }} }}")
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_filters_and_orders_over_relations_are_reported() {
    let engine = engine().await;
    for (query, words) in [
        (filtered("parent: 1"), &["BranchFilter"][..]),
        (filtered("parent: []"), &["BranchFilter"]),
        (filtered("parent: {some: {}}"), &["some"]),
        (filtered("parent: {nam: {eq: \"x\"}}"), &["nam", "name"]),
        (filtered("parent: {id: {eq: \"x\"}}"), &["Int"]),
        (filtered("branchCollection: {id: {eq: 1}}"), &["id"]),
        (filtered("branchCollection: {count: 1}"), &["IntFilter"]),
        (filtered("branchCollection: {count: {gte: \"1\"}}"), &["Int"]),
        (filtered("branchCollection: {count: {is: NULL}}"), &["count", "never null", "is"]),
        (filtered("parent: {is: null}"), &["is on parent", "NULL or NOT_NULL"]),
        (filtered("is: NOT_NULL"), &["directly below the relation's field", "{artist: {is: NULL}}"]),
        (filtered("not: {is: NULL}"), &["directly below the relation's field"]),
        (filtered("parent: {or: [{is: NULL}]}"), &["directly below the relation's field"]),
        (filtered("branchCollection: {some: {is: NULL}}"), &["directly below the relation's field"]),
        (ordered("{parent: AscNullsLast}"), &["BranchOrderBy"]),
        (ordered("{parent: {name: Up}}"), &["Up"]),
        (ordered("{branchCollection: {name: AscNullsLast}}"), &["name"]),
        (ordered("{branchCollection: {sum: {name: AscNullsLast}}}"), &["name"]),
        (ordered("{branchCollection: {count: {id: AscNullsLast}}}"), &["OrderByDirection"]),
    ] {
        let message = refused(&engine, &query, json!({})).await;
        for word in words {
            assert!(message.contains(word), "{query}: {word:?} is missing: {message}");
        }
    }
    let query = "query ($f: BranchFilter, $o: [BranchOrderBy!]) { branchCollection(filter: $f, orderBy: $o) { edges { cursor } } }";
    for (variables, words) in [
        (json!({"f": {"parent": {"id": {"eq": "x"}}}}), ["$f.parent.id.eq", "Int"]),
        (json!({"f": {"branchCollection": {"any": {}}}}), ["has no field", "\"any\""]),
        (json!({"f": {"branchCollection": {"count": {"eq": 1.5}}}}), ["$f.branchCollection.count.eq", "1.5"]),
        (json!({"o": [{"branchCollection": {"min": {"name": "up"}}}]}), ["OrderByDirection", "up"]),
    ] {
        let message = refused(&engine, query, variables).await;
        for word in words {
            assert!(message.contains(word), "{word:?} is missing: {message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_levels_and_relations_are_refused() {
    let engine = engine().await;
    let nested =
        |levels: usize, inner: &str| format!("{}{inner}{}", "parent: {".repeat(levels), "}".repeat(levels));
    let answer = harness::graphql(&engine, &filtered(&nested(19, "name: {eq: \"one\"}")), json!({})).await;
    assert_eq!(answer, json!({"data": {"branchCollection": {"edges": []}}}));
    let message = refused(&engine, &filtered(&nested(20, "name: {eq: \"one\"}")), json!({})).await;
    assert!(message.contains("depth of 21 exceeds the limit of 20"), "{message}");
    let message =
        refused(&engine, &ordered(&format!("{{{}}}", nested(20, "name: AscNullsLast"))), json!({})).await;
    assert!(message.contains("depth of 21"), "{message}");
    let query = "query ($f: BranchFilter) { branchCollection(filter: $f) { edges { cursor } } }";
    let deep = (0..25).fold(json!({}), |inner, _| json!({ "branchCollection": { "some": inner } }));
    let message = refused(&engine, query, json!({ "f": deep })).await;
    assert!(message.contains("depth"), "{message}");
    let wide = |count: usize| json!({ "f": { "or": vec![json!({ "parent": { "name": { "eq": "one" } } }); count] } });
    let answer = harness::graphql(&engine, query, wide(50)).await;
    assert_eq!(answer["data"]["branchCollection"]["edges"].as_array().map(Vec::len), Some(1), "{answer}");
    let message = refused(&engine, query, wide(51)).await;
    assert!(message.contains("51 relations; 50 are allowed"), "{message}");
    let many: Vec<_> = [
        "count: AscNullsLast",
        "sum: {id: AscNullsLast}",
        "avg: {id: AscNullsLast}",
        "min: {id: AscNullsLast, name: AscNullsLast}",
        "max: {id: AscNullsLast, name: AscNullsLast}",
    ]
    .into();
    let one_level = format!("{{branchCollection: {{{}}}}}", many.join(", "));
    let two = format!("{{parent: {one_level}}}, {one_level}, {{parent: {{parent: {one_level}}}}}");
    let message = refused(&engine, &ordered(&two), json!({})).await;
    assert!(message.contains("more than 16 columns"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn null_and_empty_objects_add_no_condition() {
    let engine = engine().await;
    let query = "query ($f: BranchFilter, $row: BranchFilter, $rows: BranchRelationFilter, $o: [BranchOrderBy!], $d: OrderByDirection) {
        all: branchCollection(filter: {parent: $row, branchCollection: $rows}, orderBy: [{parent: {name: $d}}]) { edges { node { id } } }
        given: branchCollection(filter: $f, orderBy: $o) { edges { node { id } } } }";
    for variables in [
        json!({}),
        json!({"f": null, "row": null, "rows": null, "o": null, "d": null}),
        json!({"f": {"parent": null, "branchCollection": {}}, "rows": {}, "o": []}),
        json!({"rows": {"some": null, "count": null}, "f": {"branchCollection": {"every": {}, "count": {}}}, "o": [{"parent": null}, {"parent": {}}, {"branchCollection": {"sum": null}}]}),
    ] {
        let answer = harness::graphql(&engine, query, variables.clone()).await;
        let both = json!({"edges": [{"node": {"id": 1}}, {"node": {"id": 2}}]});
        assert_eq!(answer, json!({"data": {"all": both, "given": both}}), "{variables}");
    }
    // An empty filter matches any row, so there has to be one.
    let answer = harness::graphql(&engine, &filtered("parent: {}"), json!({})).await;
    assert_eq!(answer["data"]["branchCollection"]["edges"].as_array().map(Vec::len), Some(1), "{answer}");
    let answer = harness::graphql(&engine, &filtered("branchCollection: {none: {}}"), json!({})).await;
    assert_eq!(answer["data"]["branchCollection"]["edges"].as_array().map(Vec::len), Some(1), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_columns_tables_and_words_go_before_those_of_relations() {
    let engine = engine().await;
    // `Group` and `GroupRelation` would both have a type `GroupRelationFilter`: the table's own has the name.
    let query = "query ($g: GroupRelationFilter) {
        groupCollection(filter: {is: {eq: 1}, groupRelationCollection: {none: {}}}) { edges { cursor } }
        groupRelationCollection(filter: $g) { edges { cursor } }
        entryCollection(filter: {group: {is: {eq: 1}}}, orderBy: [{group: {is: AscNullsLast}}]) { edges { cursor } }
        branchCollection(filter: {groupCollection: {some: {entryCollection: {some: {}}}}}) { edges { cursor } } }";
    let answer = harness::graphql(&engine, query, json!({"g": {"group": {"is": {"eq": 2}}}})).await;
    assert!(answer["errors"].is_null(), "{answer}");
}
