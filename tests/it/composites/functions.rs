//! Functions that take and return composite values, and arrays of them in columns, arguments and results.

use std::sync::Arc;

use glowplug::catalog::Catalog;
use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use glowplug::schema::{Options, Schema};
use serde_json::{Value, json};

use super::{ALL, SETUP, empty, numbers, random_address, whole};
use crate::bad_input::repeated;
use crate::harness;
use crate::random::Random;
use crate::vectors::index::catalog;
use crate::ways::{Answering, Route, on_every_way};

const FUNCTIONS: &str = "
    create function moved(a address, by int default 1) returns address immutable language sql as
        $$ select row(a.street, a.zip_code + by, a.place, a.tags, a.details, a.mood, a.big)::address $$;
    create function listed(many address[]) returns address[] immutable language sql as 'select many';
    create function first_of(many address[], other home default null) returns home immutable language sql as
        'select coalesce(many[1], other)::home';
    create function nowhere() returns address stable language sql as 'select null::address';
    create function blank() returns spot stable language sql as 'select row(null, null)::spot';
    create function grid() returns spot[] stable language sql as $$ select array[['(1,2)'], ['(3,4)']]::spot[] $$;
    create function person_address(person) returns address stable language sql as 'select $1.address';
    create function person_all(person) returns address[] stable language sql as 'select $1.many';
    create sequence calls;
    create function counted() returns address volatile language sql as
        $$ select row('n', nextval('calls')::int, row(nextval('calls'), 0)::spot, null, null, null, null)::address $$;
    create function plainly(p plain) returns int immutable language sql as 'select 1';
    create function plains() returns plain immutable language sql as 'select null::plain';
    create function spots() returns setof spot stable language sql as 'select null::spot';";

fn setup() -> String {
    format!("{SETUP} {FUNCTIONS}")
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_without_the_comment_are_left_out_with_the_reason() {
    let database = harness::database(&setup()).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    for line in [
        "  moved(a: AddressInput!, by: Int = 1): Address\n",
        "  listed(many: [AddressInput]!): [Address]\n",
        "  firstOf(many: [AddressInput]!, other: AddressInput): Address\n",
        "  personAddress: Address\n",
        "  personAll: [Address]\n",
        "  counted: Address\n",
        "  many: [Address]\n",
        "  many: [AddressInput]\n",
    ] {
        assert!(sdl.contains(line), "{line}\n{sdl}");
    }
    assert!(!sdl.contains("plainly") && !sdl.contains("plains") && !sdl.contains("spots"), "{sdl}");
    let client = harness::connect(&harness::cluster().url(&database)).await;
    let catalog = Catalog::from_json(&catalog(&client).await).expect("a catalog");
    let schema = Schema::new(Arc::new(catalog), Options::default());
    let reason = |name: &str| {
        let found = schema.problems.iter().find(|problem| problem.object.contains(name));
        found.map(|problem| problem.reason.as_str()).unwrap_or_default()
    };
    for name in ["plainly", "plains"] {
        assert!(reason(name).contains("@graphql({\"object\": true})"), "{name}: {}", reason(name));
    }
    assert!(reason("spots").contains("set of values"), "{}", reason("spots"));
}

async fn composite_values_of_functions_go_by_each_way(route: Route) {
    let database = harness::database(&setup()).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let ask = async |query: &str, variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        let mut answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        numbers(&mut answer);
        answer
    };
    let list = json!([whole(), null, empty(), {"street": "x", "zip": null, "place": null, "tags": [], "details": null, "mood": null, "big": null}]);
    let query = format!(
        "query ($a: AddressInput!, $many: [AddressInput]!, $street: String) {{
            moved(a: $a) {{ {ALL} }} two: moved(by: 2, a: {{street: $street, zip: 5}}) {{ street zip }}
            listed(many: $many) {{ {ALL} }} literal: listed(many: [{{zip: 1}}, null, {{street: $street}}]) {{ zip street __typename }}
            none: listed(many: []) {{ zip }} firstOf(many: [], other: {{zip: 8}}) {{ zip }} nowhere {{ zip }} blank {{ latDeg }} }}"
    );
    for _ in 0..3 {
        let found = ask(&query, json!({"a": whole(), "many": list, "street": "s"})).await;
        let mut moved = whole();
        moved["zip"] = json!(12346);
        let expected = json!({"data": {
            "moved": moved, "two": {"street": "s", "zip": 7}, "listed": list,
            "literal": [{"zip": 1, "street": null, "__typename": "Address"}, null, {"zip": null, "street": "s", "__typename": "Address"}],
            "none": [], "firstOf": {"zip": 8}, "nowhere": null, "blank": {"latDeg": null}
        }});
        assert_eq!(found, expected);
    }
    let insert = "mutation ($objects: [PersonInsertInput!]!, $more: [AddressInput]) { insertIntoPersonCollection(objects: $objects) { records {
        id many { zip } personAll { street } personAddress { zip place { lonDeg } } } }
        updatePersonCollection(set: {plain: null}, append: {many: $more}, filter: {id: {eq: 1}}) { records { many { zip } } } }";
    let objects = json!([{"id": 1, "address": whole(), "many": [{"zip": 1}, null]}, {"id": 2, "many": null}, {"id": 3, "many": []}]);
    let found = ask(insert, json!({"objects": objects, "more": [{"zip": 3}]})).await;
    let expected = json!({"data": {
        "insertIntoPersonCollection": {"records": [
            {
                "id": 1, "many": [{"zip": 1}, null], "personAll": [{"street": null}, null],
                "personAddress": {"zip": 12345, "place": {"lonDeg": null}}
            },
            {"id": 2, "many": null, "personAll": null, "personAddress": null},
            {"id": 3, "many": [], "personAll": [], "personAddress": null},
        ]},
        "updatePersonCollection": {"records": [{"many": [{"zip": 1}, null, {"zip": 3}]}]}
    }});
    assert_eq!(found, expected);
    // A volatile function is called once, however much of its value is selected.
    let found = ask("mutation { counted { street a: zip b: zip place { latDeg lonDeg } } }", json!({})).await;
    let counted = json!({"street": "n", "a": 1, "b": 1, "place": {"latDeg": 2.0, "lonDeg": 0.0}});
    assert_eq!(found, json!({"data": {"counted": counted}}));
    let found = ask("{ grid { latDeg } }", json!({})).await;
    assert_eq!(found["errors"][0]["extensions"]["code"], "INVALID_DATA", "{found}");
    for (query, variables, words) in [
        ("{ moved(a: null) { zip } }", json!({}), "AddressInput!"),
        ("{ moved(a: \"(x)\") { zip } }", json!({}), "AddressInput"),
        ("{ moved(a: {zip: 1}) }", json!({}), "moved"),
        ("{ listed(many: [{zip: \"x\"}]) { zip } }", json!({}), "Int"),
        ("{ listed(many: [[{zip: 1}]]) { zip } }", json!({}), "AddressInput"),
        ("query ($m: [AddressInput]!) { listed(many: $m) { zip } }", json!({"m": [{"big": 1.5}]}), "bigint"),
        ("query ($m: [AddressInput]!) { listed(many: $m) { zip } }", json!({"m": [{"big": "x"}]}), "bigint"),
        ("query ($m: [AddressInput]!) { listed(many: $m) { zip } }", json!({"m": null}), "null"),
    ] {
        let found = ask(query, variables).await;
        let error = &found["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {found}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(words)), "{query}: {found}");
    }
}

