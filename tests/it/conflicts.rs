//! Mutations that conflict with another transaction: PostgreSQL undoes one of the two, which is sent again.
//! The deadlocks and serialization failures are real: the functions wait between two steps. A sequence counts
//! how often they ran.

use std::time::{Duration, Instant};

use glowplug::config::{Config, PoolMode};
use glowplug::engine::{FieldContext, FieldError, Identity};
use glowplug::server::Server;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness;
use crate::ways::{Answering, Route, on_both_ways};

const SETUP: &str = "
    create table account (id integer primary key, balance integer not null check (balance >= 0));
    insert into account values (1, 100), (2, 100);
    create sequence tries;
    create function transfer(source integer, target integer) returns integer language plpgsql as $$ begin
        perform nextval('public.tries');
        update public.account set balance = balance - 1 where id = source;
        perform pg_catalog.pg_sleep(0.2);
        update public.account set balance = balance + 1 where id = target;
        return source;
    end $$;
    create function collect() returns integer language plpgsql as $$ begin
        perform nextval('public.tries');
        perform pg_catalog.pg_sleep(0.2);
        update public.account set balance = balance + 1 where id = 1;
        return 1;
    end $$;
    create function divide() returns integer language plpgsql as $$
        declare total integer = (select pg_catalog.sum(balance) from public.account); begin
        perform nextval('public.tries');
        perform pg_catalog.pg_sleep(0.2);
        insert into public.account select pg_catalog.max(id) + 1 + pg_catalog.pg_backend_pid(), total from public.account;
        return total;
    end $$;
    create function survive() returns integer language plpgsql as $$ begin
        update public.account set balance = balance - 1 where id = 1;
        if pg_catalog.nextval('public.tries') = 1 then
            perform pg_catalog.pg_cancel_backend(pg_catalog.pg_backend_pid());
            perform pg_catalog.pg_sleep(60);
        end if;
        return 1;
    end $$;
    create function refuse(code text, nap double precision) returns integer language plpgsql as $$ begin
        perform nextval('public.tries');
        perform pg_catalog.pg_sleep(nap);
        raise exception 'in the way' using errcode = code;
    end $$;";

on_both_ways!(
    two_transfers_in_a_deadlock_are_both_made,
    mutations_that_are_cancelled_for_another_client_are_made_once,
    serialization_failures_lose_no_update_and_double_none,
);

/// A database, and an engine on it.
struct Accounts {
    config: Config,
    plain: Client,
}

impl Accounts {
    /// `settings` are settings of the database.
    async fn new(pool_mode: PoolMode, settings: &[&str]) -> Self {
        let database = harness::database(SETUP).await;
        let url = harness::cluster().url(&database);
        let plain = harness::connect(&url).await;
        for setting in settings {
            let statement = format!("alter database {database} set {setting}");
            plain.batch_execute(&statement).await.expect("a setting of the database");
        }
        Self { config: harness::config(&url, pool_mode), plain }
    }

    async fn number(&self, query: &str) -> i64 {
        harness::ask(&self.plain, query).await.and_then(|text| text.parse().ok()).expect("a number")
    }

    /// How many times a function has run.
    async fn tries(&self) -> i64 {
        self.number("select case when is_called then last_value else 0 end from tries").await
    }
}

async fn answer(answering: &Answering, mutation: &str) -> Value {
    let request = harness::request(&format!("mutation {{ {mutation} }}"), &json!({}));
    let response = answering.respond(request, &Identity::default()).await;
    serde_json::from_slice(&response.body).expect("JSON")
}

async fn two_transfers_in_a_deadlock_are_both_made(route: Route) {
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let accounts = Accounts::new(pool_mode, &["deadlock_timeout = '20ms'"]).await;
        let answering = Answering::start(route, &accounts.config).await;
        let one = answer(&answering, "transfer(source: 1, target: 2)");
        let other = answer(&answering, "transfer(source: 2, target: 1)");
        let (one, other) = tokio::join!(one, other);
        assert_eq!(one, json!({ "data": { "transfer": 1 } }), "{pool_mode:?}");
        assert_eq!(other, json!({ "data": { "transfer": 2 } }), "{pool_mode:?}");
        assert_eq!(accounts.tries().await, 3, "PostgreSQL has undone one of them once");
        let balances = "select count(*) from account where balance = 100";
        assert_eq!(accounts.number(balances).await, 2);
    }
}

