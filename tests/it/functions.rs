//! Which functions are exposed and how, and that the others are reported with their reason.

use glowplug::config::PoolMode;
use glowplug::engine::{AllowedOperations, Described, Engine, Identity, ReadFrom, Request, describe};
use serde_json::{Map, Value};

use crate::harness;

const SETUP: &str = r#"
comment on schema public is '@graphql({"inflect_names": true})';
create type state as enum ('open', 'not-open');
comment on type state is '@graphql({"mappings": {"not-open": "NOT_OPEN"}})';
create table gate (id integer primary key, name text, secret text);
create table hidden (id integer);
create type pair as (a integer, b integer);
do $$ begin create role gate_keeper; exception when duplicate_object or unique_violation then null; end $$;
grant select (id, name) on gate to gate_keeper;

create function defaults(
    a integer default -1, b text default 'it''s "so"', c state default 'not-open', d boolean default true,
    e real default 2.5, f text default current_user, g text[] default '{}', h bigint default 5, i state default null
) returns text language sql stable as $$ select 'x' $$;
create function one_of(id integer) returns text language sql stable as $$ select 'id' $$;
create function one_of(name text, loud boolean default false) returns text language sql stable as $$ select 'name' $$;
create function unlike(a integer) returns text language sql stable as $$ select 'a' $$;
create function unlike(b text) returns integer language sql stable as $$ select 1 $$;
create function same(a integer) returns text language sql stable as $$ select 'a' $$;
create function same(a text) returns text language sql stable as $$ select 'a' $$;
create function _label(gate) returns text language sql immutable as $$ select $1.name $$;
create function name(gate) returns text language sql immutable as $$ select $1.name $$;
create function gate_collection() returns integer language sql stable as $$ select 1 $$;

create function variadic_one(variadic numbers integer[]) returns integer language sql immutable as $$ select 1 $$;
create function nameless(integer) returns integer language sql immutable as $$ select 1 $$;
create function by_parameters(out a integer, out b integer) language sql immutable as $$ select 1, 2 $$;
create function as_table() returns table (id integer) language sql stable as $$ select 1 $$;
create function numbers() returns setof integer language sql stable as $$ select 1 $$;
create function any_record() returns record language sql stable as $$ select 1, 2 $$;
create function takes_any(thing anyelement) returns integer language sql immutable as $$ select 1 $$;
create function takes_pair(pair public.pair) returns integer language sql immutable as $$ select 1 $$;
create function gates_as_array() returns gate[] language sql stable as $$ select array_agg(g) from gate as g $$;
create function hidden_rows() returns setof hidden language sql stable as $$ select * from hidden $$;
create function page_of("first" integer) returns setof gate language sql stable as $$ select * from gate $$;
create function on_change() returns trigger language plpgsql as $$ begin return new; end $$;
create function denied() returns integer language sql stable as $$ select 1 $$;
revoke execute on function denied from public;
create procedure tidy() language sql as $$ select 1 $$;
create aggregate longest(text) (sfunc = textcat, stype = text);
create function "two words"() returns integer language sql immutable as $$ select 1 $$;
"#;

async fn described(role: Option<&str>) -> Described {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    describe(&config, role).await.expect("a description")
}

fn reason<'d>(described: &'d Described, object: &str) -> &'d str {
    let problem = described.problems.iter().find(|problem| problem.object == object);
    let problem = problem.unwrap_or_else(|| panic!("{object} is not told of: {:#?}", described.problems));
    &problem.reason
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_are_left_out_are_reported_with_their_reason() {
    let described = described(None).await;
    for (object, expected) in [
        ("public.variadic_one(VARIADIC numbers integer[])", "variadic"),
        ("public.nameless(integer)", "argument 1 has no name"),
        ("public.by_parameters(OUT a integer, OUT b integer)", "returns values by its parameters"),
        ("public.as_table()", "returns values by its parameters"),
        ("public.numbers()", "set of values"),
        ("public.any_record()", "pseudo-type record"),
        ("public.takes_any(thing anyelement)", "pseudo-type anyelement"),
        ("public.takes_pair(pair public.pair)", "row type public.pair"),
        ("public.gates_as_array()", "row type"),
        ("public.hidden_rows()", "public.hidden, which is not exposed"),
        ("public.page_of(first integer)", "name of a collection's argument"),
        ("public.on_change()", "it is a function for triggers"),
        ("public.tidy()", "procedure"),
        ("public.longest(text)", "aggregate"),
        ("public.two words()", "no GraphQL name"),
        ("public.same(a integer)", "do not distinguish it from an overload"),
        ("public.same(a text)", "do not distinguish it from an overload"),
        ("public.unlike(a integer)", "cannot be one field"),
        ("public.unlike(b text)", "cannot be one field"),
        ("public.name(public.gate)", "name is taken"),
        ("public.gate_collection()", "gateCollection is taken"),
    ] {
        let reason = reason(&described, object);
        assert!(reason.contains(expected), "{object}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_have_their_defaults_and_overloads_are_one_field() {
    let sdl = described(None).await.sdl;
    let line = |start: &str| sdl.lines().find(|line| line.trim_start().starts_with(start)).map(str::trim);
    assert_eq!(
        line("defaults("),
        Some(
            r#"defaults(a: Int = -1, b: String = "it's \"so\"", c: State = NOT_OPEN, d: Boolean = true, e: Float = 2.5, f: String, g: [String], h: BigInt, i: State): String"#
        )
    );
    assert_eq!(line("oneOf("), Some("oneOf(id: Int, name: String, loud: Boolean): String"));
    assert_eq!(line("label"), Some("label: String"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_sees_what_it_may_call_and_compute() {
    let described = described(Some("gate_keeper")).await;
    assert!(reason(&described, "public.denied()").contains("no privilege"));
    let hidden = reason(&described, "public._label(public.gate)");
    assert!(hidden.contains("may not select public.gate.secret"), "{hidden}");
    assert!(!described.sdl.contains("label"), "{}", described.sdl);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_of_different_overloads_do_not_go_together() {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let request = Request {
        document: "{ ok: oneOf(name: \"x\") wrong: oneOf(id: 1, loud: true) }".into(),
        operation_name: None,
        variables: Map::new(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    };
    let body = engine.respond(request, &Identity::default()).await.body;
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(answer["data"], Value::Null);
    assert_eq!(answer["errors"][0]["path"][0], "wrong");
    assert_eq!(
        answer["errors"][0]["message"],
        "no overload takes these arguments; it takes (id) or (name, loud)"
    );
}
