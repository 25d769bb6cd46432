//! Filters of composite values by their fields: against SQL written by hand, by two roles, and what is wrong with them.

use glowplug::engine::Identity;
use serde_json::{Value, json};

use super::{SETUP, engine};
use crate::filtered::{hold_against_sql, literal};
use crate::harness;
use crate::random::Random;

/// A condition in GraphQL and in SQL.
type Filter = (Value, String);

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
                0 => (json!({"in": [text, "a"]}), format!("{sql} in ({}, 'a')", literal(text))),
                1 => (json!({"like": "%t%"}), format!("{sql} like '%t%'")),
                2 => (json!({"startsWith": "a"}), format!("left({sql}, 1) = 'a'")),
                _ => {
                    let (name, symbol) = compared(random);
                    (json!({name: text}), format!("{sql} {symbol} {}", literal(text)))
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
            (json!({operator: [text]}), format!("{sql} {symbol} array[{}]", literal(text)))
        }
    }
}

fn place(random: &mut Random, sql: &str) -> Filter {
    if random.once_in(3) {
        return (json!({"is": "NULL"}), format!("({sql}) is null"));
    }
    let (filter, condition) = leaf(random, "number", &format!("({sql}).lat_deg"));
    (json!({ "lat_deg": filter }), condition)
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

fn setup(role: &str) -> String {
    format!(
        "{SETUP} comment on schema public is '@graphql({{\"max_rows\": 200}})';
        create function made(n int) returns address immutable language sql as $$ select case when n % 9 > 0 then row(
            (array['', 'a', '(', 'it''s', 'NULL', E'\\\\', null])[n % 7 + 1], nullif(n % 10, 9),
            case when n % 4 > 0 then row(nullif(n % 5, 4), n)::spot end, (array['{{}}', '{{a}}', '{{a,(}}', '{{\"\"}}', null])[n % 5 + 1]::text[],
            null, (array['so so', 'good', null])[n % 3 + 1]::mood, 7)::address end $$;
        insert into person (id, address, home) select n, made(n), made(n * 7 + 3) from generate_series(1, 120) as n;
        create role {role}; grant select (id, address, home) on person to {role};
        alter table person enable row level security; create policy part on person to {role} using (id % 3 > 0);"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_by_fields_of_composite_values_find_what_sql_finds() {
    let (role, mut random) = ("composite_reader", Random(22));
    let conditions = |_| (0..20).map(|_| filter(&mut random, 2)).collect();
    hold_against_sql(&setup(role), ("person", role), conditions).await;
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