/// A pooler may pass on a cancel request when it has already lent the session to another client.
async fn mutations_that_are_cancelled_for_another_client_are_made_once(route: Route) {
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let accounts = Accounts::new(pool_mode, &[]).await;
        let answering = Answering::start(route, &accounts.config).await;
        let made = answer(&answering, "survive").await;
        assert_eq!(made, json!({ "data": { "survive": 1 } }), "{pool_mode:?}");
        assert_eq!(accounts.tries().await, 2, "PostgreSQL has undone the first one");
        assert_eq!(accounts.number("select balance from account where id = 1").await, 99);
    }
}

async fn serialization_failures_lose_no_update_and_double_none(route: Route) {
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let serializable = "default_transaction_isolation = serializable";
        let accounts = Accounts::new(pool_mode, &[serializable]).await;
        let answering = Answering::start(route, &accounts.config).await;
        // Both update the same row.
        for _ in 0..3 {
            let (one, other) = tokio::join!(answer(&answering, "collect"), answer(&answering, "collect"));
            assert_eq!([&one, &other], [&json!({ "data": { "collect": 1 } }); 2], "{pool_mode:?}");
        }
        let failures = accounts.tries().await - 6;
        assert!(failures >= 3, "{failures} of six updates were undone");
        assert_eq!(accounts.number("select balance from account where id = 1").await, 106);
        // Each inserts a row into the range that the other has read; PostgreSQL detects that at the second
        // commit.
        let (one, other) = tokio::join!(answer(&answering, "divide"), answer(&answering, "divide"));
        let mut totals = [one, other].map(|answer| answer["data"]["divide"].as_i64().expect("a total"));
        totals.sort_unstable();
        assert_eq!(totals, [206, 412], "{pool_mode:?}: as one after the other");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_conflict_is_an_error_after_three_more_attempts() {
    let accounts = Accounts::new(PoolMode::Transaction, &[]).await;
    let answering = Answering::start(Route::Direct, &accounts.config).await;
    for (code, times) in [("40001", 4), ("40P01", 4), ("40000", 1), ("23505", 1)] {
        let before = accounts.tries().await;
        let answer = answer(&answering, &format!("refuse(code: \"{code}\", nap: 0)")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT", "{code}: {answer}");
        assert_eq!(accounts.tries().await - before, times, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_conflict_makes_a_mutation_take_longer_than_its_time_out() {
    let mut accounts = Accounts::new(PoolMode::Transaction, &[]).await;
    accounts.config.database.statement_timeout = Duration::from_millis(800);
    let answering = Answering::start(Route::Direct, &accounts.config).await;
    answering.reload().await.expect("a catalogue");
    let begin = Instant::now();
    // The second attempt ends with the remaining time-out.
    let answer = answer(&answering, "refuse(code: \"40001\", nap: 0.6)").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT", "{answer}");
    assert_eq!(accounts.tries().await, 2);
    assert!(begin.elapsed() >= Duration::from_millis(780), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_with_a_field_of_the_program_meets_a_conflict_once() {
    let accounts = Accounts::new(PoolMode::Transaction, &[]).await;
    let called = async |_: FieldContext, _: Value| -> Result<i32, FieldError> { Ok(1) };
    let builder = Server::builder().config(accounts.config.clone()).mutation("called: Int!", called);
    let server = builder.build().expect("a server");
    let mutation = "mutation { called refuse(code: \"40001\", nap: 0) }";
    let engine = server.engine().expect("an engine");
    let answer = harness::graphql(engine, mutation, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT", "{answer}");
    assert_eq!(accounts.tries().await, 1);
}
