//! Bad input: every request soon gets an answer that says what is wrong, and the engine works afterwards.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use glowplug::config::{Config, Introspection, PoolMode};
use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use serde_json::{Map, Value, json};

use crate::harness;

const SETUP: &str = "
    comment on schema public is '@graphql({\"inflect_names\": true})';
    create type colour as enum ('red', 'green');
    create table thing (
        id int primary key, name text, colour colour, big bigint, exact numeric, rough double precision, day date,
        moment timestamptz, uid uuid, document jsonb, parent_id int references thing
    );
    comment on table thing is '@graphql({\"totalCount\": {\"enabled\": true}})';
    insert into thing (id, name, parent_id) values (1, 'one', null), (2, 'two', 1), (3, null, 1);
";

/// Every request takes less than this; work that grows exponentially takes far more.
const SOON: Duration = Duration::from_secs(10);

struct Asked {
    engine: Engine,
}

impl Asked {
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = harness::database(SETUP).await;
        let mut config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
        change(&mut config);
        Self { engine: Engine::new(&config).expect("an engine") }
    }

    async fn answer(&self, query: &str, variables: Value) -> Value {
        let Value::Object(variables) = variables else { panic!("variables are an object") };
        let request = Request {
            document: query.into(),
            operation_name: None,
            variables,
            extensions: Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        let start = Instant::now();
        // On a worker thread, whose stack is as small as in a server.
        let engine = self.engine.clone();
        let responding = tokio::spawn(async move { engine.respond(request, &Identity::default()).await });
        let response = responding.await.expect("no panic");
        assert!(start.elapsed() < SOON, "{:?} for {:.200}", start.elapsed(), query);
        serde_json::from_slice(&response.body).expect("JSON")
    }

    /// The message of the first error, which has to be a client error.
    async fn refused_with(&self, query: &str, variables: Value) -> String {
        let answer = self.answer(query, variables).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query:.200}: {answer}");
        error["message"].as_str().expect("a message").to_owned()
    }

    /// Asserts that the message holds all of the words.
    async fn refused(&self, query: &str, words: &[&str]) {
        let message = self.refused_with(query, json!({})).await;
        for word in words {
            assert!(message.contains(word), "{query:.300}\nmust be refused with {word:?}, but: {message}");
        }
    }

    async fn works(&self) {
        let answer = self.answer("{ thingCollection { totalCount } }", json!({})).await;
        assert_eq!(answer, json!({ "data": { "thingCollection": { "totalCount": 3 } } }));
    }
}

/// A query of things by a filter.
fn filtered(filter: &str) -> String {
    format!("{{ thingCollection(filter: {{{filter}}}) {{ edges {{ node {{ id }} }} }} }}")
}

