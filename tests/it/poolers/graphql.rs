//! Operations of the engine, with role and claims: as one message, or as one pipeline with named statements.

use glowplug::config::ContextForm;
use glowplug::db::Protocol;
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use serde_json::{Map, Value, json};

use super::stand::Cell;
use crate::harness;

/// Runs all tests with the context in each form that the protocol supports.
pub(super) async fn holds(cell: &Cell) {
    let forms = match cell.protocol {
        // The context is a statement of the pipeline.
        Protocol::Prepared => &ContextForm::ALL[..1],
        Protocol::Simple | Protocol::Unnamed => &ContextForm::ALL[..],
    };
    for context in forms {
        if !cell.stand.takes_context(*context) {
            nothing_runs(cell, *context).await;
            continue;
        }
        users_are_held_apart(cell, *context).await;
        let plain = harness::connect(&cell.url).await;
        plain.batch_execute("delete from note where body = 'new'").await.unwrap();
    }
    a_table_may_change(cell).await;
}

/// The pooler refuses the whole message.
async fn nothing_runs(cell: &Cell, context: ContextForm) {
    let mut config = harness::config(&cell.url, cell.operations());
    config.database.context = Some(context);
    let engine = Engine::new(&config).unwrap();
    let refused = engine.ready().await.expect_err("a message is refused").to_string();
    assert!(refused.contains("cannot mix SET"), "{} {context:?}: {refused}", cell.label());
}

/// Another client changes the type of a column; operations with named statements notice it, and continue
/// without names.
async fn a_table_may_change(cell: &Cell) {
    let engine = Engine::new(&harness::config(&cell.url, cell.operations())).unwrap();
    let other = harness::connect(&cell.url).await;
    for to in ["varchar(30)", "text", "varchar(40)"] {
        let change = format!("alter table changing alter word type {to}");
        other.batch_execute(&change).await.unwrap();
        for _ in 0..4 {
            let found =
                harness::graphql(&engine, "{ changingCollection { edges { node { word } } } }", json!({}));
            let found = found.await;
            assert_eq!(
                found["data"]["changingCollection"]["edges"],
                json!([{ "node": { "word": "word" } }]),
                "{} {to}: {found}",
                cell.label()
            );
        }
    }
}

/// Two users query and write in turns; each sees only its own rows.
async fn users_are_held_apart(cell: &Cell, context: ContextForm) {
    let mut config = harness::config(&cell.url, cell.operations());
    config.database.context = Some(context);
    let engine = Engine::new(&config).unwrap();
    let query = "{ noteCollection { edges { node { owner body } } } }";
    for (user, body) in [("ada", "Ada's"), ("bob", "Bob's")] {
        let node = |body: &str| json!({ "node": { "owner": user, "body": body } });
        let found = ask(&engine, user, query).await;
        assert_eq!(
            found["data"]["noteCollection"]["edges"],
            json!([node(body)]),
            "{} {context:?}: {found}",
            cell.label()
        );
        let insert =
            "mutation { insertIntonoteCollection(objects: [{ body: \"new\" }]) { records { owner } } }";
        let inserted = ask(&engine, user, insert).await;
        let records = &inserted["data"]["insertIntonoteCollection"]["records"];
        assert_eq!(*records, json!([{ "owner": user }]), "{} {context:?}: {inserted}", cell.label());
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
