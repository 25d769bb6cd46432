//! Errors of the database, and the client's errors: codes and texts, siblings that are still answered,
//! schemas that have just changed.

use std::sync::Arc;

use glowplug::config::PoolMode;
use glowplug::engine::{AllowedOperations, Identity, ReadFrom, Request};
use serde_json::{Map, Value, json};

use crate::harness;
use crate::promises::database::{LOOPBACK, with_loopback};
use crate::server::{Server, json as body_of};
use crate::ways::{Answering, Route, on_every_way};

on_every_way!(
    a_function_raises_with_any_code_and_its_text_passes,
    locks_and_unfit_objects_are_conflicts,
    a_broken_function_leaves_its_siblings,
    a_mutation_that_met_a_changed_schema_is_planned_anew,
    a_mutation_on_a_server_that_takes_no_writes_may_be_sent_again,
    a_defect_is_reported_with_the_id_of_the_request,
    a_violated_constraint_is_named_apart_from_the_text,
    a_constraint_of_another_server_is_not_named,
);

async fn answering(route: Route, database: &str) -> Answering {
    Answering::start(route, &harness::config(&harness::cluster().url(database), PoolMode::Direct)).await
}

async fn ask(answering: &Answering, query: &str) -> Value {
    let request = Request {
        document: query.into(),
        operation_name: None,
        variables: Map::new(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    };
    let response = answering.respond(request, &Identity::default()).await;
    serde_json::from_slice(&response.body).expect("JSON")
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

const RAISING: &str = "
    create function fail(state text) returns integer stable language plpgsql as $$
        begin raise exception 'seat 4 is gone' using errcode = state; end $$;
    create function undo(state text) returns integer volatile language plpgsql as $$
        begin raise exception 'seat 4 is gone' using errcode = state; end $$;
    create function missing() returns integer stable language plpgsql as $$
        declare found integer; begin select 1 into strict found where false; return found; end $$;
    create function several() returns integer stable language plpgsql as $$
        declare found integer; begin select n into strict found from generate_series(1, 2) n; return found; end $$;
    create function asserting() returns integer stable language plpgsql as $$
        begin assert false, 'the till is empty'; return 1; end $$;
    create function nocase() returns integer stable language plpgsql as $$
        begin case 1 when 2 then return 1; end case; end $$;";

async fn a_function_raises_with_any_code_and_its_text_passes(route: Route) {
    let answering = answering(route, &harness::database(RAISING).await).await;
    for (state, expected) in [
        ("SHOP1", "BAD_USER_INPUT"),
        ("P0001", "BAD_USER_INPUT"),
        ("PT404", "BAD_USER_INPUT"),
        ("PT409", "CONFLICT"),
        ("PT403", "FORBIDDEN"),
        ("42501", "FORBIDDEN"),
        ("23505", "CONFLICT"),
        ("22023", "BAD_USER_INPUT"),
        // Codes that PostgreSQL has for defects, raised on purpose.
        ("42P01", "BAD_USER_INPUT"),
        ("XX000", "BAD_USER_INPUT"),
        ("0A000", "BAD_USER_INPUT"),
        ("57014", "BAD_USER_INPUT"),
    ] {
        for query in
            [format!("{{ fail(state: \"{state}\") }}"), format!("mutation {{ undo(state: \"{state}\") }}")]
        {
            let answer = ask(&answering, &query).await;
            assert_eq!(
                (code(&answer), &answer["errors"][0]["message"]),
                (expected, &json!("seat 4 is gone")),
                "{query}"
            );
            assert_eq!(answer["errors"][0]["extensions"]["sqlstate"], state);
        }
    }
    for (field, text) in [
        ("missing", "query returned no rows"),
        ("several", "query returned more than one row"),
        ("asserting", "the till is empty"),
        ("nocase", "case not found"),
    ] {
        let answer = ask(&answering, &format!("{{ {field} }}")).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert_eq!((code(&answer), message), ("BAD_USER_INPUT", text), "{field}");
    }
}

async fn a_violated_constraint_is_named_apart_from_the_text(route: Route) {
    let setup = "create domain positive as integer constraint more_than_none check (value > 0);
        create table owner (id integer primary key);
        create table seat (id integer primary key, \"rowLetter\" text not null, price positive,
            owner_id integer references owner, constraint \"Letters only\" check (\"rowLetter\" ~ '^[A-Z]$'));
        create unique index one_price on seat ((price % 10));
        create schema private;
        create table private.log (id integer constraint secret_rule check (id > 100));
        create function note() returns trigger language plpgsql as
            'begin insert into private.log values (new.id); return new; end';
        create table noted (id integer primary key);
        create trigger note before insert on noted for each row execute function note();
        insert into seat values (1, 'A', 7)";
    let answering = answering(route, &harness::database(setup).await).await;
    for (table, row, named) in [
        ("seat", "id: 1, rowLetter: \"B\"", json!({"constraint": "seat_pkey"})),
        ("seat", "id: 2, rowLetter: \"b\"", json!({"constraint": "Letters only"})),
        ("seat", "id: 2", json!({"column": "rowLetter"})),
        ("seat", "id: 2, rowLetter: \"B\", price: -1", json!({"constraint": "more_than_none"})),
        ("seat", "id: 2, rowLetter: \"B\", price: 17", json!({"constraint": "one_price"})),
        ("seat", "id: 2, rowLetter: \"B\", owner_id: 5", json!({"constraint": "seat_owner_id_fkey"})),
        // The table of this one is not in the API, so its rules are not either.
        ("noted", "id: 1", json!({})),
    ] {
        let query =
            format!("mutation {{ insertInto{table}Collection(objects: [{{ {row} }}]) {{ affectedCount }} }}");
        let answer = ask(&answering, &query).await;
        let mut extensions = answer["errors"][0]["extensions"].clone();
        assert!(extensions["sqlstate"].as_str().is_some_and(|state| state.starts_with("23")), "{answer}");
        let others = extensions.as_object_mut().unwrap();
        others.retain(|name, _| name == "constraint" || name == "column");
        assert_eq!(extensions, named, "{row}: {answer}");
        assert!(!answer.to_string().contains("secret"), "{answer}");
    }
}

async fn locks_and_unfit_objects_are_conflicts(route: Route) {
    let database = harness::database(
        "do $$ begin execute format('alter database %I set lock_timeout = 200', current_database()); end $$;
        create table seat (id integer primary key, taken boolean not null default false);
        insert into seat values (1);
        create function reserve() returns integer volatile language plpgsql as $$
            begin perform 1 from seat for update nowait; return 1; end $$;
        create materialized view later as select 1 as id with no data;
        create function late() returns bigint stable language sql as 'select count(*) from later'",
    )
    .await;
    let answering = answering(route, &database).await;
    let holder = harness::connect(&harness::cluster().url(&database)).await;
    holder.batch_execute("begin; update seat set taken = true where id = 1").await.unwrap();
    for query in [
        "mutation { updateseatCollection(set: { taken: true }, filter: { id: { eq: 1 } }) { affectedCount } }",
        "mutation { reserve }",
    ] {
        let answer = ask(&answering, query).await;
        assert_eq!(
            (code(&answer), &answer["errors"][0]["extensions"]["sqlstate"]),
            ("CONFLICT", &json!("55P03"))
        );
        assert_eq!(answer["errors"][0]["message"], "there was a conflict with another operation; try again");
    }
    holder.batch_execute("rollback").await.unwrap();
    let answer = ask(&answering, "{ late seatCollection { edges { node { id } } } }").await;
    assert_eq!((code(&answer), &answer["errors"][0]["path"]), ("CONFLICT", &json!(["late"])));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("never filled"), "{answer}");
    let seats = json!({ "edges": [{ "node": { "id": 1 } }] });
    assert_eq!(answer["data"], json!({ "late": null, "seatCollection": seats }));
}

#[tokio::test(flavor = "multi_thread")]
async fn syntax_errors_say_what_is_expected_as_it_is_written() {
    let answering = answering(Route::Direct, &harness::database("").await).await;
    for (query, message) in [
        ("{__typename", "expected \"}\", but the document ends"),
        ("{ __typename(a: 1", "expected \")\", but the document ends"),
        ("query ($a Int) { __typename }", "expected \")\", got Int"),
    ] {
        let answer = ask(&answering, query).await;
        let errors = answer["errors"].to_string().replace("\\\"", "\"");
        assert!(errors.contains(message), "{query}: {answer}");
        for name in ["CURLY", "PAREN", "COLON", "EOF"] {
            assert!(!errors.contains(name), "{query}: {answer}");
        }
    }
}

async fn a_broken_function_leaves_its_siblings(route: Route) {
    let setup = "create function good() returns integer stable language sql as 'select 1';
        create function broken() returns integer stable language plpgsql as
            'begin return (select n from nowhere); end';
        create function unfinished() returns integer stable language plpgsql as
            'begin return undefined(1); end'";
    let answering = answering(route, &harness::database(setup).await).await;
    let answer = ask(&answering, "{ good broken unfinished again: good }").await;
    assert_eq!(answer["data"], json!({ "good": 1, "broken": null, "unfinished": null, "again": 1 }));
    let errors = answer["errors"].as_array().unwrap();
    for (error, (field, state)) in errors.iter().zip([("broken", "42P01"), ("unfinished", "42883")]) {
        assert_eq!((&error["path"], &error["extensions"]["sqlstate"]), (&json!([field]), &json!(state)));
        assert!(!error["message"].as_str().unwrap().contains("nowhere"), "{error}");
    }
    assert_eq!(errors.len(), 2);
}

/// A change in a database without a watch, a mutation, and the code of its answer; none if it succeeds.
const CHANGES: [(&str, &str, &str); 9] = [
    (
        "alter table note rename column body to content;
        comment on column note.content is '@graphql({\"name\": \"body\"})'",
        "insertIntonoteCollection(objects: [{ id: 1, body: \"a\" }]) { affectedCount }",
        "",
    ),
    (
        "alter table memo alter column body type jsonb using to_jsonb(body)",
        "insertIntomemoCollection(objects: [{ id: 1, body: \"{}\" }]) { affectedCount }",
        "",
    ),
    (
        "drop view shown; create view shown as select id, body as text from paper;
        comment on view shown is '@graphql({\"primary_key_columns\": [\"id\"]})'",
        "updateshownCollection(set: { body: \"b\" }, atMost: 1) { affectedCount }",
        "BAD_USER_INPUT",
    ),
    (
        "alter table card drop column body",
        "insertIntocardCollection(objects: [{ id: 1, body: \"a\" }]) { affectedCount }",
        "BAD_USER_INPUT",
    ),
    ("drop table leaf", "deleteFromleafCollection(atMost: 1) { affectedCount }", "BAD_USER_INPUT"),
    (
        "alter table page set schema hidden",
        "insertIntopageCollection(objects: [{ id: 1 }]) { affectedCount }",
        "BAD_USER_INPUT",
    ),
    (
        "alter type mood rename value 'sad' to 'blue'",
        "insertIntodayCollection(objects: [{ id: 1, mood: sad }]) { affectedCount }",
        "BAD_USER_INPUT",
    ),
    (
        "alter type weather rename value 'wet' to 'rainy'; comment on type weather is '@graphql({\"mappings\": {\"rainy\": \"wet\"}})'",
        "insertIntohourCollection(objects: [{ id: 1, weather: wet }]) { affectedCount }",
        "",
    ),
    ("drop function poke(integer)", "poke(n: 1)", "BAD_USER_INPUT"),
];

async fn a_mutation_that_met_a_changed_schema_is_planned_anew(route: Route) {
    let database = harness::database(
        "create schema hidden; create type mood as enum ('sad', 'glad'); create type weather as enum ('wet', 'dry');
        create table note (id integer primary key, body text); create table memo (id integer primary key, body text);
        create table card (id integer primary key, body text); create table leaf (id integer primary key);
        create table page (id integer primary key); create table day (id integer primary key, mood mood);
        create table hour (id integer primary key, weather weather);
        create table paper (id integer primary key, body text); insert into paper values (1, 'a');
        create view shown as select id, body from paper;
        comment on view shown is '@graphql({\"primary_key_columns\": [\"id\"]})';
        create function poke(n integer) returns integer volatile language sql as 'select n'",
    )
    .await;
    // One for each change, because the first one that is noticed makes the engine read all of them.
    let mut known = Vec::new();
    for _ in CHANGES {
        let answering = Arc::new(answering(route, &database).await);
        assert_eq!(ask(&answering, "mutation { poke(n: 2) }").await["data"]["poke"], 2);
        known.push(answering);
    }
    let admin = harness::connect(&harness::cluster().url(&database)).await;
    for (change, _, _) in CHANGES {
        admin.batch_execute(change).await.expect("DDL");
    }
    for (answering, (_, field, expected)) in known.iter().zip(CHANGES) {
        let answer = ask(answering, &format!("mutation {{ {field} }}")).await;
        assert_eq!(code(&answer), expected, "{field}: {answer}");
    }
    let count = "select concat_ws(' ', (select count(*) from note), (select count(*) from memo), (select count(*) from day))";
    assert_eq!(harness::ask(&admin, count).await.as_deref(), Some("1 1 0"));
}

async fn a_mutation_on_a_server_that_takes_no_writes_may_be_sent_again(route: Route) {
    let database = harness::database(
        "create table seat (id integer primary key);
        create function close() returns integer volatile language plpgsql as $$
            begin set transaction read only; insert into seat values (1); return 1; end $$;
        create function fill() returns integer volatile language sql as 'insert into seat values (1) returning 1';
        create function sneak() returns integer stable language plpgsql as 'begin return fill(); end'",
    )
    .await;
    let mut config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    config.queue.operation_timeout = std::time::Duration::from_secs(2);
    let answering = Answering::start(route, &config).await;
    let answer = ask(&answering, "mutation { close }").await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert_eq!(code(&answer), "UNAVAILABLE", "{answer}");
    assert!(message.contains("takes no writes") && message.contains("nothing was changed"), "{answer}");
    assert_eq!(code(&ask(&answering, "{ sneak }").await), "FORBIDDEN");
}

async fn a_defect_is_reported_with_the_id_of_the_request(route: Route) {
    let setup = "create function broken() returns integer stable language sql as 'select 1';
        create or replace function broken() returns integer stable language plpgsql as
            'begin return (select n from nowhere); end'";
    let url = harness::cluster().url(&harness::database(setup).await);
    let server = Server::start_on(route, &url, |_| ()).await;
    let request = server.query("{ broken }").header("x-request-id", "request-7");
    let answer = body_of(request.send().await.unwrap()).await;
    assert_eq!(code(&answer), "INTERNAL");
    assert_eq!(answer["errors"][0]["extensions"]["requestId"], "request-7", "{answer}");
    let response = server.query("{ broken }").send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(body_of(response).await["errors"][0]["extensions"]["requestId"], id);
    server.stop().await;
}

/// Such an error has the other server's text, and does not say which table it is about. A shard is another server, too.
async fn a_constraint_of_another_server_is_not_named(route: Route) {
    let database = harness::database("").await;
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    let setup = format!(
        "{LOOPBACK} create schema secret; create table secret.shard (id integer primary key);
         create foreign table seat (id integer) server loop options (schema_name 'secret', table_name 'shard');
         insert into secret.shard values (1);
         comment on foreign table seat is '@graphql({{\"primary_key_columns\": [\"id\"]}})'"
    );
    owner.batch_execute(&with_loopback(&owner, &setup).await).await.unwrap();
    let answering = answering(route, &database).await;
    let answer =
        ask(&answering, "mutation { insertIntoseatCollection(objects: [{id: 1}]) { affectedCount } }").await;
    let message = &answer["errors"][0]["message"];
    assert_eq!(
        (code(&answer), message),
        ("CONFLICT", &json!("a constraint of the database does not allow that"))
    );
    assert!(!answer.to_string().contains("shard"), "{answer}");
}
