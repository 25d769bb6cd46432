//! Composite types that are object types by a comment, out and in; without it they are `Opaque`.

mod filters;
mod functions;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = r#"
    comment on schema public is '@graphql({"inflect_names": true, "max_rows": 3000})';
    create type mood as enum ('so so', 'good');
    comment on type mood is '@graphql({"mappings": {"so so": "SO_SO"}})';
    create type spot as (lat_deg float8, lon_deg float8);
    comment on type spot is 'Where @graphql({"object": true, "name": "Place", "description": "A place on the map"})';
    create type address as (street text, gone int, zip_code int, place spot, tags text[], details jsonb, mood mood, big bigint);
    alter type address drop attribute gone;
    comment on type address is '@graphql({"object": true})';
    comment on column address.zip_code is '@graphql({"name": "zip", "description": "Five digits"})';
    create domain home as address;
    create type plain as (a int, b text);
    create table person (id int primary key, address address, home home, plain plain, many address[], must spot not null default '(1,2)');"#;

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

const ALL: &str = "street zip place { latDeg lonDeg } tags details mood big";

fn whole() -> Value {
    json!({
        "street": "O'Hara \"St\", (1)\\", "zip": 12345, "place": {"latDeg": 1.5, "lonDeg": null}, "tags": ["a,b", null], "details": "{\"a\": 1}",
        "mood": "SO_SO", "big": "9007199254740993"
    })
}

fn empty() -> Value {
    json!({"street": null, "zip": null, "place": null, "tags": null, "details": null, "mood": null, "big": null})
}

#[tokio::test(flavor = "multi_thread")]
async fn composite_values_are_objects_out_and_in() {
    let engine = engine(SETUP).await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    for line in [
        "type Address {",
        "input AddressInput {",
        "type Place {",
        "input PlaceInput {",
        "  address: Address\n",
        "  address: AddressInput\n",
        "  home: Address\n",
        "  must: Place!\n",
        "  plain: Opaque\n",
        "  many: [Address]\n",
        "\"\"\"A place on the map\"\"\"",
        "\"\"\"Five digits\"\"\"",
    ] {
        assert!(sdl.contains(line), "{line}\n{sdl}");
    }
    let query = format!(
        "mutation ($whole: AddressInput, $street: String, $place: PlaceInput, $absent: Int) {{ insertIntoPersonCollection(objects: [
            {{id: 1, address: $whole, home: {{street: $street, zip: $absent, place: $place, mood: good}}, plain: \"(1,x)\"}}
            {{id: 2, address: {{}}, home: null}}
            {{id: 3, address: {{place: {{}}, tags: []}}, must: {{latDeg: 3, lonDeg: 4}}}}
        ]) {{ records {{ id address {{ __typename {ALL} }} home {{ street a: zip place {{ lonDeg }} mood }} plain must {{ latDeg lonDeg }} }} }} }}"
    );
    let variables = json!({"whole": whole(), "street": "", "place": {"lonDeg": -0.5}});
    let answer = harness::graphql(&engine, &query, variables).await;
    let named = |mut value: Value| {
        let object = value.as_object_mut().expect("an object");
        object.insert("__typename".to_owned(), json!("Address"));
        value
    };
    let mut third = named(empty());
    third["place"] = json!({"latDeg": null, "lonDeg": null});
    third["tags"] = json!([]);
    let expected = json!([
        {
            "id": 1, "address": named(whole()), "home": {"street": "", "a": null, "place": {"lonDeg": -0.5}, "mood": "good"}, "plain": "(1,x)",
            "must": {"latDeg": 1.0, "lonDeg": 2.0}
        },
        // A value of nothing but nulls is a value.
        {"id": 2, "address": named(empty()), "home": null, "plain": null, "must": {"latDeg": 1.0, "lonDeg": 2.0}},
        {"id": 3, "address": third, "home": null, "plain": null, "must": {"latDeg": 3.0, "lonDeg": 4.0}},
    ]);
    let mut records = answer["data"]["insertIntoPersonCollection"]["records"].clone();
    numbers(&mut records);
    assert_eq!(records, expected, "{answer}");
    // An update sets the whole value.
    let query = format!(
        "mutation {{ updatePersonCollection(set: {{address: {{zip: 7}}, home: null}}, filter: {{id: {{eq: 1}}}}) {{ records {{ address {{ {ALL} }} home {{ zip }} }} }} }}"
    );
    let answer = harness::graphql(&engine, &query, json!({})).await;
    let mut expected = empty();
    expected["zip"] = json!(7);
    assert_eq!(
        answer["data"]["updatePersonCollection"]["records"],
        json!([{"address": expected, "home": null}]),
        "{answer}"
    );
    let query = "{ personCollection(filter: {address: {is: NULL}}) { edges { node { id } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    assert!(answer["errors"].is_null(), "{answer}");
}

