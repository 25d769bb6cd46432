//! Similarity of texts in filters, by `pg_trgm`: against SQL, by roles of different rights, with indexes, and what is wrong with it.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::filtered::{hold_against_sql, literal};
use crate::harness;
use crate::plans::{FOR_CONDITIONS, plans};
use crate::random::Random;

const COLUMNS: [(&str, &str); 4] =
    [("name", "text"), ("city", "varchar(80)"), ("label", "citext"), ("note", "remark")];

const WORDS: [&str; 12] = [
    "Margaret",
    "Margarete",
    "Margret",
    "Hamilton",
    "Hamiltonian",
    "Grace",
    "Gracia",
    "Hopper",
    "Hoper",
    "São",
    "über",
    "O'Brien",
];

fn text(random: &mut Random, most: usize) -> String {
    let words: Vec<_> = (0..random.below(most + 1)).map(|_| *random.choose(&WORDS)).collect();
    words.join(" ")
}

/// The role sees the rows with even numbers only. Sessions begin with thresholds that nobody asked for.
fn setup(role: &str) -> String {
    let mut random = Random(3);
    let rows: Vec<_> = (0..60)
        .map(|id| {
            let mut value =
                || if random.once_in(10) { "null".to_owned() } else { literal(&text(&mut random, 4)) };
            let values: Vec<_> = COLUMNS.iter().map(|_| value()).collect();
            format!("({id}, {})", values.join(", "))
        })
        .collect();
    let columns: Vec<_> = COLUMNS.iter().map(|(name, of)| format!("{name} {of}")).collect();
    format!(
        "create schema \"Tri grams\"; create extension pg_trgm schema \"Tri grams\";
        create extension citext; create domain remark as text;
        create table person (id int primary key, {});
        insert into person values {};
        create role {role}; grant {role} to current_user; grant usage on schema \"Tri grams\" to {role};
        grant select on person to {role};
        alter table person enable row level security;
        create policy even on person for select to {role} using (id % 2 = 0);
        comment on schema public is '@graphql({{\"max_rows\": 100}})';
        select \"Tri grams\".show_limit();
        do $$ begin
            execute format('alter database %I set pg_trgm.similarity_threshold = 0.9', current_database());
            execute format('alter database %I set pg_trgm.word_similarity_threshold = 0.95', current_database());
        end $$;",
        columns.join(", "),
        rows.join(", "),
    )
}

