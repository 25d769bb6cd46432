//! Filters on ranges and multiranges: compared with SQL, by roles with different rights, with indexes, and
//! invalid ones.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::filtered::{hold_against_sql, literal};
use crate::harness;
use crate::plans::{FOR_CONDITIONS, plans};
use crate::random::Random;

/// A column of each kind: its name, its type, and the elements of its ranges in their order.
const COLUMNS: [(&str, &str, [&str; 5]); 11] = [
    ("of_int4", "int4range", ["-2147483648", "-1", "0", "7", "2147483646"]),
    ("of_int8", "int8range", ["-9007199254740993", "0", "5", "9007199254740993", "9223372036854775806"]),
    ("of_numeric", "numrange", ["-Infinity", "0.1", "0.10", "12345678901234567890.5", "Infinity"]),
    ("of_date", "daterange", ["-infinity", "2024-02-28", "2024-02-29", "2024-03-01", "infinity"]),
    (
        "of_timestamp",
        "tsrange",
        ["-infinity", "2024-02-29 12:00:00", "2024-02-29 12:00:00.000001", "2025-01-01", "infinity"],
    ),
    (
        "of_timestamptz",
        "tstzrange",
        [
            "2024-02-29 23:59:59+05:45",
            "2024-03-01 00:00+00",
            "2024-02-29 23:59:59-02",
            "2024-03-02 00:00+00",
            "infinity",
        ],
    ),
    ("of_text", "\"Spans\".\"Text Range\"", ["a", "b \\\"quoted\\\"", "b,c", "it's", "z"]),
    ("of_domain", "period", ["2024-01-01", "2024-01-02", "2024-02-01", "2024-03-01", "2025-01-01"]),
    ("many_int4", "int4multirange", ["1", "3", "5", "9", "11"]),
    ("many_dates", "datemultirange", ["2024-01-01", "2024-01-02", "2024-02-01", "2024-03-01", "2025-01-01"]),
    ("many_texts", "\"Spans\".\"Texts\"", ["a", "b", "c", "it's", "z"]),
];

/// Operators with SQL's own.
const OPERATORS: [(&str, &str); 8] = [
    ("contains", "@>"),
    ("containsElement", "@>"),
    ("containedBy", "<@"),
    ("overlaps", "&&"),
    ("before", "<<"),
    ("after", ">>"),
    ("adjacent", "-|-"),
    ("eq", "="),
];

const ROWS: usize = 60;

/// The type of the elements.
fn element_type(column_type: &str) -> &'static str {
    match column_type {
        "int4range" | "int4multirange" => "int4",
        "int8range" => "int8",
        "numrange" => "numeric",
        "tsrange" => "timestamp",
        "tstzrange" => "timestamptz",
        "\"Spans\".\"Text Range\"" | "\"Spans\".\"Texts\"" => "text",
        _ => "date",
    }
}

fn is_many(column_type: &str) -> bool {
    column_type.contains("multirange") || column_type.contains("Texts")
}

fn range(random: &mut Random, elements: &[&str; 5]) -> String {
    if random.once_in(12) {
        return "empty".to_owned();
    }
    let (from, to) = (random.below(5), random.below(5));
    let (from, to) = (from.min(to), from.max(to));
    let bound = |random: &mut Random, place: usize| {
        if random.once_in(8) { String::new() } else { format!("\"{}\"", elements[place]) }
    };
    let (lower, upper) = (bound(random, from), bound(random, to));
    let (left, right) = (random.choose(&["[", "("]), random.choose(&["]", ")"]));
    format!("{left}{lower},{upper}{right}")
}

fn value(random: &mut Random, column_type: &str, elements: &[&str; 5]) -> String {
    if !is_many(column_type) {
        return range(random, elements);
    }
    let ranges: Vec<_> = (0..random.below(3)).map(|_| range(random, elements)).collect();
    format!("{{{}}}", ranges.join(","))
}

/// The role sees only the rows with even numbers, and not the column `hidden`.
fn setup(role: &str) -> String {
    let mut random = Random(16);
    let columns: Vec<_> = COLUMNS.iter().map(|(name, of, _)| format!("{name} {of}")).collect();
    let rows: Vec<_> = (0..ROWS)
        .map(|id| {
            let values = COLUMNS.iter().map(|(_, of, elements)| {
                if random.once_in(10) {
                    "null".to_owned()
                } else {
                    literal(&value(&mut random, of, elements))
                }
            });
            format!("({id}, {}, '[1,2)')", values.collect::<Vec<_>>().join(", "))
        })
        .collect();
    format!(
        "create schema \"Spans\";
        create type \"Spans\".\"Text Range\" as range (subtype = text, multirange_type_name = \"Spans\".\"Texts\");
        create domain period as daterange check (not isempty(value) or true);
        create table booking (id int primary key, {}, hidden int4range);
        insert into booking values {};
        create role {role}; grant {role} to current_user;
        grant usage on schema \"Spans\" to {role};
        grant select (id, {}) on booking to {role};
        alter table booking enable row level security;
        create policy even on booking for select to {role} using (id % 2 = 0);
        comment on schema public is '@graphql({{\"max_rows\": 100}})';
        comment on table booking is '@graphql({{\"totalCount\": {{\"enabled\": true}}}})';",
        columns.join(", "),
        rows.join(", "),
        COLUMNS.map(|(name, ..)| name).join(", "),
    )
}

