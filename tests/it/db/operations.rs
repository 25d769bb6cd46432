//! Operations by the extended protocol: what named statements must not cause, and what happens if names do
//! not work.

use std::fmt::Write as _;

use glowplug::config::{self, ContextForm};
use glowplug::db::{Database, Error, Protocol, Protocols, RoutingHint, Scope};

use super::{answer, read, settings, sqlstate, statement, statements, write};
use crate::harness;

const PREPARED: Protocols = Protocols {
    typed: Protocol::Prepared,
    operations: Protocol::Prepared,
    context: ContextForm::SetConfig,
    hint: RoutingHint::None,
};

/// One connection to a fresh database.
async fn connect(setup: &str) -> Database {
    let url = harness::cluster().url(&harness::database(setup).await);
    Database::speaking(&config::Database { pool_size: 1, ..settings(&url) }, PREPARED).unwrap()
}

/// The number of statements that the server keeps, including this query.
async fn kept(database: &Database) -> usize {
    let count = answer(database, &read(), "select count(*) from pg_prepared_statements").await;
    count.unwrap().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_statement_is_prepared_once_whatever_its_values() {
    let database = connect("").await;
    for number in 0..10 {
        let (value, timeout) = (number.to_string(), std::time::Duration::from_secs(10 + number));
        let texts = ["select $1::int4", "select $1::int4 * 2", "select $1::int4"];
        let statements = texts.map(|text| statement(text, &[Some(&value)]));
        let scope = Scope { statement_timeout: timeout, ..read() };
        let answers = database.run(&scope, &statements).await.unwrap();
        let expected = [number, number * 2, number].map(|number| Some(number.to_string()));
        assert_eq!(answers, expected);
    }
    // The scope, two texts, and this query.
    assert_eq!(kept(&database).await, 4);
}

#[tokio::test]
async fn prepared_statements_of_a_server_session_are_bounded() {
    let database = connect("").await;
    for number in 0..150 {
        let text = format!("select {number}");
        assert_eq!(answer(&database, &read(), &text).await.unwrap(), Some(number.to_string()));
    }
    assert!(kept(&database).await <= 130);
    // A long one is not kept, and fewer medium ones are.
    let long = |length: usize, number: usize| format!("select '{}', {number}", "x".repeat(length));
    for number in 0..20 {
        let before = kept(&database).await;
        answer(&database, &read(), &long(40_000, number)).await.unwrap();
        assert!(kept(&database).await <= before);
    }
    for number in 0..20 {
        answer(&database, &read(), &long(30_000, number)).await.unwrap();
    }
    assert!(kept(&database).await < 20);
}

#[tokio::test]
async fn more_values_than_the_protocol_counts_go_as_a_message() {
    let database = connect("").await;
    let mut text = "select sum(v) from (values (0)".to_owned();
    let numbers = 1..=70_000;
    for number in numbers.clone() {
        write!(text, ",(${number}::int4)").unwrap();
    }
    text.push_str(") as t (v)");
    let values = vec![Some("1"); numbers.count()];
    let answers = database.run(&read(), &[statement(&text, &values)]).await.unwrap();
    assert_eq!(answers, [Some("70000".to_owned())]);
}

/// PostgreSQL checks neither privilege again when another role executes a prepared statement.
#[tokio::test]
async fn a_statement_prepared_by_one_role_gives_another_no_rights() {
    let (one, other) =
        (format!("prepares_{}", std::process::id()), format!("follows_{}", std::process::id()));
    let database = connect(&format!(
        "create role {one}; create role {other};
        create schema inner_schema; create table inner_schema.t (id int); insert into inner_schema.t values (7);
        grant select on inner_schema.t to {one}, {other}; grant usage on schema inner_schema to {one};
        create function next(int) returns int language sql stable as 'select $1 + 1';
        revoke execute on function next(int) from public; grant execute on function next(int) to {one}"
    ))
    .await;
    let [one, other] = [one, other].map(|role| Scope { role: Some(role.into()), ..read() });
    for (text, expected) in
        [("select next($1::int4)", "2"), ("select id from inner_schema.t where $1::int4 = 1", "7")]
    {
        let asked = [statement(text, &[Some("1")])];
        // Often enough for PostgreSQL to use one plan for all values.
        for _ in 0..10 {
            assert_eq!(database.run(&one, &asked).await.unwrap(), [Some(expected.to_owned())]);
        }
        let refused = database.run(&other, &asked).await.unwrap_err();
        assert_eq!(sqlstate(&refused), "42501", "{text}: {refused:?}");
    }
}

#[tokio::test]
async fn names_that_are_gone_are_given_anew_and_nothing_runs_twice() {
    let database = connect("create table t (id int)").await;
    let insert = "with i as (insert into t values (1) returning id) select id from i";
    let secretly = "do $$ begin execute 'deallocate all'; end $$";
    for turn in 1..=5 {
        let answers = database.run(&write(), &statements(&[insert, secretly])).await.unwrap();
        assert_eq!(answers, [Some("1".to_owned()), None]);
        let count = answer(&database, &read(), "select count(*) from t").await.unwrap();
        assert_eq!(count, Some(turn.to_string()));
    }
    // Typed queries and operations share one list of names.
    let mut connection = database.connection().await.unwrap();
    diesel_async::SimpleAsyncConnection::batch_execute(&mut *connection, "discard all").await.unwrap();
    drop(connection);
    assert_eq!(kept(&database).await, 2);
}

#[tokio::test]
async fn a_table_that_changes_is_read_as_it_is_now() {
    let database = connect("create table t (id int); insert into t values (1)").await;
    for to in ["text", "bigint using id::bigint", "varchar(20)"] {
        assert_eq!(answer(&database, &read(), "select * from t").await.unwrap(), Some("1".to_owned()));
        answer(&database, &write(), &format!("alter table t alter id type {to}")).await.unwrap();
        assert_eq!(
            answer(&database, &read(), "select * from t").await.unwrap(),
            Some("1".to_owned()),
            "{to}"
        );
    }
}

/// A function raises the same error as a lost name. A sequence counts how often it ran.
#[tokio::test]
async fn an_error_of_the_statement_itself_is_final() {
    let database = connect(
        "create sequence runs;
        create function fails(state text) returns int language plpgsql as
            $$ begin perform nextval('runs'); raise exception 'so it is' using errcode = state; end $$",
    )
    .await;
    for (runs, state) in ["26000", "0A000", "42P05"].into_iter().enumerate() {
        let failure = database.run(&write(), &[statement("select fails($1::text)", &[Some(state)])]).await;
        assert_eq!(sqlstate(&failure.unwrap_err()), state);
        let value = answer(&database, &read(), "select last_value from runs").await.unwrap();
        assert_eq!(value, Some((runs + 1).to_string()));
    }
}

#[tokio::test]
async fn a_deferred_constraint_undoes_the_whole_message() {
    let database = connect(
        "create table parent (id int primary key);
        create table child (parent int references parent deferrable initially deferred)",
    )
    .await;
    let insert = "with i as (insert into child values (1) returning parent) select parent from i";
    for _ in 0..2 {
        let failure = answer(&database, &write(), insert).await.unwrap_err();
        assert_eq!(sqlstate(&failure), "23503");
        assert_eq!(
            answer(&database, &read(), "select count(*) from child").await.unwrap(),
            Some("0".to_owned())
        );
    }
}

#[tokio::test]
async fn values_that_cannot_be_sent_are_refused() {
    let config = settings("postgres://postgres@127.0.0.1:1/postgres");
    let database = Database::speaking(&config, PREPARED).unwrap();
    let nul = statement("select $1::text", &[Some("a\0b")]);
    assert!(matches!(database.run(&read(), &[nul]).await.unwrap_err().error, Error::NulByte));
    let scope = Scope { role: Some("none".into()), ..read() };
    let refused = database.run(&scope, &[]).await.unwrap_err().error;
    assert!(matches!(refused, Error::ScopeRefused(_)), "{refused:?}");
    // PostgreSQL itself takes one statement at a time.
    let two = statements(&["select 1; select 2"]);
    assert_eq!(sqlstate(&connect("").await.run(&read(), &two).await.unwrap_err()), "42601");
}

/// PostgreSQL has one SQLSTATE both for unsupported features and for a plan whose result type has changed.
#[tokio::test]
async fn an_unsupported_statement_is_sent_once() {
    let database = connect("create table t (id int); create sequence sent").await;
    let asked = statements(&["select nextval('sent')", "select count(*) from t for update"]);
    for turn in 1..=3 {
        let failure = database.run(&write(), &asked).await.unwrap_err();
        assert_eq!(sqlstate(&failure), "0A000", "{failure:?}");
        let sent = answer(&database, &read(), "select last_value from sent").await.unwrap();
        assert_eq!(sent, Some(turn.to_string()));
    }
}
