//! The SQL for other engines than PostgreSQL itself: it gives the same answers on PostgreSQL, and has none of what the engine refuses.

use std::collections::BTreeSet;

use glowplug::sql::Statement;
use serde_json::Value;
use tokio_postgres::Client;

use crate::golden::{Case, cases, of_citus, picture};
use crate::harness;

/// Cases with operations that Citus refuses, unless all of their rows are on one server; of `nested_insert` it takes what is found.
const REFUSED: &[(&str, &str)] = &[
    ("distinct_on", "relations of rows that `distinct on` has chosen"),
    ("entities", "rows by keys that come in an array"),
    ("function_mutations", "relations of rows that a function returns"),
    ("computed_fields", "relations of rows that a function returns"),
    ("group_nodes", "rows of a group"),
    ("nested_insert", "a select of a setting without FROM"),
    ("known_columns_of_changes", "relations of deleted rows"),
    ("citus_changes", "relations of deleted rows"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_for_citus_gives_the_same_answers_on_postgresql() {
    let mut count = 0;
    for case in cases() {
        let mut answers = Vec::new();
        for is_of_citus in [false, true] {
            // Each has its own database, because sequences go on.
            let url = harness::cluster().url(&harness::database(&case.read("schema.sql")).await);
            let picture = picture(&url).await;
            let picture = if is_of_citus { of_citus(&picture) } else { picture };
            let client = harness::connect(&url).await;
            answers.push(answer(&client, &case, &picture).await);
        }
        assert_eq!(answers[0], answers[1], "{}", case.folder.display());
        count += answers[0].len();
    }
    assert!(count > 150, "only {count} root fields");
}

/// The JSON of the root fields, each in a transaction of its own that is committed; an error is its SQLSTATE.
async fn answer(client: &Client, case: &Case, picture: &str) -> Vec<(String, Value)> {
    let mut answers = Vec::new();
    for (key, statements) in case.roots(picture) {
        client.batch_execute("begin").await.expect("a transaction");
        let mut answer = Value::Null;
        for statement in &statements {
            match client.simple_query(&with_values(statement)).await {
                Ok(messages) => answer = json(statement, &messages),
                Err(error) => {
                    answer = error.code().map_or("unknown", |code| code.code()).into();
                    break;
                }
            }
        }
        client.batch_execute("commit").await.expect("the end of the transaction");
        answers.push((key, answer));
    }
    answers
}

/// The statement with its values as literals.
fn with_values(statement: &Statement) -> String {
    let mut text = statement.numbered().into_owned();
    for (index, value) in statement.parameters.iter().enumerate().rev() {
        let literal = value.as_ref().map_or("null".to_owned(), |value| {
            format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
        });
        text = text.replace(&format!("${}", index + 1), &literal);
    }
    text
}

fn json(statement: &Statement, messages: &[tokio_postgres::SimpleQueryMessage]) -> Value {
    let text = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("null")),
        _ => None,
    });
    let text = text.or(statement.if_no_row()).unwrap_or("null");
    // A statement that keeps rows returns an empty text.
    in_any_order(serde_json::from_str(text).unwrap_or_default())
}

/// The records of a mutation have no order.
fn in_any_order(mut answer: Value) -> Value {
    if let Some(records) = answer.get_mut("records").and_then(Value::as_array_mut) {
        records.sort_by_key(Value::to_string);
    }
    answer
}

#[test]
fn the_sql_for_citus_refers_to_rows_of_tables_only_and_has_a_from_everywhere() {
    let (mut unexpected, mut refused, mut count) = (Vec::new(), BTreeSet::new(), 0);
    for case in cases() {
        let name = case.folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let picture = case.read("catalog.json");
        let picture = if case.is_of_citus() { picture } else { of_citus(&picture) };
        for (key, statements) in case.roots(&picture) {
            for statement in statements {
                count += 1;
                let faults = faults(&statement.numbered());
                if faults.is_empty() {
                    continue;
                }
                refused.insert(name.clone());
                if REFUSED.iter().all(|(known, _)| *known != name) {
                    unexpected.push(format!("{name} {key}: {faults:?}\n{}", statement.numbered()));
                }
            }
        }
    }
    let known: BTreeSet<_> = REFUSED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(refused, known, "{}", unexpected.join("\n"));
    assert!(count > 200, "only {count} statements");
}

