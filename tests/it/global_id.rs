//! The field that identifies a row among all, by the name `id`.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;

const SETUP: &str = "
    comment on schema public is '@graphql({\"inflect_names\": true, \"node_id\": \"id\"})';
    create table artist (id int primary key, name text);
    create table track (id int primary key, artist_id int references artist, \"nodeId\" text);
    insert into artist values (1, 'A'), (2, 'B'); insert into track values (10, 1, 'own'), (11, 2, null);";

async fn ask(engine: &Engine, query: &str, variables: Value) -> Value {
    let mut answer = harness::graphql(engine, query, variables).await;
    assert!(answer["errors"].is_null(), "{query}: {answer}");
    answer["data"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn id_is_the_global_id_where_a_schema_says_so() {
    let database = harness::database(SETUP).await;
    let mut config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    config.api.federation = true;
    let engine = Engine::new(&config).expect("an engine");
    let query = "{ trackCollection(orderBy: [{rowId: DescNullsLast}]) { edges { node { id rowId nodeId artist { id rowId name } } } } }";
    let data = ask(&engine, query, json!({})).await;
    let track = &data["trackCollection"]["edges"][1]["node"];
    assert_eq!(
        (&track["rowId"], &track["nodeId"], &track["artist"]["rowId"]),
        (&json!(10), &json!("own"), &json!(1))
    );
    let (id, artist) = (&track["id"], &track["artist"]["id"]);
    let query = "query ($id: ID!) { node(id: $id) { __typename id ... on Track { rowId } } }";
    let data = ask(&engine, query, json!({"id": id})).await;
    assert_eq!(data["node"], json!({"__typename": "Track", "id": id, "rowId": 10}));
    let query = "query ($id: ID!, $artist: ID!) {
        t: trackCollection(filter: {id: {eq: $id}, rowId: {gt: 1}}) { edges { node { rowId } } }
        a: trackCollection(filter: {artist: {id: {eq: $artist}}}) { edges { node { rowId } } }
        e: _entities(representations: [{__typename: \"Track\", id: $id}, {__typename: \"Artist\", rowId: 2}]) {
            ... on Track { rowId } ... on Artist { name } } }";
    let data = ask(&engine, query, json!({"id": id, "artist": artist})).await;
    let rows = json!({"edges": [{"node": {"rowId": 10}}]});
    assert_eq!(data, json!({"t": rows, "a": rows, "e": [{"rowId": 10}, {"name": "B"}]}));
    let data = ask(&engine, "{ trackByPk(rowId: 11) { rowId } }", json!({})).await;
    assert_eq!(data["trackByPk"]["rowId"], 11);
    let query = "mutation { insertIntoArtistCollection(objects: [{rowId: 3, name: \"C\"}]) { records { id rowId } } }";
    let data = ask(&engine, query, json!({})).await;
    assert_eq!(data["insertIntoArtistCollection"]["records"][0]["rowId"], 3);
    let sdl = engine.sdl(&Identity::default()).await.expect("an API");
    assert!(sdl.contains("interface Node {\n  id: ID!\n}") && sdl.contains("node(id: ID!): Node"), "{sdl}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_is_a_problem_and_changes_nothing() {
    let database = harness::database(
        "comment on schema public is '@graphql({\"node_id\": \"key\"})'; create table artist (id int primary key);",
    )
    .await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let described = engine.planning().describe(None).await.expect("an API");
    assert!(described.sdl.contains("nodeId: ID!"));
    let problems = format!("{:?}", described.problems);
    assert!(problems.contains("node_id can be id or nodeId"), "{problems}");
}
