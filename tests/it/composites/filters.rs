//! Filters of composite values by their fields: against SQL written by hand, by two roles, and what is wrong with them.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::{SETUP, engine, random_address};
use crate::bad_input::repeated;
use crate::harness;
use crate::random::Random;

/// A condition in GraphQL and in SQL.
type Filter = (Value, String);

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A condition on an attribute with that SQL.
fn leaf(random: &mut Random, kind: &str, sql: &str) -> Filter {
    if random.once_in(6) {
        let (word, is) = *random.choose(&[("NULL", "is null"), ("NOT_NULL", "is not null")]);
        return (json!({ "is": word }), format!("{sql} {is}"));
    }
    let compared =
        |random: &mut Random| *random.choose(&[("eq", "="), ("neq", "<>"), ("lt", "<"), ("gte", ">=")]);
    match kind {
        "text" => {
            let text = *random.choose(&["", "a", "(", "it's", "NULL", "\\"]);
            match random.below(4) {
                0 => (json!({"in": [text, "a"]}), format!("{sql} in ({}, 'a')", quoted(text))),
                1 => (json!({"like": "%t%"}), format!("{sql} like '%t%'")),
                2 => (json!({"startsWith": "a"}), format!("left({sql}, 1) = 'a'")),
                _ => {
                    let (name, symbol) = compared(random);
                    (json!({name: text}), format!("{sql} {symbol} {}", quoted(text)))
                }
            }
        }
        "number" => {
            let number = random.below(9);
            if random.once_in(4) {
                return (json!({"in": [number, 2]}), format!("{sql} in ({number}, 2)"));
            }
            let (name, symbol) = compared(random);
            (json!({name: number}), format!("{sql} {symbol} {number}"))
        }
        "mood" => {
            let (name, label) = *random.choose(&[("SO_SO", "so so"), ("good", "good")]);
            let (operator, symbol) = *random.choose(&[("eq", "="), ("neq", "<>")]);
            (json!({operator: name}), format!("{sql} {symbol} '{label}'"))
        }
        _ => {
            let (operator, symbol) =
                *random.choose(&[("contains", "@>"), ("containedBy", "<@"), ("overlaps", "&&"), ("eq", "=")]);
            let text = *random.choose(&["", "a", "("]);
            (json!({operator: [text]}), format!("{sql} {symbol} array[{}]", quoted(text)))
        }
    }
}

fn place(random: &mut Random, sql: &str) -> Filter {
    if random.once_in(3) {
        return (json!({"is": "NULL"}), format!("({sql}) is null"));
    }
    let (filter, condition) = leaf(random, "number", &format!("({sql}).lat_deg"));
    (json!({ "latDeg": filter }), condition)
}

fn address(random: &mut Random, sql: &str) -> Filter {
    let (mut fields, mut conditions) = (serde_json::Map::new(), vec!["true".to_owned()]);
    for _ in 0..=random.below(2) {
        let (field, (filter, condition)) = match random.below(8) {
            0 => ("is", (json!("NOT_NULL"), format!("({sql}) is not null"))),
            1 | 2 => ("street", leaf(random, "text", &format!("({sql}).street"))),
            3 | 4 => ("zip", leaf(random, "number", &format!("({sql}).zip_code"))),
            5 => ("mood", leaf(random, "mood", &format!("({sql}).mood"))),
            6 => ("tags", leaf(random, "tags", &format!("({sql}).tags"))),
            _ => ("place", place(random, &format!("({sql}).place"))),
        };
        if fields.insert(field.to_owned(), filter).is_none() {
            conditions.push(condition);
        } else {
            // The later one has replaced it.
            return address(random, sql);
        }
    }
    (Value::Object(fields), format!("({})", conditions.join(" and ")))
}

