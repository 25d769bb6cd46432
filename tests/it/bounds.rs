//! The size of an expanded request is counted before anything is built: variables by their uses, rows by
//! their columns, terms of an order.

use std::time::{Duration, Instant};

use glowplug::config::{Config, PoolMode};
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::bad_input::repeated;
use crate::harness;
use crate::random::Random;

/// A table of twenty columns, most of them nullable, and a related table.
const SETUP: &str = "
    create table wide (id int primary key, code text unique, area int, number int, unique (area, number),
        c1 int, c2 int, c3 int, c4 int, c5 int, c6 int not null default 0, c7 int not null default 0, c8 text, c9 text,
        c10 text, c11 text, c12 text, c13 text, c14 text, c15 text, c16 text);
    create table part (id int primary key, wide_id int not null references wide, name text);
    create table piece (id int primary key, part_id int not null references part, name text);
    insert into wide (id, code, area, number, c1, c2, c3, c8, c9)
        select i, 'code ' || i, i / 7, i, i % 2, nullif(i % 3, 0), i % 5, nullif('t' || i % 4, 't0'), 'x' from generate_series(1, 40) as i;
    insert into part select i, 1 + i % 40, 'part ' || i from generate_series(1, 200) as i;
";

async fn engine(setup: &str, change: impl FnOnce(&mut Config)) -> Engine {
    let database = harness::database(&format!("{SETUP}{setup}")).await;
    let mut config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    change(&mut config);
    Engine::new(&config).expect("an engine")
}

/// The message of the first error, which has to be a client error.
async fn refused(engine: &Engine, query: &str, variables: Value) -> String {
    let answer = harness::graphql(engine, query, variables).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query:.200}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}

/// The answer's data, of a request without errors.
async fn data(engine: &Engine, query: &str, variables: Value) -> Value {
    let mut answer = harness::graphql(engine, query, variables).await;
    assert!(answer["errors"].is_null(), "{query:.200}: {answer:.500}");
    answer["data"].take()
}

const PAGES: &str =
    "query ($order: [wideOrderBy!], $after: Cursor, $before: Cursor, $first: Int, $last: Int) {
    wideCollection(orderBy: $order, after: $after, before: $before, first: $first, last: $last) {
        edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }";

