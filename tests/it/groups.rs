//! Groups of rows on every way to the database, by roles of different rights, over all sorts of columns, and what is wrong with them.

mod nodes;
mod random;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

/// The tracks of two albums and one without an album.
const SETUP: &str = "
    create table track (id int primary key, album_id int, title text, seconds int, played timestamptz, secret text);
    insert into track values (10, 1, 'one', 100, '2024-12-31 23:30Z', 'x'), (11, 1, 'two', 300, '2025-01-01 00:30Z', 'x'),
        (12, 2, 'three', null, null, 'y'), (13, null, 'four', 50, '2025-06-01 12:00Z', 'z'), (14, null, 'five', 70, '2025-06-30 23:30Z', 'z'),
        (15, null, 'six', 60, null, 'z');
    comment on table track is '@graphql({\"aggregate\": {\"enabled\": true}})';";

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

/// The nodes of a page of groups.
fn nodes(page: &Value) -> Value {
    let edges = page["edges"].as_array().unwrap_or_else(|| panic!("no edges: {page}"));
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// The albums of groups with the numbers of their tracks.
fn counts(page: &Value) -> Value {
    let nodes = nodes(page);
    let nodes = nodes.as_array().expect("nodes").iter();
    nodes.map(|node| json!([node["key"]["album_id"], node["count"]])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_chosen_ordered_and_paged() {
    let engine = engine(SETUP).await;
    for (arguments, expected) in [
        ("by: [{column: album_id}]", json!([[1, 2], [2, 1], [null, 3]])),
        ("by: {column: album_id}", json!([[1, 2], [2, 1], [null, 3]])),
        (
            "by: {column: album_id, truncate: null}, having: null, orderBy: null",
            json!([[1, 2], [2, 1], [null, 3]]),
        ),
        ("by: {column: album_id}, filter: {seconds: {lt: 100}}", json!([[null, 3]])),
        ("by: {column: album_id}, having: {count: {gt: 1}}", json!([[1, 2], [null, 3]])),
        ("by: {column: album_id}, having: {count: {gt: 1}, max: {seconds: {gte: 300}}}", json!([[1, 2]])),
        ("by: {column: album_id}, having: {sum: {seconds: {is: NULL}}}", json!([[2, 1]])),
        (
            "by: {column: album_id}, having: {or: [{count: {eq: 1}}, {avg: {seconds: {lt: \"60.1\"}}}]}",
            json!([[2, 1], [null, 3]]),
        ),
        ("by: {column: album_id}, having: {or: []}", json!([[1, 2], [2, 1], [null, 3]])),
        ("by: {column: album_id}, having: {and: [], not: {}, sum: null}", json!([[1, 2], [2, 1], [null, 3]])),
        (
            "by: {column: album_id}, having: {not: {min: {title: {startsWith: \"f\"}}}}",
            json!([[1, 2], [2, 1]]),
        ),
        ("by: {column: album_id}, having: {min: {title: {ilike: \"TH%\"}}}", json!([[2, 1]])),
        ("by: {column: album_id}, having: {count: {gt: null}}", json!([])),
        ("by: {column: album_id}, orderBy: {count: DescNullsLast}", json!([[null, 3], [1, 2], [2, 1]])),
        (
            "by: {column: album_id}, orderBy: {key: {album_id: DescNullsFirst}}",
            json!([[null, 3], [2, 1], [1, 2]]),
        ),
        (
            "by: {column: album_id}, orderBy: [{max: {seconds: AscNullsFirst}}]",
            json!([[2, 1], [null, 3], [1, 2]]),
        ),
        ("by: {column: album_id}, first: 1, offset: 1", json!([[2, 1]])),
        ("by: {column: album_id}, last: 2", json!([[2, 1], [null, 3]])),
        ("by: {column: album_id}, first: 0", json!([])),
        ("by: {column: album_id}, filter: {id: {eq: 13}}", json!([[null, 1]])),
    ] {
        let query =
            format!("{{ trackGroups({arguments}) {{ edges {{ node {{ key {{ album_id }} count }} }} }} }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert!(answer["errors"].is_null(), "{arguments}: {answer}");
        assert_eq!(counts(&answer["data"]["trackGroups"]), expected, "{arguments}");
    }
    let query = "{ t: trackGroups(by: [{column: album_id}, {column: secret}], first: 1) { __typename totalCount
        edges { __typename cursor node { __typename key { __typename secret title a: album_id } n: count sum { __typename seconds } countDistinct { title } } }
        pageInfo { __typename hasNextPage hasPreviousPage } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let cursor = answer["data"]["t"]["edges"][0]["cursor"].clone();
    let expected = json!({
        "__typename": "trackGroupConnection", "totalCount": 3,
        "edges": [{"__typename": "trackGroupEdge", "cursor": cursor, "node": {
            "__typename": "trackGroup", "key": {"__typename": "trackGroupKey", "secret": "x", "title": null, "a": 1}, "n": 2,
            "sum": {"__typename": "trackSumAggregateResult", "seconds": 400}, "countDistinct": {"title": 2}}}],
        "pageInfo": {"__typename": "PageInfo", "hasNextPage": true, "hasPreviousPage": false},
    });
    assert_eq!(answer["data"]["t"], expected, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn points_in_time_are_cut_to_units_of_a_time_zone() {
    let engine = engine(SETUP).await;
    let query = "query ($by: [trackGroupBy!]!) { t: trackGroups(by: $by, filter: {played: {is: NOT_NULL}}) {
        edges { node { key { played } count } } } }";
    for (by, expected) in [
        (json!({"truncate": "YEAR"}), json!([["2024-01-01T00:00:00Z", 1], ["2025-01-01T00:00:00Z", 3]])),
        (
            json!({"truncate": "YEAR", "timeZone": null}),
            json!([["2024-01-01T00:00:00Z", 1], ["2025-01-01T00:00:00Z", 3]]),
        ),
        (json!({"truncate": "YEAR", "timeZone": "Europe/Paris"}), json!([["2024-12-31T23:00:00Z", 4]])),
        (
            json!({"truncate": "MONTH", "timeZone": "America/New_York"}),
            json!([["2024-12-01T05:00:00Z", 2], ["2025-06-01T04:00:00Z", 2]]),
        ),
        (
            json!({"truncate": "QUARTER", "timeZone": "Europe/Paris"}),
            json!([["2024-12-31T23:00:00Z", 2], ["2025-03-31T22:00:00Z", 1], ["2025-06-30T22:00:00Z", 1]]),
        ),
    ] {
        let mut by = by;
        by["column"] = json!("played");
        let answer = harness::graphql(&engine, query, json!({ "by": [by] })).await;
        assert!(answer["errors"].is_null(), "{by}: {answer}");
        let seconds = |time: &Value| {
            let text = time.as_str().expect("a text");
            chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp()
        };
        let nodes = nodes(&answer["data"]["t"]);
        let nodes = nodes.as_array().expect("nodes").iter();
        let found: Vec<_> =
            nodes.map(|node| (seconds(&node["key"]["played"]), node["count"].clone())).collect();
        let expected = expected.as_array().expect("groups").iter();
        let expected: Vec<_> = expected.map(|group| (seconds(&group[0]), group[1].clone())).collect();
        assert_eq!(found, expected, "{by}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sorts_of_columns_can_be_grouped_by() {
    let engine = engine(
        "create extension citext; create type mood as enum ('calm', 'so-so');
        comment on type mood is '@graphql({\"mappings\": {\"so-so\": \"SO_SO\"}})';
        create domain code as text check (value <> ''); create domain day as date;
        create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table asset (id int primary key, c citext, m mood, k code, y day, p text collate folded, u uuid, v inet, b char(4), l time);
        create table machine () inherits (asset);
        comment on table asset is '@graphql({\"aggregate\": {\"enabled\": true}})';
        insert into asset values (1, 'a', 'calm', 'k', '2024-01-01', 'Paris', '00000000-0000-4000-8000-000000000000', '10.0.0.1', 'x', '10:00'),
            (2, 'A', 'so-so', 'k', '2024-01-01', 'PARIS', '00000000-0000-4000-8000-000000000000', '10.0.0.1', 'x', '10:00');
        insert into machine values (1, null, 'so-so', null, null, null, null, null, null, null);",
    )
    .await;
    for (column, expected) in [
        ("c", json!([2, 1])),
        ("m", json!([1, 2])),
        ("k", json!([2, 1])),
        ("y", json!([2, 1])),
        ("p", json!([2, 1])),
        ("u", json!([2, 1])),
        ("v", json!([2, 1])),
        ("b", json!([2, 1])),
        ("l", json!([2, 1])),
        ("id", json!([2, 1])),
    ] {
        let query = "query ($by: [assetGroupBy!]!, $after: Cursor) { t: assetGroups(by: $by, first: 1, after: $after) { edges { cursor node { count key { m } } } } }";
        let (mut found, mut after) = (Vec::new(), Value::Null);
        for _ in 0..2 {
            let variables = json!({"by": [{ "column": column }], "after": after});
            let answer = harness::graphql(&engine, query, variables).await;
            assert!(answer["errors"].is_null(), "{column}: {answer}");
            let edge = &answer["data"]["t"]["edges"][0];
            found.push(edge["node"]["count"].clone());
            if column == "m" {
                assert_eq!(edge["node"]["key"]["m"], ["calm", "SO_SO"][found.len() - 1]);
            }
            after = edge["cursor"].clone();
        }
        assert_eq!(json!(found), expected, "{column}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_groups_only_what_it_may_read() {
    let setup = format!(
        "{SETUP} create role groups_part; grant select (id, album_id, seconds) on track to groups_part;
        alter table track enable row level security;
        create policy long on track to groups_part using (seconds >= 60);"
    );
    let engine = engine(&setup).await;
    let part = Identity { role: Some("groups_part".into()), ..Identity::default() };
    let sdl = engine.sdl(&part).await.expect("a schema");
    for (start, expected) in [
        ("type trackGroupKey {", vec!["id:", "Int", "album_id:", "Int", "seconds:", "Int"]),
        (
            "input trackExtremeFilter {",
            vec!["id:", "IntFilter", "album_id:", "IntFilter", "seconds:", "IntFilter"],
        ),
    ] {
        let (_, fields) = sdl.split_once(start).expect("the type");
        let fields: Vec<_> = fields.split('}').next().expect("its fields").split_whitespace().collect();
        assert_eq!(fields, expected);
    }
    // Where no column has a date, nothing can be cut.
    let (_, fields) = sdl.split_once("input trackGroupBy {").expect("the input");
    assert!(!fields.split('}').next().expect("its fields").contains("truncate"), "{sdl}");
    let query = "{ t: trackGroups(by: [{column: album_id}]) { totalCount edges { node { key { album_id } count } } } }";
    let answer = harness::graphql_as(&engine, &part, query, json!({})).await;
    assert_eq!(counts(&answer["data"]["t"]), json!([[1, 2], [null, 2]]), "{answer}");
    assert_eq!(answer["data"]["t"]["totalCount"], 2);
    for wrong in [
        query.replace("column: album_id", "column: secret"),
        query.replace("key { album_id }", "key { secret }"),
        query.replace("]) {", "], having: {max: {title: {eq: \"x\"}}}) {"),
        query.replace("]) {", "], orderBy: {min: {title: AscNullsLast}}) {"),
    ] {
        let answer = harness::graphql_as(&engine, &part, &wrong, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}: {answer}");
    }
}

/// The message of the first error, which has to be the client's.
async fn refused(engine: &Engine, query: &str, variables: Value) -> String {
    let answer = harness::graphql(engine, query, variables).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query:.300}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}

/// A table of many columns with a row.
fn wide() -> String {
    let columns: Vec<_> = (0..20).map(|number| format!("c{number} int")).collect();
    format!(
        "create table wide (id int primary key, j jsonb, l int[], d date, w timestamp, z timestamptz, t text, {});
        comment on table wide is '@graphql({{\"aggregate\": {{\"enabled\": true}}}})';
        insert into wide (id, z) values (1, now());",
        columns.join(", ")
    )
}

/// Arguments that are refused, with words of the message.
const WRONG: &[(&str, &[&str])] = &[
    ("first: 1", &["by"]),
    ("by: null", &["by"]),
    ("by: []", &["by names no column", "aggregate"]),
    ("by: [null]", &["null"]),
    ("by: [{}]", &["column"]),
    ("by: [{column: nothing}]", &["nothing"]),
    ("by: [{column: j}]", &["j"]),
    ("by: [{column: l}]", &["l"]),
    ("by: [{column: \"d\"}]", &["d"]),
    ("by: [d]", &["d"]),
    ("by: [{column: d}, {column: d, truncate: YEAR}]", &["by names d twice"]),
    ("by: [{column: d, truncate: HOUR}]", &["d is a date, which has no HOUR", "DAY"]),
    ("by: [{column: d, truncate: FORTNIGHT}]", &["FORTNIGHT"]),
    ("by: [{column: t, truncate: DAY}]", &["t cannot be truncated"]),
    ("by: [{column: z, timeZone: \"UTC\"}]", &["timeZone of z needs truncate"]),
    ("by: [{column: w, truncate: DAY, timeZone: \"UTC\"}]", &["w has no time zone"]),
    ("by: [{column: d, truncate: DAY, timeZone: \"UTC\"}]", &["d has no time zone"]),
    ("by: [{column: z, truncate: DAY, timeZone: \"Atlantis\"}]", &["time zone", "Atlantis"]),
    ("by: [{column: z, truncate: DAY, timeZone: 1}]", &["String"]),
    ("by: {column: d}, having: {count: {is: NULL}}", &["never null"]),
    ("by: {column: d}, having: {countDistinct: {t: {is: NOT_NULL}}}", &["never null"]),
    ("by: {column: d}, having: {count: {like: \"x\"}}", &["like"]),
    ("by: {column: d}, having: {count: 1}", &["IntFilter"]),
    ("by: {column: d}, having: {sum: {t: {eq: 1}}}", &["t"]),
    ("by: {column: d}, having: {sum: {c1: {gt: \"many\"}}}", &["many"]),
    ("by: {column: d}, having: {avg: {c1: {gt: [1]}}}", &["c1"]),
    ("by: {column: d}, having: {d: {gt: 1}}", &["d"]),
    ("by: {column: d}, orderBy: {key: {c1: AscNullsLast}}", &["c1", "name it in by"]),
    ("by: {column: d}, orderBy: {count: Up}", &["Up"]),
    ("by: {column: d}, orderBy: {boolAnd: {c1: AscNullsLast}}", &["boolAnd"]),
    ("by: {column: d}, orderBy: {sum: {d: AscNullsLast}}", &["d"]),
    ("by: {column: d}, first: -1", &["first"]),
    ("by: {column: d}, first: 1, last: 1", &["first and last"]),
    ("by: {column: d}, offset: 1, last: 1", &["offset"]),
    ("by: {column: d}, after: \"WzFd\", before: \"WzFd\"", &["before and after"]),
    ("by: {column: d}, after: \"nothing\"", &["after is no cursor"]),
    ("by: {column: d}, after: \"WzEsIDJd\"", &["cursor of another order"]),
    ("by: {column: d}, after: \"WyJ4Il0=\"", &["x"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_of_groups_are_refused_with_the_reason() {
    let engine = engine(&wide()).await;
    let query = |arguments: &str| format!("{{ wideGroups({arguments}) {{ edges {{ cursor }} }} }}");
    let mut wrong = Vec::new();
    for (arguments, words) in WRONG {
        let message = refused(&engine, &query(arguments), json!({})).await;
        let missing = words.iter().filter(|word| !message.contains(**word));
        wrong.extend(missing.map(|word| format!("{arguments}: {word:?} is missing: {message}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_of_groups_in_variables_are_refused_with_the_reason() {
    let engine = engine(&wide()).await;
    let document = "query ($by: [wideGroupBy!]!, $order: [wideGroupOrderBy!], $having: wideGroupFilter) {
        wideGroups(by: $by, orderBy: $order, having: $having) { edges { cursor } } }";
    let by = |count: usize| -> Value {
        (0..count).map(|number| json!({"column": format!("c{number}")})).collect()
    };
    let message = refused(&engine, document, json!({ "by": by(17) })).await;
    assert!(message.contains("by names more than 16 columns"), "{message}");
    let order: Value = (0..17).map(|number| json!({"max": {format!("c{number}"): "AscNullsLast"}})).collect();
    let message = refused(&engine, document, json!({"by": by(1), "order": order})).await;
    assert!(message.contains("orderBy names more than 16 columns and aggregates"), "{message}");
    let answer = harness::graphql(&engine, document, json!({ "by": by(16) })).await;
    assert_eq!(answer["data"]["wideGroups"]["edges"].as_array().map(Vec::len), Some(1), "{answer}");
    for (variables, word) in [
        (json!({"by": []}), "by names no column"),
        (json!({"by": [{"column": "c99"}]}), "c99"),
        (json!({"by": [{"column": "z", "truncate": "DAY", "timeZone": "Nowhere/City"}]}), "Nowhere/City"),
        (json!({"by": by(1), "having": {"sum": {"c1": {"gt": true}}}}), "c1"),
        (json!({"by": by(1), "having": {"sum": {"c1": {"gt": "x"}}}}), "x"),
    ] {
        let message = refused(&engine, document, variables.clone()).await;
        assert!(message.contains(word), "{variables}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_go_before_those_of_groups() {
    let engine = engine(
        "create table user_account (id int primary key, kind text); create table \"user_accountGroup\" (id int primary key);
        create table city (id int primary key, kind text);
        create function \"cityGroups\"() returns int stable language sql as 'select 7';
        create table \"TruncationUnit\" (id int primary key, day date);
        comment on schema public is '@graphql({\"max_rows\": 2})';
        comment on table user_account is '@graphql({\"aggregate\": {\"enabled\": true}})';
        comment on table city is '@graphql({\"aggregate\": {\"enabled\": true}})';
        insert into user_account values (1, 'a'), (2, 'b'), (3, 'c');",
    )
    .await;
    let query = "{ cityGroups user_accountGroups(by: {column: kind}, first: 100) { edges { node { __typename count } } pageInfo { hasNextPage } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let edge = json!({"node": {"__typename": "user_account_Group", "count": 1}});
    let expected = json!({"cityGroups": 7, "user_accountGroups": {"edges": [edge, edge], "pageInfo": {"hasNextPage": true}}});
    assert_eq!(answer["data"], expected, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_count_as_a_page_toward_the_limits() {
    let database = harness::database(SETUP).await;
    let mut config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    config.limits.complexity = 100;
    let engine = Engine::new(&config).expect("an engine");
    let query = |page: &str| {
        format!(
            "{{ trackGroups(by: {{column: album_id}}, orderBy: {{count: AscNullsLast}} {page}) {{ edges {{ node {{ key {{ album_id }} sum {{ seconds }} }} }} }} }}"
        )
    };
    let answer = harness::graphql(&engine, &query(", first: 10"), json!({})).await;
    assert!(answer["errors"].is_null(), "{answer}");
    let message = refused(&engine, &query(""), json!({})).await;
    assert!(message.contains("complexity"), "{message}");
}

async fn groups_come_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "query ($by: [trackGroupBy!]!, $least: Int, $having: trackGroupFilter, $order: [trackGroupOrderBy!], $after: Cursor) {
        t: trackGroups(by: $by, filter: {id: {gte: $least}}, having: $having, orderBy: $order, after: $after) {
            totalCount edges { cursor node { key { album_id } count } } } }";
    let ask = async |variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        let mut answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        assert!(answer["errors"].is_null(), "{variables}: {answer}");
        answer["data"]["t"].take()
    };
    let by = json!([{"column": "album_id"}]);
    for least in [0, 11, 12] {
        let page = ask(json!({"by": by, "least": least})).await;
        let first = if least == 12 { json!([2, 1]) } else { json!([1, if least == 0 { 2 } else { 1 }]) };
        assert_eq!(counts(&page)[0], first);
        let after = page["edges"][0]["cursor"].clone();
        let rest = ask(json!({"by": by, "least": least, "after": after})).await;
        assert_eq!(rest["totalCount"], page["totalCount"]);
        assert_eq!(
            counts(&rest).as_array().map(|rest| rest.len() + 1),
            counts(&page).as_array().map(Vec::len)
        );
        let page = ask(json!({"by": by, "least": least, "having": {"count": {"gt": 1}}, "order": [{"count": "DescNullsLast"}]})).await;
        assert_eq!(counts(&page)[0], json!([null, 3]));
        let zone = ["UTC", "Europe/Paris", "Asia/Tokyo"][usize::try_from(least % 3).expect("a place")];
        let months = json!([{"column": "played", "truncate": "MONTH", "timeZone": zone}]);
        assert_eq!(
            ask(json!({"by": months, "least": 13})).await["totalCount"],
            if zone == "UTC" { 2 } else { 3 }
        );
    }
}

on_every_way!(groups_come_by_each_way);
