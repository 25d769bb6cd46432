//! `increment`, `append`, `prepend` and `remove`.

use serde_json::json;

use super::{World, definition};
use crate::ways::{Route, by_set_local, on_every_way};

const SETUP: &str = r#"
    create type mood as enum ('calm', 'wild');
    create domain positive as integer check (value > 0);
    create table item (
        id integer primary key, stock integer, small smallint, big bigint, exact numeric(6, 2), rough float8, part positive,
        name text, tags text[], sizes integer[], moods mood[], tree jsonb, plain json, marks xml[], version integer default 1
    );
    insert into item values
        (1, 10, 1, 9007199254740993, 1.50, 0.5, 5, 'one', '{a,b,a,NULL}', '{1,2}', '{calm}', '{"a": {"b": [1, 2]}, "c": 3}', '{}', null, 1),
        (2, null, null, null, null, null, null, null, null, null, null, null, null, null, 1),
        (3, 0, 32767, 0, 0, 0, 1, '', '{}', '{{1,2},{3,4}}', '{}', '["x", "y", 1]', '[]', null, 1);
    create role writes_clerk#;
    grant select (id, stock, tags, tree), update (stock, tags, name, small) on item to writes_clerk#;
"#;

on_every_way!(
    numbers_are_added,
    values_are_appended_prepended_and_removed,
    parts_of_documents_are_joined_and_removed,
    impossible_updates_are_refused,
    a_role_changes_what_it_may_read_and_update,
    a_version_column_and_at_most_lock_optimistically,
);
by_set_local!(numbers_are_added, values_are_appended_prepended_and_removed,);

async fn numbers_are_added(route: Route) {
    let world = World::start(route, SETUP).await;
    let update =
        "mutation ($by: itemIncrementInput) { updateitemCollection(increment: $by, filter: {id: {eq: 1}})
        { affectedCount records { stock small big exact rough part name } } }";
    let by = json!({"by": {"stock": -3, "small": 2, "big": "9", "exact": "0.255", "rough": 0.25, "part": 7}});
    let record = json!({"stock": 7, "small": 3, "big": "9007199254741002", "exact": "1.76", "rough": 0.75, "part": 12, "name": "one"});
    let answer = world.ask_with(update, &by).await;
    assert_eq!(answer["updateitemCollection"], json!({"affectedCount": 1, "records": [record]}));
    for (id, stock) in [(1, json!(8)), (2, json!(null))] {
        let both = format!(
            "mutation {{ updateitemCollection(set: {{name: \"two\"}}, increment: {{stock: 1}}, filter: {{id: {{eq: {id}}}}})
            {{ records {{ id stock name }} }} }}"
        );
        let records = json!([{"id": id, "stock": stock, "name": "two"}]);
        assert_eq!(
            world.ask(&both).await["updateitemCollection"]["records"],
            records,
            "nothing comes of a null"
        );
    }
}

