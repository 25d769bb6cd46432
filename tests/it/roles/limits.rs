//! Limits by role, and the number of operations of one role that run at once.

use std::sync::Arc;
use std::time::Duration;

use glowplug::config::{Config, Limits, PoolMode};
use glowplug::engine::Outcome;
use serde_json::Value;

use super::{World, respond};
use crate::harness;
use crate::server::{Server, json};
use crate::ways::{Answering, Route, on_both_ways};

/// `wait` ends when the lock is free.
const SETUP: &str = "create role anon#; create role member#; grant anon#, member# to authenticator#; \
    create table note (id integer primary key, parent integer references note (id)); insert into note values (1), (2), (3); \
    grant select on note to anon#, member#; \
    create function wait() returns integer stable language plpgsql as \
    $$ begin perform pg_advisory_xact_lock_shared(1); return 1; end $$";

on_both_ways!(
    a_role_has_its_own_limits_although_it_shares_its_catalog,
    a_page_is_cut_to_what_the_role_may_have,
    the_body_and_the_batch_are_those_of_the_role,
    a_role_that_runs_as_much_as_it_may_waits_and_takes_nothing_from_others,
    a_client_learns_when_to_try_again,
);

impl World {
    fn config(&self) -> Config {
        harness::config(&self.url, PoolMode::Direct)
    }

    /// A configuration with other limits for `anon`.
    fn config_with(&self, change: impl FnOnce(&mut Limits)) -> Config {
        let mut config = self.config();
        let mut limits = config.limits.clone();
        change(&mut limits);
        config.role_limits.insert(self.role("anon"), limits);
        config
    }
}

async fn messages(world: &World, answering: &Answering, query: &str) -> [String; 2] {
    let mut told = Vec::new();
    // The other role sends the request first, so its document is cached.
    for role in ["member", "anon"] {
        let response = respond(answering, &world.identity(role), query).await;
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        told.push(answer["errors"][0]["message"].as_str().unwrap_or_default().to_owned());
    }
    told.try_into().unwrap()
}

async fn a_role_has_its_own_limits_although_it_shares_its_catalog(route: Route) {
    let world = World::new(route, SETUP).await;
    let config = world.config_with(|limits| {
        *limits = Limits {
            depth: 3,
            complexity: 20,
            aliases: 1,
            root_fields: 2,
            tokens: 30,
            directives: 1,
            fields: 4,
            ..limits.clone()
        }
    });
    let answering = Arc::new(Answering::start(route, &config).await);
    let long = format!("{{ noteCollection(first: 1) {{ {} }} }}", "__typename ".repeat(40));
    for (query, told) in [
        (
            "{ noteCollection { edges { node { id } } } }",
            "the operation's depth of 4 exceeds the limit of 3 (setting max-depth)",
        ),
        (
            "{ noteCollection(first: 3) { a: __typename b: __typename } }",
            "the operation's aliases of 2 exceeds the limit of 1 (setting max-tokens)",
        ),
        (
            "{ a: __typename __typename x: __typename }",
            "the operation's root-fields of 3 exceeds the limit of 2 (setting max-tokens)",
        ),
        (
            "{ noteCollection { __typename } }",
            "the operation's complexity of 30 exceeds the limit of 20 (setting max-complexity)",
        ),
        (
            "{ __typename @skip(if: false) @include(if: true) }",
            "the operation's directives of 2 exceeds the limit of 1 (setting max-tokens)",
        ),
        (
            "{ noteCollection(first: 1) { pageInfo { hasNextPage startCursor endCursor } } }",
            "the operation's fields of 5 exceeds the limit of 4 (setting max-tokens)",
        ),
        (&long, "the operation's tokens exceeds the limit of 30 (setting max-tokens)"),
    ] {
        let [other, own] = messages(&world, &answering, query).await;
        assert_eq!((other.as_str(), own.as_str()), ("", told), "{query}");
    }
}

