//! What a role sees at the other end of a relation, in filters and orders as in fields; on each route of
//! operations.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

/// Albums of artists. The role `all_` sees everything, `keyless_` not the referencing key, `nameless_` not
/// the name, and `tableless_` not the artists.
const SETUP: &str = "
    create table artist (id int primary key, name text, hidden boolean not null default false);
    create table album (id int primary key, title text, artist_id int references artist);
    insert into artist values (1, 'A', false), (2, 'B', true), (3, 'C', false);
    insert into album values (10, 'ten', 1), (11, 'eleven', 1), (12, 'twelve', 2), (13, 'thirteen', 2), (14, 'fourteen', 2), (15, 'fifteen', null);
    create role all_#; create role keyless_#; create role nameless_#; create role tableless_#; create role shown_#;
    grant select, update, delete on artist, album to all_#;
    grant select on artist to keyless_#; grant select (id, title) on album to keyless_#;
    grant select (id) on artist to nameless_#; grant select on album to nameless_#;
    grant select on album to tableless_#;
    grant select, update, delete on artist, album to shown_#;
    alter table artist enable row level security;
    create policy everything on artist to all_#, keyless_#, nameless_# using (true);
    create policy shown on artist to shown_# using (not hidden);";

struct World {
    engine: Engine,
    name: &'static str,
}

impl World {
    async fn new(name: &'static str) -> Self {
        let database = harness::database(&SETUP.replace('#', name)).await;
        let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
        Self { engine: Engine::new(&config).expect("an engine"), name }
    }

    fn identity(&self, role: &str) -> Identity {
        Identity { role: Some(format!("{role}_{}", self.name).into()), ..Identity::default() }
    }

    async fn ask(&self, role: &str, query: &str) -> Value {
        harness::graphql_as(&self.engine, &self.identity(role), query, json!({})).await
    }

    /// The ids of albums for these arguments.
    async fn albums(&self, role: &str, arguments: &str) -> Value {
        let query = format!("{{ albumCollection({arguments}) {{ edges {{ node {{ id }} }} }} }}");
        let answer = self.ask(role, &query).await;
        let edges = answer["data"]["albumCollection"]["edges"].as_array();
        let edges = edges.unwrap_or_else(|| panic!("{query}: {answer}"));
        edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_has_no_relation_over_columns_or_tables_that_it_may_not_read() {
    let world = World::new("relations_hidden").await;
    let types = [
        "artist: artistFilter",
        "artist: artistOrderBy",
        "albumCollection: albumRelationFilter",
        "albumCollection: albumRelationOrderBy",
    ];
    for (role, sees) in [("all", true), ("nameless", true), ("keyless", false), ("tableless", false)] {
        let sdl = world.engine.sdl(&world.identity(role)).await.expect("a schema");
        for found in types {
            assert_eq!(sdl.contains(found), sees, "{role} {found}\n{sdl}");
        }
        let answer = world.ask(role, "{ albumCollection(filter: {artist: {id: {eq: 1}}}, orderBy: [{artist: {id: AscNullsLast}}]) { edges { cursor } } }").await;
        assert_eq!(answer["errors"].is_null(), sees, "{role} {answer}");
        if !sees {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{role} {answer}");
        }
    }
    let filter = "artist: {name: {eq: \"A\"}}";
    let answer = world
        .ask("nameless", &format!("{{ albumCollection(filter: {{{filter}}}) {{ edges {{ cursor }} }} }}"))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_policy_hides_are_not_there_for_filters_and_orders() {
    let world = World::new("relations_policies").await;
    let by = "orderBy: [{artist: {name: DescNullsLast}}]";
    assert_eq!(world.albums("all", by).await, json!([12, 13, 14, 10, 11, 15]));
    assert_eq!(world.albums("shown", by).await, json!([10, 11, 12, 13, 14, 15]));
    let without = "filter: {artist: {is: NULL}}";
    assert_eq!(world.albums("all", without).await, json!([15]));
    assert_eq!(world.albums("shown", without).await, json!([12, 13, 14, 15]));
    let named = "filter: {artist: {name: {eq: \"B\"}}}";
    assert_eq!(world.albums("all", named).await, json!([12, 13, 14]));
    assert_eq!(world.albums("shown", named).await, json!([]));
    // Changes do not affect rows that they do not see, either.
    let change = "mutation { deleteFromalbumCollection(filter: {artist: {name: {in: [\"A\", \"B\"]}}}, atMost: 9) { records { id } } }";
    let answer = world.ask("shown", change).await;
    assert_eq!(
        answer["data"]["deleteFromalbumCollection"]["records"],
        json!([{"id": 10}, {"id": 11}]),
        "{answer}"
    );
    let update = "mutation { updateartistCollection(filter: {albumCollection: {count: {gte: 3}}}, set: {name: \"many\"}) { records { id name } } }";
    let answer = world.ask("all", update).await;
    assert_eq!(
        answer["data"]["updateartistCollection"]["records"],
        json!([{"id": 2, "name": "many"}]),
        "{answer}"
    );
}

async fn relations_are_filtered_and_ordered(route: Route) {
    let setup = SETUP.replace('#', &format!("relations_way_{route:?}").to_lowercase());
    let database = harness::database(&setup).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "query ($name: String, $least: Int, $direction: OrderByDirection, $after: Cursor) {
        albums: albumCollection(filter: {artist: {name: {eq: $name}}}, orderBy: [{artist: {name: $direction}}, {id: DescNullsLast}]) {
            edges { node { id } } }
        artists: artistCollection(filter: {albumCollection: {count: {gte: $least}}}, orderBy: [{albumCollection: {count: $direction}}], after: $after) {
            edges { cursor node { id } } } }";
    let ask = async |variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    };
    let ids = |answer: &Value, name: &str| -> Value {
        let edges = answer["data"][name]["edges"].as_array();
        let edges = edges.unwrap_or_else(|| panic!("{answer}"));
        edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
    };
    for _ in 0..3 {
        let answer = ask(json!({"name": "B", "least": 1, "direction": "DescNullsLast"})).await;
        assert_eq!(ids(&answer, "albums"), json!([14, 13, 12]));
        assert_eq!(ids(&answer, "artists"), json!([2, 1]));
        let after = answer["data"]["artists"]["edges"][0]["cursor"].clone();
        let answer =
            ask(json!({"name": "A", "least": 0, "direction": "DescNullsLast", "after": after})).await;
        assert_eq!(ids(&answer, "albums"), json!([11, 10]));
        assert_eq!(ids(&answer, "artists"), json!([1, 3]));
        let answer = ask(json!({"least": 3, "direction": "AscNullsLast"})).await;
        assert_eq!(ids(&answer, "albums"), json!([11, 10, 14, 13, 12]));
        assert_eq!(ids(&answer, "artists"), json!([2]));
    }
}

on_every_way!(relations_are_filtered_and_ordered);
