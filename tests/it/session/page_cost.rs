//! Statements whose parts run once per row are planned for pages in memory, if nobody has set what a page costs.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness;

const SETUP: &str = "
    create table parent (id integer primary key);
    create table child (id integer primary key, parent_id integer references parent);
    create function planned_for(parent) returns text stable language sql
        as $$ select pg_catalog.current_setting('random_page_cost') $$;
    comment on schema public is '@graphql({\"inflect_names\": true})';
    insert into parent values (1), (2);
    insert into child values (1, 1), (2, 2)";

/// What a page costs in the statement of a root field.
async fn page_cost(engine: &Engine, field: &str) -> Value {
    let answer = harness::graphql(engine, &format!("{{ found: {field} }}"), json!({})).await;
    let costs = ["/data/found/edges/0/node/plannedFor", "/data/found/plannedFor"];
    costs.iter().find_map(|path| answer.pointer(path)).unwrap_or_else(|| panic!("{answer}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_taken_for_cached_where_a_part_runs_once_per_row() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let engine = Engine::new(&harness::config(&url, pool_mode)).expect("an engine");
        for (field, expected) in [
            ("parentCollection { edges { node { plannedFor } } }", "4"),
            (
                "parentCollection { edges { node { plannedFor childCollection { edges { node { id } } } } } }",
                "1.1",
            ),
            (
                "parentCollection(filter: {id: {eq: 1}}) { edges { node { plannedFor \
              childCollection { edges { node { id } } } } } }",
                "4",
            ),
            ("parentByPk(id: 1) { plannedFor childCollection { edges { node { id } } } }", "4"),
            (
                "parentByPk(id: 1) { plannedFor childCollection { edges { node { id parent { id } } } } }",
                "1.1",
            ),
            (
                "parentCollection(filter: {childCollection: {some: {id: {gt: 0}}}}) { edges { node { plannedFor } } }",
                "1.1",
            ),
        ] {
            assert_eq!(page_cost(&engine, field).await, expected, "{pool_mode:?}: {field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_has_set_stays() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let owner = harness::connect(&url).await;
    owner
        .batch_execute(&format!("alter database {database} set random_page_cost = 2"))
        .await
        .expect("a setting");
    let engine = Engine::new(&harness::config(&url, PoolMode::Transaction)).expect("an engine");
    let field =
        "parentCollection { edges { node { plannedFor childCollection { edges { node { id } } } } } }";
    assert_eq!(page_cost(&engine, field).await, "2");
}
