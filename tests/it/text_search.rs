//! Full text search in filters: against SQL, by roles of different rights, with indexes, and what is wrong with it.

use std::fmt::Write as _;
use std::time::Duration;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::filtered::{hold_against_sql, literal};
use crate::harness;
use crate::plans::{FOR_CONDITIONS, plans};
use crate::random::Random;

/// Columns of each sort, with SQL's words of them under a configuration `@`.
const COLUMNS: [(&str, &str, &str); 6] = [
    ("title", "text", "to_tsvector(@, title)"),
    ("body", "varchar(200)", "to_tsvector(@, body::text)"),
    ("label", "citext", "to_tsvector(@, label::text)"),
    ("note", "remark", "to_tsvector(@, note::text)"),
    ("code", "char(60)", "to_tsvector(@, code::text)"),
    ("words", "tsvector", "words"),
];

/// Names of configurations for the API, with those of SQL; no name stands for the database's default.
const CONFIGURATIONS: [(Option<&str>, &str); 6] = [
    (None, "german"),
    (Some("english"), "pg_catalog.english"),
    (Some("pg_catalog.simple"), "simple"),
    (Some("german"), "german"),
    (Some("My \"Words\""), "\"Odd Schema\".\"My \"\"Words\"\"\""),
    (Some("Odd Schema.french"), "\"Odd Schema\".french"),
];

const WORDS: [&str; 16] = [
    "run",
    "running",
    "Runs",
    "the",
    "Haus",
    "Häuser",
    "cat's",
    "cats",
    "über",
    "2024",
    "e-mail",
    "a.b@example.org",
    "rat",
    "or",
    "fat",
    "läuft",
];

fn sentence(random: &mut Random) -> String {
    let words: Vec<_> = (0..random.below(7)).map(|_| *random.choose(&WORDS)).collect();
    words.join(" ")
}

/// What people type, and what they do not mean to.
fn query(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(4) {
        let before = random.choose(&["", "", "-", "\"", "or ", "- ", "'", "(", "\\", ":*", "|"]);
        let after = random.choose(&["", "", "\"", " or", "!", "'", ")", ":A", "<->"]);
        let word = random.choose(&WORDS);
        write!(text, "{before}{word}{after} ").expect("a string takes everything");
    }
    text
}

/// The role sees the rows with even numbers only.
fn setup(role: &str) -> String {
    let mut random = Random(12);
    let rows: Vec<_> = (0..60)
        .map(|id| {
            let mut text =
                || if random.once_in(10) { "null".to_owned() } else { literal(&sentence(&mut random)) };
            let texts: Vec<_> = (0..5).map(|_| text()).collect();
            format!("({id}, {}, to_tsvector('german', {}))", texts.join(", "), text())
        })
        .collect();
    let columns: Vec<_> = COLUMNS.iter().map(|(name, of, _)| format!("{name} {of}")).collect();
    format!(
        "create extension citext; create domain remark as text;
        create schema \"Odd Schema\"; create text search configuration \"Odd Schema\".\"My \"\"Words\"\"\" (copy = english);
        create text search configuration \"Odd Schema\".french (copy = simple);
        create table page (id int primary key, {});
        insert into page values {};
        create role {role}; grant {role} to current_user; grant usage on schema \"Odd Schema\" to {role};
        grant select on page to {role};
        alter table page enable row level security;
        create policy even on page for select to {role} using (id % 2 = 0);
        comment on schema public is '@graphql({{\"max_rows\": 100}})';
        do $$ begin execute format('alter database %I set default_text_search_config = german', current_database()); end $$;",
        columns.join(", "),
        rows.join(", "),
    )
}