/// A text so many times, with its number for `$i` and the next one for `$n`.
pub(crate) fn repeated(count: usize, text: &str) -> String {
    let numbered =
        |index: usize| text.replace("$i", &index.to_string()).replace("$n", &(index + 1).to_string());
    (0..count).map(numbered).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_documents_are_refused_with_the_wrong_name() {
    let asked = Asked::with(|_| ()).await;
    asked.refused("{ thingCollectoin { totalCount } }", &["thingCollectoin"]).await;
    asked.refused("{ thingCollection(fist: 1) { totalCount } }", &["fist"]).await;
    asked.refused("{ thingCollection(first: 2147483648) { totalCount } }", &["2147483648"]).await;
    asked.refused("{ thingCollection(first: \"1\") { totalCount } }", &["Int"]).await;
    asked.refused("{ thingCollection(first: -1) { totalCount } }", &["first", "-1", "negative"]).await;
    asked.refused("{ thingCollection(last: -5) { totalCount } }", &["last", "-5", "negative"]).await;
    asked.refused("{ thingCollection(first: 1, last: 1) { totalCount } }", &["first", "last"]).await;
    asked.refused(&filtered("colour: {eq: blue}"), &["blue"]).await;
    asked.refused(&filtered("colour: {eq: \"red\"}"), &["Colour", "red"]).await;
    asked.refused(&filtered("exact: {eq: 1.5}"), &["exact", "BigFloat", "string"]).await;
    asked.refused(&filtered("rough: {eq: 1e400}"), &["1e400"]).await;
    asked.refused("{ thingCollection(orderBy: [{id: Up}]) { totalCount } }", &["Up"]).await;
    asked
        .refused("query One { __typename } query Two { __typename }", &["operationName", "One", "Two"])
        .await;
    asked.refused("{ thingCollection(filter) { totalCount } }", &["filter", "no value"]).await;
    asked.refused(&filtered("name"), &["name", "no value"]).await;
    asked.refused("", &["syntax"]).await;
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_the_wrong_type_are_refused_by_path() {
    let asked = Asked::with(|_| ()).await;
    let query = "query ($n: Int!, $f: ThingFilter) { thingCollection(first: $n, filter: $f) { totalCount } }";
    for (variables, words) in [
        (json!({}), ["$n", "Int!", "not given"]),
        (json!({"n": null}), ["$n", "Int!", "null"]),
        (json!({"n": "1"}), ["$n", "Int!", "\"1\""]),
        (json!({"n": 1.5}), ["$n", "Int!", "1.5"]),
        (json!({"n": 2_147_483_648_u32}), ["$n", "Int!", "2147483648"]),
        (json!({"n": 1, "f": {"id": {"eq": "x"}}}), ["$f.id.eq", "Int", "\"x\""]),
        (json!({"n": 1, "f": {"id": {"in": [1, 2, true]}}}), ["$f.id.in[2]", "Int", "true"]),
        (json!({"n": 1, "f": {"colour": {"eq": "blue"}}}), ["$f.colour.eq", "\"blue\"", "red, green"]),
        (json!({"n": 1, "f": {"nam": {"eq": "x"}}}), ["$f", "has no field", "\"nam\""]),
    ] {
        let message = asked.refused_with(query, variables).await;
        for word in words {
            assert!(message.contains(word), "{word:?} is missing: {message}");
        }
    }
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_postgresql_refuses_are_reported_in_its_words() {
    let asked = Asked::with(|_| ()).await;
    for (filter, words) in [
        ("day: {eq: \"yesterdayish\"}", &["date", "yesterdayish"][..]),
        ("moment: {gt: \"2024-13-45\"}", &["2024-13-45"]),
        ("uid: {eq: \"1234\"}", &["uuid", "1234"]),
        ("big: {eq: 9223372036854775808}", &["9223372036854775808", "bigint"]),
        ("big: {eq: 123456789012345678901234567890}", &["123456789012345678901234567890", "bigint"]),
        ("big: {in: [\"x\"]}", &["bigint", "x"]),
        ("exact: {eq: \"much\"}", &["numeric", "much"]),
        ("exact: {eq: \"1e999999\"}", &["numeric"]),
        ("name: {regex: \"(\"}", &["regular expression", "parentheses"]),
        ("name: {eq: \"a\\u0000b\"}", &["U+0000"]),
    ] {
        asked.refused(&filtered(filter), words).await;
    }
    let query = "query ($name: String) { thingCollection(filter: {name: {eq: $name}}) { totalCount } }";
    let message = asked.refused_with(query, json!({"name": "a\u{0}b"})).await;
    assert!(message.contains("U+0000"), "{message}");
    // Injected text is only a value to search for.
    let query_of_nothing = filtered("name: {eq: \"'; drop table thing; --\"}");
    let answer = asked.answer(&query_of_nothing, json!({})).await;
    assert_eq!(answer, json!({"data": {"thingCollection": {"edges": []}}}));
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_cursors_and_node_ids_are_refused() {
    let asked = Asked::with(|_| ()).await;
    let brackets = "[".repeat(100_000);
    let deep = format!("[{}1{}]", "[".repeat(10_000), "]".repeat(10_000));
    let texts =
        ["[]", "[1, 2]", "[[1]]", "{}", "null", "[{\"a\": 1}]", "[1", &brackets, &deep, "\u{0}", "[1]x"];
    let mut cursors: Vec<String> = texts.map(|text| STANDARD.encode(text)).into();
    cursors.extend(["", "no base64!", "WzFd=", "\u{1F600}", &"A".repeat(4096)].map(str::to_owned));
    cursors.push(STANDARD.encode([0xff, 0xfe, 0x00]));
    let query = "query ($after: Cursor) { thingCollection(after: $after) { edges { cursor } } }";
    for cursor in &cursors {
        let message = asked.refused_with(query, json!({ "after": cursor })).await;
        assert!(message.contains("after is") && message.contains("cursor"), "{cursor:.50}: {message}");
    }
    for (cursor, word) in [
        ("[\"x\"]", "integer"),
        ("[99999999999999999999]", "integer"),
        ("[1.5]", "integer"),
        ("[1e400]", "integer"),
        ("[true]", "integer"),
        ("[\"\\u0000\"]", "U+0000"),
    ] {
        let message = asked.refused_with(query, json!({ "after": STANDARD.encode(cursor) })).await;
        assert!(message.contains(word), "{cursor}: {message}");
    }
    let node = "query ($id: ID!) { node(nodeId: $id) { nodeId } }";
    for id in cursors.iter().chain(
        &[
            "[\"public\", \"thing\"]",
            "[\"public\", \"thing\", 1, 2]",
            "[\"pg_catalog\", \"pg_class\", 1]",
            "[\"public\", null, 1]",
        ]
        .map(|text| STANDARD.encode(text)),
    ) {
        let message = asked.refused_with(node, json!({ "id": id })).await;
        assert!(message.contains("nodeId"), "{id:.50}: {message}");
    }
    let message =
        asked.refused_with(node, json!({ "id": STANDARD.encode("[\"public\", \"thing\", \"x\"]") })).await;
    assert!(message.contains("integer"), "{message}");
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_too_large_are_refused_soon() {
    let asked = Asked::with(|_| ()).await;
    let megabyte = format!("{{ __typename {} }}", "a".repeat(1 << 20));
    asked.refused(&megabyte, &["a name of 1048576 letters", "256"]).await;
    asked.refused(&format!("{{ {} }}", "__typename ".repeat(100_000)), &["tokens", "max-tokens"]).await;
    let aliases = repeated(10_000, "a$i: __typename ");
    asked.refused(&format!("{{ {aliases} }}"), &["limit"]).await;
    let fields = "__typename ".repeat(1_000);
    asked.refused(&format!("{{ thingByPk(id: 1) {{ {fields} }} }}"), &["fields of 1001", "max-tokens"]).await;
    let spread = "...F ".repeat(20);
    let fragment = format!("fragment F on Thing {{ {} }}", "id name ".repeat(25));
    asked.refused(&format!("{{ thingByPk(id: 1) {{ {spread} }} }} {fragment}"), &["max-tokens"]).await;
    let directives = "@skip(if: false) ".repeat(51);
    asked.refused(&format!("{{ __typename {directives} }}"), &["directives of 51", "max-tokens"]).await;
    asked.refused(&format!("{{ __typename {} }}", "@nothing ".repeat(51)), &["max-tokens"]).await;
    let nested = |depth: usize| {
        format!("{{ thingByPk(id: 1) {} {{ id }} {} }}", "{ parent ".repeat(depth), "}".repeat(depth))
    };
    asked.refused(&nested(500), &["depth"]).await;
    asked.refused(&nested(100), &["depth"]).await;
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_no_more_errors_than_the_setting_says() {
    let asked = Asked::with(|config| config.limits.errors = 3).await;
    let answer = asked.answer(&format!("{{ {} }}", repeated(9, "wrong$i ")), json!({})).await;
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(3), "{answer}");
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nesting_does_not_exhaust_the_stack() {
    // With limits as high as the settings allow, only the parser's own limit is left.
    let asked = Asked::with(|config| {
        config.limits.tokens = 10_000_000;
        config.limits.depth = 100_000;
        config.limits.aliases = 100_000;
    })
    .await;
    for (open, close) in
        [("{ a ", "}"), ("{ a(b: [", "]"), ("[", "]"), ("{a: ", "}"), ("{ ... ", "}"), ("(", ")")]
    {
        for count in [300, 390, 500, 5_000, 100_000] {
            let document = format!("{{ a(b: {}", open.repeat(count) + "1" + &close.repeat(count) + ") }");
            asked.refused_with(&document, json!({})).await;
            asked.refused_with(&format!("{}{}", open.repeat(count), close.repeat(count)), json!({})).await;
        }
    }
    for count in [300, 390, 5_000] {
        let list = "[".repeat(count) + &"]".repeat(count);
        asked.refused_with(&filtered(&format!("name: {{eq: {list}}}")), json!({})).await;
        let and = format!("{}{}", "and: [{".repeat(count), "}]".repeat(count));
        asked.answer(&filtered(&and), json!({})).await;
        let not = format!("{}id: {{eq: 1}}{}", "not: {".repeat(count), "}".repeat(count));
        asked.answer(&filtered(&not), json!({})).await;
        let of = format!("query ($v: {}Int{}) {{ __typename }}", "[".repeat(count), "]".repeat(count));
        asked.refused_with(&of, json!({})).await;
        let inline =
            format!("{{ thingByPk(id: 1) {{ {} id {} }} }}", "... {".repeat(count), "}".repeat(count));
        asked.answer(&inline, json!({})).await;
        let spreads = repeated(count, "fragment F$i on Query { ...F$n } ");
        asked
            .answer(&format!("{{ ...F0 }} {spreads} fragment F{count} on Query {{ __typename }}"), json!({}))
            .await;
    }
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_that_spread_each_other_twice_cost_no_more_than_once() {
    // Counted at each spread, there would be too many fields; this measures their cost.
    let asked = Asked::with(|config| config.limits.fields = usize::MAX).await;
    for fields in ["... on Thing { ...F$n ...F$n }", "...F$n ...F$n", "... { ...F$n } ... { ...F$n }"] {
        let fragments = repeated(29, &format!("fragment F$i on Thing {{ id {fields} }}\n"));
        let document =
            format!("{{ thingByPk(id: 1) {{ ...F0 ...F0 }} }} {fragments} fragment F29 on Thing {{ name }}");
        let answer = asked.answer(&document, json!({})).await;
        assert_eq!(answer, json!({"data": {"thingByPk": {"id": 1, "name": "one"}}}));
    }
    // With aliases, each of them is a separate object: 2^29 of them.
    let fragments = repeated(29, "fragment F$i on Thing { a: parent { ...F$n } b: parent { ...F$n } }\n");
    let document = format!("{{ thingByPk(id: 1) {{ ...F0 }} }} {fragments} fragment F29 on Thing {{ name }}");
    asked.refused(&document, &["limit"]).await;
    // The same with lists of two lengths, which are compared field by field.
    let twins =
        "{ x: thingCollection(filter: {id: {in: [1]}}) { totalCount } y: thingByPk(id: 1) { x: id } }";
    assert!(
        asked.answer(twins, json!({})).await["errors"].is_null(),
        "keys of different objects do not conflict"
    );
    let conflict = "{ x: thingCollection(filter: {id: {in: [1]}}) { totalCount } x: thingCollection(filter: {id: {in: [1, 2]}}) { totalCount } }";
    asked.refused(conflict, &["\"x\"", "alias"]).await;
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_ten_thousand_values_is_answered() {
    let asked = Asked::with(|_| ()).await;
    let query = "query ($ids: [Int!]) { thingCollection(filter: {id: {in: $ids}}) { totalCount } }";
    let ids: Vec<_> = (2..10_002).collect();
    let answer = asked.answer(query, json!({ "ids": ids })).await;
    assert_eq!(answer, json!({"data": {"thingCollection": {"totalCount": 2}}}));
}

/// Queries with a misspelt name, and the correct name.
const MISSPELT: [(&str, &str); 6] = [
    ("{ thingCollectoin { totalCount } }", "thingCollection"),
    ("{ thingCollection { totalCuont } }", "totalCount"),
    ("{ thingCollection(frist: 1) { totalCount } }", "first"),
    ("{ thingCollection(filter: {nam: {eq: \"x\"}}) { totalCount } }", "name"),
    ("{ thingCollection(filter: {colour: {eq: gren}}) { totalCount } }", "green"),
    ("query ($f: ThingFiltre) { thingCollection(filter: $f) { totalCount } }", "ThingFilter"),
];

#[tokio::test(flavor = "multi_thread")]
async fn errors_suggest_names_that_are_nearly_the_same() {
    let asked = Asked::with(|_| ()).await;
    for (query, name) in MISSPELT {
        asked.refused(query, &[&format!("Did you mean \"{name}\"?")]).await;
    }
    let message = asked.refused_with("{ nothingOfTheSort }", json!({})).await;
    assert!(!message.contains("Did you mean"), "{message}");
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_suggest_no_names_when_introspection_is_off() {
    let asked = Asked::with(|config| config.api.introspection = Introspection::Off).await;
    for (query, name) in MISSPELT {
        let message = asked.refused_with(query, json!({})).await;
        assert!(!message.contains(&format!("\"{name}\"")), "{name} is told: {message}");
    }
    let query =
        "query ($colour: Colour!) { thingCollection(filter: {colour: {eq: $colour}}) { totalCount } }";
    let message = asked.refused_with(query, json!({"colour": "blue"})).await;
    assert!(message.contains("blue") && !message.contains("red"), "{message}");
    asked.refused("{ __schema { queryType { name } } }", &["introspection is off"]).await;
    asked.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn null_for_a_variable_with_a_default_is_no_value_where_one_is_needed() {
    let database =
        harness::database("create table note (id integer primary key); insert into note values (1)").await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let engine = Engine::new(&config).expect("an engine");
    let query = "query ($id: Int = 1) { noteByPk(id: $id) { id } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    assert_eq!(answer, json!({ "data": { "noteByPk": { "id": 1 } } }));
    let answer = harness::graphql(&engine, query, json!({ "id": null })).await;
    assert_eq!(answer["errors"][0]["message"], "id must not be null", "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["noteByPk"]), "{answer}");
}
