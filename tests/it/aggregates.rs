//! The aggregates that `pg_graphql` does not have: random ones, by two roles, compared with SQL; and the
//! columns that do not support them.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Map, Value, json};
use tokio_postgres::Client;

use crate::harness;
use crate::random::Random;

/// Functions with their SQL, and the columns that support them.
const FUNCTIONS: [(&str, &str, &[&str]); 5] = [
    ("countDistinct", "count(distinct #)", &["id", "i", "b", "f", "n", "t", "o", "d", "e"]),
    ("stddev", "stddev(#)", &["id", "i", "b", "f", "n"]),
    ("variance", "variance(#)", &["id", "i", "b", "f", "n"]),
    ("boolAnd", "bool_and(#)", &["o"]),
    ("boolOr", "bool_or(#)", &["o"]),
];

const ROWS: usize = 60;

/// Values with ties and nulls everywhere.
fn setup(random: &mut Random, name: &str) -> String {
    let rows = (0..ROWS).map(|id| {
        let mut value = |values: &[&'static str]| *random.choose(values);
        format!(
            "({id}, {}, {}, {}, {}, {}, {}, {}, {}, '{{}}')",
            value(&["null", "1", "2", "-7"]),
            value(&["null", "9007199254740993", "5"]),
            value(&["null", "0.5", "2.25", "-1e3"]),
            value(&["null", "0.10", "0.1", "12345678901234567890.5"]),
            value(&["null", "''", "'x'", "'X'"]),
            value(&["null", "true", "true", "true", "false"]),
            value(&["null", "'2024-02-29'", "'2024-03-01'"]),
            value(&["null", "'low'", "'high'"]),
        )
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "create type level as enum ('low', 'high');
        create table sample (id int primary key, i int, b bigint, f float8, n numeric, t text, o boolean, d date, e level, j jsonb);
        create table part (id int primary key, sample_id int references sample);
        insert into sample values {};
        create role all_{name}; create role some_{name};
        grant select on sample, part to all_{name}, some_{name};
        alter table sample enable row level security;
        create policy everything on sample to all_{name} using (true);
        create policy few on sample to some_{name} using (i is null or i <> 1);",
        rows.join(", ")
    )
}

/// A database whose roles are `all_` and `some_` and that name.
async fn stand(name: &str) -> (Engine, Client) {
    let url = harness::cluster().url(&harness::database(&setup(&mut Random(7), name)).await);
    let mut config = harness::config(&url, PoolMode::Direct);
    config.api.aggregate = true;
    (Engine::new(&config).expect("an engine"), harness::connect(&url).await)
}

/// The answer of SQL to a role.
async fn by_sql(client: &Client, role: &str, select: &str) -> Value {
    let messages = client.simple_query(&format!("set role {role}; {select}; reset role")).await;
    let text = messages.expect("an answer").into_iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    serde_json::from_str(&text.expect("a row")).expect("JSON")
}

/// Some functions over some columns, as fields and as SQL.
fn figures(random: &mut Random) -> (String, String) {
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    for (name, sql, columns) in FUNCTIONS {
        let chosen: Vec<_> = columns.iter().filter(|_| random.once_in(2)).collect();
        if !chosen.is_empty() {
            let names: Vec<_> = chosen.iter().map(|column| **column).collect();
            fields.push(format!("{name} {{ {} }}", names.join(" ")));
            let pairs: Vec<_> =
                chosen.iter().map(|column| format!("'{column}', {}", sql.replace('#', column))).collect();
            values.push(format!("'{name}', json_build_object({})", pairs.join(", ")));
        }
    }
    fields.push("count".to_owned());
    values.push("'count', count(*)".to_owned());
    (fields.join(" "), values.join(", "))
}

#[tokio::test(flavor = "multi_thread")]
async fn random_further_aggregates_are_those_of_sql() {
    let (engine, client) = stand("samples").await;
    let mut random = Random(8);
    let mut restricted = 0;
    for _ in 0..300 {
        let (fields, values) = figures(&mut random);
        let (from, to) = (random.below(ROWS), random.below(2 * ROWS));
        let query = format!(
            "query ($from: Int, $to: Int) {{ t: sampleCollection(filter: {{id: {{gte: $from, lt: $to}}}}, first: 1) {{ aggregate {{ {fields} }} }} }}"
        );
        let select =
            format!("select json_build_object({values}) from sample where id >= {from} and id < {to}");
        let mut answers = Vec::new();
        for role in ["all_samples", "some_samples"] {
            let identity = Identity { role: Some(role.into()), ..Identity::default() };
            let answer =
                harness::graphql_as(&engine, &identity, &query, json!({"from": from, "to": to})).await;
            let expected = by_sql(&client, role, &select).await;
            assert_eq!(answer["data"]["t"]["aggregate"], expected, "{role} {query} {from} {to}: {answer}");
            answers.push(expected);
        }
        restricted += usize::from(answers[0] != answers[1]);
    }
    assert!(restricted > 100, "{restricted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_over_distinct_rows_and_in_nested_collections_are_those_of_sql() {
    let (engine, client) = stand("nested_samples").await;
    client.batch_execute("insert into part values (1, 1), (2, 1), (3, 2)").await.expect("parts");
    let query = "{ t: sampleCollection(distinctOn: [t], orderBy: [{id: DescNullsLast}]) { aggregate { countDistinct { i o } boolOr { o } } }
        s: sampleCollection(first: 3) { edges { node { partCollection { aggregate { countDistinct { sample_id } variance { id } } } } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let select = "select json_build_object('countDistinct', json_build_object('i', count(distinct i), 'o', count(distinct o)),
        'boolOr', json_build_object('o', bool_or(o))) from sample as s where not exists (select from sample as later
            where later.id > s.id and (later.t = s.t or later.t is null and s.t is null))";
    assert_eq!(
        answer["data"]["t"]["aggregate"],
        by_sql(&client, "all_nested_samples", select).await,
        "{answer}"
    );
    let edges = answer["data"]["s"]["edges"].as_array().expect("edges").iter();
    let below: Vec<_> = edges.map(|edge| edge["node"]["partCollection"]["aggregate"].clone()).collect();
    let of = |count: i32, variance: Value| json!({"countDistinct": {"sample_id": count}, "variance": {"id": variance}});
    assert_eq!(below, [of(0, Value::Null), of(1, json!(0.5)), of(1, Value::Null)], "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_without_an_aggregate_are_reported() {
    let (engine, _client) = stand("refused_samples").await;
    for (fields, word) in [
        ("countDistinct { j }", "j"),
        ("countDistinct", "countDistinct"),
        ("stddev { t }", "t"),
        ("variance { o }", "o"),
        ("boolAnd { i }", "i"),
        ("boolXor { o }", "boolXor"),
    ] {
        let query = format!("{{ sampleCollection {{ aggregate {{ {fields} }} }} }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
        assert!(answer["errors"][0]["message"].as_str().expect("a text").contains(word), "{query}: {answer}");
    }
    for figure in ["countDistinct", "stddev", "variance", "boolAnd", "boolOr"] {
        let query = format!(
            "{{ sampleCollection(orderBy: [{{partCollection: {{{figure}: {{id: AscNullsLast}}}}}}]) {{ edges {{ cursor }} }} }}"
        );
        let answer = harness::graphql(&engine, &query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
    }
    // A table's type with such a name keeps it.
    let setup = "create table thing (id int primary key, o boolean); create table \"thingBoolOrAggregateResult\" (id int primary key);
        insert into thing values (1, true), (2, null);";
    let url = harness::cluster().url(&harness::database(setup).await);
    let mut config = harness::config(&url, PoolMode::Direct);
    config.api.aggregate = true;
    let engine = Engine::new(&config).expect("an engine");
    let query = "{ thingCollection { aggregate { boolOr { __typename o } boolAnd { o } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let mut expected = Map::new();
    expected.insert("boolOr".to_owned(), json!({"__typename": "thing_BoolOrAggregateResult", "o": true}));
    expected.insert("boolAnd".to_owned(), json!({"o": true}));
    assert_eq!(answer["data"]["thingCollection"]["aggregate"], Value::Object(expected), "{answer}");
}