fn ids(data: &Value) -> Vec<i64> {
    let edges = data["wideCollection"]["edges"].as_array().expect("edges");
    edges.iter().map(|edge| edge["node"]["id"].as_i64().expect("an id")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_counts_once_in_an_order_and_sixteen_may_be_named() {
    let engine = engine("", |_| ()).await;
    let (one, other) = (json!({"c1": "DescNullsLast"}), json!({"c2": "AscNullsFirst"}));
    let plain = data(&engine, PAGES, json!({"order": [one, other]})).await;
    let again = json!({"order": [one, other, {"c1": "AscNullsLast"}, {"c2": "DescNullsLast"}]});
    assert_eq!(data(&engine, PAGES, again).await, plain, "later terms of the same column decide nothing");
    let directions = ["AscNullsFirst", "DescNullsLast"].map(|direction| json!({"id": direction}));
    let thousands: Vec<_> = directions.iter().cycle().take(4_000).collect();
    let cursor = data(&engine, PAGES, json!({"order": thousands, "first": 20})).await;
    let cursor = &cursor["wideCollection"]["pageInfo"]["endCursor"];
    let rest = data(&engine, PAGES, json!({"order": thousands, "after": cursor})).await;
    assert_eq!(ids(&rest), (21..=40).collect::<Vec<_>>());
    let columns = |count: usize| {
        let terms = (0..count).map(|number| {
            let column = if number < 16 { format!("c{}", number + 1) } else { "code".to_owned() };
            json!({ column: if number % 2 == 0 { "DescNullsFirst" } else { "AscNullsLast" } })
        });
        json!(terms.collect::<Vec<_>>())
    };
    assert_eq!(ids(&data(&engine, PAGES, json!({"order": columns(16), "first": 30})).await).len(), 30);
    let message = refused(&engine, PAGES, json!({"order": columns(17)})).await;
    assert!(message.contains("more than 16 columns"), "{message}");
    // In one object, too.
    let object: serde_json::Map<_, _> = columns(17)
        .as_array()
        .expect("terms")
        .iter()
        .flat_map(|term| term.as_object().expect("a term").clone())
        .collect();
    let message = refused(&engine, PAGES, json!({"order": [object]})).await;
    assert!(message.contains("more than 16 columns"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_orders_page_through_all_rows() {
    let engine = engine("", |_| ()).await;
    let columns = ["c1", "c2", "c3", "c6", "c8", "c9", "c10", "code", "area", "number", "id"];
    let directions = ["AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast"];
    let mut random = Random(4);
    for _ in 0..20 {
        let terms =
            (0..=random.below(40)).map(|_| json!({ *random.choose(&columns): random.choose(&directions) }));
        let order = json!(terms.collect::<Vec<_>>());
        let first = 3 + random.below(20);
        let all = ids(&data(&engine, PAGES, json!({"order": order, "first": 30})).await);
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = data(&engine, PAGES, json!({"order": order, "first": first, "after": after})).await;
            found.extend(ids(&page));
            let info = &page["wideCollection"]["pageInfo"];
            after = info["endCursor"].clone();
            if info["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(found[..30], all, "{order}");
        let mut sorted = found.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..=40).collect::<Vec<_>>(), "{order}");
        let last = data(&engine, PAGES, json!({"order": order, "last": 11})).await;
        let before = &last["wideCollection"]["pageInfo"]["startCursor"];
        assert_eq!(ids(&last), found[29..], "{order}");
        let earlier = data(&engine, PAGES, json!({"order": order, "last": 11, "before": before})).await;
        assert_eq!(ids(&earlier), found[18..29], "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_count_wherever_they_are_used() {
    let engine = engine("", |config| config.limits.values = 1_000).await;
    let uses = |count: usize, filter: &str| {
        let field = format!("a$i: wideCollection(filter: {filter}) {{ edges {{ cursor }} }} ");
        let fields = repeated(count, &field);
        format!(
            "query ($f: wideFilter!, $ids: [Int!], $id: Int) {{ {fields} x: wideCollection(filter: {{or: [$f, {{id: {{eq: $id}}}}, {{id: {{in: $ids}}}}]}}) {{ edges {{ cursor }} }} }}"
        )
    };
    let filter = |values: usize| json!({"f": {"id": {"in": vec![1; values - 3]}}, "id": 1, "ids": [1]});
    data(&engine, &uses(9, "$f"), filter(98)).await;
    let message = refused(&engine, &uses(9, "$f"), filter(101)).await;
    assert!(
        message.contains("values of 1019 exceeds the limit of 1000") && message.contains("max-values"),
        "{message}"
    );
    // A fragment counts at each spread.
    let spread = |times: usize| {
        let fields = repeated(times, "a$i: wideByPk(id: 1) { ...W } ");
        let list = "1 ".repeat(97);
        format!(
            "{{ {fields} }} fragment W on wide {{ partCollection(filter: {{id: {{in: [{list}]}}}}) {{ edges {{ cursor }} }} }}"
        )
    };
    data(&engine, &spread(9), json!({})).await;
    assert!(refused(&engine, &spread(10), json!({})).await.contains("values of 1010"));
    let literal = format!(
        "{{ wideCollection(filter: {{id: {{in: [{}]}}}}) {{ edges {{ cursor }} }} }}",
        "1 ".repeat(998)
    );
    let message = refused(&engine, &literal, json!({})).await;
    assert!(message.contains("values of 1001"), "{message}");
}

const INSERT: &str = "mutation ($objects: [wideInsertInput!]!) { insertIntowideCollection(objects: $objects) { affectedCount } }";

#[tokio::test(flavor = "multi_thread")]
async fn ragged_rows_count_as_if_they_were_full() {
    let engine = engine("", |config| config.limits.values = 1_000).await;
    let full: serde_json::Map<_, _> = (1..=5).map(|number| (format!("c{number}"), json!(1))).collect();
    let objects = |empty: usize| {
        let mut objects = vec![json!(full)];
        objects.extend((0..empty).map(|number| json!({"id": 1_000 + number})));
        objects[0]["id"] = json!(999);
        json!({ "objects": objects })
    };
    // The list, the rows, and six columns of each.
    assert_eq!(data(&engine, INSERT, objects(141)).await["insertIntowideCollection"]["affectedCount"], 142);
    let message = refused(&engine, INSERT, objects(142)).await;
    assert!(message.contains("values of 1002"), "{message}");
    let literals = "{} ".repeat(150);
    let query = format!(
        "mutation {{ insertIntowideCollection(objects: [{{id: 1, c1: 1, c2: 2, c3: 3, c4: 4, c5: 5}} {literals}]) {{ affectedCount }} }}"
    );
    assert!(refused(&engine, &query, json!({})).await.contains("values of 1058"), "literals count alike");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_used_often_is_refused_by_its_bytes() {
    let engine = engine("", |config| config.limits.message_bytes = 100_000).await;
    let query = |uses: usize| {
        let filters = "{code: {eq: $t}} ".repeat(uses);
        format!(
            "query ($t: String) {{ wideCollection(filter: {{or: [{filters}]}}) {{ edges {{ cursor }} }} }}"
        )
    };
    data(&engine, &query(9), json!({"t": "x".repeat(10_000)})).await;
    let message = refused(&engine, &query(10), json!({"t": "x".repeat(10_000)})).await;
    assert!(
        message.contains("message of 10")
            && message.contains("bytes")
            && message.contains("(setting max-body)"),
        "{message}"
    );
    // Escapes make a text longer.
    assert!(
        refused(&engine, &query(3), json!({"t": "'".repeat(10_000)})).await.contains("(setting max-body)")
    );
    let literal =
        query(1).replace("$t}}", &format!("{:?}}}}}", "x".repeat(100_001))).replace("($t: String)", "");
    assert!(refused(&engine, &literal, json!({})).await.contains("(setting max-body)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nesting_is_bounded_in_literals_and_variables() {
    let engine = engine("", |_| ()).await;
    let nested =
        |levels: usize| (0..levels).fold(json!({"id": {"eq": 1}}), |inner, _| json!({ "not": inner }));
    let query = "query ($f: wideFilter) { wideCollection(filter: $f) { edges { cursor } } }";
    data(&engine, query, json!({"f": nested(62)})).await;
    let message = refused(&engine, query, json!({"f": nested(63)})).await;
    assert!(message.contains("nested 65 levels deep; 64 are allowed"), "{message}");
    let both = "query ($f: wideFilter!) { wideCollection(filter: {not: {and: [$f]}}) { edges { cursor } } }";
    data(&engine, both, json!({"f": nested(59)})).await;
    assert!(refused(&engine, both, json!({"f": nested(60)})).await.contains("65 levels"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_have_a_length_and_messages_are_cut() {
    let engine = engine("", |_| ()).await;
    let (right, long, huge) = ("a".repeat(256), "a".repeat(257), "a".repeat(900_000));
    data(
        &engine,
        &format!(
            "query {right} {{ {right}: __typename ...{right} }} fragment {right} on Query {{ __typename }}"
        ),
        json!({}),
    )
    .await;
    for name in [&long, &huge] {
        for query in [
            format!("{{ {name}: __typename }}"),
            format!("{{ {name} }}"),
            format!("query {name} {{ __typename }}"),
            format!("query (${name}: Int) {{ __typename }}"),
            format!("query ($v: {name}) {{ __typename }}"),
            format!("{{ __typename @{name} }}"),
            format!("{{ ...{name} }}"),
            format!("{{ wideCollection({name}: 1) {{ __typename }} }}"),
            format!("{{ wideCollection(filter: {{{name}: 1}}) {{ __typename }} }}"),
            format!("{{ __typename {} {{ __typename }} }}", format_args!("... on {name}")),
        ] {
            let begin = Instant::now();
            let message = refused(&engine, &query, json!({})).await;
            assert!(message.contains("letters; names may have 256"), "{query:.50}: {message:.200}");
            assert!(begin.elapsed() < Duration::from_secs(5), "{query:.50}: {:?}", begin.elapsed());
        }
        let query = "query ($f: wideFilter, $o: [wideOrderBy!], $n: Int) { wideCollection(filter: $f, orderBy: $o, first: $n) { __typename } }";
        for variables in
            [json!({"f": {name: 1}}), json!({"n": name}), json!({"o": [{"id": name}]}), json!({"f": name})]
        {
            assert!(refused(&engine, query, variables).await.len() < 2_000);
        }
    }
    let literal = format!("{{ wideCollection(first: {huge:?}) {{ __typename }} }}");
    assert!(refused(&engine, &literal, json!({})).await.len() < 2_000);
    let request = glowplug::engine::Request {
        document: "query a { __typename }".into(),
        operation_name: Some(huge),
        variables: serde_json::Map::new(),
        extensions: serde_json::Map::new(),
        allowed: glowplug::engine::AllowedOperations::All,
        read_from: glowplug::engine::ReadFrom::default(),
    };
    assert!(engine.respond(request, &glowplug::engine::Identity::default()).await.body.len() < 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn complexity_lets_ordinary_pages_pass_and_counts_a_key_as_one_row() {
    let directive = "comment on schema public is '@graphql({\"max_rows\": 1000})';";
    let engine = engine(directive, |config| config.limits.complexity = 5_000_000).await;
    let three = |arguments: &str| {
        format!(
            "{{ wideCollection{arguments} {{ edges {{ node {{ id partCollection {{ edges {{ node {{ id pieceCollection {{ edges {{ node {{ id }} }} }} }} }} }} }} }} }} }}"
        )
    };
    data(&engine, &three(""), json!({})).await;
    data(&engine, &three("(first: 100)"), json!({})).await;
    let most = "{ wideCollection(first: 1000) { edges { node { partCollection(first: 1000) { edges { node { pieceCollection(first: 1000) { edges { cursor } } } } } } } } }";
    assert!(refused(&engine, most, json!({})).await.contains("max-complexity"));
    let below = |filter: &str| {
        format!(
            "query ($id: Int!) {{ wideByPk(id: $id) {{ id }} wideCollection(filter: {filter}) {{ edges {{ node {{ partCollection(first: 1000) {{ edges {{ node {{ pieceCollection(first: 1000) {{ edges {{ cursor }} }} }} }} }} }} }} }} }}"
        )
    };
    for one in [
        "{id: {eq: 1}}",
        "{id: {eq: $id}}",
        "{code: {eq: \"code 1\"}}",
        "{area: {eq: 0}, number: {eq: 1}, c1: {eq: 1}}",
    ] {
        data(&engine, &below(one), json!({"id": 1})).await;
    }
    for many in [
        "{id: {gt: 1}}",
        "{area: {eq: 1}}",
        "{or: [{id: {eq: 1}}]}",
        "{not: {id: {eq: 1}}}",
        "{id: {in: [1, 2]}}",
        "{id: {eq: null}}",
    ] {
        assert!(refused(&engine, &below(many), json!({"id": 1})).await.contains("max-complexity"), "{many}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_cost_little_however_long_the_names_are() {
    let tables = repeated(300, &format!("create table {}_$i (id int primary key);", "t".repeat(50)));
    let engine = engine(&tables, |_| ()).await;
    let names = repeated(20, &format!("{}$i ", "t".repeat(250)));
    let begin = Instant::now();
    for _ in 0..20 {
        refused(&engine, &format!("{{ {names} }}"), json!({})).await;
    }
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

/// Rows of 1,000 bytes each, and functions that return longer texts.
const LONG: &str = "
    create table long (id int primary key, body text not null);
    insert into long select i, repeat('x', 1000) from generate_series(1, 200) as i;
    comment on table long is '@graphql({\"max_rows\": 1000})';
    create function text_of(bytes int) returns text stable language sql as $$ select repeat('y', bytes) $$;
    create function small() returns int stable language sql as $$ select 1 $$;
";

const ROWS: &str = "query ($n: Int!) { a: small b: longCollection(first: $n) { edges { node { body } } } c: small d: longCollection(first: $n) { edges { node { id } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_no_longer_than_allowed_and_its_siblings_are_kept() {
    let database = harness::database(LONG).await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let direct = harness::cluster().url(&database);
    for (mode, url) in [
        (PoolMode::Direct, direct.clone()),
        (PoolMode::Transaction, pooler.url(&database)),
        (PoolMode::Session, direct),
    ] {
        let mut config = harness::config(&url, mode);
        config.limits.answer_bytes = 100_000;
        config.database.pool_size = 1;
        let engine = Engine::new(&config).expect("an engine");
        for _ in 0..3 {
            data(&engine, ROWS, json!({"n": 90})).await;
            let answer = harness::graphql(&engine, ROWS, json!({"n": 150})).await;
            assert_eq!(
                answer["data"],
                Value::Null,
                "a collection is never null, so that nothing is left: {answer}"
            );
            let errors = answer["errors"].as_array().expect("an error");
            assert_eq!((errors.len(), &errors[0]["path"]), (1, &json!(["b"])), "{errors:?}");
            assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT");
            let message = errors[0]["message"].as_str().expect("a message");
            assert!(message.contains("max-answer") && message.contains("smaller pages"), "{message}");
        }
        // The limit is that of all root fields together.
        let twice = "query ($n: Int!) { a: text_of(bytes: $n) b: text_of(bytes: $n) c: small }";
        let answer = harness::graphql(&engine, twice, json!({"n": 60_000})).await;
        assert_eq!(answer["data"], json!({"a": "y".repeat(60_000), "b": null, "c": 1}));
        assert_eq!(answer["errors"][0]["path"], json!(["b"]));
        // A much longer answer is not even read to its end.
        for bytes in [1_000_000, 100_000_000] {
            let answer = harness::graphql(
                &engine,
                "query ($n: Int!) { a: small b: text_of(bytes: $n) c: small }",
                json!({"n": bytes}),
            )
            .await;
            assert_eq!(answer["data"], json!({"a": 1, "b": null, "c": 1}), "{answer:.500}");
            assert_eq!(answer["errors"][0]["path"], json!(["b"]));
        }
        data(&engine, ROWS, json!({"n": 90})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_whose_answer_is_too_long_says_that_it_was_carried_out() {
    let engine = engine(LONG, |config| config.limits.answer_bytes = 10_000).await;
    let mutation = "mutation ($body: String!) { updatelongCollection(set: {body: $body}, filter: {id: {eq: 1}}) { records { a: body b: body c: body } } }";
    let answer = harness::graphql(&engine, mutation, json!({"body": "z".repeat(5_000)})).await;
    assert_eq!(answer["data"], Value::Null, "{answer}");
    let message = answer["errors"][0]["message"].as_str().expect("a message");
    assert!(
        message.contains("max-answer") && message.ends_with("the mutation has been carried out"),
        "{message}"
    );
    let body = data(&engine, "{ longByPk(id: 1) { body } }", json!({})).await;
    assert_eq!(body["longByPk"]["body"], "z".repeat(5_000));
}
