//! Apollo Federation: the rows that other subgraphs refer to, the SDL that a supergraph is composed from, and a gateway over two of them.

mod compose;
mod random;

use glowplug::config::{Introspection, PoolMode};
use glowplug::engine::{Engine, Identity};
use glowplug::request::{Document, Facts, Operation, json_map};
use serde_json::{Value, json};

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

/// Keys of every sort: one column, two, a date, and one that a child of the table shares.
const SETUP: &str = "
    create table artist (id int primary key, name text, secret text);
    create table track (album uuid, place int2, artist_id int references artist, title text not null, primary key (album, place));
    create table day (at date primary key, note text);
    create table asset (id int primary key, label text);
    create table machine () inherits (asset);
    create type temper as enum ('calm'); create table mood (temper temper primary key);
    create table big (id int8 primary key, \"text\" text);
    insert into artist values (1, 'A', 'x'), (2, 'B', 'y'), (3, null, null);
    insert into track values ('11111111-1111-1111-1111-111111111111', 1, 1, 'one'), ('11111111-1111-1111-1111-111111111111', 2, 1, 'two'),
        ('22222222-2222-2222-2222-222222222222', 1, null, 'three');
    insert into day values ('2024-02-29', 'leap');
    insert into asset values (1, 'crate');
    insert into machine values (1, 'lathe');
    insert into big values (9007199254740993, 'odd');";

const QUERY: &str = "query ($r: [_Any!]!) { rows: _entities(representations: $r) { __typename
    ... on artist { id name tracks: trackCollection(first: 1) { edges { node { title } } } }
    ... on track { t: title artist { name } }
    ... on day { note } ... on asset { label } ... on big { big: id } } }";

pub(super) fn config(url: &str) -> glowplug::config::Config {
    let mut config = harness::config(url, PoolMode::Direct);
    config.api.federation = true;
    config
}

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&config(&harness::cluster().url(&database))).expect("an engine")
}

/// A `nodeId` of a table in the schema `public`.
fn node_id(table: &str, key: &[Value]) -> String {
    use base64::Engine as _;
    let values: Vec<_> = [json!("public"), json!(table)].into_iter().chain(key.iter().cloned()).collect();
    base64::engine::general_purpose::STANDARD.encode(Value::from(values).to_string())
}

async fn rows_come_in_the_order_of_their_representations(route: Route) {
    let database = harness::database(SETUP).await;
    let answering = Answering::start(route, &config(&harness::cluster().url(&database))).await;
    let ask = async |query: &str, variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    };
    let artist = |id: i32| json!({"__typename": "artist", "id": id});
    let first = json!({"__typename": "artist", "id": 1, "name": "A", "tracks": {"edges": [{"node": {"title": "one"}}]}});
    let second = json!({"__typename": "artist", "id": 2, "name": "B", "tracks": {"edges": []}});
    let album = "11111111-1111-1111-1111-111111111111";
    for (representations, expected) in [
        (json!([artist(2), artist(1), artist(2)]), json!([second, first, second])),
        (json!([artist(1)]), json!([first])),
        (json!([artist(99), artist(1)]), json!([null, first])),
        (json!([]), json!([])),
        (json!(artist(1)), json!([first])),
        (
            json!([
                {"__typename": "track", "album": album, "place": 2}, artist(1), {"__typename": "track", "album": album, "place": 9},
                {"__typename": "artist", "nodeId": node_id("artist", &[json!(2)])},
                {"__typename": "track", "nodeId": node_id("track", &[json!(album), json!(1)]), "title": "not a key"},
                {"__typename": "day", "nodeId": node_id("day", &[json!("2024-02-29")])},
                {"__typename": "big", "id": "9007199254740993"}, {"__typename": "big", "id": 9_007_199_254_740_993_i64},
            ]),
            json!([
                {"__typename": "track", "t": "two", "artist": {"name": "A"}}, first, null, second,
                {"__typename": "track", "t": "one", "artist": {"name": "A"}}, {"__typename": "day", "note": "leap"},
                {"__typename": "big", "big": "9007199254740993"}, {"__typename": "big", "big": "9007199254740993"},
            ]),
        ),
    ] {
        // The third time it is a function, where statements become functions.
        for _ in 0..3 {
            let answer = ask(QUERY, json!({"r": representations})).await;
            assert_eq!(answer, json!({"data": {"rows": expected}}), "{representations}");
        }
    }
}

