//! `statement_timeout` by role.

use glowplug::engine::Outcome;

use super::World;
use crate::ways::{Route, by_set_local, on_both_ways};

const SETUP: &str = "create role anon#; create role member#; create role staff#; create role nobody#; \
    grant anon#, member#, staff#, nobody# to authenticator#; \
    create function timeout() returns text stable return current_setting('statement_timeout'); \
    create function wait() returns text stable return pg_sleep(20)::text; \
    alter role anon# set statement_timeout = '1500us'; alter role member# set statement_timeout = 7000; \
    do $$ begin execute format('alter role member# in database %I set statement_timeout = ''1.5 s''', current_database()); end $$; \
    alter role staff# set statement_timeout = 0; alter role nobody# set lock_timeout = 5";

on_both_ways!(the_role_s_own_timeout_replaces_the_setting, a_new_timeout_holds_after_a_reload,);
by_set_local!(the_role_s_own_timeout_replaces_the_setting,);

async fn the_role_s_own_timeout_replaces_the_setting(route: Route) {
    let world = World::new(route, SETUP).await;
    // `anon` has two milliseconds, in which hardly any request is answered.
    for (role, timeout) in [("member", "1500ms"), ("staff", "1d"), ("nobody", "10s")] {
        let response = world.respond(role, "{ timeout }").await;
        assert_eq!(response.body, format!(r#"{{"data":{{"timeout":"{timeout}"}}}}"#), "{role}");
    }
    let response = world.respond("anon", "{ wait }").await;
    assert_eq!(response.outcome, Outcome::Executed);
    let body = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(body.contains(r#""code":"TIMEOUT","sqlstate":"57014""#), "{body}");
}

async fn a_new_timeout_holds_after_a_reload(route: Route) {
    let world = World::new(route, SETUP).await;
    let timeout = async || world.respond("nobody", "{ timeout }").await.body;
    assert_eq!(timeout().await, r#"{"data":{"timeout":"10s"}}"#);
    world.sql("alter role nobody# set statement_timeout = '1min'").await;
    assert!(!world.answering.reload().await.unwrap(), "the API is the same");
    assert_eq!(timeout().await, r#"{"data":{"timeout":"1min"}}"#);
    world.sql("alter role nobody# reset statement_timeout").await;
    world.answering.reload().await.unwrap();
    assert_eq!(timeout().await, r#"{"data":{"timeout":"10s"}}"#);
}
