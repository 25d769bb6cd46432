//! Random requests, in which every list, depth and count is multiplied by a random factor: one, or up to some
//! ten thousands.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};

use super::cases::Case;
use crate::bad_input::repeated;
use crate::random::Random;

/// The longest body, a little below the default limit.
const BODY: usize = 1 << 20;

/// A request, with a number as its name.
pub(super) fn case(random: &mut Random, number: usize) -> Case {
    let count = if random.once_in(4) { often(random, 12) } else { 1 };
    let requests: Vec<Value> = (0..count).map(|_| request(random)).collect();
    let body = if count == 1 { requests[0].to_string() } else { Value::from(requests).to_string() };
    let mut headers = HeaderMap::new();
    if random.once_in(4) {
        let length = often(random, 3_000);
        for number in 0..often(random, 60) {
            let name = HeaderName::try_from(format!("x-{number}")).expect("a name");
            headers.insert(name, "h".repeat(length).parse().expect("a value"));
        }
    }
    if body.len() > BODY {
        return case(random, number);
    }
    let name = format!("random request {number} of {} bytes", body.len());
    Case { headers, ..Case::post(&name, body) }
}

/// Usually one, otherwise any order of magnitude up to the maximum.
fn often(random: &mut Random, most: usize) -> usize {
    let mut count = 1;
    while random.once_in(2) && count < most {
        count = (count * (2 + random.below(9))).min(most);
    }
    count
}

fn request(random: &mut Random) -> Value {
    match random.below(5) {
        0 => introspection(random),
        1 => insert(random),
        _ => read(random),
    }
}

fn alias(random: &mut Random) -> String {
    if random.once_in(3) { format!("{}$i: ", "a".repeat(often(random, 250))) } else { "a$i: ".to_owned() }
}

fn directives(random: &mut Random) -> String {
    "@include(if: $yes) ".repeat(if random.once_in(4) { often(random, 20) } else { 0 })
}

fn introspection(random: &mut Random) -> Value {
    let mut inner = "name".to_owned();
    for field in ["type", "fields", "ofType", "fields", "types"].into_iter().skip(random.below(3)) {
        let alias = alias(random);
        let directives = directives(random);
        inner = repeated(often(random, 200), &format!("{alias}{field} {directives}{{ {inner} }} "));
        if inner.len() > 200_000 {
            break;
        }
    }
    let root = if inner.contains("types") { "__schema" } else { "__type(name: \"wide\")" };
    let query =
        format!("query ($yes: Boolean = true) {{ {root} {{ {inner} }} a: __typename @skip(if: $yes) }}");
    json!({ "query": query })
}

fn insert(random: &mut Random) -> Value {
    let columns = 1 + random.below(19);
    let length = often(random, 2_000);
    let rows = (0..often(random, 20_000)).map(|_| {
        let is_empty = random.once_in(3);
        let given = if is_empty { 0 } else { columns };
        let row: Map<_, _> =
            (1..=given).map(|column| (format!("t{column}"), json!("'".repeat(length)))).collect();
        Value::Object(row)
    });
    let rows: Vec<Value> = rows.take(BODY / (columns * (length + 8)).max(3)).collect();
    let fields = repeated(
        often(random, 12),
        "a$i: insertIntowideCollection(objects: $rows) { affectedCount records { id t1 } } ",
    );
    json!({ "query": format!("mutation ($rows: [wideInsertInput!]!) {{ {fields} }}"), "variables": { "rows": rows } })
}

fn read(random: &mut Random) -> Value {
    let order: Vec<Value> = (0..often(random, 3_000))
        .map(|number| json!({ format!("c{}", 1 + number % 10): random.choose(&["AscNullsFirst", "DescNullsLast"]) }))
        .collect();
    let text = "\"'\\".repeat(often(random, 50_000));
    let list = vec![json!(text.get(..3).unwrap_or("x")); often(random, 60_000)];
    let mut filter = json!({"t1": {"in": list}});
    for _ in 0..often(random, 60) {
        filter = match random.below(3) {
            0 => json!({ "not": filter }),
            1 => json!({ "and": vec![filter; if random.once_in(6) { often(random, 20) } else { 1 }] }),
            _ => json!({ "or": [filter, {"t2": {"eq": text}}] }),
        };
        if filter.to_string().len() > BODY / 2 {
            break;
        }
    }
    let inner = nodes(random, 0);
    let directives = directives(random);
    let alias = alias(random);
    let field = format!(
        "{alias}wideCollection(filter: $f, orderBy: $o, first: {}) {directives}{{ edges {{ cursor node {{ ...W }} }} pageInfo {{ hasNextPage endCursor }} }} ",
        often(random, 1_000)
    );
    let fields = repeated(often(random, 30), &field);
    let query = format!(
        "query ($f: wideFilter, $o: [wideOrderBy!], $yes: Boolean = true) {{ {fields} a: __typename @skip(if: $yes) }} fragment W on wide {{ {inner} }}"
    );
    json!({ "query": query, "variables": {"f": filter, "o": order} })
}

/// The selection of a row, with nested relations.
fn nodes(random: &mut Random, depth: usize) -> String {
    let alias = alias(random);
    let plain = repeated(often(random, 300), &format!("{alias}id "));
    if depth > 3 || random.once_in(2) {
        return plain;
    }
    let first = often(random, 1_000);
    let inner = nodes(random, depth + 1);
    let fields = if depth.is_multiple_of(2) {
        format!("r$i: partCollection(first: {first}) {{ edges {{ node {{ {inner} }} }} }} ")
    } else {
        format!("r$i: wide {{ {inner} }} ")
    };
    plain + &repeated(often(random, 20), &fields)
}