/// A random condition: for the API, and in SQL.
fn condition(random: &mut Random) -> (Value, String) {
    let (column, _) = random.choose(&COLUMNS);
    let to = text(random, 2);
    let (operator, usual, function) = *random.choose(&[
        ("similar", "0.3", "similarity"),
        ("wordSimilar", "0.6", "word_similarity"),
        ("strictWordSimilar", "0.5", "strict_word_similarity"),
    ]);
    let mut similarity = json!({ "to": to });
    let mut threshold = usual.to_owned();
    if random.once_in(2) {
        let given = f64::from(u16::try_from(random.below(1001)).expect("a small number")) / 1000.0;
        similarity["threshold"] = json!(given);
        threshold = given.to_string();
    }
    let (column_text, to) = (format!("{column}::text"), literal(&to));
    let sql = format!("\"Tri grams\".{function}({to}, {column_text}) >= {threshold}::real");
    if random.once_in(40) {
        return (json!({ *column: { operator: null } }), "null::bool".to_owned());
    }
    let condition = json!({ *column: { operator: similarity } });
    if random.once_in(5) {
        return (json!({ "not": condition }), format!("not ({sql})"));
    }
    (condition, sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_similarities_find_what_sql_finds_for_two_roles() {
    let role = "similarity_reader";
    let mut random = Random(1616);
    let conditions = |round| {
        // One alone has its own setting, several together have the least one.
        let count = if round % 5 == 0 { 1 } else { 20 };
        (0..count).map(|_| condition(&mut random)).collect()
    };
    hold_against_sql(&setup(role), ("person", role), conditions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trigram_indexes_serve_similarity() {
    let setup = "create schema elsewhere; create extension pg_trgm schema elsewhere; create extension citext; create domain remark as text;
        create table person (id int primary key, name text, label citext, note remark);
        create index person_name on person using gin (name elsewhere.gin_trgm_ops);
        create index person_label on person using gin (label elsewhere.gin_trgm_ops);
        create index person_note on person using gist (note elsewhere.gist_trgm_ops);";
    let url = harness::cluster().url(&harness::database(setup).await);
    for column in ["name", "label", "note"] {
        for operator in ["similar", "wordSimilar", "strictWordSimilar"] {
            let query = format!(
                "query ($to: String!) {{
                    personCollection(filter: {{ {column}: {{ {operator}: {{ to: $to, threshold: 0.4 }} }} }}) {{ edges {{ node {{ id }} }} }} }}"
            );
            for plan in plans(&url, FOR_CONDITIONS, &query, &json!({ "to": "Margaret" })).await {
                let scan = format!("Index Scan on person_{column}");
                assert!(
                    plan.contains(&scan) && plan.contains("Index Cond"),
                    "{operator} on {column}:\n{plan}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_similarities_get_an_error_that_says_what_to_do() {
    let setup = "create role similarity_outsider; grant similarity_outsider to current_user;
        create schema closed; create extension pg_trgm schema closed;
        create table person (id int primary key, name text, address inet, nicknames text[]);
        grant select on person to similarity_outsider;";
    let database = harness::database(setup).await;
    let engine = Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct));
    let engine = engine.expect("an engine");
    let refused = async |identity: &Identity, filter: &str, threshold: Value| {
        let query = format!(
            "query ($threshold: Float) {{ personCollection(filter: {{ {filter} }}) {{ edges {{ cursor }} }} }}"
        );
        let query =
            if filter.contains("$threshold") { query } else { query.replace("($threshold: Float)", "") };
        let answer = harness::graphql_as(&engine, identity, &query, json!({ "threshold": threshold })).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer:.500}");
        error["message"].as_str().expect("a message").to_owned()
    };
    let owner = Identity::default();
    for (filter, words) in [
        (r#"name: {similar: "Ada"}"#, &["SimilarityInput"][..]),
        ("name: {similar: {}}", &["to"]),
        ("name: {similar: {to: null}}", &["to"]),
        ("name: {similar: {threshold: 0.2}}", &["to"]),
        (r#"name: {similar: {to: "Ada", threshold: 1.5}}"#, &["threshold must be a number from 0 to 1"]),
        (r#"name: {wordSimilar: {to: "Ada", threshold: -1}}"#, &["threshold must be a number from 0 to 1"]),
        (r#"name: {wordSimilar: {to: "Ada", threshold: "0.2"}}"#, &["Float"]),
        ("name: {similar: {to: 1}}", &["String"]),
        (r#"address: {similar: {to: "Ada"}}"#, &["OpaqueFilter"]),
        (r#"nicknames: {similar: {to: "Ada"}}"#, &["similar"]),
    ] {
        let message = refused(&owner, filter, Value::Null).await;
        for word in words {
            assert!(message.contains(word), "{filter}: {message}");
        }
    }
    for wrong in [json!(1.01), json!(-0.5), json!(7)] {
        let message = refused(&owner, r#"name: {similar: {to: "Ada", threshold: $threshold}}"#, wrong).await;
        assert!(message.contains("threshold must be a number from 0 to 1"), "{message}");
    }
    // A role that may not use the extension's schema has no such operators.
    let outsider = Identity { role: Some("similarity_outsider".into()), ..Identity::default() };
    let message = refused(&outsider, r#"name: {similar: {to: "Ada"}}"#, Value::Null).await;
    assert!(message.contains("similar") && message.contains("StringFilter"), "{message}");
}
