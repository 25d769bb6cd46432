//! Random rows of every exposed type are written through the API and read back unchanged: by the API, and by typed Diesel
//! queries on the same connections, with both settings of `standard_conforming_strings`.

use diesel::prelude::*;
use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Map, Value, json};

use crate::harness;
use crate::random::Random;

const ROWS: usize = 150;

const SETUP: &str = "
    create type mood as enum ('calm', 'so-so', 'it''s \"odd\" \\');
    comment on type mood is '@graphql({\"mappings\": {\"so-so\": \"SO_SO\", \"it''s \\\"odd\\\" \\\\\": \"ODD\"}})';
    create domain share as integer check (value between 0 and 100);
    create table sample (
        id integer primary key, small smallint, big bigint, exact numeric, rough double precision, single real,
        truth boolean, words text, short varchar(20), fixed char(6), uid uuid, day date, hour time, moment timestamptz,
        local timestamp, document json, tree jsonb, bytes bytea, address inet, span interval, ranged int4range,
        flags bit(4), part share, feeling mood, numbers integer[], bigs bigint[], texts text[], truths boolean[],
        uids uuid[], feelings mood[], trees jsonb[], exacts numeric[]
    )";

diesel::table! {
    sample (id) {
        id -> Integer,
        small -> Nullable<SmallInt>,
        big -> Nullable<BigInt>,
        rough -> Nullable<Double>,
        single -> Nullable<Float>,
        truth -> Nullable<Bool>,
        words -> Nullable<Text>,
        uid -> Nullable<Uuid>,
        day -> Nullable<Date>,
        tree -> Nullable<Jsonb>,
        numbers -> Nullable<Array<Nullable<Integer>>>,
        texts -> Nullable<Array<Nullable<Text>>>,
    }
}