on_every_way!(rows_come_in_the_order_of_their_representations);

#[tokio::test(flavor = "multi_thread")]
async fn representations_may_stand_in_the_document_and_fragments_on_any_type() {
    let engine = engine(SETUP).await;
    for (query, variables, expected) in [
        (
            "{ _entities(representations: [{__typename: \"artist\", id: 1}, {__typename: \"artist\", id: 2}]) { ... on artist { name } } }",
            json!({}),
            json!([{"name": "A"}, {"name": "B"}]),
        ),
        (
            "query ($id: Int!, $one: _Any!) { _entities(representations: [{__typename: \"artist\", id: $id}, $one]) { ... on artist { name } } }",
            json!({"id": 2, "one": {"__typename": "artist", "id": 1}}),
            json!([{"name": "B"}, {"name": "A"}]),
        ),
        (
            "{ _entities(representations: {__typename: \"artist\", id: 1}) { ... on Node { nodeId } ...F } } fragment F on _Entity { __typename }",
            json!({}),
            json!([{"nodeId": node_id("artist", &[json!(1)]).replace("IiwiYXJ0aXN0IiwxXQ==", "IiwgImFydGlzdCIsIDFd"), "__typename": "artist"}]),
        ),
        (
            "query ($no: Boolean!) { _entities(representations: {__typename: \"artist\", id: 1}) { ... on artist @skip(if: $no) { name } ... on day { note } } }",
            json!({"no": true}),
            json!([{}]),
        ),
    ] {
        let answer = harness::graphql(&engine, query, variables).await;
        assert_eq!(answer["errors"], Value::Null, "{query}: {answer}");
        let found = &answer["data"]["_entities"];
        if expected[0]["nodeId"].is_null() {
            assert_eq!(*found, expected, "{query}");
        } else {
            assert_eq!(found[0]["__typename"], "artist", "{query}: {answer}");
            assert!(found[0]["nodeId"].is_string(), "{query}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_children_are_found_by_node_id_alone() {
    let engine = engine(SETUP).await;
    let answer =
        harness::graphql(&engine, "{ assetCollection { edges { node { nodeId label } } } }", json!({})).await;
    let edges = answer["data"]["assetCollection"]["edges"].as_array().expect("edges");
    let nodes = edges.iter().map(|edge| &edge["node"]);
    let representations: Vec<_> =
        nodes.clone().map(|node| json!({"__typename": "asset", "nodeId": node["nodeId"]})).collect();
    let labels: Vec<_> = nodes.map(|node| json!({"__typename": "asset", "label": node["label"]})).collect();
    assert_eq!(labels.len(), 2);
    let answer = harness::graphql(&engine, QUERY, json!({"r": representations})).await;
    assert_eq!(answer, json!({"data": {"rows": labels}}));
    let answer = harness::graphql(&engine, QUERY, json!({"r": [{"__typename": "asset", "id": 1}]})).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("no key of its type"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_representation_is_an_error_of_its_own() {
    let engine = engine(SETUP).await;
    let album = "11111111-1111-1111-1111-111111111111";
    let (unknown, no_key, wrong) =
        ("no type of this API's rows", "no key of its type", "none of its field's type");
    for (representation, message) in [
        (json!({"id": 1}), unknown),
        (json!("artist"), unknown),
        (json!({"__typename": "nothing", "id": 1}), unknown),
        (json!({"__typename": "Query", "id": 1}), unknown),
        (json!({"__typename": 7, "id": 1}), unknown),
        (json!({"__typename": "artist"}), no_key),
        (json!({"__typename": "artist", "name": "A"}), no_key),
        (json!({"__typename": "track", "album": album}), no_key),
        (json!({"__typename": "day", "at": "2024-02-29"}), no_key),
        (json!({"__typename": "artist", "id": null}), wrong),
        (json!({"__typename": "artist", "id": "one"}), wrong),
        (json!({"__typename": "artist", "id": 1.5}), wrong),
        (json!({"__typename": "artist", "id": 4_000_000_000_i64}), wrong),
        (json!({"__typename": "artist", "id": [1]}), wrong),
        (json!({"__typename": "artist", "id": {"eq": 1}}), wrong),
        (json!({"__typename": "artist", "id": true}), wrong),
        (json!({"__typename": "track", "album": "no uuid", "place": 1}), wrong),
        (json!({"__typename": "track", "album": album, "place": 40_000}), wrong),
        (json!({"__typename": "artist", "nodeId": "no base64"}), wrong),
        (json!({"__typename": "artist", "nodeId": 1}), wrong),
        (json!({"__typename": "artist", "nodeId": node_id("day", &[json!("2024-02-29")])}), wrong),
        (json!({"__typename": "artist", "nodeId": node_id("artist", &[json!("x")])}), wrong),
        (json!({"__typename": "artist", "nodeId": node_id("artist", &[json!(1), json!(2)])}), wrong),
        (json!({"__typename": "day", "nodeId": node_id("day", &[json!("2023-02-29")])}), wrong),
        (json!({"__typename": "day", "nodeId": node_id("day", &[json!("soon")])}), wrong),
        (json!({"__typename": "mood", "nodeId": node_id("mood", &[json!("wild")])}), wrong),
    ] {
        let right = json!({"__typename": "day", "nodeId": node_id("day", &[json!("2024-02-29")])});
        let answer = harness::graphql(&engine, QUERY, json!({"r": [right, representation, right]})).await;
        let day = json!({"__typename": "day", "note": "leap"});
        assert_eq!(answer["data"]["rows"], json!([day, null, day]), "{representation}: {answer}");
        let error = &answer["errors"][0];
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{representation}: {answer}");
        assert_eq!(error["path"], json!(["rows", 1]), "{representation}: {answer}");
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{representation}: {answer}");
        assert!(error["message"].as_str().unwrap().contains(message), "{representation}: {answer}");
    }
    // What is no list of objects at all is refused before anything runs.
    for (query, variables) in [
        (QUERY, json!({})),
        (QUERY, json!({"r": null})),
        (QUERY, json!({"r": [null]})),
        ("{ _entities { __typename } }", json!({})),
        ("{ _entities(representations: null) { __typename } }", json!({})),
        ("{ _entities(representations: []) { ... on Query { __typename } } }", json!({})),
    ] {
        let answer = harness::graphql(&engine, query, variables).await;
        assert_eq!(answer["data"], Value::Null, "{query}: {answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_promises_below_an_entity_are_nulled_where_its_own_type_says() {
    let setup = "create table tag (id int primary key, x float8[], y float8 not null default 1);
        insert into tag values (1, '{1,NaN}', 1), (2, '{1}', 'NaN'), (3, '{3}', 3);";
    let engine = engine(setup).await;
    let tag = |id: i32| json!({"__typename": "tag", "id": id});
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on tag { id x y } } }";
    let wrong = json!({"__typename": "tag"});
    let answer =
        harness::graphql(&engine, query, json!({"r": [tag(1), tag(2), wrong, tag(3), tag(4)]})).await;
    let paths: Vec<_> =
        answer["errors"].as_array().expect("errors").iter().map(|error| error["path"].clone()).collect();
    assert_eq!(
        paths,
        [json!(["_entities", 0, "x"]), json!(["_entities", 1, "y"]), json!(["_entities", 2])],
        "{answer}"
    );
    let expected = json!([{"id": 1, "x": null, "y": 1}, null, null, {"id": 3, "x": [3], "y": 3}, null]);
    assert_eq!(answer["data"]["_entities"].to_string().replace(".0", ""), expected.to_string(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_finds_only_what_it_may_read() {
    let setup = format!(
        "{SETUP} create role federation_part;
        grant select (id, name) on artist to federation_part; grant select (place, title) on track to federation_part;
        alter table artist enable row level security;
        create policy shown on artist to federation_part using (id <> 2);"
    );
    let engine = engine(&setup).await;
    let part = Identity { role: Some("federation_part".into()), ..Identity::default() };
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on artist { name } } }";
    let representations: Vec<_> = (1..4).map(|id| json!({"__typename": "artist", "id": id})).collect();
    let answer = harness::graphql_as(&engine, &part, query, json!({"r": representations})).await;
    assert_eq!(answer, json!({"data": {"_entities": [{"name": "A"}, null, {"name": null}]}}));
    let track = json!([{"__typename": "track", "album": "11111111-1111-1111-1111-111111111111", "place": 1}]);
    let answer = harness::graphql_as(&engine, &part, query, json!({"r": track})).await;
    assert_eq!(answer["data"]["_entities"], json!([null]), "{answer}");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("as the role sees it"), "{answer}");
    let answer = harness::graphql_as(&engine, &part, "{ _service { sdl } }", json!({})).await;
    let sdl = answer["data"]["_service"]["sdl"].as_str().expect("an SDL");
    assert!(
        sdl.contains("type artist implements Node @key(fields: \"nodeId\") @key(fields: \"id\") {"),
        "{sdl}"
    );
    assert!(!sdl.contains("secret") && !sdl.contains("track"), "{sdl}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_representations_of_two_types_are_one_statement_whatever_their_values() {
    let database = harness::database(SETUP).await;
    let config = config(&harness::cluster().url(&database));
    let catalog = crate::golden::picture(&harness::cluster().url(&database)).await;
    let catalog = glowplug::catalog::Catalog::from_json(&catalog).expect("a catalogue");
    let options = glowplug::schema::Options { federation: true, ..Default::default() };
    let schema = glowplug::schema::Schema::new(std::sync::Arc::new(catalog), options);
    let rendered = glowplug::schema::rendered::Rendered::new(&schema).expect("a valid schema");
    let statements = |count: i32| {
        let both =
            |id: i32| [json!({"__typename": "artist", "id": id}), json!({"__typename": "big", "id": id})];
        let representations: Vec<_> = (0..count).flat_map(both).collect();
        let variables = json!({"r": representations});
        let variables = json_map(variables.as_object().expect("an object").clone());
        let document = Document::parse(&rendered, QUERY, &config.limits).expect("a document");
        let operation =
            Operation::new(document.into(), None, &variables, (&schema, &rendered), &config.limits);
        let operation = operation.expect("an operation");
        let plan = glowplug::plan::plan(&schema, &Facts::of(&operation)).expect("a plan");
        let sources = plan.roots.into_iter().map(|root| root.source);
        let compiled = sources.flat_map(|source| match source {
            glowplug::plan::Source::Database(action) => glowplug::sql::compile(&schema, &action),
            other => panic!("{other:?}"),
        });
        let bound = compiled.map(|statement| statement.bind(&schema, operation.variables()).expect("values"));
        bound.collect::<Vec<_>>()
    };
    let (few, many) = (statements(1), statements(500));
    assert_eq!((few.len(), many.len()), (1, 1));
    assert_eq!(few[0].numbered(), many[0].numbered());
    assert_eq!(many[0].parameters.len(), 2, "{}", many[0].numbered());
    // Each row is looked up in an index.
    let client = harness::connect(&harness::cluster().url(&database)).await;
    client
        .batch_execute("insert into artist select i, 'more' from generate_series(100, 9999) i; analyze")
        .await
        .unwrap();
    let values = many[0].parameters.iter().map(|value| format!("'{}'", value.as_deref().expect("a value")));
    let text = values.enumerate().fold(many[0].numbered().into_owned(), |text, (index, value)| {
        text.replace(&format!("${}::", index + 1), &format!("{value}::"))
    });
    let plan = client.simple_query(&format!("explain {text}")).await.unwrap();
    let lines = plan.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    let plan = lines.collect::<Vec<_>>().join("\n");
    assert!(plan.contains("using artist_pkey"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn representations_count_toward_the_limits() {
    let database = harness::database(SETUP).await;
    let mut config = config(&harness::cluster().url(&database));
    config.limits.values = 1000;
    config.limits.complexity = 400;
    let engine = Engine::new(&config).expect("an engine");
    let artists =
        |count: i32| -> Value { (0..count).map(|id| json!({"__typename": "artist", "id": id})).collect() };
    let query =
        "query ($r: [_Any!]!) { _entities(representations: $r) { ... on artist { name artist: nodeId } } }";
    // Twice, so that the third request finds the operation compiled.
    for count in [3, 3, 3, 200] {
        let answer = harness::graphql(&engine, query, json!({"r": artists(count)})).await;
        assert!(answer["errors"].is_null(), "{count}: {answer:.500}");
    }
    let answer = harness::graphql(&engine, query, json!({"r": artists(300)})).await;
    let message = answer["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("complexity"), "{message}");
    let answer = harness::graphql(&engine, query, json!({"r": artists(400)})).await;
    let message = answer["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("values"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdl_of_a_subgraph_is_told_unless_the_schema_is_not_shown() {
    let database = harness::database(SETUP).await;
    let mut config = config(&harness::cluster().url(&database));
    let ask = "{ _service { __typename a: sdl ...F } } fragment F on _Service { b: sdl }";
    for (introspection, is_told) in
        [(Introspection::On, true), (Introspection::Directive, true), (Introspection::Off, false)]
    {
        config.api.introspection = introspection;
        let engine = Engine::new(&config).expect("an engine");
        let answer = harness::graphql(&engine, ask, json!({})).await;
        let service = &answer["data"]["_service"];
        assert_eq!(service["a"].is_string(), is_told, "{answer}");
        assert_eq!(service["a"], service["b"]);
        if !is_told {
            let message = answer["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains("glowplug schema"), "{message}");
            continue;
        }
        let sdl = service["a"].as_str().expect("an SDL");
        for line in [
            "schema @link(url: \"https://specs.apollo.dev/federation/v2.0\", import: [\"@key\", \"@shareable\"]) {",
            "type PageInfo @shareable {",
            "type artist implements Node @key(fields: \"nodeId\") @key(fields: \"id\") {",
            "type track implements Node @key(fields: \"nodeId\") @key(fields: \"album place\") {",
            "type day implements Node @key(fields: \"nodeId\") {",
            "type asset implements Node @key(fields: \"nodeId\") {",
        ] {
            assert!(sdl.contains(line), "{line}\n{sdl}");
        }
        for absent in ["_Any", "_Entity", "_Service", "node(", "_entities"] {
            assert!(!sdl.contains(absent), "{absent}\n{sdl}");
        }
        assert_eq!(*engine.planning().describe(None).await.expect("an API").sdl, *sdl);
        let whole = engine.sdl(&Identity::default()).await.expect("an API");
        assert!(whole.contains("union _Entity = artist | asset | big | day |"), "{whole}");
    }
    // Without the setting there is nothing of it.
    let engine = Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct))
        .expect("an engine");
    let sdl = engine.sdl(&Identity::default()).await.expect("an API");
    assert!(!sdl.contains("_entities") && !sdl.contains("_service") && !sdl.contains("_Any"), "{sdl}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_without_tables_has_no_entities() {
    let engine = engine("create function one() returns int immutable language sql as 'select 1'").await;
    let sdl = engine.sdl(&Identity::default()).await.expect("an API");
    assert!(sdl.contains("_service") && !sdl.contains("_entities"), "{sdl}");
}