/// A random condition: for the API, and in SQL.
fn condition(random: &mut Random) -> (Value, String) {
    let (column, _, vector) = random.choose(&COLUMNS);
    let (config, in_sql) = random.choose(&CONFIGURATIONS);
    let query = query(random);
    let quoted = literal(in_sql);
    let sql =
        format!("{} @@ websearch_to_tsquery({quoted}, {})", vector.replace('@', &quoted), literal(&query));
    let mut search = json!({ "query": query });
    if let Some(config) = config {
        search["config"] = json!(config);
    }
    if random.once_in(40) {
        return (json!({ *column: { "search": null } }), "null::bool".to_owned());
    }
    let condition = json!({ *column: { "search": search } });
    if random.once_in(5) {
        return (json!({ "not": condition }), format!("not ({sql})"));
    }
    (condition, sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_searches_find_what_sql_finds_for_two_roles() {
    let role = "text_search_reader";
    let mut random = Random(1612);
    let conditions = |_| (0..20).map(|_| condition(&mut random)).collect();
    hold_against_sql(&setup(role), ("page", role), conditions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_on_the_words_of_a_column_serve_searches() {
    let setup = "create extension citext; create domain remark as text; create domain prepared as tsvector;
        create table page (id int primary key, title text, body varchar(200), label citext, note remark, words tsvector, parts prepared);
        create index page_title on page using gin (to_tsvector('english', title));
        create index page_body on page using gin (to_tsvector('german', body));
        create index page_label on page using gin (to_tsvector('simple', label));
        create index page_note on page using gin (to_tsvector('english', note));
        create index page_words on page using gin (words);
        create index page_parts on page using gin (parts);";
    let url = harness::cluster().url(&harness::database(setup).await);
    for (column, config) in [
        ("title", "english"),
        ("body", "german"),
        ("label", "simple"),
        ("note", "pg_catalog.english"),
        ("words", "english"),
        ("parts", "english"),
    ] {
        let query = format!(
            "query ($query: String!, $config: String) {{
                pageCollection(filter: {{ {column}: {{ search: {{ query: $query, config: $config }} }} }}) {{ edges {{ node {{ id }} }} }} }}"
        );
        for plan in plans(&url, FOR_CONDITIONS, &query, &json!({ "query": "cat", "config": config })).await {
            assert!(plan.contains(&format!("Index Scan on page_{column}")), "{column}:\n{plan}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_compiled_operation_serves_all_words_of_a_configuration() {
    let database = harness::database(&setup("text_search_compiled")).await;
    let engine = Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct));
    let engine = engine.expect("an engine");
    let query = "query ($search: TextSearchInput) { pageCollection(filter: { title: { search: $search } }) { edges { node { id } } } }";
    let found = async |search: Value| {
        let answer = harness::graphql(&engine, query, json!({ "search": search })).await;
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"]["pageCollection"]["edges"].as_array().expect("edges").len()
    };
    let both = [
        found(json!({ "query": "run", "config": "english" })).await,
        found(json!({ "query": "run", "config": "simple" })).await,
    ];
    assert!(both[0] > both[1], "{both:?}");
    for _ in 0..3 {
        assert_eq!(found(json!({ "query": "run", "config": "simple" })).await, both[1]);
        assert_eq!(found(json!({ "query": "run", "config": "english" })).await, both[0]);
        assert_eq!(found(json!({ "query": "nothing", "config": "english" })).await, 0);
    }
}

/// The message of the first error, which has to be the client's.
async fn refused(engine: &Engine, identity: &Identity, query: &str, variables: Value) -> String {
    let answer = harness::graphql_as(engine, identity, query, variables).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer:.500}");
    error["message"].as_str().expect("a message").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_searches_get_an_error_that_says_what_to_do() {
    let setup = "create role text_search_outsider; grant text_search_outsider to current_user;
        create schema closed; create text search configuration closed.own (copy = simple);
        create table page (id int primary key, title text, tags text[], address inet, place uuid);
        grant select on page to text_search_outsider;";
    let database = harness::database(setup).await;
    let engine = Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct));
    let engine = engine.expect("an engine");
    let owner = Identity::default();
    for (filter, words) in [
        (r#"title: {search: "cat"}"#, &["TextSearchInput"][..]),
        ("title: {search: {}}", &["query"]),
        ("title: {search: {query: null}}", &["query"]),
        ("title: {search: {query: 1}}", &["String"]),
        (r#"title: {search: {query: ["a"]}}"#, &["String"]),
        (r#"title: {search: {query: "a", language: "english"}}"#, &["language"]),
        (r#"title: {search: {query: "a", config: 1}}"#, &["String"]),
        (
            r#"title: {search: {query: "a", config: "englisch"}}"#,
            &["\"englisch\" is no text search configuration; there are", "english", "simple", "own"],
        ),
        (r#"title: {search: {query: "a", config: ""}}"#, &["there are", "english"]),
        (r#"tags: {search: {query: "a"}}"#, &["search"]),
        (r#"address: {search: {query: "a"}}"#, &["OpaqueFilter"]),
        (r#"place: {search: {query: "a"}}"#, &["UUIDFilter"]),
    ] {
        let query = format!("{{ pageCollection(filter: {{ {filter} }}) {{ edges {{ cursor }} }} }}");
        let message = refused(&engine, &owner, &query, json!({})).await;
        for word in words {
            assert!(message.contains(word), "{filter}: {message}");
        }
    }
    let query = "query ($config: String) {
        pageCollection(filter: {title: {search: {query: \"a\", config: $config}}}) { edges { cursor } } }";
    let answer = harness::graphql(&engine, query, json!({ "config": "closed.own" })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    // A configuration in a schema that the role may not use is none of its own.
    let outsider = Identity { role: Some("text_search_outsider".into()), ..Identity::default() };
    let message = refused(&engine, &outsider, query, json!({ "config": "closed.own" })).await;
    assert!(!message.contains(", own") && message.contains("english"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_default_configuration_is_noticed_in_old_sessions_too() {
    let setup = "create table note (id int primary key, title text); insert into note values (1, 'running'), (2, 'run')";
    let database = harness::database(setup).await;
    let url = harness::cluster().url(&database);
    let owner = harness::connect(&url).await;
    let set = async |name: &str| {
        let text = format!("alter database {database} set default_text_search_config = 'pg_catalog.{name}'");
        owner.batch_execute(&text).await.expect("a setting");
    };
    set("english").await;
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let found = async || -> Value {
        let query =
            "{ noteCollection(filter: {title: {search: {query: \"run\"}}}) { edges { node { id } } } }";
        let answer = harness::graphql(&engine, query, json!({})).await;
        answer["data"]["noteCollection"]["edges"].as_array().expect("edges").len().into()
    };
    let stop = CancellationToken::new();
    let (watching, stopped) = (engine.clone(), stop.clone());
    let watch = tokio::spawn(async move { watching.watch(Duration::from_millis(20), stopped).await });
    assert_eq!(found().await, 2);
    for (name, expected) in [("simple", 1), ("english", 2)] {
        set(name).await;
        let noticed = async {
            while found().await != expected {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), noticed).await.expect("the change is noticed");
    }
    stop.cancel();
    watch.await.expect("the watch ends");
}