#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = sample)]
struct Sample {
    small: Option<i16>,
    big: Option<i64>,
    rough: Option<f64>,
    single: Option<f32>,
    truth: Option<bool>,
    words: Option<String>,
    uid: Option<uuid::Uuid>,
    day: Option<chrono::NaiveDate>,
    tree: Option<Value>,
    numbers: Option<Vec<Option<i32>>>,
    texts: Option<Vec<Option<String>>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn written_values_are_read_back_unchanged() {
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    for (round, conforming) in [(0, "on"), (1, "off")] {
        let database = harness::database(SETUP).await;
        let admin = harness::connect(&harness::cluster().url(&database)).await;
        let setting = format!("alter database {database} set standard_conforming_strings = {conforming}");
        admin.batch_execute(&setting).await.expect("a setting of the database");
        for (way, url, mode) in [
            (0, harness::cluster().url(&database), PoolMode::Direct),
            (1, pooler.url(&database), PoolMode::Transaction),
        ] {
            let engine = Engine::new(&harness::config(&url, mode)).expect("an engine");
            let mut random = Random(7 + round * 2 + way);
            let first = if way == 0 { 0 } else { 1000 };
            let rows: Vec<_> = (first..).take(ROWS).map(|id| row(&mut random, id)).collect();
            write(&engine, &rows).await;
            for row in &rows {
                read_by_the_api(&engine, row).await;
                read_by_diesel(&engine, row).await;
            }
        }
    }
}

async fn write(engine: &Engine, rows: &[Map<String, Value>]) {
    let query = "mutation ($rows: [sampleInsertInput!]!) { insertIntosampleCollection(objects: $rows) { affectedCount } }";
    for rows in rows.chunks(50) {
        let answer = harness::graphql(engine, query, json!({ "rows": rows })).await;
        let expected = json!({ "data": { "insertIntosampleCollection": { "affectedCount": rows.len() } } });
        assert_eq!(answer, expected, "{rows:?}");
    }
}

async fn read_by_the_api(engine: &Engine, row: &Map<String, Value>) {
    let fields: Vec<_> = row.keys().map(String::as_str).collect();
    let query = format!("query ($id: Int!) {{ sampleByPk(id: $id) {{ {} }} }}", fields.join(" "));
    let answer = harness::graphql(engine, &query, json!({ "id": row["id"] })).await;
    let found = answer["data"]["sampleByPk"].as_object().unwrap_or_else(|| panic!("a row in {answer}"));
    for (field, written) in row {
        let read = &found[field];
        match field.as_str() {
            // jsonb keeps the value, not the text.
            "tree" => assert_eq!(parsed(read), parsed(written), "{field}"),
            "trees" => {
                let each =
                    |value: &Value| value.as_array().map(|list| list.iter().map(parsed).collect::<Vec<_>>());
                assert_eq!(each(read), each(written), "{field}");
            }
            // 0.0 is written as 0, and is the same number.
            "rough" | "single" => assert_eq!(read.as_f64(), written.as_f64(), "{field} of {row:?}"),
            _ => assert_eq!(read, written, "{field} of {row:?}"),
        }
    }
}

fn parsed(text: &Value) -> Option<Value> {
    text.as_str().map(|text| serde_json::from_str(text).expect("JSON"))
}

async fn read_by_diesel(engine: &Engine, row: &Map<String, Value>) {
    let id = i32::try_from(row["id"].as_i64().expect("a number")).expect("an int4");
    let mut connection = engine.database().connection().await.expect("a connection");
    let query = sample::table.find(id).select(Sample::as_select());
    let found: Sample = diesel_async::RunQueryDsl::first(query, &mut connection).await.expect("a row");
    let optional = |field: &str| Some(&row[field]).filter(|value| !value.is_null());
    assert_eq!(found.small.map(i64::from), optional("small").and_then(Value::as_i64));
    assert_eq!(found.big.map(|big| big.to_string()).as_deref(), optional("big").and_then(Value::as_str));
    assert_eq!(found.rough.map(f64::to_bits), optional("rough").and_then(Value::as_f64).map(f64::to_bits));
    #[expect(clippy::cast_possible_truncation, reason = "the value was made from a float4")]
    let single = optional("single").and_then(Value::as_f64).map(|single| (single as f32).to_bits());
    assert_eq!(found.single.map(f32::to_bits), single);
    assert_eq!(found.truth, optional("truth").and_then(Value::as_bool));
    assert_eq!(found.words.as_deref(), optional("words").and_then(Value::as_str));
    assert_eq!(found.uid.map(|uid| uid.to_string()).as_deref(), optional("uid").and_then(Value::as_str));
    assert_eq!(found.day.map(|day| day.to_string()).as_deref(), optional("day").and_then(Value::as_str));
    assert_eq!(found.tree, optional("tree").and_then(parsed));
    assert_eq!(json!(found.numbers), row["numbers"]);
    assert_eq!(json!(found.texts), row["texts"]);
}

/// A row with a value, an extreme or null in every column, in the form in which PostgreSQL returns it.
fn row(random: &mut Random, id: i64) -> Map<String, Value> {
    let mut row = Map::from_iter([("id".to_owned(), json!(id))]);
    let columns = [
        "small", "big", "exact", "rough", "single", "truth", "words", "short", "fixed", "uid", "day", "hour",
        "moment", "local", "document", "tree", "bytes", "address", "span", "ranged", "flags", "part",
        "feeling",
    ];
    for column in columns {
        let value = if random.below(8) == 0 { Value::Null } else { value(random, column) };
        row.insert(column.to_owned(), value);
    }
    for (list, element) in [
        ("numbers", "int"),
        ("bigs", "big"),
        ("texts", "words"),
        ("truths", "truth"),
        ("uids", "uid"),
        ("feelings", "feeling"),
        ("trees", "tree"),
        ("exacts", "exact"),
    ] {
        row.insert(list.to_owned(), list_of(random, element));
    }
    row
}

fn list_of(random: &mut Random, element: &str) -> Value {
    match random.below(8) {
        0 => Value::Null,
        1 => json!([]),
        _ => (0..=random.below(4))
            .map(|_| if random.below(6) == 0 { Value::Null } else { value(random, element) })
            .collect(),
    }
}

fn value(random: &mut Random, column: &str) -> Value {
    match column {
        "small" => json!(*random.choose(&[i64::from(i16::MIN), -1, 0, 1, i64::from(i16::MAX)])),
        "int" => json!(*random.choose(&[i64::from(i32::MIN), -1, 0, 7, i64::from(i32::MAX)])),
        "big" => json!(random.choose(&[i64::MIN, -1, 0, 9_007_199_254_740_993, i64::MAX]).to_string()),
        "exact" => json!(*random.choose(&[
            "0",
            "-0.10",
            "1.10",
            "123456789012345678901234567890.000000000123",
            "0.000000000000000000000000001",
            "NaN",
            "Infinity",
            "-Infinity",
        ])),
        "rough" => double(random),
        "single" => json!(*random.choose(&[0.0, 0.1, -1.5, 1e30, -2.5e-10, 16_777_216.0])),
        "truth" => json!(random.below(2) == 1),
        "words" => json!(text(random, 40)),
        "short" => json!(text(random, 20)),
        "fixed" => json!(format!("{:<6}", text(random, 3).trim_end())),
        "uid" => json!(uuid::Uuid::from_u64_pair(random.next(), random.next()).to_string()),
        "day" => json!(*random.choose(&["0001-01-01", "1999-12-31", "2024-02-29", "9999-12-31"])),
        "hour" => json!(*random.choose(&["00:00:00", "13:37:00.5", "23:59:59.999999", "24:00:00"])),
        "moment" => json!(*random.choose(&[
            "0001-01-01T00:00:00+00:00",
            "2024-02-29T23:59:59.999999+00:00",
            "infinity"
        ])),
        "local" => json!(*random.choose(&["2024-02-29T23:59:59.5", "1969-12-31T00:00:00", "-infinity"])),
        "document" | "tree" => json!(document(random, 0).to_string()),
        "bytes" => json!(format!("\\x{:016x}", random.next())),
        "address" => json!(*random.choose(&["192.0.2.7", "2001:db8::/32", "10.0.0.1/8"])),
        "span" => json!(*random.choose(&["1 year 2 mons 3 days 04:05:06", "-00:00:00.000001", "00:00:00"])),
        "ranged" => json!(*random.choose(&["[1,5)", "empty", "(,)", "(,7)"])),
        "flags" => json!(*random.choose(&["0000", "1010", "1111"])),
        "part" => json!(random.below(101)),
        "feeling" => json!(*random.choose(&["calm", "SO_SO", "ODD"])),
        other => unreachable!("{other} is no column"),
    }
}

fn double(random: &mut Random) -> Value {
    let double = f64::from_bits(random.next());
    if double.is_finite() {
        json!(double)
    } else {
        json!(*random.choose(&[f64::MAX, f64::MIN_POSITIVE, -0.0, 5e-324]))
    }
}

/// Characters with a meaning to any part between the client and the disk.
fn text(random: &mut Random, most: usize) -> String {
    const PIECES: [&str; 28] = [
        "'", "\"", "\\", "$1", "$$", "--", "/*", "*/", ";", "E'", "\\'", "\n", "\r", "\t", "\u{b}", "{", "}",
        ",", "NULL", "%", "_", "é", "南", "😀", "\u{301}", "a", " ", "\u{7f}",
    ];
    let mut text = String::new();
    for _ in 0..random.below(most + 1) {
        let piece = *random.choose(&PIECES);
        if text.chars().count() + piece.chars().count() <= most {
            text.push_str(piece);
        }
    }
    text
}

fn document(random: &mut Random, depth: u64) -> Value {
    match random.below(if depth > 4 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => json!(random.below(2) == 1),
        2 => json!(i64::from_ne_bytes(random.next().to_ne_bytes()) >> 12),
        3 | 4 => json!(text(random, 12)),
        5 => json!([]),
        6 => (0..random.below(4)).map(|_| document(random, depth + 1)).collect(),
        _ => {
            let fields = (0..random.below(4)).map(|_| (text(random, 6), document(random, depth + 1)));
            Value::Object(fields.collect::<Vec<_>>().into_iter().collect())
        }
    }
}
