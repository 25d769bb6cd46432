//! `distinctOn` for every source of rows, on every route to the database, for roles with different rights;
//! and its errors.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

/// The tracks of two artists and one without an artist.
const SETUP: &str = "
    create table artist (id int primary key, name text);
    create table track (id int primary key, artist_id int references artist, title text, seconds int, secret text);
    insert into artist values (1, 'A'), (2, 'B'), (3, 'C');
    insert into track values (10, 1, 'one', 100, 'x'), (11, 1, 'two', 300, 'x'), (12, 2, 'three', null, 'y'), (13, 2, 'four', 50, 'y'),
        (14, null, 'five', 70, 'z'), (15, null, 'six', 60, 'z');
    comment on schema public is '@graphql({\"max_rows\": 100})';
    comment on table track is '@graphql({\"totalCount\": {\"enabled\": true}, \"aggregate\": {\"enabled\": true}})';";

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

/// The ids of the rows of a connection.
fn ids(connection: &Value) -> Value {
    let edges = connection["edges"].as_array().unwrap_or_else(|| panic!("no edges: {connection}"));
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

/// The ids of the tracks that arguments select.
async fn tracks(engine: &Engine, arguments: &str) -> Value {
    let query = format!("{{ trackCollection({arguments}) {{ edges {{ node {{ id }} }} }} }}");
    let answer = harness::graphql(engine, &query, json!({})).await;
    assert!(answer["errors"].is_null(), "{arguments}: {answer}");
    ids(&answer["data"]["trackCollection"])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_row_of_each_group_is_taken_in_the_requested_order() {
    let engine = engine(SETUP).await;
    for (arguments, expected) in [
        ("distinctOn: [artist_id]", json!([10, 12, 14])),
        ("distinctOn: artist_id", json!([10, 12, 14])),
        ("distinctOn: [artist_id, artist_id]", json!([10, 12, 14])),
        ("distinctOn: [artist_id], orderBy: [{seconds: DescNullsLast}]", json!([11, 13, 14])),
        ("distinctOn: [artist_id], orderBy: [{seconds: DescNullsFirst}]", json!([11, 12, 14])),
        (
            "distinctOn: [artist_id], orderBy: [{artist_id: DescNullsFirst}, {id: DescNullsLast}]",
            json!([15, 13, 11]),
        ),
        // The columns of distinctOn come first, wherever the order names them.
        (
            "distinctOn: [artist_id], orderBy: [{id: DescNullsLast}, {artist_id: AscNullsFirst}]",
            json!([15, 11, 13]),
        ),
        ("distinctOn: [secret, artist_id], orderBy: [{secret: DescNullsLast}]", json!([14, 12, 10])),
        (
            "distinctOn: [artist_id], orderBy: [{artist: {name: AscNullsLast}}, {title: AscNullsLast}]",
            json!([10, 13, 14]),
        ),
        ("distinctOn: [id]", json!([10, 11, 12, 13, 14, 15])),
        ("distinctOn: [artist_id], first: 1, offset: 1", json!([12])),
        ("distinctOn: [artist_id], last: 2", json!([12, 14])),
        ("distinctOn: [artist_id], filter: {seconds: {lt: 100}}", json!([13, 14])),
        ("distinctOn: [artist_id], filter: {id: {eq: 13}}", json!([13])),
        ("distinctOn: [artist_id], first: 0", json!([])),
        ("distinctOn: []", json!([10, 11, 12, 13, 14, 15])),
        ("distinctOn: null", json!([10, 11, 12, 13, 14, 15])),
    ] {
        assert_eq!(tracks(&engine, arguments).await, expected, "{arguments}");
    }
    let query = "{ t: trackCollection(distinctOn: [artist_id], orderBy: [{seconds: DescNullsLast}], first: 1) {
        totalCount aggregate { count sum { seconds } max { title } } pageInfo { hasNextPage hasPreviousPage } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let expected = json!({
        "totalCount": 3, "aggregate": {"count": 3, "sum": {"seconds": 420}, "max": {"title": "two"}},
        "pageInfo": {"hasNextPage": true, "hasPreviousPage": false},
    });
    assert_eq!(answer["data"]["t"], expected, "{answer}");
    let query = "{ artistCollection { edges { node { id trackCollection(distinctOn: [secret], orderBy: [{id: DescNullsLast}]) {
        totalCount edges { node { id } } } } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let below = answer["data"]["artistCollection"]["edges"].as_array().expect("edges").iter();
    let below: Vec<_> = below.map(|edge| edge["node"]["trackCollection"].clone()).collect();
    let of = |ids: Vec<i32>| json!({"totalCount": ids.len(), "edges": ids.iter().map(|id| json!({"node": {"id": id}})).collect::<Vec<_>>()});
    assert_eq!(below, [of(vec![11]), of(vec![13]), of(vec![])], "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_functions_partitions_and_tables_with_children_are_distinct_too() {
    let engine = engine(
        "create table album (id int primary key, artist text, year int);
        insert into album values (1, 'A', 1999), (2, 'A', 2001), (3, 'B', 1970), (4, null, 1980);
        create function recent() returns setof album stable language sql as 'select * from album where year > 1975';
        create function touched() returns setof album volatile language sql as 'update album set year = year + 1 returning *';
        create function label(album) returns text stable language sql as 'select $1.artist || $1.year';
        create function own(\"distinctOn\" text) returns setof album stable language sql as 'select * from album where artist = $1';
        create table asset (id int primary key, label text, owner text);
        create table machine () inherits (asset);
        insert into asset values (1, 'crate', 'x'), (2, 'box', 'y');
        insert into machine values (1, 'lathe', 'x'), (3, 'saw', 'y');
        create function tag(asset) returns text stable language sql as 'select $1.label || $1.owner';
        create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table visit (id int, day date, place text collate folded, primary key (id, day)) partition by range (day);
        create table visit_2024 partition of visit for values from ('2024-01-01') to ('2025-01-01');
        create table visit_rest partition of visit default;
        insert into visit values (1, '2024-05-01', 'PARIS'), (2, '2023-05-01', 'paris'), (3, '2024-01-01', 'Rome');",
    )
    .await;
    let arguments = "distinctOn: [artist], orderBy: [{year: DescNullsLast}]";
    for (document, expected) in [
        (format!("{{ t: recent({arguments}) {{ edges {{ cursor node {{ id label }} }} }} }}"), json!([2, 4])),
        (
            format!(
                "mutation {{ t: touched({arguments}) {{ edges {{ cursor node {{ id label }} }} pageInfo {{ hasNextPage }} }} }}"
            ),
            json!([2, 3, 4]),
        ),
        (
            format!("mutation {{ t: touched({arguments}, last: 1) {{ edges {{ node {{ id }} }} }} }}"),
            json!([4]),
        ),
        ("{ t: own(distinctOn: \"A\") { edges { node { id } } } }".to_owned(), json!([1, 2])),
        (
            "{ t: visitCollection(distinctOn: [place]) { edges { cursor node { id } } } }".to_owned(),
            json!([1, 3]),
        ),
    ] {
        let answer = harness::graphql(&engine, &document, json!({})).await;
        assert!(answer["errors"].is_null(), "{document}: {answer}");
        assert_eq!(ids(&answer["data"]["t"]), expected, "{document}");
    }
    // A child's row with the key of another row is a separate row.
    let query = "query ($after: Cursor, $before: Cursor) { t: assetCollection(distinctOn: [owner, label], first: 1, after: $after, before: $before) {
        edges { cursor node { nodeId tag } } } }";
    let (mut after, mut tags) = (Value::Null, Vec::new());
    for _ in 0..4 {
        let answer = harness::graphql(&engine, query, json!({ "after": after })).await;
        assert!(answer["errors"].is_null(), "{answer}");
        let edge = &answer["data"]["t"]["edges"][0];
        tags.push(edge["node"]["tag"].clone());
        after = edge["cursor"].clone();
    }
    assert_eq!(tags, ["cratex", "lathex", "boxy", "sawy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_tells_rows_apart_only_by_what_it_may_read() {
    let setup = format!(
        "{SETUP} create role distinct_part; grant select on artist to distinct_part;
        grant select (id, artist_id, seconds) on track to distinct_part;
        alter table track enable row level security;
        create policy long on track to distinct_part using (seconds >= 60);"
    );
    let engine = engine(&setup).await;
    let part = Identity { role: Some("distinct_part".into()), ..Identity::default() };
    let sdl = engine.sdl(&part).await.expect("a schema");
    let (_, values) = sdl.split_once("enum trackDistinctColumn {").expect("the enum");
    let values: Vec<_> = values.split('}').next().expect("its values").split_whitespace().collect();
    assert_eq!(values, ["id", "artist_id", "seconds"]);
    let query = "{ t: trackCollection(distinctOn: [artist_id]) { totalCount edges { cursor node { id } } } }";
    let answer = harness::graphql_as(&engine, &part, query, json!({})).await;
    assert_eq!((ids(&answer["data"]["t"]), &answer["data"]["t"]["totalCount"]), (json!([10, 14]), &json!(2)));
    let answer = harness::graphql_as(&engine, &part, &query.replace("artist_id", "secret"), json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
}

/// The message of the first error, which has to be a client error.
async fn refused(engine: &Engine, query: &str, variables: Value) -> String {
    let answer = harness::graphql(engine, query, variables).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query:.300}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_columns_are_reported() {
    let columns: Vec<_> = (0..20).map(|number| format!("c{number} int")).collect();
    let setup = format!(
        "{SETUP} create table wide (id int primary key, \"true\" int, j jsonb, l int[], x xml, {});
        create table \"wideDistinctColumn\" (id int primary key);",
        columns.join(", ")
    );
    let engine = engine(&setup).await;
    let query = |list: &str| format!("{{ wideCollection(distinctOn: {list}) {{ edges {{ cursor }} }} }}");
    for (list, words) in [
        ("[nothing]", &["nothing"][..]),
        ("[j]", &["j"]),
        ("[l]", &["l"]),
        ("[x]", &["x"]),
        ("[true]", &["true"]),
        ("\"c1\"", &["c1"]),
        ("[null]", &["null"]),
        ("[[c1]]", &["c1"]),
        ("{c1: AscNullsLast}", &["c1"]),
    ] {
        let message = refused(&engine, &query(list), json!({})).await;
        for word in words {
            assert!(message.contains(word), "{list}: {word:?} is missing: {message}");
        }
    }
    let names = |count: usize| (0..count).map(|number| format!("c{number}")).collect::<Vec<_>>();
    let message = refused(&engine, &query(&format!("[{}]", names(17).join(" "))), json!({})).await;
    assert!(message.contains("distinctOn names more than 16 columns; name fewer"), "{message}");
    // The table's own type has the name; the other one takes another name.
    let document = "query ($on: [wide_DistinctColumn!], $order: [wideOrderBy!]) { t: wideCollection(distinctOn: $on, orderBy: $order) { edges { cursor } } }";
    let many = json!({"on": names(16), "order": [{"id": "AscNullsLast"}]});
    let message = refused(&engine, document, many).await;
    assert!(message.contains("distinctOn and orderBy name more than 16 columns together"), "{message}");
    let answer =
        harness::graphql(&engine, document, json!({"on": names(16), "order": [{"c15": "DescNullsLast"}]}))
            .await;
    assert_eq!(answer, json!({"data": {"t": {"edges": []}}}));
    for (on, words) in [
        (json!(["c99"]), ["$on", "c99"]),
        (json!([null]), ["$on", "null"]),
        (json!([1]), ["$on", "1"]),
        (json!({"c1": 1}), ["$on", "c1"]),
    ] {
        let message = refused(&engine, document, json!({ "on": on })).await;
        for word in words {
            assert!(message.contains(word), "{on}: {word:?} is missing: {message}");
        }
    }
    // A cursor of another order is not valid in this one.
    let answer =
        harness::graphql(&engine, "{ trackCollection(first: 1) { edges { cursor } } }", json!({})).await;
    let cursor = answer["data"]["trackCollection"]["edges"][0]["cursor"].as_str().expect("a cursor");
    let query = format!(
        "{{ trackCollection(distinctOn: [artist_id], after: \"{cursor}\") {{ edges {{ cursor }} }} }}"
    );
    let message = refused(&engine, &query, json!({})).await;
    assert!(message.contains("cursor of another order"), "{message}");
}

async fn distinct_rows_come_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "query ($on: [trackDistinctColumn!], $direction: OrderByDirection, $least: Int, $after: Cursor) {
        t: trackCollection(distinctOn: $on, orderBy: [{seconds: $direction}], filter: {id: {gte: $least}}, after: $after) {
            totalCount edges { cursor node { id } } } }";
    let ask = async |variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        let mut answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        assert!(answer["errors"].is_null(), "{variables}: {answer}");
        answer["data"]["t"].take()
    };
    for _ in 0..3 {
        let page = ask(json!({"on": ["artist_id"], "direction": "DescNullsLast", "least": 0})).await;
        assert_eq!((ids(&page), &page["totalCount"]), (json!([11, 13, 14]), &json!(3)));
        let after = page["edges"][0]["cursor"].clone();
        let page =
            ask(json!({"on": ["artist_id"], "direction": "DescNullsLast", "least": 11, "after": after}))
                .await;
        assert_eq!(ids(&page), json!([13, 14]));
        let page =
            ask(json!({"on": ["secret", "artist_id"], "direction": "AscNullsLast", "least": 11})).await;
        assert_eq!(ids(&page), json!([11, 13, 15]));
        let page = ask(json!({"on": [], "least": 13})).await;
        assert_eq!((ids(&page), &page["totalCount"]), (json!([13, 14, 15]), &json!(3)));
    }
}

on_every_way!(distinct_rows_come_by_each_way);
