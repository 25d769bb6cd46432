//! Rows that a policy hides: their ids give no access, on any path.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::World;
use crate::ways::{Route, by_set_local, on_both_ways};

const SETUP: &str = "create role anon#; grant anon# to authenticator#;
    create table note (id integer primary key, parent_id integer references note, hidden boolean not null);
    insert into note values (1, null, true), (2, 1, false);
    alter table note enable row level security;
    create policy visible on note to anon# using (not hidden);
    grant select, update, delete on note to anon#";

on_both_ways!(the_id_of_a_hidden_row_is_no_permission,);
by_set_local!(the_id_of_a_hidden_row_is_no_permission,);

async fn the_id_of_a_hidden_row_is_no_permission(route: Route) {
    let world = World::new(route, SETUP).await;
    let node_id = |id: i32| STANDARD.encode(format!("[\"public\", \"note\", {id}]"));
    let read = |id: i32| {
        format!(
            "{{ noteByPk(id: {id}) {{ id }} node(nodeId: \"{}\") {{ ... on note {{ id }} }}
                noteCollection(filter: {{id: {{eq: {id}}}}}) {{ edges {{ node {{ id }} }} }} }}",
            node_id(id)
        )
    };
    let ask = async |document: &str| -> Value {
        serde_json::from_slice(&world.respond("anon", document).await.body).unwrap()
    };
    let note = json!({"id": 2});
    let visible = json!({"noteByPk": note, "node": note, "noteCollection": {"edges": [{"node": note}]}});
    assert_eq!(ask(&read(2)).await, json!({ "data": visible }));
    let nothing = json!({"noteByPk": null, "node": null, "noteCollection": {"edges": []}});
    assert_eq!(ask(&read(1)).await, json!({ "data": nothing }));
    assert_eq!(ask(&read(3)).await, json!({ "data": nothing }), "a hidden row is as one that is not there");
    let parent = ask("{ noteByPk(id: 2) { note { id } } }").await;
    assert_eq!(parent, json!({"data": {"noteByPk": {"note": null}}}));
    for mutation in [
        "mutation { updatenoteCollection(set: {hidden: false}, filter: {id: {eq: 1}}) { affectedCount } }",
        "mutation { deleteFromnoteCollection(filter: {id: {eq: 1}}) { affectedCount } }",
    ] {
        let answer = ask(mutation).await;
        let counts: Vec<_> = answer["data"].as_object().into_iter().flat_map(|data| data.values()).collect();
        assert_eq!(counts, [&json!({"affectedCount": 0})], "{answer}");
    }
}