async fn values_are_appended_prepended_and_removed(route: Route) {
    let world = World::start(route, SETUP).await;
    let update = |arguments: &str| {
        format!(
            "mutation {{ updateitemCollection({arguments}, filter: {{id: {{lte: 2}}}}, atMost: 2) {{ records {{ tags sizes moods }} }} }}"
        )
    };
    let records = |answer: serde_json::Value| answer["updateitemCollection"]["records"].clone();
    let appended =
        records(world.ask(&update(r#"append: {tags: ["c", null], sizes: 3, moods: [wild]}"#)).await);
    assert_eq!(
        appended,
        json!([
            {"tags": ["a", "b", "a", null, "c", null], "sizes": [1, 2, 3], "moods": ["calm", "wild"]},
            {"tags": ["c", null], "sizes": [3], "moods": ["wild"]}
        ])
    );
    let prepended = records(
        world.ask(&update(r#"prepend: {sizes: [0, 1]}, remove: {tags: ["a", null], moods: []}"#)).await,
    );
    assert_eq!(
        prepended,
        json!([
            {"tags": ["b", "c"], "sizes": [0, 1, 1, 2, 3], "moods": ["calm", "wild"]},
            {"tags": ["c"], "sizes": [0, 1, 3], "moods": ["wild"]}
        ])
    );
    let emptied =
        records(world.ask(&update(r#"remove: {tags: ["b", "c"], sizes: 1, moods: [calm, wild]}"#)).await);
    let empty =
        json!([{"tags": [], "sizes": [0, 2, 3], "moods": []}, {"tags": [], "sizes": [0, 3], "moods": []}]);
    assert_eq!(emptied, empty);
}

async fn parts_of_documents_are_joined_and_removed(route: Route) {
    let world = World::start(route, SETUP).await;
    let cases = [
        (1, r#"append: {tree: "{\"c\": 4, \"d\": null}"}"#, r#"{"a": {"b": [1, 2]}, "c": 4, "d": null}"#),
        (
            1,
            r#"prepend: {tree: "{\"c\": 5, \"e\": 1}"}"#,
            r#"{"a": {"b": [1, 2]}, "c": 4, "d": null, "e": 1}"#,
        ),
        (1, r#"remove: {tree: {path: ["a", "b", "-1"]}}"#, r#"{"a": {"b": [1]}, "c": 4, "d": null, "e": 1}"#),
        (1, r#"remove: {tree: {keys: ["c", "d", "not there"]}}"#, r#"{"a": {"b": [1]}, "e": 1}"#),
        (3, r#"append: {tree: "[null]"}"#, r#"["x", "y", 1, null]"#),
        (3, r#"prepend: {tree: "0"}"#, r#"[0, "x", "y", 1, null]"#),
        (3, r"remove: {tree: {index: -1}}", r#"[0, "x", "y", 1]"#),
        (3, r#"remove: {tree: {keys: "x"}}"#, r#"[0, "y", 1]"#),
        (3, r"remove: {tree: {path: []}}", r#"[0, "y", 1]"#),
    ];
    for (id, arguments, tree) in cases {
        let update = format!(
            "mutation {{ updateitemCollection({arguments}, filter: {{id: {{eq: {id}}}}}) {{ records {{ tree }} }} }}"
        );
        assert_eq!(
            world.ask(&update).await["updateitemCollection"]["records"],
            json!([{"tree": tree}]),
            "{update}"
        );
    }
}

async fn impossible_updates_are_refused(route: Route) {
    let world = World::start(route, SETUP).await;
    let cases: &[(i32, &str, &[&str])] = &[
        (1, "increment: {stock: null}", &["stock", "increment", "null", "leave it out"]),
        (1, "increment: {stock: 2147483647}", &["integer out of range"]),
        (3, "increment: {small: 1}", &["smallint out of range"]),
        (1, "increment: {exact: \"9999\"}", &["numeric field overflow"]),
        (1, "increment: {part: -5}", &["positive"]),
        (1, "increment: {stock: 1.5}", &["Int"]),
        (1, "increment: {big: \"a\"}", &["bigint"]),
        (1, "increment: {exact: 1}", &["BigFloat"]),
        (1, "increment: {name: 1}", &["name"]),
        (1, "set: {stock: 1}, increment: {stock: 1}", &["stock", "twice"]),
        (1, "append: {tags: \"x\"}, remove: {tags: \"x\"}", &["tags", "twice"]),
        (1, "append: {tags: null}", &["tags", "null"]),
        (1, "append: {name: \"x\"}", &["name"]),
        (1, "append: {plain: \"{}\"}", &["plain"]),
        (1, "append: {tree: \"{\"}", &["json"]),
        (1, "remove: {marks: \"<a/>\"}", &["marks"]),
        (1, "remove: {tree: {}}", &["exactly one of keys, index and path"]),
        (1, "remove: {tree: {keys: \"a\", index: 1}}", &["exactly one of keys, index and path"]),
        (1, "remove: {tree: {index: 0}}", &["cannot delete from object"]),
        (1, "remove: {moods: [odd]}", &["odd"]),
        (3, "remove: {sizes: [1]}", &["several dimensions"]),
        (3, "append: {sizes: [1]}", &["cannot concatenate incompatible arrays"]),
        (1, "increment: {}", &["set is empty"]),
        (1, "increment: null", &["set is empty"]),
        (1, "set: null, increment: {stock: 1}", &["null"]),
    ];
    for (id, arguments, words) in cases {
        let update = format!(
            "mutation {{ updateitemCollection({arguments}, filter: {{id: {{eq: {id}}}}}) {{ affectedCount }} }}"
        );
        world.refused("", &update, "BAD_USER_INPUT", words).await;
    }
    let answer = world.ask("{ itemByPk(id: 1) { stock tags tree } }").await;
    assert_eq!(answer["itemByPk"]["stock"], 10, "nothing was changed");
}

async fn a_role_changes_what_it_may_read_and_update(route: Route) {
    let world = World::start(route, SETUP).await;
    let sdl = world.sdl("clerk").await;
    let increment = definition(&sdl, "input itemIncrementInput");
    assert!(
        increment.contains("stock: Int") && !increment.contains("small"),
        "it may not read small: {increment}"
    );
    let append = definition(&sdl, "input itemAppendInput");
    assert!(
        append.contains("tags: [String]") && !append.contains("tree"),
        "it may not change tree: {append}"
    );
    assert!(definition(&sdl, "input JSONRemoval").is_empty());
    let update = "mutation { updateitemCollection(increment: {stock: 1}, remove: {tags: [\"a\"]}, filter: {id: {eq: 1}}) { records { stock tags } } }";
    let answer = world.answer("clerk", update, &json!({})).await;
    assert_eq!(
        answer["data"]["updateitemCollection"]["records"],
        json!([{"stock": 11, "tags": ["b", null]}]),
        "{answer}"
    );
    world
        .refused(
            "clerk",
            "mutation { updateitemCollection(increment: {small: 1}) { affectedCount } }",
            "BAD_USER_INPUT",
            &["small"],
        )
        .await;
}

async fn a_version_column_and_at_most_lock_optimistically(route: Route) {
    let world = World::start(route, SETUP).await;
    let update = |version: i32| {
        format!("mutation {{ updateitemCollection(set: {{name: \"new\"}}, increment: {{version: 1}},
            filter: {{id: {{eq: 1}}, version: {{eq: {version}}}}}) {{ affectedCount records {{ version }} }} }}")
    };
    let answer = world.ask(&update(1)).await;
    assert_eq!(answer["updateitemCollection"], json!({"affectedCount": 1, "records": [{"version": 2}]}));
    let answer = world.ask(&update(1)).await;
    assert_eq!(
        answer["updateitemCollection"],
        json!({"affectedCount": 0, "records": []}),
        "another one was faster"
    );
    let several = "mutation {
        a: updateitemCollection(increment: {stock: -4}, filter: {id: {eq: 1}}) { affectedCount }
        b: updateitemCollection(increment: {stock: 4}, filter: {id: {eq: 3}}) { affectedCount }
        c: updateitemCollection(increment: {stock: 1}, filter: {id: {gte: 1}}) { affectedCount } }";
    world.refused("", several, "BAD_USER_INPUT", &["atMost is 1, but 3 rows match"]).await;
    let answer = world.ask("{ a: itemByPk(id: 1) { stock } b: itemByPk(id: 3) { stock } }").await;
    assert_eq!(answer, json!({"a": {"stock": 10}, "b": {"stock": 0}}), "all of them or none");
}