/// PostgreSQL writes 1 where JSON may have 1.0.
fn numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(numbers),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::Number(number) if key.ends_with("Deg") => *value = json!(number.as_f64()),
                    value => numbers(value),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_composite_values_are_told() {
    let engine = engine(SETUP).await;
    let set = |value: &str| {
        format!(
            "mutation {{ updatePersonCollection(set: {{address: {value}}}, filter: {{id: {{eq: 1}}}}) {{ affectedCount }} }}"
        )
    };
    for (query, words) in [
        (set("\"(a)\""), &["AddressInput"][..]),
        (set("{gone: 1}"), &["gone"]),
        (set("{zip: \"x\"}"), &["Int"]),
        (set("{zip: 99999999999}"), &["99999999999"]),
        (set("{place: [1]}"), &["PlaceInput"]),
        (set("{mood: bad}"), &["bad"]),
        (set("{big: 1.5}"), &["bigint", "1.5"]),
        (set("{details: \"{\"}"), &["json"]),
        (set("{tags: [[\"a\"]]}"), &["String"]),
        (
            "mutation { updatePersonCollection(set: {must: null}, filter: {id: {eq: 1}}) { affectedCount } }"
                .to_owned(),
            &[],
        ),
        ("{ personCollection { edges { node { address } } } }".to_owned(), &["address"]),
        ("{ personCollection { edges { node { address { gone } } } } }".to_owned(), &["gone"]),
    ] {
        let answer = harness::graphql(&engine, &query, json!({})).await;
        if words.is_empty() {
            assert_eq!(answer["data"]["updatePersonCollection"]["affectedCount"], 0, "{answer}");
            continue;
        }
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
        let message = error["message"].as_str().expect("a message");
        assert!(words.iter().all(|word| message.contains(word)), "{query}: {words:?}: {message}");
    }
    let query = "mutation ($a: AddressInput) { updatePersonCollection(set: {address: $a}, filter: {id: {eq: 1}}) { affectedCount } }";
    for variables in [
        json!({"a": {"gone": 1}}),
        json!({"a": "x"}),
        json!({"a": [{"zip": "x"}]}),
        json!({"a": {"place": {"x": 1}}}),
        json!({"a": {"big": 1.5}}),
    ] {
        let answer = harness::graphql(&engine, query, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{variables}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_others_and_missing_privileges_leave_columns_opaque() {
    let engine = engine(&format!(
        "{SETUP} create table \"PlaceInput\" (id int primary key);
        create schema hidden; create type hidden.secret as (a int); comment on type hidden.secret is '@graphql({{\"object\": true}})';
        alter table person add secret hidden.secret;
        create role composite_part; grant select on person to composite_part; revoke usage on type address from public;"
    ))
    .await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    assert!(sdl.contains("  must: Spot!\n"), "{sdl}");
    assert!(sdl.contains("  secret: Opaque\n"), "{sdl}");
    let part = Identity { role: Some("composite_part".into()), ..Identity::default() };
    let sdl = engine.sdl(&part).await.expect("a schema");
    assert!(sdl.contains("  address: Opaque\n") && !sdl.contains("type Address {"), "{sdl}");
}

async fn composite_values_go_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = format!(
        "mutation ($objects: [PersonInsertInput!]!) {{ insertIntoPersonCollection(objects: $objects) {{ records {{ id address {{ {ALL} }} plain }} }} }}"
    );
    for number in 0..3 {
        let objects: Value = (0..3)
            .map(|part| json!({"id": number * 10 + part, "address": if part == 1 { Value::Null } else { whole() }, "plain": "(1,\"a b\")"}))
            .collect();
        let response = answering
            .respond(harness::request(&query, &json!({ "objects": objects })), &Identity::default())
            .await;
        let answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        assert_eq!(answer, json!({"data": {"insertIntoPersonCollection": {"records": objects}}}));
    }
}

on_every_way!(composite_values_go_by_each_way);

fn random_address(random: &mut Random) -> Value {
    let text = |random: &mut Random| {
        let texts = ["", "a", "(", "\"", "\\", ",", " x ", "NULL", "it's", "\u{e9}\n"];
        if random.once_in(4) { Value::Null } else { json!(*random.choose(&texts)) }
    };
    let number = |random: &mut Random| if random.once_in(3) { Value::Null } else { json!(random.below(9)) };
    let half = |random: &mut Random| {
        if random.once_in(3) { Value::Null } else { json!(*random.choose(&[0.5, 7.25, -180.25])) }
    };
    let place =
        if random.once_in(3) { Value::Null } else { json!({"latDeg": half(random), "lonDeg": half(random)}) };
    let tags: Value =
        if random.once_in(3) { Value::Null } else { (0..random.below(3)).map(|_| text(random)).collect() };
    let mood = random.choose(&[Value::Null, json!("SO_SO"), json!("good")]).clone();
    json!({"street": text(random), "zip": number(random), "place": place, "tags": tags, "details": null, "mood": mood, "big": "7"})
}

#[tokio::test(flavor = "multi_thread")]
async fn random_composite_values_are_what_sql_has() {
    let mut random = Random(20);
    let database = harness::database(&format!(
        "{SETUP} create role composite_all; grant all on person to composite_all; grant select on person to composite_all;
        create role composite_some; grant select (id, address) on person to composite_some;
        alter table person enable row level security; create policy whole on person to composite_all using (true);
        create policy part on person to composite_some using ((address).zip_code > 3);"
    ))
    .await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let [whole, part] = ["composite_all", "composite_some"]
        .map(|role| Identity { role: Some(role.into()), ..Identity::default() });
    let insert = format!(
        "mutation ($objects: [PersonInsertInput!]!) {{ insertIntoPersonCollection(objects: $objects) {{ records {{ id address {{ {ALL} }} }} }} }}"
    );
    for round in 0..40 {
        let objects: Vec<_> = (0..50)
            .map(|number| {
                let address = if random.once_in(10) { Value::Null } else { random_address(&mut random) };
                json!({"id": round * 50 + number, "address": address})
            })
            .collect();
        let answer = harness::graphql_as(&engine, &whole, &insert, json!({ "objects": objects })).await;
        assert_eq!(answer["data"]["insertIntoPersonCollection"]["records"], json!(objects), "{answer}");
    }
    let fields = "json_build_object('street', (address).street, 'zip', (address).zip_code, 'lat', ((address).place).lat_deg,
        'mood', replace((address).mood::text, 'so so', 'SO_SO'), 'tags', (address).tags)";
    let query =
        "{ personCollection { edges { node { address { street zip place { lat: latDeg } mood tags } } } } }";
    for (who, filter) in [(&whole, "true"), (&part, "(address).zip_code > 3")] {
        let by_sql = format!(
            "select json_agg(case when address::text is not null then {fields} end order by id) from person where {filter}"
        );
        let by_sql: Value =
            serde_json::from_str(&harness::ask(&client, &by_sql).await.expect("rows")).expect("JSON");
        let answer = harness::graphql_as(&engine, who, query, json!({})).await;
        let edges =
            answer["data"]["personCollection"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let rows: Value = edges
            .iter()
            .map(|edge| match &edge["node"]["address"] {
                Value::Null => Value::Null,
                found => json!({
                    "street": found["street"], "zip": found["zip"], "lat": found["place"]["lat"], "mood": found["mood"], "tags": found["tags"]
                }),
            })
            .collect();
        assert_eq!(rows, by_sql);
    }
}
