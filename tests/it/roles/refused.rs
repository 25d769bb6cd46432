//! A role that cannot be set: nothing of the operation runs, and the client learns nothing about roles.

use glowplug::db::{Access, Database, Error, Scope};
use glowplug::engine::{Identity, Outcome};
use glowplug_local::PoolerMode;

use super::{World, respond};
use crate::db::{read, settings, statements};
use crate::harness;
use crate::ways::{Route, by_set_local, on_both_ways};

const SETUP: &str = "create role anon#; grant anon# to authenticator#; create role other#; \
    create table note (id integer primary key); grant select, insert on note to anon#, authenticator#, other#";

on_both_ways!(
    a_missing_role_and_one_that_may_not_be_set_get_the_same_error,
    a_role_that_is_taken_away_is_refused_at_once,
);
by_set_local!(
    a_missing_role_and_one_that_may_not_be_set_get_the_same_error,
    a_role_that_is_taken_away_is_refused_at_once,
);

/// They include `none`, PostgreSQL's word for the connection's own user.
const REFUSED: [&str; 4] = ["other", "nobody", "none", ""];

fn as_role(access: Access, role: &str) -> Scope {
    Scope { access, role: Some(role.into()), ..read() }
}

/// At the protocol level: directly, and through a pooler that lends a server connection for one statement.
#[tokio::test]
async fn no_statement_runs_if_the_role_could_not_be_set() {
    let world = World::new(Route::Direct, SETUP).await;
    let pooler = world.pooler(PoolerMode::Statement);
    for url in [&world.url, &world.url_through(&pooler)] {
        let database = Database::new(&settings(url)).unwrap();
        let insert = statements(&["insert into note values (1)", "insert into note values (2)"]);
        for role in REFUSED.map(|name| if name == "other" { world.role(name) } else { name.to_owned() }) {
            let failure = database.run(&as_role(Access::ReadWrite, &role), &insert).await.unwrap_err();
            assert!(matches!(failure.error, Error::ScopeRefused(_)), "{role}: {failure:?}");
            assert!(failure.completed.is_empty());
        }
        let count = statements(&["select count(*) from note"]);
        let anon = as_role(Access::ReadOnly, &world.role("anon"));
        assert_eq!(database.run(&anon, &count).await.unwrap(), [Some("0".to_owned())]);

        let forbidden = statements(&["update note set id = 3"]);
        let anon = as_role(Access::ReadWrite, &world.role("anon"));
        let failure = database.run(&anon, &forbidden).await.unwrap_err();
        assert_eq!(
            failure.error.sqlstate(),
            Some("42501"),
            "an error of the statement is told from the role's"
        );
        assert!(matches!(failure.error, Error::Database(_)), "{failure:?}");
    }
}

async fn a_missing_role_and_one_that_may_not_be_set_get_the_same_error(route: Route) {
    let world = World::new(route, SETUP).await;
    let mut bodies = Vec::new();
    for role in REFUSED.map(|name| if name == "other" { world.role(name) } else { name.to_owned() }) {
        let identity = Identity { role: Some(role.into()), ..Identity::default() };
        let response =
            respond(&world.answering, &identity, "{ noteCollection { edges { node { id } } } }").await;
        assert_eq!(response.outcome, Outcome::Forbidden);
        assert!(world.answering.sdl(&identity).await.unwrap_err().is_role_refused());
        bodies.push(String::from_utf8(response.body.to_vec()).unwrap());
    }
    let told = r#"{"errors":[{"message":"the request's role cannot be used here","extensions":{"code":"FORBIDDEN"}}]}"#;
    assert!(bodies.iter().all(|body| body == told), "{bodies:?}");
}

/// Its catalog is cached, so the operation's own message fails.
async fn a_role_that_is_taken_away_is_refused_at_once(route: Route) {
    let world = World::new(route, SETUP).await;
    let query = "mutation { insertIntonoteCollection(objects: [{ id: 1 }]) { affectedCount } }";
    assert_eq!(world.respond("anon", query).await.outcome, Outcome::Executed);
    world.sql("revoke anon# from authenticator#").await;
    let query = "mutation { insertIntonoteCollection(objects: [{ id: 2 }]) { affectedCount } }";
    assert_eq!(world.respond("anon", query).await.outcome, Outcome::Forbidden);
    let count = harness::ask(&world.admin, "select count(*) from note").await;
    assert_eq!(count.as_deref(), Some("1"));
}
