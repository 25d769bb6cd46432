//! Operations of the engine, with role and claims: as one message, or as one flight with named statements.

use glowplug::config::PoolMode;
use glowplug::db::{Protocol, Protocols};
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use serde_json::{Map, Value, json};

use super::stand::Cell;
use crate::harness;

/// Two users query and write in turns; each sees what is its own.
pub(super) async fn holds(cell: &Cell) {
    let pool_mode = match cell.protocol {
        Protocol::Prepared => PoolMode::Direct,
        Protocol::Simple | Protocol::Unnamed => PoolMode::Transaction,
    };
    assert_eq!(Protocols::of(pool_mode).operations, cell.protocol);
    let engine = Engine::new(&harness::config(&cell.url, pool_mode)).unwrap();
    let query = "{ noteCollection { edges { node { owner body } } } }";
    for (user, body) in [("ada", "Ada's"), ("bob", "Bob's")] {
        let node = |body: &str| json!({ "node": { "owner": user, "body": body } });
        let found = ask(&engine, user, query).await;
        assert_eq!(
            found["data"]["noteCollection"]["edges"],
            json!([node(body)]),
            "{}: {found}",
            cell.label()
        );
        let insert =
            "mutation { insertIntonoteCollection(objects: [{ body: \"new\" }]) { records { owner } } }";
        let inserted = ask(&engine, user, insert).await;
        let records = &inserted["data"]["insertIntonoteCollection"]["records"];
        assert_eq!(*records, json!([{ "owner": user }]), "{}: {inserted}", cell.label());
        let found = ask(&engine, user, query).await;
        assert_eq!(found["data"]["noteCollection"]["edges"], json!([node(body), node("new")]));
    }
}

async fn ask(engine: &Engine, user: &str, document: &str) -> Value {
    let identity = Identity {
        role: Some("poolers_user".into()),
        settings: [("request.jwt.claims".into(), json!({ "sub": user }).to_string().into())].into(),
        ..Identity::default()
    };
    let request = Request {
        document: document.into(),
        operation_name: None,
        variables: Map::new(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    };
    let response = engine.respond(request, &identity).await;
    serde_json::from_slice(&response.body).unwrap()
}
