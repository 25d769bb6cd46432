//! Catalogs are shared between roles, read once, and follow changes: each kind of change, for the role that
//! it concerns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glowplug::engine::Identity;
use glowplug_local::PoolerMode;
use tokio_postgres::SimpleQueryMessage;
use tokio_util::sync::CancellationToken;

use super::{World, respond};
use crate::harness;
use crate::ways::{Route, on_both_ways};

const SETUP: &str = "create role anon#; create role member#; create role staff#; grant anon#, member# to authenticator#; \
    create type mood as enum ('good'); create function twice(a integer) returns integer stable return a * 2; \
    create table note (id integer primary key, body text, secret text, mood mood); grant select (id, body) on note to anon#; \
    revoke execute on function twice from public; grant execute on function twice to anon#";

on_both_ways!(
    every_change_shows_in_the_api_of_the_roles_that_it_concerns,
    roles_with_the_same_catalog_share_it_and_an_unchanged_one_is_kept,
    a_role_that_is_taken_away_loses_its_api_at_the_next_watch,
);

impl World {
    async fn sdl(&self, role: &str) -> Arc<str> {
        self.answering.sdl(&self.identity(role)).await.expect("an SDL")
    }
}

/// Each change, and the line that it adds to the role's SDL, or removes if it begins with a minus.
const CHANGES: [(&str, &str, &str); 14] = [
    (
        "alter table note add column later integer; grant select (later) on note to anon#",
        "anon",
        "  later: Int",
    ),
    ("grant select (secret) on note to anon#", "anon", "  secret: String"),
    ("revoke select (secret) on note from anon#", "anon", "-  secret: String"),
    ("grant select on note to staff#", "anon", ""),
    ("grant staff# to member#", "member", "  secret: String"),
    ("revoke staff# from member#", "member", "-  secret: String"),
    ("alter type mood add value 'bad'; grant select (mood) on note to anon#", "anon", "  bad"),
    ("comment on table note is '@graphql({\"name\": \"Remark\"})'", "anon", "type Remark implements Node {"),
    (
        "create table other (note integer unique references note (id), id integer primary key); grant select on other to anon#",
        "anon",
        "  other: other",
    ),
    ("alter table other drop constraint other_note_fkey", "anon", "-  other: other"),
    (
        "create function thrice(a integer) returns integer stable return a * 3",
        "anon",
        "  thrice(a: Int!): Int",
    ),
    ("revoke execute on function twice from anon#", "anon", "-  twice(a: Int!): Int"),
    ("alter table note alter column body set not null", "anon", "  body: String!"),
    ("revoke usage on schema public from public", "anon", "-type Remark implements Node {"),
];

