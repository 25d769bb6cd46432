//! Orders by how well texts match a search, and by how similar they are to another: pages against SQL's order, for two roles, and
//! what is wrong with them.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;

const WORDS: [&str; 8] = ["cat", "cats", "running", "dog", "the", "house", "red", "blue"];

fn text(random: &mut Random, most: usize) -> String {
    let words: Vec<_> = (0..random.below(most + 1)).map(|_| *random.choose(&WORDS)).collect();
    words.join(" ")
}

/// The role sees the rows with even numbers only.
fn setup(role: &str) -> String {
    let mut random = Random(5);
    let rows: Vec<_> = (0..50)
        .map(|id| {
            let mut value = || {
                if random.once_in(8) { "null".to_owned() } else { format!("'{}'", text(&mut random, 5)) }
            };
            format!("({id}, {}, {}, to_tsvector('english', {}))", value(), value(), value())
        })
        .collect();
    format!(
        "create schema extensions; create extension pg_trgm schema extensions;
        create domain remark as text;
        create table note (id int primary key, title text, body remark, words tsvector);
        create table mark (id int primary key, note_id int references note);
        insert into note values {}; insert into mark select id, id from note;
        create role {role}; grant {role} to current_user; grant usage on schema extensions to {role};
        grant select on note, mark to {role};
        alter table note enable row level security;
        create policy even on note for select to {role} using (id % 2 = 0);
        comment on schema public is '@graphql({{\"max_rows\": 100}})';",
        rows.join(", "),
    )
}

/// A random term: for the API, and in SQL.
fn term(random: &mut Random) -> (Value, String) {
    let (given, name) = *random.choose(&[
        ("AscNullsFirst", "asc nulls first"),
        ("AscNullsLast", "asc nulls last"),
        ("DescNullsFirst", "desc nulls first"),
        ("DescNullsLast", "desc nulls last"),
    ]);
    let asked = text(random, 2);
    let column = *random.choose(&["title", "body", "words"]);
    let (field, mut arguments, expression) = if column == "words" || random.once_in(2) {
        let config = *random.choose(&["english", "simple"]);
        let words = if column == "words" {
            column.to_owned()
        } else {
            format!("to_tsvector('{config}', {column}::text)")
        };
        let rank = format!("ts_rank({words}, websearch_to_tsquery('{config}', '{asked}'))");
        ("Rank", json!({ "query": asked, "config": config }), rank)
    } else {
        let similarity = format!("extensions.similarity({column}::text, '{asked}')");
        ("Similarity", json!({ "to": asked }), similarity)
    };
    let usual = random.once_in(3);
    if !usual {
        arguments["direction"] = json!(given);
    }
    let direction = if usual { "desc nulls last" } else { name };
    (json!({ format!("{column}{field}"): arguments }), format!("{expression} {direction}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_ordered_by_rank_and_similarity_have_every_row_once_in_the_order_of_sql() {
    let role = "ranks_reader";
    let url = harness::cluster().url(&harness::database(&setup(role)).await);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let mut random = Random(1620);
    for round in 0..80 {
        let terms: Vec<_> = (0..=random.below(2)).map(|_| term(&mut random)).collect();
        let order: Vec<_> = terms.iter().map(|(given, _)| given.clone()).collect();
        let sql: Vec<_> = terms.iter().map(|(_, sql)| sql.clone()).collect();
        let who = if round % 2 == 0 { "none" } else { role };
        let expected = format!(
            "set role {who}; select coalesce(json_agg(id), '[]') from (select id from note order by {}, id) as n; reset role",
            sql.join(", ")
        );
        let expected: Value =
            serde_json::from_str(&harness::ask(&client, &expected).await.expect("a row")).expect("JSON");
        let identity = Identity { role: (round % 2 == 1).then(|| role.into()), ..Identity::default() };
        let is_forward = random.once_in(2);
        let size = 1 + random.below(20);
        let (count, bound) = if is_forward { ("first", "after") } else { ("last", "before") };
        let query = format!(
            "query ($order: [noteOrderBy!], $size: Int, $bound: Cursor) {{
                noteCollection(orderBy: $order, {count}: $size, {bound}: $bound) {{ edges {{ cursor node {{ id }} }} }} }}"
        );
        let (mut walked, mut position) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({ "order": order, "size": size, "bound": position });
            let answer = harness::graphql_as(&engine, &identity, &query, variables).await;
            assert!(answer["errors"].is_null(), "{order:?} {answer}");
            let edges = answer["data"]["noteCollection"]["edges"].as_array().expect("edges").clone();
            let page: Vec<_> = edges.iter().map(|edge| edge["node"]["id"].clone()).collect();
            let end = if is_forward { edges.last() } else { edges.first() };
            let Some(end) = end else { break };
            position = end["cursor"].clone();
            walked = if is_forward { [walked, page].concat() } else { [page, walked].concat() };
            assert!(walked.len() <= 50, "the walk has no end: {order:?}");
        }
        assert_eq!(json!(walked), expected, "{who} {order:?} {sql:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_by_rank_lead_over_relations_and_wrong_ones_get_an_error() {
    let url = harness::cluster().url(&harness::database(&setup("ranks_other")).await);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let query = "{ markCollection(orderBy: [{note: {titleRank: {query: \"cat\", config: \"english\"}}}]) { edges { node { id } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let ids = answer["data"]["markCollection"]["edges"].as_array().expect("edges").iter();
    let ids: Vec<_> = ids.map(|edge| edge["node"]["id"].clone()).collect();
    let client = harness::connect(&url).await;
    let sql = "select json_agg(id) from (select id from note order by
        ts_rank(to_tsvector('english', title), websearch_to_tsquery('english', 'cat')) desc nulls last, id) as n";
    let expected: Value =
        serde_json::from_str(&harness::ask(&client, sql).await.expect("a row")).expect("JSON");
    assert_eq!(json!(ids), expected);
    for (order, words) in [
        ("{titleRank: DescNullsLast}", &["TextRankOrderBy"][..]),
        ("{titleRank: {}}", &["query"]),
        ("{titleRank: {query: null}}", &["query"]),
        (
            "{titleRank: {query: \"cat\", config: \"none\"}}",
            &["\"none\" is no text search configuration", "english"],
        ),
        ("{titleRank: {query: \"cat\", direction: Up}}", &["Up"]),
        ("{titleSimilarity: {}}", &["to"]),
        ("{titleSimilarity: {to: 1}}", &["String"]),
        ("{wordsSimilarity: {to: \"cat\"}}", &["wordsSimilarity"]),
        ("{idRank: {query: \"cat\"}}", &["idRank"]),
    ] {
        let query = format!("{{ noteCollection(orderBy: [{order}]) {{ edges {{ cursor }} }} }}");
        let answer = harness::graphql(&engine, &query, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{order}: {answer:.500}");
        let message = error["message"].as_str().expect("a message");
        for word in words {
            assert!(message.contains(word), "{order}: {message}");
        }
    }
}