async fn a_page_is_cut_to_what_the_role_may_have(route: Route) {
    let world = World::new(route, SETUP).await;
    let config = world.config_with(|limits| limits.page_size = Some(2));
    let answering = Arc::new(Answering::start(route, &config).await);
    for (arguments, ids) in [("", [1, 2]), ("(first: 100)", [1, 2]), ("(last: 30)", [2, 3])] {
        let query = format!(
            "{{ noteCollection{arguments} {{ edges {{ node {{ id }} }} pageInfo {{ hasNextPage }} }} }}"
        );
        let response = respond(&answering, &world.identity("anon"), &query).await;
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        let edges = answer["data"]["noteCollection"]["edges"].as_array().unwrap();
        let found: Vec<i64> = edges.iter().map(|edge| edge["node"]["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
        let response = respond(&answering, &world.identity("member"), &query).await;
        assert!(
            String::from_utf8_lossy(&response.body)
                .contains(r#"{"id":1}},{"node":{"id":2}},{"node":{"id":3}"#)
        );
    }
}

async fn the_body_and_the_batch_are_those_of_the_role(route: Route) {
    let world = World::new(route, SETUP).await;
    let anon = world.role("anon");
    let limits = world.config_with(|limits| *limits = Limits { body_bytes: 100, batch: 1, ..limits.clone() });
    let server = Server::start_on(route, &world.url, |config| {
        config.auth.anon_role = Some(anon);
        config.role_limits = limits.role_limits;
    })
    .await;
    let too_long = format!(r#"{{"query":"{{ __typename {} }}"}}"#, "#".repeat(100));
    assert_eq!(server.post(too_long).send().await.unwrap().status(), 413);
    let batch = r#"[{"query":"{__typename}"},{"query":"{__typename}"}]"#;
    assert_eq!(server.post(batch).send().await.unwrap().status(), 400);
    assert_eq!(server.query("{ __typename }").send().await.unwrap().status(), 200);
    server.stop().await;
}

async fn a_role_that_runs_as_much_as_it_may_waits_and_takes_nothing_from_others(route: Route) {
    let world = World::new(route, SETUP).await;
    let mut config = world.config_with(|limits| limits.concurrency = Some(2));
    config.database.acquire_timeout = Duration::from_secs(2);
    let answering = Arc::new(Answering::start(route, &config).await);
    world.sql("select pg_advisory_lock(1)").await;
    let (anon, member) = (world.identity("anon"), world.identity("member"));
    let running: Vec<_> = (0..2)
        .map(|_| {
            let (answering, anon) = (answering.clone(), anon.clone());
            tokio::spawn(async move { respond(&answering, &anon, "{ wait }").await })
        })
        .collect();
    let waiting = "select count(*)::text from pg_locks where locktype = 'advisory' and not granted \
        and database = (select oid from pg_database where datname = current_database())";
    while harness::ask(&world.admin, waiting).await.as_deref() != Some("2") {
        tokio::task::yield_now().await;
    }

    let query = "{ noteCollection { edges { node { id } } } }";
    let refused = respond(&answering, &anon, query).await;
    assert_eq!(refused.outcome, Outcome::Unavailable);
    let told = "the maximum number of operations of this role (setting max-concurrency) was running for 2s; try again later";
    assert!(String::from_utf8_lossy(&refused.body).contains(told), "{refused:?}");
    assert_eq!(
        respond(&answering, &member, query).await.outcome,
        Outcome::Executed,
        "another role has its own places"
    );
    // Meanwhile the role's schema is dropped and made again; running operations still count.
    world.sql("revoke anon# from authenticator#").await;
    answering.reload().await.unwrap();
    assert_eq!(respond(&answering, &anon, query).await.outcome, Outcome::Forbidden);
    world.sql("grant anon# to authenticator#").await;
    assert_eq!(respond(&answering, &anon, query).await.outcome, Outcome::Unavailable);

    world.sql("select pg_advisory_unlock(1)").await;
    for operation in running {
        assert_eq!(operation.await.unwrap().body, r#"{"data":{"wait":1}}"#);
    }
    assert_eq!(
        respond(&answering, &anon, query).await.outcome,
        Outcome::Executed,
        "the places are free again"
    );
}

async fn a_client_learns_when_to_try_again(route: Route) {
    let world = World::new(route, SETUP).await;
    let anon = world.role("anon");
    let limits = world.config_with(|limits| limits.concurrency = Some(1));
    let server = Server::start_on(route, &world.url, |config| {
        config.auth.anon_role = Some(anon);
        config.role_limits = limits.role_limits;
        // Long enough to connect on a busy machine, because the first request waits for that as well.
        config.database.acquire_timeout = Duration::from_secs(3);
    })
    .await;
    world.sql("select pg_advisory_lock(1)").await;
    let ask = |query: &str| server.query(query).header("accept", "application/graphql-response+json").send();
    let mut running = std::pin::pin!(ask("{ wait }"));
    let waiting = "select count(*)::text from pg_locks where locktype = 'advisory' and not granted \
        and database = (select oid from pg_database where datname = current_database())";
    let is_running = async {
        while harness::ask(&world.admin, waiting).await.as_deref() != Some("1") {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = &mut running => panic!("{answer:?}"),
        () = is_running => {}
    }
    let refused = ask("{ __typename }").await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    assert_eq!(json(refused).await["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    world.sql("select pg_advisory_unlock(1)").await;
    assert_eq!(json(running.await.unwrap()).await["data"]["wait"], 1);
    server.stop().await;
}