on_every_way!(composite_values_of_functions_go_by_each_way);

#[tokio::test(flavor = "multi_thread")]
async fn random_arrays_of_composite_values_are_what_sql_has() {
    let mut random = Random(21);
    let database = harness::database(&setup()).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let insert = format!(
        "mutation ($objects: [PersonInsertInput!]!) {{ insertIntoPersonCollection(objects: $objects) {{ records {{ id many {{ {ALL} }} }} }} }}"
    );
    for round in 0..20 {
        let list = |random: &mut Random| -> Value {
            if random.once_in(8) {
                return Value::Null;
            }
            let address =
                |random: &mut Random| if random.once_in(6) { Value::Null } else { random_address(random) };
            (0..random.below(4)).map(|_| address(random)).collect()
        };
        let objects: Vec<_> =
            (0..25).map(|number| json!({"id": round * 25 + number, "many": list(&mut random)})).collect();
        let answer = harness::graphql(&engine, &insert, json!({ "objects": objects })).await;
        assert_eq!(answer["data"]["insertIntoPersonCollection"]["records"], json!(objects), "{answer}");
        // Several arguments in one request.
        let calls = repeated(25, &format!("c$i: listed(many: $m$i) {{ {ALL} }} "));
        let declared = repeated(25, "$m$i: [AddressInput]! ");
        let lists = objects
            .iter()
            .map(|object| if object["many"].is_null() { json!([]) } else { object["many"].clone() });
        let lists: Vec<_> = lists.collect();
        let variables: Value =
            lists.iter().enumerate().map(|(number, list)| (format!("m{number}"), list.clone())).collect();
        let answer = harness::graphql(&engine, &format!("query ({declared}) {{ {calls} }}"), variables).await;
        for (number, list) in lists.iter().enumerate() {
            assert_eq!(&answer["data"][format!("c{number}")], list, "{answer}");
        }
    }
    let by_sql = "select json_agg(case when many is not null then (
        select coalesce(json_agg(case when num_nonnulls(e) = 1 then json_build_object('zip', (e).zip_code, 'lat', ((e).place).lat_deg) end order by n), '[]')
        from (select many[n] as e, n from generate_subscripts(many, 1) n) s) end order by id) from person";
    let by_sql: Value =
        serde_json::from_str(&harness::ask(&client, by_sql).await.expect("rows")).expect("JSON");
    let query = "{ personCollection(orderBy: [{id: AscNullsLast}]) { edges { node { many { zip place { latDeg } } } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let edges = answer["data"]["personCollection"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let flat = |found: &Value| match found {
        Value::Null => Value::Null,
        found => json!({"zip": found["zip"], "lat": found["place"]["latDeg"]}),
    };
    let rows: Value = edges
        .iter()
        .map(|edge| edge["node"]["many"].as_array().map(|many| many.iter().map(flat).collect::<Value>()))
        .map(|many| many.unwrap_or(Value::Null))
        .collect();
    assert_eq!(rows, by_sql);
}