/// A random condition in GraphQL and in SQL.
fn condition(random: &mut Random) -> (Value, String) {
    let (column, of, elements) = random.choose(&COLUMNS);
    let (operator, symbol) = random.choose(&OPERATORS);
    let (given, given_type) = if *operator == "containsElement" {
        (random.choose(elements).replace("\\\"", "\""), element_type(of))
    } else {
        (value(random, of, elements), *of)
    };
    if random.once_in(40) {
        return (json!({ *column: { *operator: null } }), "null::bool".to_owned());
    }
    let sql = format!("{column} {symbol} {}::{given_type}", literal(&given));
    let condition = json!({ *column: { *operator: given } });
    if random.once_in(6) {
        return (json!({ "not": condition }), format!("not ({sql})"));
    }
    (condition, sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_on_ranges_find_what_sql_finds_for_two_roles() {
    let role = "ranges_reader";
    let mut random = Random(1604);
    let conditions = |_| (0..20).map(|_| condition(&mut random)).collect();
    hold_against_sql(&setup(role), ("booking", role), conditions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_on_ranges_serve_every_operator() {
    let setup = "create table booking (id int primary key, during tstzrange, days datemultirange, at period);
        create index booking_during on booking using gist (during);
        create index booking_days on booking using gist (days);
        create index booking_at on booking using gist (at);";
    let setup = format!("create domain period as daterange; {setup}");
    let url = harness::cluster().url(&harness::database(&setup).await);
    for (column, value, element) in [
        ("during", "[2024-01-01,2024-02-01)", "2024-01-01"),
        ("days", "{[2024-01-01,2024-02-01)}", "2024-01-01"),
        ("at", "[2024-01-01,2024-02-01)", "2024-01-01"),
    ] {
        for (operator, _) in OPERATORS {
            let value = if operator == "containsElement" { element } else { value };
            let query = format!(
                "query ($value: Opaque) {{ bookingCollection(filter: {{ {column}: {{ {operator}: $value }} }}) {{ edges {{ node {{ id }} }} }} }}"
            );
            for plan in plans(&url, FOR_CONDITIONS, &query, &json!({ "value": value })).await {
                assert!(plan.contains(&format!("booking_{column}")), "{operator} on {column}:\n{plan}");
                assert!(plan.contains("Index Cond"), "{operator} on {column}:\n{plan}");
            }
        }
    }
}

/// The message of the first error, which has to be a client error.
async fn refused(engine: &Engine, identity: &Identity, filter: &str) -> String {
    let query = format!("{{ bookingCollection(filter: {{ {filter} }}) {{ edges {{ cursor }} }} }}");
    let answer = harness::graphql_as(engine, identity, &query, json!({})).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{filter}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_filters_on_ranges_get_an_error_that_says_what_to_do() {
    let setup = "create role ranges_outsider; grant ranges_outsider to current_user;
        create schema closed; create type closed.span as range (subtype = int4); create domain closed.meter as int4;
        create type stretch as range (subtype = closed.meter);
        create table booking (id int primary key, during int4range, slots int4multirange, address inet, inside closed.span, road stretch, seats int4range[]);
        grant select on booking to ranges_outsider;";
    let database = harness::database(setup).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let owner = Identity::default();
    for (filter, words) in [
        (r#"during: {contains: "[1"}"#, &["malformed range literal", "[1"][..]),
        (r#"during: {contains: "5"}"#, &["malformed range literal"]),
        (r#"during: {overlaps: "[5,1)"}"#, &["lower bound must be less than or equal"]),
        (r#"during: {before: "[a,b)"}"#, &["invalid input syntax", "integer"]),
        (r#"during: {containsElement: "[1,2)"}"#, &["invalid input syntax", "integer"]),
        (r#"during: {containsElement: "99999999999"}"#, &["out of range"]),
        (r#"slots: {contains: "[1,2)"}"#, &["malformed multirange literal"]),
        (r#"during: {contains: ["[1,2)"]}"#, &["Opaque"]),
        (r#"during: {within: "[1,2)"}"#, &["within"]),
        (r#"address: {contains: "10.0.0.0/8"}"#, &["contains cannot be asked of address"]),
        (r#"address: {adjacent: "10.0.0.0/8"}"#, &["adjacent cannot be asked of address"]),
        (r#"seats: {containsElement: "1"}"#, &["containsElement"]),
    ] {
        let message = refused(&engine, &owner, filter).await;
        for word in words {
            assert!(message.contains(word), "{filter}: {message}");
        }
    }
    for filter in [r#"inside: {overlaps: "[1,2)"}"#, "road: {containsElement: 1}"] {
        let identity = Identity { role: Some("ranges_outsider".into()), ..Identity::default() };
        let message = refused(&engine, &identity, filter).await;
        assert!(message.contains("may not use the schema"), "{filter}: {message}");
        let query = format!("{{ bookingCollection(filter: {{ {filter} }}) {{ edges {{ cursor }} }} }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert!(answer["errors"].is_null(), "{filter}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_of_an_api_without_ranges_have_no_operators_of_ranges() {
    for (setup, is_there) in [
        ("create table booking (id int primary key, address inet)", false),
        ("create table booking (id int primary key, address inet, during int4range)", true),
    ] {
        let database = harness::database(setup).await;
        let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
        let engine = Engine::new(&config).expect("an engine");
        let query = "{ __type(name: \"OpaqueFilter\") { inputFields { name description } } }";
        let answer = harness::graphql(&engine, query, json!({})).await;
        let fields = answer["data"]["__type"]["inputFields"].as_array().expect("fields").clone();
        let names: Vec<_> = fields.iter().map(|field| field["name"].as_str().expect("a name")).collect();
        let further =
            ["contains", "containsElement", "containedBy", "overlaps", "before", "after", "adjacent"];
        let expected = [&["eq", "is"][..], if is_there { &further } else { &[] }].concat();
        assert_eq!(names, expected);
        assert!(fields.iter().skip(2).all(|field| field["description"].is_string()));
    }
}
