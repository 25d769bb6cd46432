//! Random representations against SQL, by two roles.

use std::collections::HashMap;

use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{config, node_id};
use crate::harness;
use crate::random::Random;

/// A table, its key columns, and what else is asked.
const TABLES: [(&str, &[&str], &str); 4] = [
    ("plain", &["id"], "label"),
    ("pair", &["left", "right"], "label"),
    ("word", &["name"], "label"),
    ("wide", &["id"], "label"),
];

const SETUP: &str = "
    create table plain (id int primary key, label text);
    create table pair (\"left\" int2, \"right\" uuid, label text, primary key (\"left\", \"right\"));
    create table word (name text primary key, label text);
    create table wide (id int8 primary key, label text);
    insert into plain select i, 'plain ' || i from generate_series(0, 11) i;
    insert into pair select i % 4, ('00000000-0000-0000-0000-00000000000' || i % 3)::uuid, 'pair ' || i from generate_series(0, 11) i;
    insert into word select w, 'word ' || w from unnest(array['', 'a', 'B', 'é', '\"', '{1,2}', 'NULL', E'\\\\', 'null']) w;
    insert into wide select i * 900719925474099, 'wide ' || i from generate_series(0, 11) i;
    create role federation_all; create role federation_some;
    grant select on plain, pair, word, wide to federation_all, federation_some;
    alter table plain enable row level security; alter table pair enable row level security; alter table word enable row level security;
    create policy everything on plain to federation_all using (true); create policy everything on pair to federation_all using (true);
    create policy everything on word to federation_all using (true);
    create policy odd on plain to federation_some using (id % 2 = 1); create policy odd on pair to federation_some using (\"left\" > 1);
    create policy short on word to federation_some using (length(name) < 2);";

/// A row's label by its table and the values of its key, as a role sees them.
type Rows = HashMap<(usize, String), Value>;

async fn rows(client: &Client, role: &str) -> Rows {
    let mut rows = Rows::new();
    for (table, (name, key, label)) in TABLES.iter().enumerate() {
        let key: Vec<_> = key.iter().map(|column| format!("\"{column}\"::text")).collect();
        let text = format!(
            "begin; set local role {role}; select json_agg(json_build_array(json_build_array({}), {label})) from {name}; commit",
            key.join(", ")
        );
        let found: Value =
            serde_json::from_str(&harness::ask(client, &text).await.expect("rows")).expect("JSON");
        for row in found.as_array().expect("rows") {
            rows.insert((table, row[0].to_string()), row[1].clone());
        }
    }
    rows
}

/// A representation, and the key that it names as text; `None` if it is wrong.
fn representation(random: &mut Random, known: &[&(usize, String)]) -> (Value, Option<(usize, String)>) {
    let (table, key) = (*random.choose(known)).clone();
    let (name, columns, _) = TABLES[table];
    let mut key: Vec<String> = serde_json::from_str(&key).expect("a key");
    if random.once_in(4) {
        // Another row's key of another table, which may or may not be one of this one.
        key[0] = if name == "word" { "c".to_owned() } else { random.below(30_000).to_string() };
    }
    let is_text = |column: &str| matches!(column, "name" | "right");
    let json_of = |random: &mut Random, column: &str, text: &String| {
        if is_text(column) || random.once_in(2) {
            json!(text)
        } else {
            text.parse::<i64>().map_or(json!(text), Value::from)
        }
    };
    let mut fields: Vec<(String, Value)> = vec![("__typename".to_owned(), json!(name))];
    match random.below(10) {
        0 => return (json!({"__typename": name, "label": "x"}), None),
        1 => return (json!({"__typename": "nothing", "id": 1}), None),
        2 if name != "word" => {
            let mut wrong = json!({"__typename": name});
            for column in columns {
                wrong[*column] = json!("no number");
            }
            return (wrong, None);
        }
        3..=5 => {
            let values: Vec<_> =
                columns.iter().zip(&key).map(|(column, text)| json_of(random, column, text)).collect();
            fields.push(("nodeId".to_owned(), json!(node_id(name, &values))));
        }
        _ => {
            let values = columns.iter().zip(&key);
            fields.extend(values.map(|(column, text)| ((*column).to_owned(), json_of(random, column, text))));
        }
    }
    (Value::Object(fields.into_iter().collect()), Some((table, Value::from(key).to_string())))
}

#[tokio::test(flavor = "multi_thread")]
async fn random_representations_are_answered_as_sql_says() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&config(&url)).expect("an engine");
    let client = harness::connect(&url).await;
    let asked = "plain { label } ... on pair { label } ... on word { label } ... on wide { label }";
    let query = format!("query ($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {asked} }} }}");
    let seen = [rows(&client, "federation_all").await, rows(&client, "federation_some").await];
    assert!(seen[0].len() > seen[1].len());
    let mut known: Vec<_> = seen[0].keys().collect();
    known.sort();
    let (mut random, mut answered, mut found) = (Random(16), 0, 0);
    for _ in 0..300 {
        for (role, rows) in ["federation_all", "federation_some"].iter().zip(&seen) {
            let identity = Identity { role: Some((*role).into()), ..Identity::default() };
            let count = random.below(30);
            let (representations, keys): (Vec<_>, Vec<_>) =
                (0..count).map(|_| representation(&mut random, &known)).unzip();
            let answer = harness::graphql_as(&engine, &identity, &query, json!({"r": representations})).await;
            let expected = keys.iter().map(|key| match key.as_ref().and_then(|key| rows.get(key)) {
                Some(label) => json!({"label": label}),
                None => Value::Null,
            });
            let expected: Value = expected.collect();
            assert_eq!(answer["data"]["_entities"], expected, "{role} {representations:?}\n{answer}");
            let wrong = (0_usize..).zip(&keys).filter(|(_, key)| key.is_none()).map(|(place, _)| place);
            let told = answer["errors"].as_array().into_iter().flatten();
            let told: Vec<_> = told.filter_map(|error| error["path"][1].as_u64()).collect();
            // Twenty errors are told at the most.
            let wrong: Vec<_> = wrong.map(|place| place as u64).take(20).collect();
            assert_eq!(told, wrong, "{role} {representations:?}\n{answer}");
            answered += count;
            found += expected.as_array().into_iter().flatten().filter(|row| !row.is_null()).count();
        }
    }
    assert!(answered > 5_000 && found > 2_000, "{answered} representations, {found} of them found");
}
