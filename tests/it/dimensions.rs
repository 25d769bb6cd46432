//! Arrays of several dimensions: lists of lists where a comment declares them, in and out, and errors where the data do not fit.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;
use crate::ways::{Answering, Route, on_every_way};

const SETUP: &str = r#"
    create type colour as enum ('red', 'dark blue', 'DARK');
    comment on type colour is '@graphql({"mappings": {"dark blue": "DARK", "DARK": "NIGHT"}})';
    create table grid (
        id int primary key, m int[], t text[], b bigint[], f float8[], c colour[], j jsonb[], plain int[], odd int, most int[]
    );
    comment on column grid.m is '@graphql({"dimensions": 2})';
    comment on column grid.t is '@graphql({"dimensions": 3})';
    comment on column grid.b is '@graphql({"dimensions": 2})';
    comment on column grid.f is '@graphql({"dimensions": 2})';
    comment on column grid.c is '@graphql({"dimensions": 2})';
    comment on column grid.j is '@graphql({"dimensions": 2})';
    comment on column grid.odd is '@graphql({"dimensions": 2})';
    comment on column grid.most is '@graphql({"dimensions": 7})';"#;

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_dimensions_are_lists_of_lists() {
    let engine = engine(SETUP).await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    for line in [
        "m: [[Int]]",
        "t: [[[String]]]",
        "b: [[BigInt]]",
        "c: [[colour]]",
        "plain: [Int]",
        "most: [Int]",
        "odd: Int",
    ] {
        assert!(sdl.matches(&format!("  {line}\n")).count() >= 2, "{line}");
    }
    let (query, row) = (
        "mutation ($t: [[[String]]], $row: [Int], $n: Int, $b: [[BigInt]]) { insertIntogridCollection(objects: [
            {id: 1, m: [[1, 2, null], [4, 5, 6]], t: $t, b: $b, f: [[1.5, null]], c: [[DARK, red], [null, NIGHT]], j: [[\"{}\"], [null]], plain: [1]}
            {id: 2, m: [$row, [3, $n]], t: [], b: [[\"1\"]], f: [[], []], c: null, plain: []}
            {id: 3, m: 7, t: [[\"x\"], [\"y\"]], b: [\"8\", \"9\"]}
        ]) { records { m t b f c j plain } } }",
        json!({
            "m": [[1, 2, null], [4, 5, 6]], "t": [[["a\"", "NULL"], ["{}", null]]], "b": [["9223372036854775807", null]], "f": [[1.5, null]],
            "c": [["DARK", "red"], [null, "NIGHT"]], "j": [["{}"], [null]], "plain": [1]
        }),
    );
    let variables = json!({"t": row["t"], "row": [1, 2], "n": null, "b": row["b"]});
    let answer = harness::graphql(&engine, query, variables).await;
    let second =
        json!({"m": [[1, 2], [3, null]], "t": [], "b": [["1"]], "f": [], "c": null, "j": null, "plain": []});
    // A single value stands for a list of one, on each level (GraphQL specification, 3.11).
    let third = json!({"m": [[7]], "t": [[["x"]], [["y"]]], "b": [["8"], ["9"]], "f": null, "c": null, "j": null, "plain": null});
    assert_eq!(answer, json!({"data": {"insertIntogridCollection": {"records": [row, second, third]}}}));
    let query = "{ gridCollection(filter: {m: {contains: [2, 5]}, c: {overlaps: [NIGHT]}}) { edges { node { id } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    assert_eq!(answer, json!({"data": {"gridCollection": {"edges": [{"node": {"id": 1}}]}}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_lists_of_lists_are_told() {
    let engine = engine(SETUP).await;
    let set = |values: &str| {
        format!(
            "mutation {{ updategridCollection(set: {{{values}}}, filter: {{id: {{eq: 1}}}}) {{ affectedCount }} }}"
        )
    };
    let cases = [
        (set("m: [[1], [2, 3]]"), &["m", "different lengths"][..]),
        (set("m: [[1], []]"), &["m", "different lengths"]),
        (set("m: [[1], null]"), &["m", "null in place of a list"]),
        (set("m: [[[1]]]"), &["Int"]),
        (set("m: [[\"x\"]]"), &["Int"]),
        (set("t: [[[\"a\"], [\"b\"]], [[\"c\"]]]"), &["t", "different lengths"]),
        (set("b: [[1.5]]"), &["bigint", "1.5"]),
        (set("c: [[blue]]"), &["blue"]),
        (set("plain: [[1]]"), &["Int"]),
        (
            "{ gridCollection(filter: {m: {eq: [1]}}) { edges { cursor } } }".to_owned(),
            &["m", "2", "contains"],
        ),
        ("mutation { updategridCollection(append: {m: [1]}) { affectedCount } }".to_owned(), &["m"]),
    ];
    for (query, words) in cases {
        let answer = harness::graphql(&engine, &query, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
        let message = error["message"].as_str().expect("a message");
        assert!(words.iter().all(|word| message.contains(word)), "{query}: {words:?}: {message}");
    }
    let query = "mutation ($m: [[Int]], $row: [Int]) { a: updategridCollection(set: {m: $m}) { affectedCount } b: updategridCollection(set: {m: [$row, [1]]}) { affectedCount } }";
    for variables in [
        json!({"m": [[1], [2, 3]]}),
        json!({"m": [null]}),
        json!({"row": [1, 2]}),
        json!({"row": null}),
        json!({"m": [["x"]]}),
    ] {
        let answer = harness::graphql(&engine, query, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{variables}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_of_other_dimensions_than_their_types_are_errors() {
    let engine = engine(&format!(
        "{SETUP} insert into grid (id, m, t, c, plain) values
            (1, '{{1}}', '{{{{a}}}}', '{{red}}', '{{{{1}}}}'), (2, '{{{{1}}}}', '{{}}', '{{{{red}}}}', '{{1}}');"
    ))
    .await;
    let answer =
        harness::graphql(&engine, "{ gridCollection { edges { node { id m t c plain } } } }", json!({}))
            .await;
    let rows = json!([
        {"node": {"id": 1, "m": null, "t": null, "c": null, "plain": null}},
        {"node": {"id": 2, "m": [[1]], "t": [], "c": [["red"]], "plain": [1]}},
    ]);
    assert_eq!(answer["data"]["gridCollection"]["edges"], rows);
    let errors = answer["errors"].as_array().expect("errors").iter();
    let places: Vec<_> =
        errors.map(|error| (error["path"][4].as_str(), error["extensions"]["code"].as_str())).collect();
    let expected = ["m", "t", "c", "plain"].map(|field| (Some(field), Some("INVALID_DATA")));
    assert_eq!(places, expected);
}

async fn lists_of_lists_go_by_each_way(route: Route) {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let query = "mutation ($objects: [gridInsertInput!]!) { insertIntogridCollection(objects: $objects) { records { id m t c } } }";
    for number in 0..3 {
        let objects: Value = (0..3)
            .map(|part| json!({"id": number * 10 + part, "m": [[part], [number]], "t": [[["x", "y"]]], "c": [["NIGHT"]]}))
            .collect();
        let response = answering
            .respond(harness::request(query, &json!({ "objects": objects })), &Identity::default())
            .await;
        let answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
        assert_eq!(answer, json!({"data": {"insertIntogridCollection": {"records": objects}}}));
    }
}

on_every_way!(lists_of_lists_go_by_each_way);

/// A list of lists on so many levels, all of one length on each level.
fn nested(random: &mut Random, lengths: &[usize], leaf: &dyn Fn(&mut Random) -> Value) -> Value {
    match lengths.split_first() {
        None => leaf(random),
        Some((length, below)) => (0..*length).map(|_| nested(random, below, leaf)).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_lists_of_lists_are_what_sql_has() {
    let mut random = Random(19);
    let database = harness::database(&format!(
        "{SETUP} create role grid_all; create role grid_part; grant all on grid to grid_all; grant select (id, m) on grid to grid_part;
        alter table grid enable row level security; create policy whole on grid to grid_all using (true);
        create policy part on grid to grid_part using (id % 2 = 0); comment on schema public is '@graphql({{\"max_rows\": 3000}})';"
    ))
    .await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let [whole, part] =
        ["grid_all", "grid_part"].map(|role| Identity { role: Some(role.into()), ..Identity::default() });
    let insert = "mutation ($objects: [gridInsertInput!]!) { insertIntogridCollection(objects: $objects) { records { id m t b f } } }";
    let leaf_of = |numbers: bool| {
        move |random: &mut Random| match random.below(4) {
            0 => Value::Null,
            part if numbers => json!(i32::try_from(part).expect("a small number") - 2),
            _ => json!(*random.choose(&["", "NULL", "it's", "{\"a\"}", "\\", ","])),
        }
    };
    let mut written = 0;
    for round in 0..40 {
        let objects = (0..50).map(|number| {
            let mut lengths = || [1 + random.below(3), 1 + random.below(3), 1 + random.below(2)];
            let (m, t) = (lengths(), lengths());
            json!({
                "id": round * 50 + number, "m": nested(&mut random, &m[..2], &leaf_of(true)), "t": nested(&mut random, &t, &leaf_of(false)),
                "b": [[number.to_string()]], "f": [[0.5, null]]
            })
        });
        let objects: Vec<_> = objects.collect();
        let mut answer = harness::graphql_as(&engine, &whole, insert, json!({ "objects": objects })).await;
        assert_eq!(answer["data"]["insertIntogridCollection"]["records"].take(), json!(objects), "{answer}");
        written += objects.len();
    }
    for (who, filter) in [(&whole, "true"), (&part, "id % 2 = 0")] {
        let by_sql =
            harness::ask(&client, &format!("select json_agg(m order by id) from grid where {filter}")).await;
        let by_sql: Value = serde_json::from_str(&by_sql.expect("rows")).expect("JSON");
        let answer =
            harness::graphql_as(&engine, who, "{ gridCollection { edges { node { m } } } }", json!({})).await;
        let edges = answer["data"]["gridCollection"]["edges"].as_array().expect("edges").iter();
        assert_eq!(edges.map(|edge| edge["node"]["m"].clone()).collect::<Value>(), by_sql);
    }
    assert_eq!(written, 2000);
}

/// PostgreSQL puts semicolons between boxes, which have commas themselves.
#[tokio::test(flavor = "multi_thread")]
async fn random_arrays_of_boxes_go_in_and_come_out() {
    let engine = engine(
        "create domain spot as box;
        create table area (id int primary key, one box, many box[], grid box[], spots spot[]);
        comment on column area.grid is '@graphql({\"dimensions\": 2})';
        create function same(many box[]) returns box[] immutable language sql as 'select many';",
    )
    .await;
    let mut random = Random(31);
    let text = |random: &mut Random| -> Value {
        if random.once_in(5) {
            return Value::Null;
        }
        let (x, y) = (random.below(9), random.below(9));
        json!(format!("({},{}),({x},{y})", x + random.below(3), y + random.below(3)))
    };
    let list = |random: &mut Random, length: usize| -> Value { (0..length).map(|_| text(random)).collect() };
    let query = "mutation ($objects: [areaInsertInput!]!) { insertIntoareaCollection(objects: $objects) { records { id one many grid spots } } }";
    for round in 0..20 {
        let objects: Vec<_> = (0..10)
            .map(|number| {
                let (rows, width) = (random.below(3), 1 + random.below(2));
                let grid: Value = (0..rows).map(|_| list(&mut random, width)).collect();
                let length = random.below(4);
                json!({
                    "id": round * 10 + number, "one": text(&mut random), "many": list(&mut random, length), "grid": grid,
                    "spots": list(&mut random, length)
                })
            })
            .collect();
        let answer = harness::graphql(&engine, query, json!({ "objects": objects })).await;
        assert_eq!(answer["data"]["insertIntoareaCollection"]["records"], json!(objects), "{answer}");
    }
    let query = "mutation ($b: Opaque, $more: [Opaque]) {
        insertIntoareaCollection(objects: [{id: 900, many: [\"(1,1),(0,0)\", $b, null], grid: [[$b], [\"(3,3),(2,2)\"]], spots: \"(2,2),(1,1)\"}]) { records { many grid spots } }
        updateareaCollection(append: {many: $more}, prepend: {spots: [$b]}, filter: {id: {eq: 900}}) { records { many spots } } }";
    let variables = json!({"b": "(2,2),(1,1)", "more": ["(9,9),(8,8)"]});
    let answer = harness::graphql(&engine, query, variables).await;
    let (b, own) = ("(2,2),(1,1)", "(1,1),(0,0)");
    let expected = json!({"data": {
        "insertIntoareaCollection": {"records": [{"many": [own, b, null], "grid": [[b], ["(3,3),(2,2)"]], "spots": [b]}]},
        "updateareaCollection": {"records": [{"many": [own, b, null, "(9,9),(8,8)"], "spots": [b, b]}]}
    }});
    assert_eq!(answer, expected);
    let query = "query ($m: [Opaque]!) { same(many: $m) one: same(many: \"(1,1),(0,0)\") }";
    let answer = harness::graphql(&engine, query, json!({"m": [b, null]})).await;
    assert_eq!(answer, json!({"data": {"same": [b, null], "one": [own]}}));
    for many in ["[\"x\"]", "[\"(1,1),(0,0);(2,2),(1,1)\"]", "[\"\"]"] {
        let query = format!("{{ same(many: {many}) }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{many}: {answer}");
    }
}