#[test]
fn the_sql_for_postgresql_has_what_is_looked_for() {
    assert_eq!(faults("select (select 1) from a as \"t1\""), ["a select without FROM"]);
    let outside = "select (select 1 from \"s\".\"b\" as \"t2\" where \"t2\".\"x\" = \"t1\".\"x\")
        from (select \"t3\".\"x\" from \"s\".\"a\" as \"t3\") as \"t1\"";
    assert_eq!(faults(outside), ["t1 is a subselect, and another one refers to it"]);
    let inside = "select \"t1\".\"y\" from (select (select 1 from \"s\".\"b\" as \"t2\" where \"t2\".\"x\" = \"t3\".\"x\") as \"y\"
        from \"s\".\"a\" as \"t3\") as \"t1\"";
    assert!(faults(inside).is_empty());
}

/// A part of a statement in parentheses.
#[derive(Default)]
struct Part {
    is_select: bool,
    has_from: bool,
    /// Aliases of subselects and functions.
    derived: Vec<String>,
    /// Aliases that are referred to, and whether from a select within.
    used: Vec<(String, bool)>,
}

/// What Citus refuses in a statement.
fn faults(sql: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut parts = vec![Part::default()];
    let words = words(sql);
    for (place, word) in words.iter().enumerate() {
        let before = |distance: usize| place.checked_sub(distance).map_or("", |place| words[place].as_str());
        let part = parts.last_mut().expect("the statement itself");
        match word.as_str() {
            "(" => parts.push(Part::default()),
            ")" => {
                let part = parts.pop().expect("the part that ends");
                check(&part, false, &mut faults);
                let outer = parts.last_mut().expect("the statement itself");
                let left = part.used.into_iter().filter(|(alias, _)| !part.derived.contains(alias));
                outer.used.extend(left.map(|(alias, is_within)| (alias, is_within || part.is_select)));
            }
            "select" => part.is_select = true,
            "from" => part.has_from = true,
            word if word.starts_with('"') => {
                if words.get(place + 1).is_some_and(|next| next == ".") && before(1) != "." {
                    part.used.push((word.to_owned(), false));
                }
                let is_alias = before(1) == "as";
                let is_of_with = before(2).starts_with('"') && before(3) == "from";
                if is_alias && (before(2) == ")" || before(2) == "ordinality" || is_of_with) {
                    part.derived.push(word.to_owned());
                }
            }
            _ => {}
        }
    }
    check(&parts.pop().expect("the statement itself"), true, &mut faults);
    faults
}

fn check(part: &Part, is_whole: bool, faults: &mut Vec<String>) {
    if part.is_select && !part.has_from && !is_whole {
        faults.push("a select without FROM".to_owned());
    }
    for (alias, is_within) in &part.used {
        if *is_within && part.derived.contains(alias) {
            faults.push(format!("{} is a subselect, and another one refers to it", alias.trim_matches('"')));
        }
    }
}

/// The words of a statement; texts are left out, and an identifier keeps its quotes.
fn words(sql: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = sql.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            '\'' | '"' => {
                let mut word = String::from(first);
                while let Some(next) = rest.next() {
                    // In a text with escapes a backslash comes before any other character.
                    if next == '\\' && first == '\'' && words.last().is_some_and(|word| word == "E") {
                        rest.next();
                        continue;
                    }
                    word.push(next);
                    if next == first && rest.peek() != Some(&first) {
                        break;
                    }
                    if next == first {
                        rest.next();
                    }
                }
                words.push(if first == '"' { word } else { "text".to_owned() });
            }
            '(' | ')' | '.' => words.push(first.to_string()),
            _ if first.is_alphanumeric() || first == '_' => {
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                }
                words.push(word);
            }
            _ => {}
        }
    }
    words
}