fn filter(random: &mut Random, levels: usize) -> Filter {
    if levels > 0 && random.once_in(3) {
        let ((left, left_sql), (right, right_sql)) = (filter(random, levels - 1), filter(random, levels - 1));
        return match random.below(3) {
            0 => (json!({"or": [left, right]}), format!("({left_sql} or {right_sql})")),
            1 => (json!({"and": [left, right]}), format!("({left_sql} and {right_sql})")),
            // The negation of no condition is none.
            _ if left_sql.contains('=') || left_sql.contains(" is ") => {
                (json!({ "not": left }), format!("(not {left_sql})"))
            }
            _ => (left, left_sql),
        };
    }
    let column = *random.choose(&["address", "home"]);
    let (found, condition) = address(random, column);
    (json!({ column: found }), condition)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_by_fields_of_composite_values_find_what_sql_finds() {
    const FILTERS: usize = 25;
    let mut random = Random(22);
    let database = harness::database(&format!(
        "{SETUP} create role composite_filter_all; grant all on person to composite_filter_all;
        create role composite_filter_some; grant select (id, address, home) on person to composite_filter_some;
        alter table person enable row level security; create policy whole on person to composite_filter_all using (true);
        create policy part on person to composite_filter_some using (id % 3 > 0);"
    ))
    .await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let roles = [("composite_filter_all", "true"), ("composite_filter_some", "id % 3 > 0")];
    let identity = |role: &str| Identity { role: Some(role.into()), ..Identity::default() };
    let objects: Vec<_> = (0..120)
        .map(|id| {
            let value =
                |random: &mut Random| if random.once_in(8) { Value::Null } else { random_address(random) };
            json!({"id": id, "address": value(&mut random), "home": value(&mut random)})
        })
        .collect();
    let insert = "mutation ($objects: [PersonInsertInput!]!) { insertIntoPersonCollection(objects: $objects) { affectedCount } }";
    let answer =
        harness::graphql_as(&engine, &identity(roles[0].0), insert, json!({ "objects": objects })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    let declared = repeated(FILTERS, "$f$i: PersonFilter ");
    let fields = repeated(FILTERS, "f$i: personCollection(filter: $f$i) { edges { node { id } } } ");
    let query = format!("query ({declared}) {{ {fields} }}");
    let mut found = 0;
    for round in 0..40 {
        let (role, visible) = roles[round % 2];
        let filters: Vec<_> = (0..FILTERS).map(|_| filter(&mut random, 2)).collect();
        let variables: Value = filters
            .iter()
            .enumerate()
            .map(|(number, (filter, _))| (format!("f{number}"), filter.clone()))
            .collect();
        let answer = harness::graphql_as(&engine, &identity(role), &query, variables).await;
        assert!(answer["errors"].is_null(), "{answer:.2000}");
        let ids = filters.iter().map(|(_, sql)| {
            format!("(select coalesce(json_agg(id order by id), '[]') from person where {visible} and {sql})")
        });
        let statement = format!("select json_build_array({})", ids.collect::<Vec<_>>().join(", "));
        let expected: Value =
            serde_json::from_str(&harness::ask(&client, &statement).await.expect("rows")).expect("JSON");
        for (number, (filter, sql)) in filters.iter().enumerate() {
            let edges = answer["data"][format!("f{number}")]["edges"].as_array().expect("edges");
            let ids: Value = edges.iter().map(|edge| edge["node"]["id"].clone()).collect();
            assert_eq!(ids, expected[number], "{filter} as {role}: {sql}");
            found += edges.len();
        }
    }
    assert!(found > 10_000, "{found} rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_filters_of_composite_values_are_refused() {
    let engine = engine(&format!(
        "create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        {SETUP} create type odd as (\"is\" int, x xml, folded text collate blind, span int4range, kept text);
        comment on type odd is '@graphql({{\"object\": true}})';
        create table thing (id int primary key, o odd, t text); insert into thing values (1, '(4,<a/>,Ab,\"[1,5)\",b)');"
    ))
    .await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    let filter = "input AddressFilter {";
    let from = sdl.find(filter).unwrap_or_else(|| panic!("{sdl}"));
    let fields = sdl[from..].split('}').next().expect("fields");
    for line in [
        "street: StringFilter",
        "zip: IntFilter",
        "place: PlaceFilter",
        "tags: StringListFilter",
        "is: FilterIs",
        "mood: MoodFilter",
    ] {
        assert!(fields.contains(line), "{line}: {fields}");
    }
    assert!(!fields.contains("details"), "{fields}");
    let people =
        |filter: &str| format!("{{ personCollection(filter: {{{filter}}}) {{ edges {{ cursor }} }} }}");
    let things = |filter: &str| {
        format!("{{ thingCollection(filter: {{o: {{{filter}}}}}) {{ edges {{ node {{ id }} }} }} }}")
    };
    for (query, words) in [
        (people("address: \"(a)\""), &["AddressFilter"][..]),
        (people("address: {street: \"a\"}"), &["StringFilter"]),
        (people("address: {street: {eq: 1}}"), &["String"]),
        (people("address: {zip: {eq: \"1\"}}"), &["Int"]),
        (people("address: {details: {hasKey: \"a\"}}"), &["details"]),
        (people("address: {eq: \"(a)\"}"), &["eq"]),
        (people("address: {is: null}"), &["NULL or NOT_NULL"]),
        (people("address: {big: {eq: \"x\"}}"), &["bigint", "x"]),
        (people("address: {street: {search: {query: \"a\"}}}"), &["search", "street", "use it on a column"]),
        (people("many: {zip: {eq: 1}}"), &["many"]),
        (things("is: {gt: \"x\"}"), &["Int"]),
        (things("x: {eq: \"<a/>\"}"), &["x", "cannot compare"]),
        (things("folded: {like: \"a%\"}"), &["folded", "nondeterministic"]),
        (things("span: {eq: \"x\"}"), &["malformed range"]),
    ] {
        let answer = harness::graphql(&engine, &query, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
        let message = error["message"].as_str().expect("a message");
        assert!(words.iter().all(|word| message.contains(word)), "{query}: {words:?}: {message}");
    }
    for filter in [
        "is: {eq: 4}",
        "folded: {eq: \"aB\"}",
        "span: {eq: \"[1,5)\"}",
        "kept: {like: \"b\"}",
        "x: {is: NOT_NULL}",
    ] {
        let answer = harness::graphql(&engine, &things(filter), json!({})).await;
        assert_eq!(
            answer["data"]["thingCollection"]["edges"],
            json!([{"node": {"id": 1}}]),
            "{filter}: {answer}"
        );
    }
}