async fn every_change_shows_in_the_api_of_the_roles_that_it_concerns(route: Route) {
    let world = World::new(route, SETUP).await;
    let stop = CancellationToken::new();
    let watching = tokio::spawn({
        let (answering, stop) = (world.answering.clone(), stop.clone());
        async move { answering.watch(Duration::from_millis(20), stop).await }
    });
    for (change, role, line) in CHANGES {
        world.sdl("anon").await;
        world.sdl("member").await;
        world.sql(change).await;
        let has_come = |sdl: &str| match line.strip_prefix('-') {
            Some(line) => !sdl.lines().any(|found| found.trim_end() == line),
            None => line.is_empty() || sdl.lines().any(|found| found == line),
        };
        let start = Instant::now();
        while !has_come(&world.sdl(role).await) {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{change}: no {line:?} in {}",
                world.sdl(role).await
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    stop.cancel();
    watching.await.unwrap();
}

async fn roles_with_the_same_catalog_share_it_and_an_unchanged_one_is_kept(route: Route) {
    let world = World::new(route, SETUP).await;
    world.sql("grant select (id, body) on note to member#; grant execute on function twice to member#").await;
    let (anon, member) = (world.sdl("anon").await, world.sdl("member").await);
    assert!(Arc::ptr_eq(&anon, &member), "one snapshot for both");
    let own = world.answering.sdl(&Identity::default()).await.unwrap();
    assert!(!Arc::ptr_eq(&own, &anon), "the user sees something else");

    assert!(!world.answering.reload().await.unwrap(), "nothing has changed");
    assert!(Arc::ptr_eq(&anon, &world.sdl("anon").await));
    world.sql("grant select (secret) on note to anon#").await;
    assert!(world.answering.reload().await.unwrap());
    assert!(world.sdl("anon").await.contains("secret"));
    assert!(Arc::ptr_eq(&member, &world.sdl("member").await), "the other's picture is the same");
}

/// Counted by a pooler.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_first_requests_read_one_catalog() {
    let world = World::new(Route::Direct, SETUP).await;
    let pooler = world.pooler(PoolerMode::Session);
    let answering = world.answering_through(&pooler).await;
    let console = harness::connect(&pooler.admin_url()).await;
    let transactions = async || {
        let rows = console.simple_query("show stats_totals").await.expect("totals");
        let rows = rows.iter().filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let mut of_database = rows.filter(|row| row.get("database") == Some(&world.database));
        of_database.next().map_or(0, |row| row.get("xact_count").unwrap().parse::<u32>().unwrap())
    };
    let identity = world.identity("anon");
    let ask =
        || futures_util::future::join_all((0..100).map(|_| respond(&answering, &identity, "{ __typename }")));
    let answers = ask().await;
    assert!(answers.iter().all(|answer| answer.body == r#"{"data":{"__typename":"Query"}}"#), "{answers:?}");
    assert_eq!(transactions().await, 1);
    world.sql("revoke anon# from authenticator#").await;
    ask().await;
    assert_eq!(transactions().await, 1, "nothing is asked of the database");
}

async fn a_role_that_is_taken_away_loses_its_api_at_the_next_watch(route: Route) {
    let world = World::new(route, SETUP).await;
    world.sdl("anon").await;
    let stop = CancellationToken::new();
    let watching = tokio::spawn({
        let (answering, stop) = (world.answering.clone(), stop.clone());
        async move { answering.watch(Duration::from_millis(20), stop).await }
    });
    world.sql("revoke anon# from authenticator#").await;
    let start = Instant::now();
    while world.answering.sdl(&world.identity("anon")).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(10), "the role still has its API");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    watching.await.unwrap();
}

/// The statement of the watch.
const MARK: &str = include_str!("../../../src/engine/catalog_version.sql");

/// Things that happen in a database all the time must not cause introspection.
#[tokio::test]
async fn neither_rows_nor_statistics_nor_temporary_tables_nor_other_roles_change_a_mark() {
    let setup = "create materialized view noted as select * from note; create view seen as select * from note; \
        create schema elsewhere; create table elsewhere.thing (id serial primary key)";
    let world = World::new(Route::Direct, &format!("{SETUP}; {setup}")).await;
    let mark = MARK.replace("$1", "'{public}'").replace("$2", &format!("'{{NULL,{}}}'", world.role("anon")));
    let before = harness::ask(&world.admin, &mark).await.expect("a mark");
    assert!(before.contains(&world.role("anon")), "{before}");
    for change in [
        "insert into note values (1); update note set id = 2; analyze note",
        "vacuum note",
        "truncate note",
        "refresh materialized view noted",
        "create temporary table passing (id serial primary key, note integer); create index on passing (note)",
        "comment on table elsewhere.thing is 'A thing'; alter table elsewhere.thing add column name text",
        "create role passing#; grant staff# to passing#; alter role passing# set statement_timeout = 1",
        "grant select on elsewhere.thing to anon#",
    ] {
        world.sql(change).await;
        assert_eq!(harness::ask(&world.admin, &mark).await.as_ref(), Some(&before), "{change}");
    }
    world.sql("alter role anon# set statement_timeout = '2s'").await;
    assert_ne!(harness::ask(&world.admin, &mark).await.as_ref(), Some(&before));
}
