//! Each kind of fault that was found with an unusual path, schema of a type, or collation.

use std::collections::HashMap;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;

async fn engine(setup: &str, pool_mode: PoolMode) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), pool_mode)).expect("an engine")
}

/// The answers by named statements and by messages with literals, which must be the same.
async fn ask(setup: &str, documents: &[&str]) -> Vec<Value> {
    let mut answers = Vec::new();
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let engine = engine(setup, pool_mode).await;
        for document in documents {
            answers.push(harness::graphql(&engine, document, json!({})).await);
        }
    }
    let by_message = answers.split_off(documents.len());
    assert_eq!(answers, by_message, "by name, and as a message");
    answers
}

/// The ids for each alias of an answer.
fn ids(answer: &Value) -> HashMap<&str, Vec<i64>> {
    let roots = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    let of_root = |root: &Value| -> Vec<i64> {
        let edges = root["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        edges.iter().filter_map(|edge| edge["node"]["id"].as_i64()).collect()
    };
    roots.iter().map(|(key, root)| (key.as_str(), of_root(root))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn citext_outside_the_path_compares_and_matches_as_in_it() {
    let setup = |schema: &str| {
        format!(
            "create schema if not exists {schema}; create extension citext schema {schema};
             create table member (id integer primary key, email {schema}.citext not null, names {schema}.citext[]);
             insert into member values (1, 'Bob@x.org', '{{Bob}}'), (2, 'alice@x.org', '{{Al}}'), (3, 'ZED@x.org', '{{}}');"
        )
    };
    let document = "{
        eq: memberCollection(filter: {email: {eq: \"BOB@X.ORG\"}}) { edges { node { id } } }
        neq: memberCollection(filter: {email: {neq: \"BOB@X.ORG\"}}) { edges { node { id } } }
        in: memberCollection(filter: {email: {in: [\"ALICE@x.org\", \"zed@x.org\"]}}) { edges { node { id } } }
        gt: memberCollection(filter: {email: {gt: \"B\"}}) { edges { node { id } } }
        like: memberCollection(filter: {email: {like: \"b%ORG\"}}) { edges { node { id } } }
        ilike: memberCollection(filter: {email: {ilike: \"b%ORG\"}}) { edges { node { id } } }
        regex: memberCollection(filter: {email: {regex: \"^z\"}}) { edges { node { id } } }
        iregex: memberCollection(filter: {email: {iregex: \"^z\"}}) { edges { node { id } } }
        startsWith: memberCollection(filter: {email: {startsWith: \"aLI\"}}) { edges { node { id } } }
        list: memberCollection(filter: {names: {contains: [\"bob\"]}}) { edges { node { id } } }
    }";
    let elsewhere = ask(&setup("extensions"), &[document]).await;
    assert_eq!(elsewhere, ask(&setup("public"), &[document]).await);
    let found = ids(&elsewhere[0]);
    for (alias, right) in [
        ("eq", vec![1]),
        ("neq", vec![2, 3]),
        ("in", vec![2, 3]),
        ("gt", vec![1, 3]),
        ("like", vec![1]),
        ("ilike", vec![1]),
        ("regex", vec![3]),
        ("iregex", vec![3]),
        ("startsWith", vec![2]),
        ("list", vec![1]),
    ] {
        assert_eq!(found[alias], right, "{alias}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_across_collations_and_types_are_followed_both_ways() {
    let setup = "
        create schema extensions; create extension citext schema extensions;
        create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table country (code text collate \"C\" primary key, plain text unique, folded text collate folded unique,
            name extensions.citext unique, number bigint unique);
        create table town (id integer primary key,
            country_code text collate \"POSIX\" references country (code),
            country_plain varchar collate \"C\" references country (plain),
            country_folded text collate folded references country (folded),
            country_name extensions.citext references country (name),
            country_number smallint references country (number));
        create table village (id integer primary key, country text collate \"POSIX\");
        comment on table village is '@graphql({\"foreign_keys\": [{\"local_name\": \"villages\", \"local_columns\": [\"country\"],
            \"foreign_name\": \"land\", \"foreign_schema\": \"public\", \"foreign_table\": \"country\", \"foreign_columns\": [\"code\"]}]})';
        insert into country values ('de', 'Plain', 'Folded', 'Germany', 49);
        insert into town values (1, 'de', 'Plain', 'fOLDED', 'GERMANY', 49);
        insert into village values (1, 'de');";
    let there = "{ townCollection { edges { node { id byCode: countryByCountryCode { code } \
        byPlain: countryByCountryPlain { code } byFolded: countryByCountryFolded { code } byName: countryByCountryName { code } \
        byNumber: countryByCountryNumber { code } } } } villageCollection { edges { node { land { code } } } } }";
    let back = "{ countryCollection { edges { node { byCode: townCollectionByCountryCode { edges { node { id } } } \
        byPlain: townCollectionByCountryPlain { edges { node { id } } } byFolded: townCollectionByCountryFolded { edges { node { id } } } \
        byName: townCollectionByCountryName { edges { node { id } } } byNumber: townCollectionByCountryNumber { edges { node { id } } } \
        villages { edges { node { id } } } } } } }";
    let answers = ask(setup, &[there, back]).await;
    let de = json!({ "code": "de" });
    let one = json!({ "edges": [{ "node": { "id": 1 } }] });
    assert_eq!(
        answers[0],
        json!({ "data": {
            "townCollection": { "edges": [{ "node":
                { "id": 1, "byCode": de, "byPlain": de, "byFolded": de, "byName": de, "byNumber": de } }] },
            "villageCollection": { "edges": [{ "node": { "land": de } }] },
        } })
    );
    assert_eq!(
        answers[1],
        json!({ "data": { "countryCollection": { "edges": [{ "node":
            { "byCode": one, "byPlain": one, "byFolded": one, "byName": one, "byNumber": one, "villages": one } }] } } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_on_nondeterministic_collations_are_refused_and_explained() {
    let setup = "
        create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table word (id integer primary key, text text collate folded not null, other text);
        insert into word values (1, 'Straße', 'Straße');";
    let engine = engine(setup, PoolMode::Direct).await;
    for (operator, value) in
        [("like", "S%"), ("ilike", "s%"), ("startsWith", "S"), ("regex", "^S"), ("iregex", "^s")]
    {
        let on = |column: &str| {
            format!(
                "{{ wordCollection(filter: {{{column}: {{{operator}: \"{value}\"}}}}) {{ edges {{ node {{ id }} }} }} }}"
            )
        };
        let refused = harness::graphql(&engine, &on("text"), json!({})).await;
        let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(operator) && message.contains("nondeterministic"), "{refused}");
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{refused}");
        assert_eq!(ids(&harness::graphql(&engine, &on("other"), json!({})).await)["wordCollection"], [1]);
    }
    let equal = "{ wordCollection(filter: {text: {eq: \"STRASSE\"}}) { edges { node { id } } } \
        same: wordCollection(filter: {text: {eq: \"STRAßE\"}}) { edges { node { id } } } }";
    let answer = harness::graphql(&engine, equal, json!({})).await;
    assert_eq!(ids(&answer)["same"], [1], "{answer}");
    let described = engine.planning().describe(None).await.expect("a description");
    let told = described.problems.iter().find(|problem| problem.object == "public.word.text");
    assert!(told.is_some_and(|problem| problem.reason.contains("startsWith")), "{:?}", described.problems);
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_of_domains_are_filtered_and_written() {
    let setup = "
        create domain tag as text check (value = lower(value));
        create domain tags as text[];
        create table post (id integer primary key, tags tag[] not null, plain tags);
        insert into post values (1, '{a,b}', '{x}'), (2, '{c}', null);";
    let read = "{
        contains: postCollection(filter: {tags: {contains: [\"a\"]}}) { edges { node { id } } }
        containedBy: postCollection(filter: {tags: {containedBy: [\"c\", \"d\"]}}) { edges { node { id } } }
        overlaps: postCollection(filter: {tags: {overlaps: [\"b\", \"c\"]}}) { edges { node { id } } }
        eq: postCollection(filter: {tags: {eq: [\"c\"]}}) { edges { node { id } } }
    }";
    let write = "mutation { updatepostCollection(set: {tags: [\"d\", \"it's\"]}, filter: {id: {eq: 2}}) { records { tags } }
        insertIntopostCollection(objects: [{id: 3, tags: [\"e\"]}, {id: 4, tags: []}]) { records { id tags } } }";
    let bad = "mutation { insertIntopostCollection(objects: [{id: 5, tags: [\"BIG\"]}]) { records { id } } }";
    let answers = ask(setup, &[read, write, bad]).await;
    let found = ids(&answers[0]);
    for (alias, right) in
        [("contains", vec![1]), ("containedBy", vec![2]), ("overlaps", vec![1, 2]), ("eq", vec![2])]
    {
        assert_eq!(found[alias], right, "{alias}");
    }
    assert_eq!(answers[1]["data"]["updatepostCollection"]["records"], json!([{ "tags": ["d", "it's"] }]));
    let inserted = json!([{ "id": 3, "tags": ["e"] }, { "id": 4, "tags": [] }]);
    assert_eq!(answers[1]["data"]["insertIntopostCollection"]["records"], inserted);
    assert_eq!(answers[2]["errors"][0]["extensions"]["sqlstate"], "23514", "{}", answers[2]);
}

const CLOSED: &str = "
    do $$ begin create role outsider; exception when duplicate_object or unique_violation then null; end $$;
    create schema internal;
    create type internal.mood as enum ('ok', 'sad');
    create domain internal.word as text;
    create domain internal.level as integer;
    create type internal.span as range (subtype = integer);
    create extension citext schema internal;
    create table person (id integer, mood internal.mood, word internal.word, level internal.level, span internal.span,
        moods internal.mood[], words internal.word[], primary key (id, mood));
    create table mail (id integer primary key, address internal.citext not null unique, note text);
    create table letter (id integer primary key, \"to\" internal.citext references mail (address));
    create function moods_of(mood internal.mood, other internal.mood default 'sad') returns text stable language sql
        return mood::text || other::text;
    insert into person values (1, 'ok', 'w', 3, '[1,5)', '{ok}', '{w}');
    insert into mail values (1, 'a@x.org', 'hello');
    grant usage on schema public to outsider;
    grant all on all tables in schema public to outsider;";

async fn as_outsider(engine: &Engine, document: &str) -> Value {
    let identity = Identity { role: Some("outsider".into()), ..Identity::default() };
    harness::graphql_as(engine, &identity, document, json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn types_of_a_closed_schema_are_read_filtered_and_written() {
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let engine = engine(CLOSED, pool_mode).await;
        let insert = "mutation { insertIntopersonCollection(objects: [
            {id: 2, mood: \"sad\", word: \"v\", level: 4, span: \"[7,9)\", moods: [\"sad\", \"ok\"], words: [\"v\"]},
            {id: 3, mood: \"ok\"}]) { records { id mood word level span moods words } } }";
        let answer = as_outsider(&engine, insert).await;
        let records = &answer["data"]["insertIntopersonCollection"]["records"];
        assert_eq!(
            records[0],
            json!({ "id": 2, "mood": "sad", "word": "v", "level": 4, "span": "[7,9)", "moods": ["sad", "ok"], "words": ["v"] }),
            "{answer}"
        );
        let read = "{
            eq: personCollection(filter: {mood: {eq: \"ok\"}}) { edges { node { id } } }
            word: personCollection(filter: {word: {eq: \"v\"}}) { edges { node { id } } }
            span: personCollection(filter: {span: {eq: \"[1,5)\"}}) { edges { node { id } } }
            contains: personCollection(filter: {moods: {contains: [\"sad\"]}}) { edges { node { id } } }
            words: personCollection(filter: {words: {overlaps: [\"w\"]}}) { edges { node { id } } }
        }";
        let answer = as_outsider(&engine, read).await;
        let found = ids(&answer);
        for (alias, right) in [
            ("eq", vec![1, 3]),
            ("word", vec![2]),
            ("span", vec![1]),
            ("contains", vec![2]),
            ("words", vec![1]),
        ] {
            assert_eq!(found[alias], right, "{alias}");
        }
        let update = "mutation { updatepersonCollection(set: {mood: \"sad\", moods: [\"ok\"]}, filter: {id: {eq: 3}}) { \
            records { mood moods } } }";
        let answer = as_outsider(&engine, update).await;
        assert_eq!(
            answer["data"]["updatepersonCollection"]["records"],
            json!([{ "mood": "sad", "moods": ["ok"] }]),
            "{answer}"
        );
        let first =
            as_outsider(&engine, "{ personCollection(first: 1) { edges { node { nodeId } } } }").await;
        let node = &first["data"]["personCollection"]["edges"][0]["node"]["nodeId"];
        let by_key =
            format!("{{ node(nodeId: {node}) {{ ... on person {{ id }} }} moods_of(mood: \"ok\") }}");
        let answer = as_outsider(&engine, &by_key).await;
        assert_eq!(answer["data"], json!({ "node": { "id": 1 }, "moods_of": "oksad" }), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_closed_schemas_type_are_paged_through() {
    for pool_mode in [PoolMode::Direct, PoolMode::Transaction] {
        let engine = engine(CLOSED, pool_mode).await;
        let more = "mutation { insertIntopersonCollection(objects: [{id: 1, mood: \"sad\"}, {id: 2, mood: \"ok\"}]) { affectedCount } }";
        as_outsider(&engine, more).await;
        let (mut found, mut after) = (Vec::new(), "null".to_owned());
        for _ in 0..4 {
            let page = format!(
                "{{ personCollection(first: 1, after: {after}, orderBy: [{{mood: DescNullsLast}}]) {{ edges {{ cursor node {{ id mood }} }} }} }}"
            );
            let answer = as_outsider(&engine, &page).await;
            let edges = answer["data"]["personCollection"]["edges"].as_array().expect("edges").clone();
            let Some(edge) = edges.first() else { break };
            after = edge["cursor"].to_string();
            found.push(edge["node"].clone());
        }
        let right = [
            json!({ "id": 1, "mood": "sad" }),
            json!({ "id": 1, "mood": "ok" }),
            json!({ "id": 2, "mood": "ok" }),
        ];
        assert_eq!(found, right);
    }
}

/// Operators cannot be inferred like types: they cannot be named without their schema.
#[tokio::test(flavor = "multi_thread")]
async fn operators_of_a_closed_schema_are_not_offered_and_explained() {
    let engine = engine(CLOSED, PoolMode::Direct).await;
    let read = as_outsider(&engine, "{ mailCollection { edges { node { id address note } } } }").await;
    assert_eq!(read["data"]["mailCollection"]["edges"][0]["node"]["address"], "a@x.org", "{read}");
    let filter = "{ mailCollection(filter: {address: {eq: \"A@x.org\"}}) { edges { node { id } } } }";
    let refused = as_outsider(&engine, filter).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{refused}");
    let described = engine.planning().describe(Some("outsider")).await.expect("a description");
    for (object, reason) in
        [("public.mail.address", "neither filtered nor ordered"), ("public.letter", "cannot be followed")]
    {
        let told = described.problems.iter().find(|problem| problem.object == object);
        assert!(told.is_some_and(|problem| problem.reason.contains(reason)), "{:?}", described.problems);
    }
    assert!(!described.sdl.contains("letterCollection(first"), "a field that cannot be followed");
}
